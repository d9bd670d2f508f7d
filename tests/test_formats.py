"""The library of formats: examples on every warehouse, and plain Python as oracle."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.drill import FailingRows
from checks.formats import library, nearest, predicate_of
from checks.predicates import Checksum, Matches, NotInFuture, OneOf, Predicate
from checks.records import Dataset, Status, ValuesExpected
from tests.measuring import NONE, check, measured
from tests.nasty import AT
from tests.test_values import count, invalid, judged
from tests.warehouses import Warehouse

TEXTS: dict[str, tuple[list[str], list[str]]] = {
    "email": (["ada@example.org", "a.b+c@sub.example.co.uk"], ["ada", "ada@example", "a b@example.org", "@x.org"]),
    "uuid": (["123e4567-e89b-12d3-a456-426614174000"], ["123e4567e89b12d3a456426614174000", "x"]),
    "uri": (["urn:isbn:0451450523", "https://example.org/a?b#c"], ["example.org", "http://a b", "://x"]),
    "url": (["https://example.org", "http://localhost:80/a?b=c"], ["urn:isbn:1", "https://", "www.example.org"]),
    "ipv4": (["10.0.0.1", "255.255.255.255"], ["256.1.1.1", "1.2.3", "01.2.3.4", "1.2.3.4.5"]),
    "ipv6": (["::1", "2001:db8::8a2e:370:7334", "::ffff:10.0.0.1", "::"], ["1::2::3", "12345::", ":1", "1.2.3.4"]),
    "hostname": (["example.org", "a-1.b"], ["-a.org", "a..b", "under_score.org", "a" * 64 + ".org"]),
    "date": (["2026-01-31", "2024-02-29", "2000-02-29"], ["2026-02-29", "1900-02-29", "2026-13-01", "31.01.2026"]),
    "time": (["08:30", "23:59:59.123Z", "08:30:00+02:00"], ["24:00", "8:30", "08:60"]),
    "date-time": (["2026-01-31T08:30:00Z", "2026-01-31 08:30:00.5"], ["2026-01-31", "2026-01-31T25:00:00Z"]),
    "byte": (["aGk=", "aGkh"], ["aGk", "a-b="]),
    "phone": (["+4722334455"], ["22334455", "+0123456789", "+47 22 33 44 55", "+1234567890123456"]),
    "country": (["NO", "DE"], ["no", "XX", "NOR"]),
    "country-alpha-3": (["NOR"], ["NO", "XXX"]),
    "currency": (["EUR", "NOK"], ["eur", "EURO"]),
    "language": (["nb", "en"], ["NB", "xx", "eng"]),
    "iban": (
        ["GB82WEST12345698765432", "DE89370400440532013000", "NO9386011117947", "MT84MALT011000012345MTLCAST001S"],
        ["GB82WEST12345698765433", "GB82 WEST 1234 5698 7654 32", "DE8937040044053201300", "XX82WEST12345698765432"],
    ),
}  # fmt: skip
NUMBERS: dict[str, tuple[list[float], list[float]]] = {
    "latitude": ([-90.0, 0.0, 59.9], [-90.1, 91.0]),
    "longitude": ([-180.0, 180.0], [180.5]),
    "percentage": ([0.0, 100.0], [-0.1, 100.5]),
    "non-negative": ([0.0, 5.0], [-1.0]),
    "positive": ([0.1], [0.0, -1.0]),
    "f32": ([3.4e38], [3.5e38]),
    "i8": ([-128.0, 127.0], [128.0, -129.0]),
    "u8": ([0.0, 255.0], [-1.0, 256.0]),
    "i16": ([32767.0], [32768.0]),
    "u16": ([65535.0], [65536.0]),
    "i32": ([-2147483648.0], [2147483648.0]),
    "u32": ([4294967295.0], [4294967296.0]),
    "i64": ([-9e18], [1e19]),
    "u64": ([1e19], [2e19]),
    "i128": ([1e38], [2e38]),
    "u128": ([3e38], [4e38]),
}


def known(name: str) -> Predicate:
    found = predicate_of(name)
    assert found is not None
    return found


def test_every_format_has_examples():
    assert {*TEXTS, *NUMBERS} == set(library())


def test_texts_of_every_format(warehouse: Warehouse):
    longest = max(len(good + bad) for good, bad in TEXTS.values())
    table = {n: (good + bad + [None] * longest)[:longest] for n, (good, bad) in TEXTS.items()}
    name = warehouse.load("t", pa.table({f"as_{n}": pa.array(v, pa.string()) for n, v in table.items()}))
    checks = [check(n, invalid(f"as_{n}", known(n))) for n in TEXTS]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks)
    assert not [problem.message for problem in run.problems]
    assert [query.purpose for query in run.queries] == ["fused"]
    assert {n: count(run, n) for n in TEXTS} == {n: len(bad) for n, (_, bad) in TEXTS.items()}


def test_numbers_of_every_format(warehouse: Warehouse):
    longest = max(len(good + bad) for good, bad in NUMBERS.values())
    columns = {n: (good + bad + [None] * longest)[:longest] for n, (good, bad) in NUMBERS.items()}
    name = warehouse.load("t", pa.table({n.replace("-", "_"): pa.array(v, pa.float64()) for n, v in columns.items()}))
    checks = [check(n, invalid(n.replace("-", "_"), known(n))) for n in NUMBERS]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks)
    assert not [problem.message for problem in run.problems]
    assert {n: count(run, n) for n in NUMBERS} == {n: len(bad) for n, (_, bad) in NUMBERS.items()}


def test_a_format_that_does_not_fit_the_column_is_an_error(warehouse: Warehouse):
    name = warehouse.load("t", pa.table({"word": ["x", "y"]}))
    expects = [invalid("word", known("latitude")), invalid("word", NotInFuture()), invalid("word", known("email"))]
    with warehouse.open() as source:
        run = measured(source, name, AT, [check(str(n), each) for n, each in enumerate(expects)])
    first, second, third = judged(run, *expects)
    assert (first.status, second.status, third.status) == (Status.ERROR, Status.ERROR, Status.FAIL)
    assert "a limit of -90 does not fit column 'word'" in (first.reason or "")
    assert "only moments can be in the future, unlike column 'word'" in (second.reason or "")
    assert third.reason == "word: 2 of 2 values that are no e-mail address, expected none"


def test_what_is_in_the_future_is_so_at_the_moment_of_the_run(warehouse: Warehouse):
    """The statement is kept, the moment in it is not; in Tokyo it is nine hours later."""
    now = AT.replace(tzinfo=None)
    moments = [now - timedelta(hours=1), now, now + timedelta(hours=2), now + timedelta(days=2), None]
    aware = [moment and moment.replace(tzinfo=UTC) for moment in moments]
    days = [moment and moment.date() for moment in moments]
    table = {
        "naive": pa.array(moments, pa.timestamp("us")),
        "aware": pa.array(aware, pa.timestamp("us", tz="UTC")),
        "day": pa.array(days),
    }
    name = warehouse.load("t", pa.table(table))
    expects = [invalid(column, NotInFuture()) for column in table] + [invalid("naive", NotInFuture("Asia/Tokyo"))]
    checks = [check(str(n), each) for n, each in enumerate(expects)]
    found = []
    with warehouse.open() as source:
        for at in (AT, AT + timedelta(days=1), AT - timedelta(hours=12)):
            run = measured(source, name, at, checks)
            assert not run.problems
            found.append([count(run, str(n)) for n in range(4)])
        assert "9731" not in "".join(query.sql for query in run.queries)
    assert found == [[2, 2, 1, 1], [1, 1, 1, 1], [4, 4, 1, 4]]


def test_rows_from_the_future_are_shown(warehouse: Warehouse):
    name = warehouse.load("t", pa.table({"day": pa.array([date(2020, 1, 1), date(2999, 1, 1), None])}))
    expects = invalid("day", NotInFuture())
    with warehouse.open() as source:
        sql = FailingRows(Dataset("shop", name), check("c", expects), None)(source)
        [[found]] = source.fetch(sql).rows
    assert str(found).startswith("2999-01-01")


# -- against plain Python ----------------------------------------------------------------------------------------------


def fits(name: str, value: str) -> bool:
    """What the predicates say, by Python's own regular expressions."""
    said = []
    for predicate in library()[name].predicates:
        match predicate:
            case Matches(pattern=pattern) | Checksum(pattern=pattern):
                said.append(bool(re.search(pattern.replace("$", r"\Z"), value)))
            case OneOf(values=values):
                said.append(value in values)
    return all(said)


