"""Records in, tables for pages out (pandas). Pure: no Streamlit, no clock, no judgement beyond picking the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from checks.learned.families import FAMILIES
from checks.records import Dataset, DatasetHealth, Dimension, FreshnessExpected, Health, Result, Status
from dashboard import words

#: how dimensions are headed in narrow columns: what people say for them
DIMENSION_HEADS = {
    Dimension.TIMELINESS: "Fresh",
    Dimension.COVERAGE: "Volume",
    Dimension.COMPLETENESS: "Nulls",
    Dimension.UNIQUENESS: "Unique",
    Dimension.CONFORMITY: "Valid",
    Dimension.CONSISTENCY: "Match",
    Dimension.ACCURACY: "Accurate",
}
#: what learned checks are about
LEARNED = {family.check: family.about for family in FAMILIES}
#: points in the small chart of a table row
SPARK = 30
#: days to look back for what the overview shows
BACK = {"bucket_rows": SPARK, "row_count": 7, "freshness": 7}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the overview; empty means all."""

    text: str = ""
    healths: tuple[str, ...] = ()
    source: str | None = None
    owner: str | None = None

    def fits(self, state: DatasetHealth, dataset: Dataset | None) -> bool:
        if self.healths and state.health.value not in self.healths:
            return False
        if self.source and state.name.split(".")[0] != self.source:
            return False
        if self.owner and state.owner != self.owner:
            return False
        about = f"{state.name} {state.owner or ''} {dataset.description or '' if dataset else ''}"
        return all(word in about.lower() for word in self.text.lower().split())


def chosen(healths: Sequence[DatasetHealth], datasets: Mapping[str, Dataset], wanted: Wanted) -> list[DatasetHealth]:
    """The datasets that fit the filters, worst first, then by name."""
    fitting = [state for state in healths if wanted.fits(state, datasets.get(state.name))]
    return sorted(fitting, key=lambda state: (words.ORDER.index(state.health), -len(state.reasons), state.name))


def dimensions(healths: Sequence[DatasetHealth]) -> list[Dimension]:
    """The dimensions that at least one check is about, in their order."""
    found = {result.dimension for state in healths for result in state.results}
    return [dimension for dimension in Dimension if dimension in found]


def of_dimension(state: DatasetHealth, dimension: Dimension) -> Status | None:
    return words.worst([result for result in state.results if result.dimension == dimension])


def sparks(frame: pd.DataFrame, length: int = SPARK) -> dict[str, list[float]]:
    """dataset -> its last values, oldest first."""
    ordered = frame.dropna(subset=["value"]).sort_values(["dataset", "bucket"], kind="stable")
    last = ordered.groupby("dataset", sort=False).tail(length)
    return {str(name): values.tolist() for name, values in last.groupby("dataset", sort=False)["value"]}


def latest(frame: pd.DataFrame) -> dict[str, float]:
    """dataset -> its newest value."""
    newest = frame.dropna(subset=["value"]).sort_values("bucket", kind="stable").drop_duplicates("dataset", keep="last")
    return dict(zip(newest["dataset"], newest["value"], strict=True))


def freshness_limit(dataset: Dataset | None) -> float | None:
    """The declared limit in seconds, the strictest where there are several."""
    checks = dataset.checks if dataset else ()
    limits = [one.expects.limit.total_seconds() for one in checks if isinstance(one.expects, FreshnessExpected)]
    return min(limits) if limits else None


def checks_table(
    results: Sequence[Result], dataset: Dataset | None, since: Mapping[str, datetime], at: datetime
) -> pd.DataFrame:
    """One row for each check, in the order given."""
    declared = {check.id: check for check in dataset.checks} if dataset else {}
    rows = []
    for result in results:
        check = declared.get(result.check)
        rows.append(
            {
                "Status": words.status(result.status),
                "Check": result.check,
                "Column": result.column or "",
                "Observed": result.observed or result.reason or words.NOTHING,
                "Expected": result.expected or words.NOTHING,
                "For": words.coarse((at - since[result.check]).total_seconds()) if result.check in since else "",
                "Dimension": result.dimension.value,
                "Severity": result.severity.value,
                "Description": (check.description if check else LEARNED.get(result.check)) or "",
                "Business impact": (check.business_impact if check else None) or "",
                "Contract": (check.contract if check else None) or ("learned" if result.learned else ""),
                "Measured": words.ago(result.measured_at, at),
            }
        )
    return pd.DataFrame(rows)


def runs_table(runs: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """Past runs as they are shown."""
    return pd.DataFrame(
        {
            "Outcome": [words.outcome(str(one)) for one in runs["outcome"]],
            "Dataset": runs["dataset"],
            "Started": [words.ago(aware(one), at) for one in runs["started_at"]],
            "Took": [words.duration(one) for one in runs["seconds"]],
            "What went wrong": [one or "" for one in runs["error"].astype(object).where(runs["error"].notna(), "")],
            "Attempts": runs["attempts"],
            "Queries": runs["queries"],
            "Measurements": runs["measurements"],
            "Read": ["whole table" if one else "new buckets" for one in runs["whole_table"]],
            "Why": runs["trigger"],
            "Started at": [words.utc(aware(one)) for one in runs["started_at"]],
            "Slot": [words.utc(aware(one)) for one in runs["slot"]],
        }
    )


def aware(moment: object) -> datetime | None:
    """A moment out of a DataFrame as an aware datetime; None for a missing one."""
    if not isinstance(moment, datetime) or pd.isna(moment):
        return None
    stamp = moment.to_pydatetime() if isinstance(moment, pd.Timestamp) else moment
    return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)


def counted(states: Sequence[DatasetHealth]) -> dict[Health, int]:
    """How many datasets are in each health, worst first."""
    return {health: sum(state.health == health for state in states) for health in words.ORDER}


def of_sample(columns: Sequence[str], rows: Sequence[tuple]) -> pd.DataFrame:
    """Rows as they came from a warehouse, for a table: values of kinds that a table can not hold are shown as text,
    and columns of the same name are told apart."""
    names: list[str] = []
    for column in columns:
        names.append(
            column if column not in names else f"{column} ({sum(one == column for one in columns[: len(names) + 1])})"
        )
    frame = pd.DataFrame(list(rows), columns=pd.Index(names), dtype=object)
    return frame.apply(_shown_as) if len(frame) else frame


def _shown_as(cells: pd.Series) -> pd.Series:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {int} and all(abs(cell) < 2**53 for cell in cells if cell is not None):
        return cells.astype("Int64")
    if kinds in ({float}, {bool}, {datetime}):
        return cells if cells.isna().any() else cells.infer_objects()
    return cells.map(lambda cell: None if cell is None else str(cell)).astype("object")
