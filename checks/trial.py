"""A trial: contracts are run against a warehouse once, and nothing of it is kept. What `contract test` does in CI.

The journey is that of any run, on a history in a temporary folder, so that a trial says what the scheduler would say;
but nothing is measured that no rule asks for, since nobody will chart it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from checks import answers, demo, drill
from checks.catalogue import Given
from checks.config import Config, ConfigError, DatasetDetection, DetectionConfig, SourceConfig
from checks.contracts import Level, Linted, by_file, to_json
from checks.history import History
from checks.monitor import Monitor
from checks.records import Dataset, RunReport, Status
from checks.refusal import Refused
from checks.values import Secret
from connectors import SourceError
from connectors.urls import locate

Document = dict[str, Any]
Progress = Callable[[str], None]  # called with a line for people
Look = Callable[[Monitor], Document]
_SHOWN = (Status.FAIL, Status.WARN)


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try: contract files and folders, or contracts that were read already, the moment, and how many failing
    rows of a check to show at most. Of contracts that stand in `files` alone the tables are measured, the others are
    there to be referred to; None means all."""

    contracts: Given
    at: datetime
    rows: int = 5
    replay: bool = False
    files: frozenset[str] | None = None


def against(config: Config, url: str, source: str | None) -> Config:
    """The configuration with another warehouse in the place of a source: the named one, else the only one. Paths in
    `url` are relative to the working directory. Raises ConfigError, and SourceError where a path is not there."""
    if source is None and len(config.sources) > 1:
        raise ConfigError([f"--url: which source is it? Name it with --source: {', '.join(config.sources)}"])
    if source is not None and config.sources and source not in config.sources:
        raise ConfigError([f"--source: there is no source '{source}'; there are {', '.join(config.sources)}"])
    name = source or next(iter(config.sources), "warehouse")
    place = locate(name, url, Path.cwd())
    absolute = f"{place.kind}://{place.path}" if place.path else place.url
    known = config.sources.get(name)
    there = known.model_copy(update={"url": Secret(absolute)}) if known else SourceConfig(url=Secret(absolute))
    return config.model_copy(update={"sources": config.sources | {name: there}})


def try_out(config: Config, trial: Trial, progress: Progress, look: Look | None = None) -> Document:
    """{"contracts": [...], "runs": [...], "samples": [...], "errors": [...]}: lint findings, results by dataset, rows
    that break checks (masked by classification), and sources that did not answer. `look` may add to it, from the
    monitor of the trial while that lives."""
    with TemporaryDirectory(prefix="vitals-") as folder:
        app = config.app.model_copy(update={"history": str(Path(folder) / "history.duckdb")})
        settings = _without_learning(config).model_copy(update={"app": app})
        history = History.open(settings.history_path, trial.at)
        monitor = Monitor(settings, history, lambda: trial.at, trial.contracts, profiles=False)
        try:
            demo.feed(monitor.config, trial.at, progress)
            document = _tried(monitor, trial, progress)
            return document | look(monitor) if look else document
        finally:
            monitor.close()


def _without_learning(config: Config) -> Config:
    """A trial is of what was signed: what a table did before is no part of a contract."""
    datasets = {
        name: each.model_copy(update={"detection": DatasetDetection()}) for name, each in config.datasets.items()
    }
    return config.model_copy(update={"detection": DetectionConfig(on=False), "datasets": datasets})


def exit_code(document: Document) -> int:
    """1 where a check fails or a contract is wrong; else as for any run."""
    levels = {finding["level"] for contract in document["contracts"] for finding in contract["findings"]}
    return 1 if Level.ERROR in levels else answers.exit_code_of_runs(document)


def _tried(monitor: Monitor, trial: Trial, progress: Progress) -> Document:
    sources = dict.fromkeys(dataset.source for dataset in _contracted(monitor, trial.files))
    errors = [state.error for state in monitor.refresh(trial.at, list(sources)) if state.error]
    datasets = _contracted(monitor, trial.files)
    at = trial.at if trial.replay else None
    futures = monitor.start([dataset.name for dataset in datasets], at=at, trigger="command") if datasets else []
    for done, future in enumerate(as_completed(futures), start=1):
        report = future.result()
        progress(f"{done} of {len(futures)}: {report.dataset} {report.outcome} in {report.seconds:.1f} s")
    reports = [future.result() for future in futures]
    return {
        "contracts": to_json(_linted(monitor))["contracts"],
        **answers.run_document(reports, errors),
        "samples": _samples(monitor, datasets, reports, trial.rows, progress),
    }


def _contracted(monitor: Monitor, files: frozenset[str] | None) -> list[Dataset]:
    found = [dataset for dataset in monitor.datasets().values() if dataset.contract_file]
    return [dataset for dataset in found if files is None or dataset.contract_file in files]


def _linted(monitor: Monitor) -> list[Linted]:
    findings = sorted(monitor.catalogue.findings, key=lambda finding: finding.line)
    return by_file(monitor.catalogue.contracts.documents, findings)


def _samples(
    monitor: Monitor, datasets: Sequence[Dataset], reports: Sequence[RunReport], rows: int, progress: Progress
) -> list[Document]:
    by_name = {dataset.name: dataset for dataset in datasets}
    found = []
    for report in reports if rows else ():
        objecting = {result.check for result in report.results if result.status in _SHOWN}
        for check in by_name[report.dataset].checks:
            if check.id in objecting and drill.has_rows(check):
                try:
                    sample = monitor.sample(report.dataset, check.id, rows)
                except (SourceError, Refused) as error:
                    progress(f"{report.dataset} {check.id}: its rows can not be shown: {error}")
                else:
                    found.append(answers.sample_document(report.dataset, check.id, sample))
    return found
