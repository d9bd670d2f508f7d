"""Events as OpenLineage 2-0-2 writes them (https://openlineage.io/spec/2-0-2/OpenLineage.json), read with care.

What an event must have is asked for: its time, and the names of run, job and datasets. Of the facets these are read:
`ownership`, `symlinks`, `columnLineage` and `lineage` of datasets, `ownership` and `lineage` of the job, `errorMessage`
of the run. One that is not as the standard says is left out and told, so that the run is known all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from checks.lineage.told import ColumnTold, Told
from checks.records import LineageEvent, Named, RunState
from connectors.errors import scrub

#: how far the clock of another machine may be ahead
AHEAD = timedelta(days=1)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST = 1000  # characters of a name
_MOST_DATASETS = 1000
_MOST_COLUMNS = 20_000
_ERROR_SHOWN = 300
Place = tuple[str | int, ...]


class NotAnEvent(Exception):
    """The document is no event that can be used; the sentence says what is wrong where."""

    def __init__(self, place: Place, wrong: str) -> None:
        super().__init__(f"{_written(place)} {wrong}" if place else wrong)


@dataclass(frozen=True, slots=True)
class EventRead:
    """An event, the datasets that it is about, and a sentence for each thing of it that could not be used."""

    event: LineageEvent
    told: Told
    datasets: tuple[Named, ...] = ()
    left_out: tuple[str, ...] = ()


def read_event(document: Mapping[str, Any], at: datetime) -> EventRead:
    """The event in a JSON object that came at the moment `at`. Raises NotAnEvent."""
    return _Reader().event(document, at)


@dataclass
class _Reader:
    left_out: list[str] = field(default_factory=list)
    datasets: list[Named] = field(default_factory=list)
    pairs: set[tuple[Named, Named]] = field(default_factory=set)
    columns: set[ColumnTold] = field(default_factory=set)
    owners: set[tuple[Named, str]] = field(default_factory=set)
    aliases: set[tuple[Named, Named]] = field(default_factory=set)

    def event(self, document: Mapping[str, Any], at: datetime) -> EventRead:
        moment = self._moment(document.get("eventTime"), at)
        run, job, dataset = (_object(document, (key,)) for key in ("run", "job", "dataset"))
        if run is None and job is None and dataset is None:
            raise NotAnEvent((), "an event has a run and its job, or a job, or a dataset; this has none of them")
        name = None if job is None else _named(job, ("job",))
        if run is not None and name is None:
            raise NotAnEvent(("job",), "is missing; a run is the run of a job")
        run_id = None if run is None else _text(run.get("runId"), ("run", "runId"))
        inputs, outputs = (self._datasets(document, key) for key in ("inputs", "outputs"))
        if name is None and dataset is not None:
            self._dataset(dataset, ("dataset",))
        told = self._told(inputs, outputs, job or {})
        state = None if run is None else _state(document.get("eventType"))
        event = LineageEvent(moment, told.text(), name, run_id, state, self._error(run or {}))
        return EventRead(event, told, tuple(dict.fromkeys(self.datasets)), tuple(self.left_out))

    def _told(self, inputs: tuple[Named, ...], outputs: tuple[Named, ...], job: Mapping[str, Any]) -> Told:
        self._facet(job, ("job",), "lineage", self._entries)
        owners: list[str] = []
        self._facet(job, ("job",), "ownership", lambda facet, place: owners.append(_owner(facet, place)))
        return Told(
            inputs,
            outputs,
            tuple(sorted(self.pairs)),
            tuple(sorted(self.columns)),
            tuple(sorted(self.owners)),
            tuple(sorted(self.aliases)),
            owners[0] if owners else None,
        )

    def _moment(self, value: object, at: datetime) -> datetime:
        place = ("eventTime",)
        text = _text(value, place)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise NotAnEvent(place, "is no moment; write for example 2026-03-15T12:00:00Z") from None
        if moment.tzinfo is None:
            self.left_out.append("eventTime has no time zone and was read as UTC")
            moment = moment.replace(tzinfo=UTC)
        if not _EARLIEST <= moment <= at + AHEAD:
            raise NotAnEvent(place, "is before the year 2000, or more than a day ahead of the clock here")
        return moment.astimezone(UTC)

    # -- datasets ------------------------------------------------------------------------------------------------------

    def _datasets(self, document: Mapping[str, Any], key: str) -> tuple[Named, ...]:
        listed = document.get(key)
        if listed is None:
            return ()
        if not isinstance(listed, list):
            raise NotAnEvent((key,), "is not a list")
        if len(listed) > _MOST_DATASETS:
            raise NotAnEvent((key,), f"has more than {_MOST_DATASETS:,} datasets")
        found = [self._dataset(each, (key, number)) for number, each in enumerate(listed)]
        return tuple(sorted(set(found)))

    def _dataset(self, value: object, place: Place) -> Named:
        if not isinstance(value, dict):
            raise NotAnEvent(place, "is not an object")
        name = _named(value, place)
        self.datasets.append(name)
        self._facet(value, place, "ownership", lambda facet, at: self.owners.add((name, _owner(facet, at))))
        self._facet(value, place, "symlinks", lambda facet, at: self._symlinks(name, facet, at))
        self._facet(value, place, "columnLineage", lambda facet, at: self._column_lineage(name, facet, at))
        self._facet(value, place, "lineage", lambda facet, at: self._lineage(name, facet, at))
        return name

    def _symlinks(self, name: Named, facet: Mapping[str, Any], place: Place) -> None:
        others = _list(facet.get("identifiers"), (*place, "identifiers"))
        self.aliases |= {(name, _named(each, at)) for at, each in others}

    def _column_lineage(self, name: Named, facet: Mapping[str, Any], place: Place) -> None:
        for at, column, entry in _entries(facet.get("fields"), (*place, "fields")):
            for inner, each in _list(entry.get("inputFields"), (*at, "inputFields")):
                self._column(name, column, each, inner)

    # -- the newer facet, which tells of datasets and columns alike ----------------------------------------------------

    def _entries(self, facet: Mapping[str, Any], place: Place) -> None:
        for at, entry in _list(facet.get("entries"), (*place, "entries")):
            if entry.get("type") == "DATASET":
                self._lineage(_named(entry, at), entry, at)

    def _lineage(self, name: Named, entry: Mapping[str, Any], place: Place) -> None:
        for at, each in _list(entry.get("inputs"), (*place, "inputs")):
            if each.get("type") == "DATASET":
                self.pairs.add((_named(each, at), name))
        for at, column, of_field in _entries(entry.get("fields"), (*place, "fields")):
            for inner, each in _list(of_field.get("inputs"), (*at, "inputs")):
                if each.get("type") == "DATASET" and each.get("field"):
                    self._column(name, column, each, inner)
                elif each.get("type") == "DATASET":
                    self.pairs.add((_named(each, inner), name))

    def _column(self, name: Named, column: str, source: Mapping[str, Any], place: Place) -> None:
        theirs = _text(source.get("field"), (*place, "field"))
        if len(self.columns) >= _MOST_COLUMNS:
            raise NotAnEvent(place, f"is one of more than {_MOST_COLUMNS:,} pairs of columns")
        self.columns.add(ColumnTold(name, column, _named(source, place), theirs))

    # -- facets --------------------------------------------------------------------------------------------------------

    def _facet(self, of: Mapping[str, Any], place: Place, name: str, read: Any) -> None:
        """Reads a facet if it is there; one that is wrong is left out from where it is."""
        facets = of.get("facets")
        facet = facets.get(name) if isinstance(facets, dict) else None
        if isinstance(facet, dict) and not facet.get("_deleted"):
            try:
                read(facet, (*place, "facets", name))
            except NotAnEvent as error:
                self.left_out.append(str(error))

    def _error(self, run: Mapping[str, Any]) -> str | None:
        """The first line of the message, without passwords; the rest of it is where the job runs."""
        found: list[str] = []
        self._facet(
            run,
            ("run",),
            "errorMessage",
            lambda facet, at: found.append(_text(facet.get("message"), (*at, "message"), None)),
        )
        lines = found[0].strip().splitlines() if found else []
        return scrub(lines[0])[:_ERROR_SHOWN] if lines else None


def _object(document: Mapping[str, Any], place: tuple[str]) -> Mapping[str, Any] | None:
    value = document.get(place[0])
    if value is not None and not isinstance(value, dict):
        raise NotAnEvent(place, "is not an object")
    return value


def _list(value: object, place: Place) -> Iterable[tuple[Place, Mapping[str, Any]]]:
    if value is None:
        return
    if not isinstance(value, list):
        raise NotAnEvent(place, "is not a list")
    for number, each in enumerate(value):
        if not isinstance(each, dict):
            raise NotAnEvent((*place, number), "is not an object")
        yield (*place, number), each


def _entries(value: object, place: Place) -> Iterable[tuple[Place, str, Mapping[str, Any]]]:
    if value is None:
        return
    if not isinstance(value, dict):
        raise NotAnEvent(place, "is not an object")
    for key, each in value.items():
        if not isinstance(each, dict):
            raise NotAnEvent((*place, key), "is not an object")
        yield (*place, key), _text(key, place), each


def _named(value: Mapping[str, Any], place: Place) -> Named:
    return Named(*(scrub(_text(value.get(key), (*place, key))) for key in ("namespace", "name")))


def _owner(facet: Mapping[str, Any], place: Place) -> str:
    """The first owner, without the word in front that says what it is: 'team:data' is data."""
    for at, each in _list(facet.get("owners"), (*place, "owners")):
        name = _text(each.get("name"), (*at, "name"))
        return name.partition(":")[2].strip() or name
    raise NotAnEvent((*place, "owners"), "is empty")


def _state(value: object) -> RunState:
    if value is None:
        return RunState.OTHER
    if not isinstance(value, str) or value not in set(RunState):
        raise NotAnEvent(("eventType",), f"is none of {', '.join(RunState)}")
    return RunState(value)


def _text(value: object, place: Place, longest: int | None = _LONGEST) -> str:
    if value is None:
        raise NotAnEvent(place, "is missing")
    if not isinstance(value, str):
        raise NotAnEvent(place, "is not text")
    if not value.strip() or "\0" in value or not _writable(value):
        raise NotAnEvent(place, "is empty, or has characters that are none")
    if longest is not None and len(value) > longest:
        raise NotAnEvent(place, f"is longer than {longest:,} characters")
    return value


def _writable(value: str) -> bool:
    """Whether it can be written as UTF-8: JSON can hold halves of characters, which can not."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _written(place: Place) -> str:
    """outputs[0].facets.ownership; a key of the sender's own is cut."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step[:60]}" for step in place)
    return "".join(steps).removeprefix(".").encode(errors="replace").decode()
