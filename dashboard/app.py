"""The script that Streamlit runs for every view. The work is in `shell`.

The guard matters: a measuring worker that is spawned after a page view finds this file as its main module and imports
it under another name; it must not build a page.
"""

if __name__ == "__main__":
    from dashboard import shell

    shell.main()
