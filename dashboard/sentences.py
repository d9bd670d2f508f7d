"""The first lines of pages: what is wrong, in one sentence. Pure, and tested to the letter like `words`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from checks import phrases
from checks.learned.events import Event
from checks.lineage import Node
from checks.objectives import words as said
from checks.objectives.status import Standing, Told
from checks.records import DatasetHealth, Grain, Health, Incident, Outcome, Result, Status
from dashboard import words


def _urgency(state: DatasetHealth) -> tuple[int, int, str]:
    return words.ORDER.index(state.health), -len(state.reasons), state.name


def headline(healths: Sequence[DatasetHealth], incidents: Sequence[Incident] = ()) -> str:
    """The first line of the overview: '3 of 42 datasets need attention: flights lost 17 % of its rows since 25 Nov'.
    The first of the incidents is told that is about these datasets; without one, the worst check."""
    if not healths:
        return "No datasets yet"
    total = words.count(len(healths), "dataset")
    bad = sorted((one for one in healths if one.health in words.ORDER[:2]), key=_urgency)
    unknown = [one for one in healths if one.health == Health.UNKNOWN]
    if bad:
        verb = "needs" if len(bad) == 1 else "need"
        names = {state.name for state in bad}
        about = next((one for one in incidents if not names.isdisjoint(one.datasets)), None)
        return f"{len(bad)} of {total} {verb} attention: {about.title if about else _cause(bad[0])}"
    if len(unknown) == len(healths):
        return f"{total}: nothing is known yet" if len(healths) > 1 else "1 dataset: nothing is known yet"
    if unknown:
        return f"{len(unknown)} of {total} {'is' if len(unknown) == 1 else 'are'} unknown, the rest is healthy"
    return "The one dataset is healthy" if len(healths) == 1 else f"All {total} are healthy"


def worst_first(results: Sequence[Result]) -> list[Result]:
    """Worst status first; then what happened to the newest bucket, then what is true of the whole table."""
    return sorted(results, key=lambda one: (words.STATUS_ORDER.index(one.status), one.bucket is None, one.check))


def _cause(state: DatasetHealth) -> str:
    """'demo.flights fails carriers-every-day: 11 values, expected at least 12 values'."""
    found = [result for result in worst_first(state.results) if result.status in words.BAD and result.observed]
    if not found:
        return f"{state.name}: {_sentence_end(state.reasons[0])}" if state.reasons else state.name
    first = found[0]
    verbs = {Status.FAIL: "fails", Status.WARN: "warns of", Status.NO_DATA: "has no data for"}
    verb = verbs.get(first.status, "can not be judged by")
    expected = f", expected {first.expected}" if first.expected else ""
    return f"{state.name} {verb} {first.check}: {first.observed}{expected}"


_JUDGED_BAD = (Status.FAIL, Status.NO_DATA, Status.WARN)


def verdict(state: DatasetHealth) -> str:
    """What is said of one dataset in one sentence."""
    known = tuple(f"{one.check}: " for one in state.results if one.status in _JUDGED_BAD)  # told line by line below
    reasons = [_sentence_end(reason) for reason in state.reasons if not reason.startswith(known)]
    if state.health == Health.HEALTHY:
        passed = sum(result.status == Status.PASS for result in state.results)
        return f"Healthy: {'all ' if passed > 1 else ''}{words.count(passed, 'check')} passed" if passed else "Healthy"
    told = _tally(state.results) if state.health != Health.UNKNOWN else ""
    return f"{state.health.value.capitalize()}: {told or '; '.join(reasons) or 'no reason was given'}"


def _tally(results: Sequence[Result]) -> str:
    """'2 of 7 checks fail, 1 warns'."""
    failing = sum(one.status in (Status.FAIL, Status.NO_DATA) for one in results)
    warning = sum(one.status == Status.WARN for one in results)
    total = words.count(len(results), "check")
    if not failing:
        return f"{warning} of {total} {'warns' if warning == 1 else 'warn'}" if warning else ""
    first = f"{failing} of {total} {'fails' if failing == 1 else 'fail'}"
    return f"{first}, {warning} {'warns' if warning == 1 else 'warn'}" if warning else first


def compared(rows: Sequence[tuple[str, float, float]], column: str) -> str:
    """What changed most between two buckets; `rows` is value, rows before, rows now."""
    gone = [value for value, before, now in rows if now == 0 and before > 0]
    came = [value for value, before, now in rows if before == 0 and now > 0]
    total = sum(now for _, _, now in rows) - sum(before for _, before, _ in rows)
    if not rows or all(before == now for _, before, now in rows):
        return f"No value of {column} has changed"
    said = [f"{column} {', '.join(gone[:5])} vanished"] if gone else []
    said += [f"{column} {', '.join(came[:5])} is new"] if came else []
    if not said:
        value, before, now = max(rows, key=lambda row: abs(row[2] - row[1]))
        said = [f"{column} {value} changed most: {words.number(before)} rows, now {words.number(now)}"]
    return f"{'; '.join(said)}; in all {'+' if total >= 0 else '−'}{words.number(abs(total))} rows"


def alerts_headline(events: Sequence[Event], days: int) -> str:
    """'4 alerts in 2 datasets in the last 30 days, 3 of them not labelled'."""
    span = "day" if days == 1 else f"{days} days"
    if not events:
        return f"No learned alert in the last {span}"
    about = words.count(len({event.dataset for event in events}), "dataset")
    told = f"{words.count(len(events), 'alert')} in {about} in the last {span}"
    unsaid = sum(event.is_open for event in events)
    return f"{told}, {unsaid} of them not labelled" if unsaid else f"{told}, all labelled"


def lasted(event: Event) -> str:
    """'Wed 25 Nov 2026', 'Tue 24 to Wed 25 Nov 2026 (2 days)', or both dates in full where the months differ."""
    hourly = event.grain is Grain.HOUR
    last = words.bucket(event.last, hourly)
    if event.buckets == 1:
        return last
    near = not hourly and (event.first.year, event.first.month) == (event.last.year, event.last.month)
    first = f"{event.first:%a %d}" if near else words.bucket(event.first, hourly)
    return f"{first} to {last} ({event.buckets} {'hours' if hourly else 'days'})"


def runs_headline(outcomes: Sequence[str]) -> str:
    """What ran in the last day: '120 runs in the last day, 2 of them went wrong'."""
    if not outcomes:
        return "Nothing ran in the last day"
    bad = sum(one in (Outcome.UNREACHABLE, Outcome.ERROR, Outcome.INTERRUPTED) for one in outcomes)
    total = f"{words.count(len(outcomes), 'run')} in the last day"
    return f"{total}, {bad} of them went wrong" if bad else f"{total}, none went wrong"


def sources_headline(answered: Sequence[bool]) -> str:
    """'1 of 3 sources does not answer'."""
    if not answered:
        return "No sources yet"
    silent = len(answered) - sum(answered)
    if silent:
        return f"{silent} of {words.count(len(answered), 'source')} {'does' if silent == 1 else 'do'} not answer"
    return "The one source answers" if len(answered) == 1 else f"All {words.count(len(answered), 'source')} answer"


# -- lineage -----------------------------------------------------------------------------------------------------------

LINEAGE_HINT = (
    "Contracts say it with transformSourceObjects, relationships and vitals.consumers, config.toml with [consumers] "
    "and [lineage] dbt, and jobs that send events of OpenLineage to /api/lineage; views of the warehouse are read by "
    "themselves."
)


def lineage_headline(nodes: Sequence[Mapping[str, Any]], causes: Sequence[Mapping[str, Any]]) -> str:
    """'3 of 5 datasets fail; look at 2 of them first'."""
    watched = [node for node in nodes if node["health"]]
    failing = sum(node["health"] == Health.FAILING for node in watched)
    if not watched:
        return "No datasets yet"
    all_ = words.count(len(watched), "dataset")
    if not failing:
        return f"None of {all_} fails" if len(watched) > 1 else "The one dataset does not fail"
    first = f"; look at {len(causes)} of them first" if len(causes) < failing else ""
    return f"{failing} of {all_} {'fails' if failing == 1 else 'fail'}{first}"


def lineage_cause(cause: Mapping[str, Any]) -> str:
    """Which failing dataset others are made from that fail."""
    below = phrases.listed(cause["failing_below"], 6)
    return f"{cause['dataset']} fails, and with it what is made from it: {below}."


def lineage_look_first(causes: Sequence[str]) -> str:
    return f"It fails, and so does what it is made from: look at {phrases.listed(causes, 6)} first."


def lineage_reached(document: Mapping[str, Any]) -> str:
    """What trouble reaches, or what a consumer reads."""
    if document["kind"] == "consumer":
        failing = [step["name"] for step in document["upstream"] if step["health"] == Health.FAILING]
        said = f"Reads {words.count(len(document['upstream']), 'dataset')}, directly or not"
        return f"{said}; {phrases.listed(failing, 3)} {'fails' if len(failing) == 1 else 'fail'}" if failing else said
    radius = document["blast_radius"]
    reached = [words.count(len(radius[key]), key[:-1]) for key in ("datasets", "consumers") if radius[key]]
    if not reached and not radius["referring"]:
        return "Nothing that is known is made from it"
    said = f"Trouble in it reaches {' and '.join(reached)}" if reached else "Nothing that is known is made from it"
    referring = words.count(len(radius["referring"]), "dataset")
    return f"{said}; keys that go missing are noticed in {referring}" if radius["referring"] else said


def read_by(consumers: Sequence[Node]) -> str:
    """'crew planning (Crew control), route map'."""
    named = [f"{each.name} ({each.owner})" if each.owner else each.name for each in consumers]
    return phrases.listed(named, 8) if named else "nobody named"


def lineage_too_many(amount: int) -> str:
    return f"{words.number(amount)} datasets and consumers are too many for one picture; choose one above."


# -- objectives --------------------------------------------------------------------------------------------------------


def objectives_headline(known: Sequence[Told]) -> str:
    """'2 of 11 service levels have spent their budget: quality of demo.flights, ...'."""
    if not known:
        return "No service levels yet"
    total = words.count(len(known), "service level")
    for state, one_does, many_do in (
        (Standing.SPENT, "has spent its budget", "have spent their budget"),
        (Standing.BURNING, "burns its budget too fast", "burn their budget too fast"),
        (Standing.MISSED, "is missed now", "are missed now"),
        (Standing.UNKNOWN, "was not measured in 30 days", "were not measured in 30 days"),
        (Standing.EARLY, "was measured for less than a day", "were measured for less than a day"),
    ):
        names = [f"{each.objective.level} of {each.objective.dataset}" for each in known if each.standing is state]
        if names:
            return f"{len(names)} of {total} {one_does if len(names) == 1 else many_do}: {phrases.listed(names, 3)}"
    return "The one service level keeps its budget" if len(known) == 1 else f"All {total} keep their budget"


def objective(document: Mapping[str, Any]) -> str:
    """What is left of a budget, and how fast it goes."""
    burning = said.burning(document)
    missed = "is missed now" if document["standing"] == Standing.MISSED else None
    told = [said.standing(document) or said.left(document), *(f"it {each}" for each in (missed, burning) if each)]
    return f"{told[0][0].upper()}{'; '.join(told)[1:]}."


def contract_response(record: Mapping[str, Any]) -> str:
    """'Its contract: to detect 1 h, promised 2 h; to acknowledge none yet; to mend 3 h 10 min, promised 1 d.'"""
    parts = []
    for word, step in (("detect", "detect"), ("acknowledge", "acknowledge"), ("mend", "repair")):
        asked, mean = record["asked"][f"{step}_seconds"], record[step]["mean_seconds"]
        promised = f", promised {words.coarse(asked)}" if asked else ""
        parts.append(f"to {word} {'none yet' if mean is None else words.coarse(mean)}{promised}")
    return f"Incidents of its contract: {said.often(record)}; {'; '.join(parts)}."


def responses(response: Mapping[str, Any]) -> str:
    """'Since 2026-08-28: 12 incidents, 1.4 a week, 2 open; mended after 5 h on average.'"""
    record = response["all"]
    day = response["since"][:10]
    if not record["incidents"]:
        return f"No incident since {day}."
    mended = record["repair"]["mean_seconds"]
    after = "none is mended yet" if mended is None else f"mended after {words.coarse(mended)} on average"
    return f"Since {day}: {said.often(record)}; {after}."


def _sentence_end(text: str) -> str:
    return text.strip().rstrip(".")
