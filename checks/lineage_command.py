"""`lineage`: which dataset is made from which, and who reads it."""

from __future__ import annotations

from typing import Annotated

import typer

from checks.answering import answering
from checks.command_line import DEFAULT, AsJson, ConfigPath, print_document
from checks.config import load

_INCOMPLETE = 3


def lineage(
    dataset: Annotated[str | None, typer.Argument(help="A dataset or consumer; none means the whole graph.")] = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """What is made from what, and what trouble reaches. Exit code 3 where the views of a source could not be read."""
    from checks import show_lineage

    with answering(load(config)) as by:
        document = by.lineage(dataset)
    print_document(document, show_lineage.whole if dataset is None else show_lineage.one, as_json)
    return 0 if document["complete"] else _INCOMPLETE