@given(st.ip_addresses(v=4).map(str) | st.from_regex(r"[0-9.]{5,16}", fullmatch=True))
def test_ipv4_is_pythons(text: str):
    assert fits("ipv4", text) == parses(IPv4Address, text)


@given(
    st.ip_addresses(v=6).map(str)
    | st.from_regex(r"[0-9a-f:]{2,25}", fullmatch=True)
    | st.from_regex(r"(\d?:){1,8}\d?(\.\d){0,3}", fullmatch=True)
)
def test_ipv6_is_pythons(text: str):
    text = text.encode("ascii", "replace").decode()
    assert fits("ipv6", text) == parses(IPv6Address, text)


def parses(kind: Any, text: str) -> bool:
    try:
        kind(text)
    except AddressValueError:
        return False
    return True


@given(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32))
def test_dates_are_those_of_the_calendar(year: int, month: int, day: int):
    try:
        date(year, month, day)
    except ValueError:
        is_date = False
    else:
        is_date = True
    assert fits("date", f"{year:04}-{month:02}-{day:02}") == is_date


@given(st.datetimes(), st.sampled_from(["T", " "]), st.sampled_from(["", "Z", "+02:00"]))
def test_moments_of_iso_8601_are_moments(moment: datetime, between: str, zone: str):
    assert fits("date-time", moment.isoformat(sep=between) + zone)


