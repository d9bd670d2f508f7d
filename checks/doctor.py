"""What is wrong with an installation, and how to mend it: configuration, contracts, history, sources, scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from checks import phrases
from checks.builtin import GONE_REMEDY
from checks.catalogue import SourceState
from checks.compare import compared
from checks.config import Config
from checks.contracts.document import Finding, Level
from checks.contracts.lint import lint
from checks.contracts.load import contract_files
from checks.history import RunRow
from checks.incident_answers import unwatched, waits
from checks.lineage.graph import Kind
from checks.monitor import Monitor
from checks.notify import document as notified
from checks.passed_over import load_times
from checks.records import Outcome
from checks.worker import probe_job
from connectors import SourceError, Unreachable

Document = dict[str, Any]
_LATE = 60  # seconds without a tick
#: open incidents that are told one by one
_TOLD = 20


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was looked at. `level` is ok, warning or error."""

    level: str
    area: str
    subject: str
    message: str


def examine(monitor: Monitor) -> Document:
    """{"notes": [...]}: everything that was looked at, what is wrong among it. Asks every source."""
    config = monitor.config
    sources = list(_sources(monitor))  # first, because it also matches contracts with the tables that are there
    notes = [
        *_configuration(config),
        *_contracts(config, monitor.catalogue.findings),
        *_history(monitor),
        *sources,
        *_lineage(monitor),
        *_scheduler(monitor),
        *_notifications(monitor),
        *_datasets(monitor),
        *_incidents(monitor),
    ]
    return {"notes": [asdict(note) for note in notes]}


def without_history(config: Config, error: Exception) -> Document:
    """The same when the history can not be opened: what can be said without it."""
    broken = Note("error", "history", str(config.history_path), str(error))
    return {"notes": [asdict(note) for note in (*_configuration(config), *_contracts(config, ()), broken)]}


def exit_code(document: Document) -> int:
    """1 with errors, 2 with warnings, else 0."""
    levels = {note["level"] for note in document["notes"]}
    return 1 if "error" in levels else 2 if "warning" in levels else 0


def _configuration(config: Config) -> Iterator[Note]:
    count = len(config.sources)
    if count:
        yield Note("ok", "configuration", str(config.file), f"{count} {'source' if count == 1 else 'sources'}")
    else:
        message = "there is no [sources.NAME] section, so there is nothing to watch; add one with a url"
        yield Note("error", "configuration", str(config.file), message)


def _contracts(config: Config, matched: tuple[Finding, ...]) -> Iterator[Note]:
    files = contract_files(config.contracts_path) if config.contracts_path.is_dir() else []
    if not files:
        message = "no contract here: datasets are measured and shown, and little is expected of them"
        yield Note("ok", "contracts", str(config.contracts_path), message)
    linted = lint(files)
    findings = dict.fromkeys([*(finding for each in linted for finding in each.findings), *matched])
    troubled = {finding.file for finding in findings if finding.level is not Level.INFO}
    for finding in findings:
        if finding.level is not Level.INFO:
            yield Note(finding.level.value, "contracts", f"{finding.file}:{finding.line}", finding.message)
    for each in linted:
        if each.file not in troubled:
            yield Note("ok", "contracts", each.file, "is executed as it is written")


def _history(monitor: Monitor) -> Iterator[Note]:
    path = str(monitor.history.path)
    troubles = [*monitor.history.notices, *monitor.history.damage()]
    for sentence in troubles:
        yield Note("error", "history", path, sentence)
    if not troubles:
        counted = monitor.history.statistics()
        size = f"{counted['bytes'] / 1e6:,.1f} MB"
        yield Note(
            "ok", "history", path, f"sound; {counted['runs']:,} runs, {counted['measurements']:,} numbers, {size}"
        )


def _sources(monitor: Monitor) -> Iterator[Note]:
    states = monitor.refresh(monitor.clock())
    with ThreadPoolExecutor(max(1, len(states))) as pool:
        for notes in pool.map(lambda state: list(_source(monitor, state)), states):
            yield from notes


def _source(monitor: Monitor, state: SourceState) -> Iterator[Note]:
    if state.error:
        yield Note("error", "sources", state.name, state.error)
        return
    level = "ok" if state.monitored else "warning"
    yield Note(level, "sources", state.name, f"answers; {state.monitored} of {state.tables} tables are watched")
    if state.vanished:
        message = f"lists no more, though they were measured: {phrases.listed(state.vanished)}; {GONE_REMEDY}"
        yield Note("warning", "sources", state.name, message)
    spec = monitor.spec(state.name)
    try:
        can_write = monitor.workers.call(spec, spec.timeout + 10, probe_job, spec)
    except SourceError as error:
        yield Note("warning", "sources", state.name, f"whether the role may write is not known: {error.sentence}")
        return
    if can_write:
        message = f"the role could write ({can_write}); give Vitals a role with SELECT only"
        yield Note("warning", "sources", state.name, message)
    else:
        yield Note("ok", "sources", state.name, "nothing can be written")
    yield from _columns(monitor, state.name)


