"""From a driver's exception to one of our errors: a pure function, one set of rules per driver.

Rules look at class names, SQLSTATEs and result codes, and at words only where a driver gives nothing better, so that no
driver has to be imported here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from connectors.errors import (
    AccessDenied,
    DatasetMissing,
    DriverMissing,
    QueryFailed,
    QueryTimedOut,
    SourceError,
    Unreachable,
    ViewUnreadable,
)

Verdict = tuple[type[SourceError], str | None]  # the kind and, where it differs from the kind's own, what to do

_DENIED = re.compile(
    r"password|authentication|no pg_hba\.conf entry|role .* does not exist|permission|access denied|not authorized"
    r"|unauthorized|forbidden|not permitted to log in",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"no such (table|column)|(table|column|view|file|dataset).*(does not exist|doesn't exist|not found)|no files found"
    r"|no such file|does not have a column|unknown (table|column)|cannot open file",
    re.IGNORECASE | re.DOTALL,
)
_AWAY = re.compile(
    r"refused|unreachable|timed out|timeout|could not connect|can't connect|closed|resolve", re.IGNORECASE
)

#: where drivers begin to quote the statement, to list settings or to give details, which hold values
_EXCERPT = re.compile(r"\n+LINE \d+:|\n+Possible Solution|\n\s*Candidate functions:|\nDETAIL:|\nCONTEXT:")
#: the row of a CSV file that could not be read, up to the reason
_CSV_ROW = re.compile(
    r"\n *Original Line:.*?(?=\n(?:Invalid|Error|Expected|Could|Value|Maximum|Column|Unterminated)|\Z)", re.DOTALL
)
#: messages about a value quote it, and rows do not belong into messages
_BAD_VALUE = re.compile(r"convert|cast|invalid input|out of range|malformed|parse", re.IGNORECASE)
_VALUE = re.compile(
    r"(\b(?:string|value|syntax for type [\w ]+:|type \w+ with value|input:?)) *(?:'[^']*'|\"[^\"]*\"|[-\d.e+]+)"
)

_READ_ONLY = "send one SELECT: Vitals only reads"
_LOCKED = "wait until the process that writes to it has closed it, or give Vitals a copy of the file"
_CONVERT = "mend the value, or give the column a type that holds all of its values; for CSV: write UTF-8, or Parquet"
_MEMORY = "give the dataset an event time so that runs read less, or leave out its widest columns"
_REOPEN = "close the source and open it again"


def translate(
    source: str, error: Exception, table: object = None, *, opening: bool = False, secrets: tuple[str, ...] = ()
) -> SourceError:
    """The error in our words. `opening` says that it came while connecting, where whatever is wrong means that the
    warehouse can not be reached; `secrets` are cut out of the driver's text."""
    rules = _rules_of(error)
    if isinstance(error, (ImportError, OSError)) and rules is _by_words:
        rules = _by_python
    kind, remedy = rules(error)
    if opening and issubclass(kind, (DatasetMissing, QueryFailed)):
        kind = Unreachable
    return kind(source, _cause(error, secrets), dataset=str(table) if table else None, remedy=remedy)


def _rules_of(error: Exception) -> Callable[[Exception], Verdict]:
    return _RULES.get(type(error).__module__.split(".")[0], _by_words)


def is_interruption(error: Exception) -> bool:
    """Whether the driver says that the statement was stopped from outside."""
    if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT" or getattr(error, "sqlstate", "") == "57014":
        return True
    return type(error).__name__ == "InterruptException"


def _cause(error: Exception, secrets: tuple[str, ...]) -> str:
    text = (_mysql_text(error) if _rules_of(error) is _mysql else str(error)) or type(error).__name__
    if type(error).__module__ == "builtins" and not isinstance(error, (OSError, ImportError)):
        text = f"{type(error).__name__}: {text}"  # `KeyError: 'x'` says more than `'x'`
    for secret in secrets:
        text = text.replace(secret, "***")
    text = _EXCERPT.split(_CSV_ROW.sub("", text), maxsplit=1)[0]
    return _VALUE.sub(r"\1 '...'", text) if _BAD_VALUE.search(text) else text


# -- DuckDB, also as the engine for folders of files -------------------------------------------------------------------

_DUCKDB: dict[str, Verdict] = {
    "PermissionException": (AccessDenied, "only the source's own files can be read; name other files as a source"),
    "HTTPException": (Unreachable, None),
    "ConnectionException": (Unreachable, _REOPEN),
    "FatalException": (Unreachable, _REOPEN),
    "OutOfMemoryException": (QueryFailed, _MEMORY),
    "ConversionException": (QueryFailed, _CONVERT),
    "InterruptException": (QueryFailed, "run it again"),
}


def _duckdb(error: Exception) -> Verdict:
    name, text = type(error).__name__, str(error)
    if "CSV Error" in text:
        return QueryFailed, _CONVERT
    if name in _DUCKDB:
        return _DUCKDB[name]
    if name in ("CatalogException", "BinderException", "IOException") and _duckdb_missing(text):
        return DatasetMissing, None
    if name == "IOException":
        return Unreachable, _LOCKED if "lock" in text else "check that the file is there, whole and readable"
    return QueryFailed, _READ_ONLY if "read-only" in text else None


