"""The columns of the Overview's table. Pure: no Streamlit, no clock, no judgement beyond picking the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from checks.records import Dataset, DatasetHealth, Dimension, Incident
from dashboard import frames, incident_sentences, words
from dashboard.link_table import Cell, Column, address

Columns = list[Column[DatasetHealth]]
#: the columns that are sorted by what was measured
MEASURED = ("freshness", "rows")
_REASONS = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What is shown of datasets beside their health, by name. Ages are in seconds, as they were when measured. Without
    open incidents they have no column."""

    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    per_day: Mapping[str, Sequence[float]] = field(default_factory=dict)
    rows: Mapping[str, float] = field(default_factory=dict)
    ages: Mapping[str, float] = field(default_factory=dict)
    incidents: Mapping[str, Sequence[Incident]] = field(default_factory=dict)

    def age(self, state: DatasetHealth, at: datetime) -> float | None:
        """How old the newest row is now, in seconds: as measured, plus the time since. None where not known."""
        age = self.ages.get(state.name)
        return None if age is None or state.measured_at is None else age + (at - state.measured_at).total_seconds()


def columns(dimensions: Sequence[Dimension], known: Known, at: datetime) -> Columns:
    """All columns, with one for each of the dimensions."""
    incidents = [_incident(known)] if known.incidents else []
    first: Columns = [
        Column("Health", _health, lambda state: words.ORDER.index(state.health)),
        Column("Dataset", lambda state: _dataset(state, known), lambda state: state.name),
        *incidents,
    ]
    return [*first, *(_dimension(one) for one in dimensions), *_numbers(known, at), *_people(at)]


def _health(state: DatasetHealth) -> Cell:
    return Cell(words.health(state.health), title="; ".join(state.reasons[:_REASONS]), state=True)


def _dataset(state: DatasetHealth, known: Known) -> Cell:
    dataset = known.datasets.get(state.name)
    about = (dataset.description if dataset else None) or ""
    return Cell(state.name, address("dataset", name=state.name), about)


def _incident(known: Known) -> Column[DatasetHealth]:
    def cell(state: DatasetHealth) -> Cell:
        found = known.incidents.get(state.name, ())
        if not found:
            return Cell("")
        titles = "; ".join(one.title for one in found)
        return Cell(incident_sentences.cell(found), address("incident", id=str(found[0].id)), titles, state=True)

    def worst(state: DatasetHealth) -> tuple[int, int] | None:
        found = known.incidents.get(state.name)
        return (found[0].severity.rank, len(found)) if found else None

    return Column("Incident", cell, worst, "Its worst open incident", largest_first=True)


def _dimension(dimension: Dimension) -> Column[DatasetHealth]:
    def cell(state: DatasetHealth) -> Cell:
        worst = frames.of_dimension(state, dimension)
        if worst is None:
            return Cell("")
        evidence = next(
            words.finding(one) for one in state.results if (one.dimension, one.status) == (dimension, worst)
        )
        return Cell(words.STATUS_ICON[worst], title=evidence, state=worst in words.BAD)

    def rank(state: DatasetHealth) -> int | None:
        worst = frames.of_dimension(state, dimension)
        return None if worst is None else words.STATUS_ORDER.index(worst)

    about = f"{dimension.value.capitalize()}: the worst of its checks"
    return Column(frames.DIMENSION_HEADS[dimension], cell, rank, about, align="center")


def _numbers(known: Known, at: datetime) -> Columns:
    def freshness(state: DatasetHealth) -> Cell:
        age, limit = known.age(state, at), frames.freshness_limit(known.datasets.get(state.name))
        newest = "" if age is None else f"the newest row is of {words.utc(at - timedelta(seconds=age))}"
        due = f", at most {words.coarse(limit)} old is promised" if newest and limit is not None else ""
        return Cell(words.freshness(age, limit), title=newest + due)

    def per_day(state: DatasetHealth) -> Cell:
        bars = known.per_day.get(state.name, ())
        between = f"from {words.number(min(bars))} to {words.number(max(bars))}" if bars else ""
        return Cell(between, title=between, bars=bars)

    newest = "How old the newest row is now"
    bars = f"Rows by event time, the last {frames.SPARK} days or hours"
    return [
        Column("Freshness", freshness, lambda state: known.age(state, at), newest, largest_first=True),
        Column(
            "Rows",
            lambda state: Cell(words.number(known.rows.get(state.name))),
            lambda state: known.rows.get(state.name),
            "Rows in the whole table",
            align="right",
            largest_first=True,
        ),
        Column("Rows per day", per_day, help=bars),
    ]


def _people(at: datetime) -> Columns:
    return [
        Column("Owner", lambda state: Cell(state.owner or words.NOTHING), lambda state: state.owner),
        Column(
            "Measured",
            lambda state: Cell(words.ago(state.measured_at, at), title=words.utc(state.measured_at)),
            lambda state: state.measured_at,
            largest_first=True,
        ),
    ]
