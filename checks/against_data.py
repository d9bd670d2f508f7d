"""The new version of contracts against the data of today: what `contract diff --against-data` adds to a comparison.

Only contracts that changed are run, once, and nothing of it is kept (`trial`). Each check that does not pass is told,
and whether it is new in this version, changed by it, or as it was before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from checks import trial
from checks.config import Config
from checks.contracts import Contracts, Level
from checks.contracts.changes.comparison import Comparison
from checks.contracts.changes.reports import message_text, plain, property_text
from checks.contracts.load import findings
from checks.contracts.sides import Side
from checks.junit import Case, Suite, of_contract, of_run
from checks.monitor import Monitor
from checks.records import Check, Dataset, Status

Document = dict[str, Any]

_FAILS = (Status.FAIL, Status.NO_DATA)
_UNCLEAR = (Status.ERROR, Status.UNREACHABLE)
_TOLD = (*_FAILS, *_UNCLEAR, Status.WARN)
_SINCE = {"added": "new in this version", "changed": "changed by this version", "unchanged": "as before"}
_MARKS = {Status.WARN: "⚠️", **dict.fromkeys(_FAILS, "❌"), **dict.fromkeys(_UNCLEAR, "❔")}
_LEVELS = {Status.WARN: "warning", **dict.fromkeys(_FAILS, "error"), **dict.fromkeys(_UNCLEAR, "warning")}


def against_data(
    config: Config, comparison: Comparison, sides: tuple[Side, Side], at: datetime, progress: trial.Progress
) -> Document:
    """{"checks": [...], "contracts": [...], "runs": [...], "errors": [...]}: the checks that do not pass today, what
    lint finds in the contracts that changed, what ran, sources that did not answer. Without changes all are empty."""
    before, after = (Contracts(side.documents, findings(side.documents)) for side in sides)
    news = {document.label for document in after.documents}
    changed = frozenset(each.document.label for each in comparison.contracts if each.changes) & news
    if not changed:
        return {"checks": [], "contracts": [], "runs": [], "errors": []}
    what = trial.Trial(contracts=after, at=at, rows=0, files=changed)
    tried = trial.try_out(config, what, progress, lambda monitor: {"since": _since(monitor, before)})
    since = tried["since"]
    checks = [
        _told(run["dataset"], result, since.get(run["dataset"], {}))
        for run in tried["runs"]
        for result in run["results"]
        if result["status"] in _TOLD
    ]
    contracts = [each for each in tried["contracts"] if each["file"] in changed]
    return {"checks": checks, "contracts": contracts, "runs": tried["runs"], "errors": tried["errors"]}


def exit_code(document: Document) -> int:
    """As of `contract test`; 0 where nothing changed, and so nothing ran."""
    ran = any(document[part] for part in ("contracts", "runs", "errors"))
    return trial.exit_code(document) if ran else 0


def _since(monitor: Monitor, before: Contracts) -> dict[str, Document]:
    """By dataset: the contract's file, and what became of each check since the version before."""
    olds = monitor.catalogue.declared_by(before)
    return {
        name: {"file": dataset.contract_file, "checks": _changes(olds.get(name), dataset)}
        for name, dataset in monitor.datasets().items()
    }


def _changes(old: Dataset | None, new: Dataset) -> dict[str, str]:
    known = {check.id: check for check in old.checks} if old else {}
    return {check.id: _change(known.get(check.id), check) for check in new.checks}


def _change(old: Check | None, new: Check) -> str:
    if old is None:
        return "added"
    return "unchanged" if (old.expects, old.severity) == (new.expects, new.severity) else "changed"


def _told(dataset: str, result: Document, since: Document) -> Document:
    kept = {key: result[key] for key in ("check", "column", "status", "severity", "reason", "bucket")}
    change = since.get("checks", {}).get(result["check"], "unchanged")
    return {"dataset": dataset, "file": since.get("file"), **kept, "change": change}


# -- in words ----------------------------------------------------------------------------------------------------------


def headline(document: Document) -> str:
    """The answer in a sentence."""
    if not any(document[part] for part in ("contracts", "runs", "errors")):
        return "Against the data of today: nothing changed, so nothing was run."
    statuses = [check["status"] for check in document["checks"]]
    parts = [
        _counted(statuses, _FAILS, "would fail"),
        _counted(statuses, (Status.WARN,), "would warn"),
        _counted(statuses, _UNCLEAR, "could not be evaluated"),
    ]
    said = ", ".join(part for part in parts if part) or (
        "every check would pass" if document["runs"] else "nothing ran"
    )
    return f"Against the data of today: {said}."


def sentences(document: Document) -> Iterator[tuple[str, str, str]]:
    """For each check that does not pass its status, its name and why; then what stood in the way."""
    for check in document["checks"]:
        yield check["status"], f"{_name(check)} ({_SINCE[check['change']]})", check["reason"] or ""
    for said in _in_the_way(document):
        yield Status.ERROR, said, ""


def _in_the_way(document: Document) -> Iterator[str]:
    for contract in document["contracts"]:
        for found in contract["findings"]:
            if found["level"] == Level.ERROR:
                yield f"{contract['file']}:{found['line']}: {found['path']}: {found['message']}"
    yield from document["errors"]
    for run in document["runs"]:
        if run["error"] and not run["results"]:
            yield f"{run['dataset']}: {run['error']}"


def _name(check: Document) -> str:
    bucket = f" {check['bucket'][:16]}" if check["bucket"] else ""
    return f"{check['dataset']} {check['check']}{bucket}"


def _counted(statuses: list[str], wanted: tuple[Status, ...], what: str) -> str:
    count = sum(status in wanted for status in statuses)
    return f"{count:,} check{'' if count == 1 else 's'} {what}" if count else ""


# -- for CI ------------------------------------------------------------------------------------------------------------


def markdown(document: Document) -> str:
    """A section below the comparison: the answer, then a row for each check that does not pass."""
    lines = ["", "### Against the data of today", "", plain(headline(document))]
    if document["checks"]:
        lines += ["", "| today | dataset | check | since | why |", "| --- | --- | --- | --- | --- |"]
    for check in document["checks"]:
        told = (check["dataset"], check["check"], _SINCE[check["change"]], check["reason"] or "")
        cells = [f"{_MARKS[check['status']]} {plain(check['status'])}", *map(plain, told)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [line for said in _in_the_way(document) for line in ("", plain(said))]
    return "\n".join(lines) + "\n"


def suites(document: Document) -> list[Suite]:
    """Suites for JUnit beside those of the comparison: the contracts that ran, and each dataset with its checks."""
    contracts = tuple(of_contract(each) for each in document["contracts"])
    found = [Suite("contracts against the data", contracts)] if contracts else []
    found += [of_run(each) for each in document["runs"]]
    unanswered = tuple(Case("source", "error", sentence) for sentence in document["errors"])
    return [*found, Suite("sources", unanswered)] if unanswered else found


def github(document: Document) -> str:
    """Annotations: errors for checks that would fail, warnings for the others that do not pass."""
    lines = [_annotation(check) for check in document["checks"]]
    lines += [f"::warning title=Against the data::{message_text(said)}" for said in _in_the_way(document)]
    return "".join(f"{line}\n" for line in [*lines, headline(document)])


def _annotation(check: Document) -> str:
    file = f"file={property_text(check['file'])}," if check["file"] else ""
    said = f"{_name(check)} ({_SINCE[check['change']]}): {check['status']} today. {check['reason'] or ''}"
    return f"::{_LEVELS[check['status']]} {file}title=Against the data::{message_text(said)}"