def _duckdb_missing(text: str) -> bool:
    return bool(_MISSING.search(text)) and "function" not in text.split("\n", 1)[0].lower()


# -- SQLite ------------------------------------------------------------------------------------------------------------


def _sqlite(error: Exception) -> Verdict:
    text, code = str(error), getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").split("_")[0]
    if code in ("BUSY", "LOCKED"):
        return Unreachable, _LOCKED
    if code in ("CANTOPEN", "IOERR", "PROTOCOL", "NOTADB", "CORRUPT"):
        return Unreachable, "check that the file is there, whole and readable"
    if code == "PERM":
        return AccessDenied, "check the rights of the file"
    if code in ("READONLY", "AUTH") or "attached databases" in text:
        return QueryFailed, _READ_ONLY
    if code == "INTERRUPT":
        return QueryFailed, "run it again"
    if "closed database" in text:
        return Unreachable, _REOPEN
    return (DatasetMissing if _MISSING.search(text) else QueryFailed), None


# -- PostgreSQL --------------------------------------------------------------------------------------------------------

_SQLSTATES: list[tuple[str, Verdict]] = [  # the first prefix that fits
    ("28", (AccessDenied, None)),
    ("42501", (AccessDenied, "grant SELECT on the table, and USAGE on its schema, to the user in config.toml")),
    ("42P01", (DatasetMissing, None)),
    ("42703", (DatasetMissing, None)),
    ("3F000", (DatasetMissing, None)),
    ("3D000", (Unreachable, "check the name of the database in config.toml")),
    ("42601", (QueryFailed, "check the SQL; " + _READ_ONLY)),
    ("25006", (QueryFailed, _READ_ONLY)),
    ("40", (Unreachable, "run it again: the server gave up the statement for another one")),
    ("53300", (Unreachable, "allow more connections on the server, or lower `concurrency` of the source")),
    ("55P03", (Unreachable, "wait until the lock on the table is released")),
    ("57P", (Unreachable, None)),
    ("58", (Unreachable, "look at the server's log: it has trouble with its files")),
    ("08", (Unreachable, None)),
]


def _psycopg(error: Exception) -> Verdict:
    state, text = getattr(error, "sqlstate", None), str(error)
    if state == "57014":
        return (QueryFailed, "run it again") if "user request" in text else (QueryTimedOut, None)
    if state:
        return next((verdict for prefix, verdict in _SQLSTATES if state.startswith(prefix)), (QueryFailed, None))
    if type(error).__name__ == "DataError":
        return QueryFailed, None
    if type(error).__name__ == "ProgrammingError":  # no SQLSTATE: the connection string could not be read
        return (
            Unreachable,
            "check the URL in config.toml; special characters of a password are written as %40 and so on",
        )
    return (AccessDenied if _DENIED.search(text) else Unreachable), None


# -- MySQL and MariaDB, by the numbers of their errors -----------------------------------------------------------------

_DEFINER = "check user and password; if a single view is refused so, its definer is gone, and it has to be made anew"
_MYSQL: dict[int, Verdict] = {
    **dict.fromkeys((1044, 1142, 1143, 1227), (AccessDenied, None)),
    **dict.fromkeys((1045, 1698), (AccessDenied, _DEFINER)),
    **dict.fromkeys((1051, 1054, 1109, 1146), (DatasetMissing, None)),
    **dict.fromkeys((1356, 1449), (ViewUnreadable, None)),
    **dict.fromkeys((1969, 3024), (QueryTimedOut, None)),
    **dict.fromkeys((1205, 1213), (Unreachable, "run it again: another statement holds what it needs")),
    **dict.fromkeys((1064, 1792, 1290), (QueryFailed, "check the SQL; " + _READ_ONLY)),
    1040: (Unreachable, "allow more connections on the server, or lower `concurrency` of the source"),
    1049: (Unreachable, "check the name of the database in config.toml"),
}
_MYSQL_CLIENT = range(2000, 3000)  # the connection is gone, or there never was one


def _mysql(error: Exception) -> Verdict:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if number in _MYSQL_CLIENT or number in (1053, 1927):
        return Unreachable, None
    return _MYSQL.get(number) or _by_words(error)


def _mysql_text(error: Exception) -> str:
    """The words without the number before them."""
    return str(error.args[-1]) if error.args else ""


# -- all others --------------------------------------------------------------------------------------------------------


def _by_python(error: Exception) -> Verdict:
    if isinstance(error, ImportError):
        return DriverMissing, f"pip install '{error.name}'" if error.name else None
    if isinstance(error, PermissionError):
        return AccessDenied, "check the rights of the file"
    if isinstance(error, FileNotFoundError):
        return DatasetMissing, None
    return Unreachable, None


def _by_words(error: Exception) -> Verdict:
    text = str(error)
    if type(error).__name__ == "TableNotFound" or _MISSING.search(text):
        return DatasetMissing, None
    if _DENIED.search(text):
        return AccessDenied, None
    return (Unreachable if _AWAY.search(text) else QueryFailed), None


_RULES: dict[str, Callable[[Exception], Verdict]] = {
    "_duckdb": _duckdb,
    "duckdb": _duckdb,
    "sqlite3": _sqlite,
    "psycopg": _psycopg,
    "MySQLdb": _mysql,
}
