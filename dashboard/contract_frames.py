"""Contracts as the Contracts page shows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from checks.contract_answers import Step
from checks.contracts import Finding, Level
from checks.contracts.changes import Verdict
from checks.records import Dataset, DatasetHealth, FreshnessExpected, Health, Result
from checks.service_levels import ServiceLevel
from dashboard import sentences, words

_SIGNS = {Verdict.BREAKING: "✕", Verdict.COMPATIBLE: "✓", Verdict.INFORMATIONAL: "·"}
_MOST_CHANGES = 40


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract with all that is known of it. `datasets` are their healths by name, `results` those of its own
    checks with the dataset, `levels` the ids of the checks that are service levels."""

    id: str
    file: str | None
    version: str | None
    status: str | None
    owner: str | None
    compatibility: str
    registered: tuple[str, ...]
    checks: int
    findings: tuple[Finding, ...]
    datasets: Mapping[str, Health]
    results: tuple[tuple[str, Result], ...]
    levels: frozenset[tuple[str, str]]

    @property
    def health(self) -> Health:
        """The worst of its datasets; unknown without any."""
        return next((health for health in words.ORDER if health in self.datasets.values()), Health.UNKNOWN)

    @property
    def unexecuted(self) -> int:
        return sum(finding.level is not Level.INFO for finding in self.findings)


def contracts(
    known: Sequence[tuple[Mapping[str, Any], tuple[Finding, ...]]],
    datasets: Mapping[str, Dataset],
    healths: Sequence[DatasetHealth],
) -> list[Contract]:
    """Those that need attention first."""
    by_name = {health.name: health for health in healths}
    found = [_contract(document, findings, datasets, by_name) for document, findings in known]
    return sorted(found, key=lambda each: (words.ORDER.index(each.health), -each.unexecuted, each.id))


def _contract(
    document: Mapping[str, Any],
    findings: tuple[Finding, ...],
    datasets: Mapping[str, Dataset],
    healths: Mapping[str, DatasetHealth],
) -> Contract:
    own = {check.id for name in document["datasets"] for check in datasets[name].checks} if datasets else set()
    results = [
        (name, result)
        for name in document["datasets"]
        if name in healths
        for result in sentences.worst_first(healths[name].results)
        if result.check in own
    ]
    levels = frozenset(
        (name, check.id)
        for name in document["datasets"]
        for check in datasets[name].checks
        if isinstance(check.expects, FreshnessExpected | ServiceLevel)
    )
    return Contract(
        id=document["id"],
        file=document["file"],
        version=document["version"],
        status=document["status"],
        owner=document["owner"],
        compatibility=document["compatibility"],
        registered=tuple(each["version"] for each in document["registered"]),
        checks=document["checks"],
        findings=findings,
        datasets={name: healths[name].health for name in document["datasets"] if name in healths},
        results=tuple(sorted(results, key=lambda pair: words.STATUS_ORDER.index(pair[1].status))),
        levels=levels,
    )


def headline(known: Sequence[Contract]) -> str:
    """The first line of the page."""
    if not known:
        return "No contracts yet"
    total = words.count(len(known), "contract")
    broken = [each for each in known if each.health in words.ORDER[:2]]
    if broken and len(known) == 1:
        return f"The contract {known[0].id} is not kept"
    if broken:
        verb = "is" if len(broken) == 1 else "are"
        return f"{len(broken)} of {total} {verb} not kept: {', '.join(each.id for each in broken[:3])}"
    unknown = sum(each.health == Health.UNKNOWN for each in known)
    if unknown:
        return f"{unknown} of {total} {'is' if unknown == 1 else 'are'} unknown"
    return f"{total}, kept" if len(known) == 1 else f"All {total} are kept"


def table(known: Sequence[Contract]) -> pd.DataFrame:
    """One row for each contract, in the order given."""
    return pd.DataFrame(
        [
            {
                "Kept": words.health(each.health),
                "Contract": each.id,
                "Owner": each.owner or words.NOTHING,
                "Version": each.version or words.NOTHING,
                "Status": each.status or words.NOTHING,
                "Registered": each.registered[-1] if each.registered else words.NOTHING,
                "Checks": each.checks,
                "Not executed": each.unexecuted,
                "File": each.file or words.NOTHING,
            }
            for each in known
        ]
    )


def coverage(contract: Contract) -> str:
    """How much of the contract is executed, in a sentence, as Markdown."""
    executed = words.count(contract.checks, "check")
    if not contract.findings:
        return f"**{executed}**, and nothing in the file that is not executed."
    wrong = contract.unexecuted
    told = len(contract.findings) - wrong
    notes = [words.count(wrong, "line that is not executed or is wrong", "lines that are not executed or are wrong")]
    return f"**{executed}**; {notes[0] if wrong else 'no line is wrong'}; {words.count(told, 'line')} for readers only."


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """What the lint says, worst first."""
    order = list(Level)
    ordered = sorted(findings, key=lambda each: (order.index(each.level), each.line))
    return pd.DataFrame(
        [
            {"Line": each.line, "Level": each.level.value, "What is said": each.message, "Where": each.path}
            for each in ordered
        ]
    )


def results_table(contract: Contract) -> pd.DataFrame:
    """The newest results of the contract's checks."""
    return pd.DataFrame([_row(name, result) for name, result in contract.results])


def levels_table(contract: Contract) -> pd.DataFrame:
    """The newest results of its service levels."""
    found = [(name, result) for name, result in contract.results if (name, result.check) in contract.levels]
    return pd.DataFrame([_row(name, result) for name, result in found])


def _row(name: str, result: Result) -> dict[str, str]:
    return {
        "Status": words.status(result.status),
        "Check": result.check,
        "Dataset": name,
        "Observed": result.observed or result.reason or words.NOTHING,
        "Expected": result.expected or words.NOTHING,
    }


def change_lines(step: Step) -> list[str]:
    """What changed from the version before, as Markdown; who is broken comes first."""
    order = list(Verdict)
    changes = sorted(step.changes, key=lambda each: order.index(each.worst))
    lines = [
        f"{_SIGNS[each.worst]} {words.plain(each.path or each.kind)}: {words.plain(each.reason)} "
        f":gray[{each.consumer} for consumers, {each.producer} for producers]"
        for each in changes[:_MOST_CHANGES]
    ]
    more = len(changes) - _MOST_CHANGES
    return [*lines, *([f"and {words.count(more, 'more change')}"] if more > 0 else [])]
