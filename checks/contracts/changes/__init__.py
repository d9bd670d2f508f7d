"""What changed between two versions of a contract, and whom it breaks. `contract.diff` is the way in."""

from checks.contracts.changes.change import Change, Verdict, worst
from checks.contracts.changes.compatibility import Mode, allowed, forbidden
from checks.contracts.changes.contract import added, diff, removed
from checks.contracts.changes.versions import Step, VersionStep, version_step

__all__ = [
    "Change",
    "Mode",
    "Step",
    "Verdict",
    "VersionStep",
    "added",
    "allowed",
    "diff",
    "forbidden",
    "removed",
    "version_step",
    "worst",
]
