"""A comparison as Markdown, JUnit XML and GitHub annotations. What contracts say is text here, never markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from checks.contracts.changes.change import Change, Verdict
from checks.contracts.changes.comparison import Compared, Comparison
from checks.contracts.document import shown
from checks.junit import Case, Suite, write

Breaks = Callable[[Change], bool]

_SIGNS = {Verdict.BREAKING: "❌", Verdict.COMPATIBLE: "✅", Verdict.INFORMATIONAL: "·"}
_NO_LINE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f\u0085\u2028\u2029]")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&$])")
#: what GitHub makes into a mention, a reference or a link: broken up by a space of no width
_LINKED = re.compile(r"(?<=@)|(?<=#)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_NO_WIDTH = "\u200b"


def values(change: Change) -> str:
    """Both values of a change, shortened, in one line: 'true -> false'."""
    if change.old is None and change.new is None:
        return ""
    old, new = ("nothing" if side is None else shown(side) for side in (change.old, change.new))
    return f"{old} -> {new}"


def headline(comparison: Comparison) -> str:
    """The answer in a sentence."""
    changes = comparison.changes
    if not changes:
        return "No changes."
    breaking = sum(change.worst is Verdict.BREAKING for change in changes)
    found = f"{len(changes):,} changes" if len(changes) > 1 else "1 change"
    broken = f"{breaking:,} of them breaking" if breaking else "none of them breaking"
    return f"{found}, {broken}: {comparison.consumer} for consumers, {comparison.producer} for producers."


# -- Markdown ----------------------------------------------------------------------------------------------------------


def markdown(comparison: Comparison) -> str:
    """For a comment on a pull request: the answer first, a table for each contract that changed."""
    lines = ["### Contract changes", "", headline(comparison)]
    for each in comparison.contracts:
        if each.changes:
            lines += ["", *_markdown_of(each)]
    return "\n".join(lines) + "\n"


def _markdown_of(contract: Compared) -> Iterator[str]:
    yield f"#### {plain(contract.name)} ({plain(contract.document.label)})"
    yield ""
    if contract.step:
        yield plain(contract.step.sentence)
        yield ""
    yield "| consumers | producers | where | change | why |"
    yield "| --- | --- | --- | --- | --- |"
    for change in contract.changes:
        cells = (
            f"{_SIGNS[change.consumer]} {change.consumer}",
            f"{_SIGNS[change.producer]} {change.producer}",
            plain(change.path or "the contract"),
            " ".join(part for part in (plain(change.kind), plain(values(change))) if part),
            plain(change.reason),
        )
        yield f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    """Text that Markdown shows as it is, in one line; an @ notifies nobody."""
    return _LINKED.sub(_NO_WIDTH, _MARKDOWN.sub(r"\\\1", _NO_LINE.sub(" ", text).strip()))


# -- JUnit -------------------------------------------------------------------------------------------------------------


def junit(comparison: Comparison, breaks: Breaks, beside: Sequence[Suite] = ()) -> str:
    """A test suite per contract, a test case per change; those that `breaks` objects to have failed. Suites of
    something else may stand `beside` them."""
    return write([*(Suite(each.name, tuple(_cases(each, breaks))) for each in comparison.contracts), *beside])


def _cases(contract: Compared, breaks: Breaks) -> Iterator[Case]:
    if not contract.changes:
        yield Case("no changes")
    for change in contract.changes:
        yield Case(
            name=f"{change.kind} {change.path}".strip(),
            kind="failure" if breaks(change) else None,
            message=f"{change.consumer} for consumers, {change.producer} for producers: {change.reason}",
            more=values(change),
            file=contract.document.label,
            line=contract.line(change),
        )


# -- GitHub ------------------------------------------------------------------------------------------------------------


def github(comparison: Comparison, breaks: Breaks) -> str:
    """Workflow commands that annotate the lines of a pull request: errors for what `breaks` objects to, warnings for
    what else is breaking, notices for the rest."""
    lines = [_annotation(each, change, breaks) for each in comparison.contracts for change in each.changes]
    lines += [
        f"::warning file={property_text(each.document.label)},title=Version::{message_text(each.step.sentence)}"
        for each in comparison.contracts
        if each.step and not each.step.fits
    ]
    return "".join(f"{line}\n" for line in [*lines, headline(comparison)])


def _annotation(contract: Compared, change: Change, breaks: Breaks) -> str:
    level = "error" if breaks(change) else "warning" if change.worst is Verdict.BREAKING else "notice"
    place = (
        f"file={property_text(contract.document.label)},line={contract.line(change)},title={property_text(change.kind)}"
    )
    sides = f"{change.consumer} for consumers, {change.producer} for producers"
    said = f"{change.path or contract.name}: {values(change)} ({sides}). {change.reason}"
    return f"::{level} {place}::{message_text(said)}"


def message_text(text: str) -> str:
    """Text as the message of a workflow command, which can not end it."""
    text = _CONTROL.sub(" ", text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_text(text: str) -> str:
    """Text as a property of a workflow command, which can not begin another."""
    return message_text(text).replace(":", "%3A").replace(",", "%2C")
