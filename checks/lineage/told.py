"""What one event of lineage tells of datasets: as a record, and as the text that the history keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass

from checks.records import Named


@dataclass(frozen=True, slots=True, order=True)
class ColumnTold:
    """That values of a column of `source` get into a column of `into`."""

    into: Named
    column: str
    source: Named
    source_column: str


@dataclass(frozen=True, slots=True)
class Told:
    """`pairs` are sources with what is made from them, where an event tells it dataset by dataset; else each output is
    made from every input. `aliases` are datasets with another name that they have."""

    inputs: tuple[Named, ...] = ()
    outputs: tuple[Named, ...] = ()
    pairs: tuple[tuple[Named, Named], ...] = ()
    columns: tuple[ColumnTold, ...] = ()
    owners: tuple[tuple[Named, str], ...] = ()
    aliases: tuple[tuple[Named, Named], ...] = ()
    job_owner: str | None = None

    def text(self) -> str:
        """The same text for the same record; what is empty is left out."""
        said = {
            "inputs": [_list(each) for each in self.inputs],
            "outputs": [_list(each) for each in self.outputs],
            "pairs": [[_list(source), _list(into)] for source, into in self.pairs],
            "columns": [[_list(c.into), c.column, _list(c.source), c.source_column] for c in self.columns],
            "owners": [[_list(dataset), owner] for dataset, owner in self.owners],
            "aliases": [[_list(dataset), _list(other)] for dataset, other in self.aliases],
            "job_owner": self.job_owner,
        }
        return json.dumps({key: value for key, value in said.items() if value}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def of(cls, text: str) -> Told:
        """What `text` has written."""
        said = json.loads(text)
        columns = (
            ColumnTold(Named(*into), column, Named(*source), other)
            for into, column, source, other in said.get("columns", ())
        )
        return cls(
            tuple(Named(*each) for each in said.get("inputs", ())),
            tuple(Named(*each) for each in said.get("outputs", ())),
            tuple((Named(*source), Named(*into)) for source, into in said.get("pairs", ())),
            tuple(columns),
            tuple((Named(*dataset), owner) for dataset, owner in said.get("owners", ())),
            tuple((Named(*dataset), Named(*other)) for dataset, other in said.get("aliases", ())),
            said.get("job_owner"),
        )


def _list(named: Named) -> list[str]:
    return [named.namespace, named.name]
