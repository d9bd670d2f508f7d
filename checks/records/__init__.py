"""The nouns, frozen. Everything that travels between the modules of `checks`, to the history and to the pages is here.

A *metric* is something that can be measured; a *measurement* one value of it; a *check* an expectation; a *result* the
outcome of one check in one run. All moments are aware datetimes in UTC, except buckets, which are naive and in the
dataset's own day (see `EventTime.zone`).

Along the way of the data: `words`, `expected`, `declared`, `measured`, `planned`, `learned`, `happened`, `labelled` and
`incident`. All others import the nouns from here, never from those modules (`tests/test_project.py`).
"""

from checks.records.declared import (
    Check,
    Dataset,
    Detection,
    MadeFrom,
    is_public,
)
from checks.records.expected import (
    Aggregate,
    AggregateExpected,
    ArrivalExpected,
    ChangeExpected,
    ColumnExpected,
    DistributionExpected,
    Expectation,
    FreshnessExpected,
    NumberExpected,
    Operator,
    ReconcileExpected,
    ReferenceExpected,
    RowsExpected,
    SequenceExpected,
    SequenceKind,
    SqlExpected,
    Threshold,
    UniqueExpected,
    ValuesExpected,
)
from checks.records.happened import (
    DatasetHealth,
    Result,
    RunReport,
)
from checks.records.incident import (
    VITALS,
    Change,
    EventKind,
    Family,
    Incident,
    IncidentEvent,
    IncidentSeverity,
    IncidentState,
    Key,
    Signal,
    Span,
    Symptom,
    Verdict,
)
from checks.records.labelled import (
    Label,
    LabelKind,
    Repeats,
)
from checks.records.learned import (
    Alert,
    Bands,
    Finding,
    Learned,
)
from checks.records.measured import (
    Choice,
    EventTime,
    Grid,
    Measured,
    Metric,
    Problem,
    QueryRecord,
)
from checks.records.planned import (
    Last,
    Plan,
    Reading,
)
from checks.records.words import (
    Certainty,
    Dimension,
    Grain,
    Health,
    Outcome,
    Severity,
    Status,
)

__all__ = [
    "VITALS",
    "Aggregate",
    "AggregateExpected",
    "Alert",
    "ArrivalExpected",
    "Bands",
    "Certainty",
    "Change",
    "ChangeExpected",
    "Check",
    "Choice",
    "ColumnExpected",
    "Dataset",
    "DatasetHealth",
    "Detection",
    "Dimension",
    "DistributionExpected",
    "EventKind",
    "EventTime",
    "Expectation",
    "Family",
    "Finding",
    "FreshnessExpected",
    "Grain",
    "Grid",
    "Health",
    "Incident",
    "IncidentEvent",
    "IncidentSeverity",
    "IncidentState",
    "Key",
    "Label",
    "LabelKind",
    "Last",
    "Learned",
    "MadeFrom",
    "Measured",
    "Metric",
    "NumberExpected",
    "Operator",
    "Outcome",
    "Plan",
    "Problem",
    "QueryRecord",
    "Reading",
    "ReconcileExpected",
    "ReferenceExpected",
    "Repeats",
    "Result",
    "RowsExpected",
    "RunReport",
    "SequenceExpected",
    "SequenceKind",
    "Severity",
    "Signal",
    "Span",
    "SqlExpected",
    "Status",
    "Symptom",
    "Threshold",
    "UniqueExpected",
    "ValuesExpected",
    "Verdict",
    "is_public",
]
