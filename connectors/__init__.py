"""Warehouses, and nothing of checks: open one, see what is in it, ask it a question, close it."""

from connectors.errors import (
    AccessDenied,
    DatasetMissing,
    DriverMissing,
    Emptied,
    QueryFailed,
    QueryTimedOut,
    SourceError,
    Unreachable,
    ViewUnreadable,
)
from connectors.opening import open_source
from connectors.source import Answer, Column, Source, TableName

__all__ = [
    "AccessDenied",
    "Answer",
    "Column",
    "DatasetMissing",
    "DriverMissing",
    "Emptied",
    "QueryFailed",
    "QueryTimedOut",
    "Source",
    "SourceError",
    "TableName",
    "Unreachable",
    "ViewUnreadable",
    "open_source",
]
