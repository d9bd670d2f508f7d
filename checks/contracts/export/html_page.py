"""A contract as one HTML page that needs nothing else: no scripts, no fonts, light and dark as the reader's system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from checks.contracts.document import Document, Node
from checks.contracts.export.readable import Chapter, Grid, readable

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #dde2e9; --page: #fbfcfd;
  --card: #fff; --mark: #0b6e8a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #9aa6b5; --line: #2c3542; --page: #12171e; --card: #1a212b; --mark: #6cc5de; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1.25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
h3 { font-size: .8rem; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); margin: 1.5rem 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .8rem; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 600; }
td { overflow-wrap: anywhere; min-width: 7rem; } td code { white-space: nowrap; }
code { font: .88em ui-monospace, monospace; color: var(--mark); }
@media print { body { background: none; } .wide { overflow: visible; } }
""".strip()


def html_page(document: Document, tables: Sequence[Node]) -> str:
    """The page."""
    page = readable(document, tables)
    title = escape(page.title)
    facts = "\n".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in page.facts)
    body = [f"<h1>{title}</h1>", f"<dl>\n{facts}\n</dl>"]
    body += [line for chapter in page.chapters for line in _chapter(chapter)]
    if page.services:
        body += [f"<h2>{escape(page.services.title)}</h2>", _grid(page.services)]
    head = (
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{_STYLE}\n</style>"
    )
    parts = (
        '<!doctype html>\n<html lang="en">',
        f"<head>\n{head}\n</head>",
        "<body>\n<main>",
        *body,
        "</main>\n</body>\n</html>",
    )
    return "\n".join(parts) + "\n"


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"<h2><code>{escape(chapter.name)}</code></h2>"
    for text in chapter.texts:
        yield f"<p>{escape(text)}</p>"
    for grid in chapter.grids:
        yield f"<h3>{escape(grid.title)}</h3>"
        yield _grid(grid)


def _grid(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{escape(word)}</th>' for word in grid.head)
    rows = "\n".join(f"<tr>{_cells(row, grid)}</tr>" for row in grid.rows)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>'


def _cells(row: Sequence[str], grid: Grid) -> str:
    shown = (
        f"<code>{escape(text)}</code>" if index in grid.of_names and text else escape(text)
        for index, text in enumerate(row)
    )
    return "".join(f"<td>{cell}</td>" for cell in shown)
