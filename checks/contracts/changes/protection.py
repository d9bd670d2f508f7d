"""classification: how protected a column is. Raising it can take it away from who reads it today."""

from __future__ import annotations

from collections.abc import Iterator

from checks.contracts.changes.change import Change, Effect
from checks.contracts.changes.pairs import Pair

_STEPS = {
    "public": 0,
    "open": 0,
    "internal": 1,
    "confidential": 2,
    "sensitive": 3,
    "restricted": 3,
    "pii": 3,
    "secret": 4,
    "top secret": 5,
}


def classification(pair: Pair) -> Iterator[Change]:
    """A change of classification; letters of another case are none."""
    words = [side.strip().lower() if isinstance(side, str) else side for side in (pair.old, pair.new)]
    if words[0] == words[1]:
        return
    steps = [_STEPS.get(word) if isinstance(word, str) else None for word in words]
    old, new = (0 if word is None else step for word, step in zip(words, steps, strict=True))
    if old is not None and new is not None and new > old:
        said = "It is more protected: who reads it today may see it masked, or not at all."
        yield pair.change("classification.raised", Effect.LOOSENED, said)
    elif old is not None and new is not None and new < old:
        said = "It is less protected; who reads it today still may."
        yield pair.change("classification.lowered", Effect.HARMLESS, said)
    else:
        said = "Which of the two protects more is not known; the data stays as it was."
        yield pair.change("classification.changed", Effect.NOTED, said)
