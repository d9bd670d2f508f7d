"""What the page shows of an explanation: segments as a table, numbers in the unit of their metric."""

from __future__ import annotations

from datetime import datetime

import pytest

from checks.explain import Beside, Explanation, Segment
from dashboard import explain_frames

DAY = datetime(2026, 3, 14)  # noqa: DTZ001 buckets are naive


def explanation(metric: str, before: float | None, after: float | None) -> Explanation:
    segment = Segment((("carrier", "UA"), ("dest", None)), 0.92, before, after, 158, 0, -12)
    return Explanation("demo.flights", metric, None, DAY, before, after, "so it is", (segment,))


@pytest.mark.parametrize(
    ("metric", "before", "after", "said"),
    [
        ("bucket_rows", 938.5, 780, "780 rows, usually 938 rows"),
        ("null_rate", 0.003, 0.4, "40.0 %, usually 0.3 %"),
        ("invalid_count", 0, 0.1, "10.0 %, usually 0 %"),
        ("mean", 12.345, None, "–, usually 12.35"),
    ],
)
def test_the_whole_number_is_told_in_its_unit(metric, before, after, said):
    assert explain_frames.whole(explanation(metric, before, after)) == said


def test_segments_are_rows_with_their_share():
    [row] = explain_frames.segments(explanation("bucket_rows", 158, 0)).to_dict("records")
    assert row == {"Segment": "carrier = UA and dest is NULL", "Share": 92.0, "Usually": "158 rows", "Now": "no rows"}


def test_a_count_beside_is_a_count():
    assert explain_frames.beside(Beside("empty_count", "note", 0, 12, 9.0)) == "12, usually 0"
    assert explain_frames.beside(Beside("null_rate", "note", 0, 0.12, 9.0)) == "12.0 %, usually 0 %"