def _columns(monitor: Monitor, source: str) -> Iterator[Note]:
    """The contracts of a source beside the tables that it has. Tables that are not there are told already."""
    datasets = {each.table: each for each in monitor.datasets().values() if each.source == source and each.contract}
    if not datasets:
        return
    try:
        found = monitor.columns(source, tuple(datasets))
    except SourceError as error:
        yield Note("warning", "contracts", source, f"columns could not be compared: {error.sentence}")
        return
    for table, columns in found.items():
        told = compared(datasets[table], columns, monitor.clock())
        for sentence in told.wrong:
            yield Note("error", "contracts", told.dataset, f"{sentence} ({told.contract_file})")
        if not told.wrong:
            yield Note("ok", "contracts", told.dataset, str(told))


def _lineage(monitor: Monitor) -> Iterator[Note]:
    """What config.toml names for lineage and is not there."""
    for sentence in monitor.lineage_known.troubles():
        yield Note("warning", "lineage", str(monitor.config.file), sentence)


def _scheduler(monitor: Monitor) -> Iterator[Note]:
    ticked = monitor.ticked_at
    if ticked is None:
        yield Note(
            "ok", "scheduler", "app", "no app is running, so nothing runs on schedule; `python -m dashboard` does"
        )
    elif (monitor.clock() - ticked).total_seconds() > _LATE:
        message = f"it has last looked for due runs {phrases.moment(ticked)}; restart the app and look at its log"
        yield Note("error", "scheduler", "app", message)
    else:
        yield Note("ok", "scheduler", "app", "the app is running and looks for due runs")
    for sentence in list(monitor.troubles.values()):
        yield Note("error", "scheduler", "app", sentence)


def _incidents(monitor: Monitor) -> Iterator[Note]:
    """Open incidents: those that no run will ever resolve, and what the others wait for."""
    for incident, names in unwatched(monitor):
        message = (
            f"is open, and no run can tell whether it is over: {phrases.listed(names, 3)} "
            f"{'is' if len(names) == 1 else 'are'} not watched any more; "
            f'`python -m checks incidents {incident.id} resolve --reason "…"` closes it'
        )
        yield Note("warning", "incidents", f"incident {incident.id}", message)
    waiting = waits(monitor)
    for incident, message, comes in waiting[:_TOLD]:
        yield Note("ok" if comes else "warning", "incidents", f"incident {incident.id}", message)
    if len(waiting) > _TOLD:
        message = f"{len(waiting) - _TOLD:,} more are open; `python -m checks incidents` tells all"
        yield Note("ok", "incidents", "others", message)


def _notifications(monitor: Monitor) -> Iterator[Note]:
    document = notified.notifications_document(monitor)
    nodes = monitor.lineage().graph.nodes.values() if document["channels"] else ()
    teams = {node.owner.casefold() for node in nodes if node.owner}
    consumers = {node.name.casefold() for node in nodes if node.kind is Kind.CONSUMER}
    for each in document["channels"]:
        channel = monitor.sender.channels[each["name"]]
        for sentence in notified.strangers(channel, teams, consumers):
            yield Note("warning", "notifications", each["name"], sentence)
        usable = notified.unusable(channel)
        if usable is not None:
            yield Note("error", "notifications", each["name"], usable)
        elif each["state"] == "fails":
            yield Note("error", "notifications", each["name"], f"the last message did not arrive: {each['error']}")
        elif each["sent_at"] is None:
            message = f"nothing was ever sent through it; `python -m checks notify test {each['name']}` does"
            yield Note("warning", "notifications", each["name"], message)
        else:
            yield Note("ok", "notifications", each["name"], "the last message arrived")
    for each in document["dead"]:
        message = (
            f"a message was given up ({each['error']}); `python -m checks notify retry {each['id']}` sends it again"
        )
        yield Note("error", "notifications", each["channel"], message)
    if document["channels"] and monitor.config.app.public_url is None:
        message = f"messages link to {monitor.config.app.base_url}; set [app] public_url to where people find the pages"
        yield Note("warning", "notifications", "links", message)
    if not document["channels"]:
        yield Note(
            "ok", "notifications", "none", "nobody is told of incidents; a [notify.NAME] in config.toml does that"
        )


def _datasets(monitor: Monitor) -> Iterator[Note]:
    found = monitor.status(None, monitor.clock())
    never = [each.name for each in found if each.measured_at is None]
    if never:
        message = f"never measured: {phrases.listed(never)}; `python -m checks run` does"
        yield Note("warning", "datasets", f"{len(never)} of {len(found)}", message)
    elif found:
        yield Note("ok", "datasets", str(len(found)), "all have been measured")
    yield from _unmeasured(monitor)
    for name, sentence in load_times(monitor):
        yield Note("warning", "datasets", name, sentence)


def _unmeasured(monitor: Monitor) -> Iterator[Note]:
    """Datasets whose last run could not measure them although their source answered, by source and kind of trouble."""
    troubled: dict[tuple[str, str | None], list[RunRow]] = {}
    datasets = monitor.datasets()
    for name, run in monitor.history.latest_runs().items():
        failed = run.outcome in (Outcome.ERROR, Outcome.UNREACHABLE) and run.error_kind != Unreachable.kind
        if failed and name in datasets:
            troubled.setdefault((datasets[name].source, run.error_kind), []).append(run)
    for (source, _), runs in troubled.items():
        last = max(runs, key=lambda run: run.slot)
        names = phrases.listed(sorted(run.dataset for run in runs))
        message = f"could not be measured by the last run: {names}" + (f"; {last.error}" if last.error else "")
        yield Note("error", "datasets", source, message)
