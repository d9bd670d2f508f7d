"""What can go wrong between Vitals and a warehouse: one tree, five kinds.

    SourceError
      Unreachable      the warehouse did not answer (network, server down, file locked)   -> worth a retry
        Emptied        it answered, and has no table any more although it had some
      AccessDenied     it answered and refused us (password, grant)                      -> never retried in a loop
      DatasetMissing   the table, file or column is not there
        ViewUnreadable the view is, and what it reads is not
      QueryTimedOut    the statement ran into its time limit
      QueryFailed      the warehouse could not execute the statement

Every error knows its source, the dataset if there is one, the cause in the warehouse's words (scrubbed of passwords)
and what to do about it. Driver errors are translated in `connectors/` and nowhere else.
"""

from __future__ import annotations

import re

_CREDENTIALS = re.compile(r"(?<=://)[^\s'\"]*@")  # up to the last @: a password may hold an unescaped / or @
_PASSWORD_PAIR = re.compile(r"(?i)\b([\w-]*(?:password|passwd|pwd|secret|token))\b(\s*[=:]\s*)('[^']*'|\"[^\"]*\"|\S+)")


def scrub(text: str) -> str:
    """The text without user:password parts of URLs and without password=... pairs."""
    text = _CREDENTIALS.sub("***@", text)
    return _PASSWORD_PAIR.sub(r"\1\2***", text)


class SourceError(Exception):
    """Base of everything that a source can raise.

    `kind` is the word stored in the history and shown on pages; `retryable` says whether the same call may succeed
    a little later without anybody doing anything.
    """

    kind = "source_error"
    retryable = False
    what = "failed"
    remedy = "look at the cause"

    def __init__(self, source: str, cause: str, *, dataset: str | None = None, remedy: str | None = None) -> None:
        self.source = source
        self.dataset = dataset
        self.cause = scrub(" ".join(str(cause).split()))[:600].rstrip(".")
        if remedy is not None:
            self.remedy = remedy
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """What happened, where, why and what to do, in one line."""
        where = f"source '{self.source}'" + (f", dataset '{self.dataset}'" if self.dataset else "")
        return f"{where}: {self.what}: {self.cause}. To do: {self.remedy}"

    def __reduce__(self):  # travels from the worker process to the app
        return (_rebuild, (type(self), self.source, self.cause, self.dataset, self.remedy))


def _rebuild(kind: type[SourceError], source: str, cause: str, dataset: str | None, remedy: str) -> SourceError:
    return kind(source, cause, dataset=dataset, remedy=remedy)


class Unreachable(SourceError):
    """The warehouse did not answer."""

    kind = "unreachable"
    retryable = True
    what = "did not answer"
    remedy = "check that the server runs and that the address in config.toml is right"


class Emptied(Unreachable):
    """It answered, and had none of the tables any more that it had before: a folder that is not mounted, a role that
    may see nothing. Nothing is known of the tables, and to ask again at once does not help."""

    retryable = False
    what = "lists no table any more"
    remedy = (
        "check that its folder is mounted, or that the role may still see its schemas; resolve the incident if all "
        "tables were removed on purpose"
    )


class AccessDenied(SourceError):
    """The warehouse refused the user, or the user may not read this table."""

    kind = "access_denied"
    what = "refused access"
    remedy = "check user, password and grants; Vitals needs SELECT only"


class DatasetMissing(SourceError):
    """The table, view, file or column does not exist (any more)."""

    kind = "dataset_missing"
    what = "is not there"
    remedy = "check the name, or drop it from the contract if it was removed on purpose"


class ViewUnreadable(DatasetMissing):
    """The view is there, and what it reads is not, or its owner may not read it."""

    what = "can not be read"
    remedy = "mend the view, or exclude it in config.toml"


class QueryTimedOut(SourceError):
    """The statement was cancelled at its time limit."""

    kind = "timed_out"
    retryable = True
    what = "ran into its time limit"
    remedy = "raise `timeout` of the source in config.toml, or give the dataset an event time so that runs read less"


class QueryFailed(SourceError):
    """The warehouse could not execute the statement."""

    kind = "query_failed"
    what = "could not execute a query"
    remedy = "open the query on the Dataset page or in the run, and try it in the warehouse"


class DriverMissing(SourceError):
    """The Python package that talks to this kind of warehouse is not installed."""

    kind = "driver_missing"
    what = "needs a package that is not installed"
    remedy = "install the package of this warehouse"