def iban(country: str, bban: str) -> str:
    digits = "".join(str(int(letter, 36)) for letter in f"{bban}{country}00")
    return f"{country}{98 - int(digits) % 97:02}{bban}"


def test_check_digits_are_those_of_iso_7064(warehouse: Warehouse):
    """Every pair of digits for accounts of several lengths; only the right pair passes."""
    accounts = [("GB", "WEST12345698765432"), ("NO", "86011117947"), ("LC", "HEMM000100010012001200023015")]
    accounts += [("MT", "ZZZZ99999ZZZZZZZZZZZZZZZZZZ"), ("RU", "Z" * 29), ("RU", "0" * 29)]
    values = [f"{country}{pair:02}{bban}" for country, bban in accounts for pair in range(100)]
    right = {iban(country, bban) for country, bban in accounts}
    # 00, 01 and 02 to 96 leave the same rest as 97, 98 and 99
    right |= {value for value in values if value[4:] in {b for _, b in accounts} and rest(value) == 1}
    name = warehouse.load("t", pa.table({"account": values}))
    expects = invalid("account", known("iban"))
    with warehouse.open() as source:
        run = measured(source, name, AT, [check("c", expects)])
    assert count(run, "c") == len(values) - len(right)


def rest(value: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in value[4:] + value[:4])) % 97


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alias", "name"), [("E-Mail", "email"), ("ISO_4217", "currency"), ("country code", "country"), ("lat", "latitude")]
)
def test_formats_have_other_names(alias: str, name: str):
    assert predicate_of(alias) == predicate_of(name)


def test_an_unknown_format_is_none_and_the_nearest_is_named():
    assert predicate_of("emial") is None
    assert nearest("emial") == 'did you mean "email"?'
    assert nearest("zzz").startswith("known are byte, country, ")


def test_a_rule_about_formats_is_repeatable():
    assert repr(invalid("a", known("currency"))) == repr(
        ValuesExpected("a", "invalid", NONE, meets=(known("currency"),))
    )
