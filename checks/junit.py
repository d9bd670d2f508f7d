"""JUnit XML, which every CI system can show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET  # builds, and never reads

#: what XML 1.0 has no way to write, escaped or not
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILURES = ("fail", "no_data")
_ERRORS = ("error", "unreachable")


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a report. `kind` is failure, error, skipped, or None where all is well; `more` is told below the
    message, and `file` and `line` are the place that it is about."""

    name: str
    kind: str | None = None
    message: str = ""
    more: str = ""
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases that belong together, with their seconds."""

    name: str
    cases: tuple[Case, ...]
    seconds: float = 0.0


def of_trial(document: dict[str, Any]) -> str:
    """The report of a trial: contracts with their errors, then datasets with their checks. A warning is a case that
    passed, with the warning as its output: a build does not break for it."""
    lints = tuple(of_contract(each) for each in document["contracts"])
    suites = [Suite("contracts", lints), *(of_run(each) for each in document["runs"])]
    unanswered = tuple(Case("source", "error", sentence) for sentence in document["errors"])
    return write([*suites, Suite("sources", unanswered)] if unanswered else suites)


def write(suites: Iterable[Suite]) -> str:
    """The report as text."""
    root = ET.Element("testsuites")
    for suite in suites:
        kinds = [case.kind for case in suite.cases]
        counts = {"tests": len(kinds), "failures": kinds.count("failure"), "errors": kinds.count("error")}
        given = {name: str(count) for name, count in (counts | {"skipped": kinds.count("skipped")}).items()}
        node = ET.SubElement(root, "testsuite", {"name": _text(suite.name), "time": f"{suite.seconds:.3f}"} | given)
        for case in suite.cases:
            _write_case(node, suite, case)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _write_case(suite_node: ET.Element, suite: Suite, case: Case) -> None:
    place = {"file": _text(case.file), "line": str(case.line)} if case.file else {}
    named = {"classname": _text(suite.name), "name": _text(case.name)}
    node = ET.SubElement(suite_node, "testcase", named | place)
    said = _text("\n".join(part for part in (case.more, case.message) if part))
    if case.kind is not None:
        ET.SubElement(node, case.kind, message=_text(case.message)).text = said if case.more else None
    elif said:
        ET.SubElement(node, "system-out").text = said


def of_contract(contract: dict[str, Any]) -> Case:
    errors = [found for found in contract["findings"] if found["level"] == "error"]
    said = "\n".join(f"{contract['file']}:{found['line']}: {found['path']}: {found['message']}" for found in errors)
    return Case(contract["file"], "failure" if errors else None, said)


def of_run(run: dict[str, Any]) -> Suite:
    cases = [_of_result(result) for result in run["results"]]
    if not cases and run["error"]:
        cases = [Case("run", "error", run["error"])]
    return Suite(run["dataset"], tuple(cases), run["seconds"])


def _of_result(result: dict[str, Any]) -> Case:
    name = result["check"] if result["bucket"] is None else f"{result['check']} {result['bucket'][:16]}"
    said = result["reason"] or ""
    if result["status"] in _FAILURES:
        return Case(name, "failure" if result["severity"] == "error" else None, said)
    if result["status"] in _ERRORS:
        return Case(name, "error", said)
    return Case(name, None if result["status"] in ("pass", "warn") else "skipped", said)


def _text(value: str) -> str:
    return _NOT_XML.sub("\ufffd", value)
