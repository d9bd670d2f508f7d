"""Contracts are text by many hands: what their YAML is read as, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.contracts.read import MAX_BYTES, YamlError, parse


def test_dates_stay_text():
    data = parse(b"a: 2024-01-15\nb: 2024-11-02T09:30:00Z\nc: 2024-11-02 09:30:00\n").data
    assert data == {"a": "2024-01-15", "b": "2024-11-02T09:30:00Z", "c": "2024-11-02 09:30:00"}


def test_plain_words_are_what_they_look_like():
    text = b"[true, False, ~, null, 5, -3, 0, 1.5, 1e6, .5, 0x1F, 'yes', '5', +7]"
    data = parse(b"a: " + text).data
    assert data["a"] == [True, False, None, None, 5, -3, 0, 1.5, 1e6, 0.5, "0x1F", "yes", "5", 7]


def test_words_that_yaml_readers_disagree_about_stay_text_and_are_told():
    parsed = parse(b"countries: [DE, NO]\nzip: 01234\nopens: 12:30\nrows: 1_000\n")
    assert parsed.data == {"countries": ["DE", "NO"], "zip": "01234", "opens": "12:30", "rows": "1_000"}
    assert [place for place, _ in parsed.doubts] == [("countries", 1), ("zip",), ("opens",), ("rows",)]
    assert "NO is read as text here, by other YAML readers as true or false" in parsed.doubts[0][1]


def test_lines_are_remembered():
    parsed = parse(b"a:\n  - b: 1\n    c:\n      d\n  - e\n")
    assert {place: parsed.lines[place] for place in [("a",), ("a", 0, "c"), ("a", 1)]} == {
        ("a",): 1,
        ("a", 0, "c"): 3,
        ("a", 1): 5,
    }


def test_anchors_and_merge_keys_are_followed():
    parsed = parse(b"base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\nlist: [*b]\n")
    assert parsed.data == {"base": {"x": 1, "y": 2}, "more": {"x": 1, "y": 3}, "list": [{"x": 1, "y": 2}]}


LAUGHS = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (97 + n, 97 + n, b",".join([b"*%c" % (96 + n)] * 10)) for n in range(1, 8)
)
MERGES = b"a: &a {x: 1}\n" + b"".join(
    b"%c: &%c {<<: [%s]}\n" % (97 + n, 97 + n, b",".join([b"*%c" % (96 + n)] * 8)) for n in range(1, 20)
)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (LAUGHS, 1, "more than 100,000 values"),
        (MERGES, 1, "more than 100,000 values"),
        (b"a: &a [*a]", 1, "contains itself"),
        (b"a: &a {<<: *a}", 1, "contains itself"),
        (b"a: 1\n<<: [" + b"*a," * 5 + b"]", 2, "is not YAML: found undefined alias"),
        (b"a: &a 1\nb: [" + b"*a," * 201 + b"]", 2, "has more than 200 aliases"),
        (b"a: " + b"[" * 5000, 1, "is nested deeper than 40 levels"),
        (b"a:\n  b: 1\n  c: 2\n  b: 3\n", 4, 'has the key "b" twice (first on line 2)'),
        (b"a: 1\nb: !!python/object/apply:os.system [ls]", 2, "has the tag !!python/object/apply:os.system"),
        (b"a: !secret x", 1, "has the tag !secret"),
        (b"a: 1\nb: [", 3, "is not YAML"),
        (b"a: 1\n---\nb: 2", 2, "is not YAML: expected a single document"),
        (b"a: \xff", 1, "is not UTF-8 text"),
        (b"a: 1\nb: \x07", 2, "holds a control character"),
        (b"", 1, "is no contract"),
        (b"- a", 1, "is no contract"),
        (b"? [a]\n: 1", 1, "has a key that is not plain text"),
        (b"#" * (MAX_BYTES + 1), 1, "is larger than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_what_is_no_contract_is_refused_with_its_line(text: bytes, line: int, says: str):
    with pytest.raises(YamlError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert caught.value.line >= line if says.startswith("more") else caught.value.line == line


@given(st.binary(max_size=200))
def test_any_bytes_are_values_or_refused(raw: bytes):
    try:
        assert isinstance(parse(raw).data, dict)
    except YamlError as error:
        assert error.line >= 1
