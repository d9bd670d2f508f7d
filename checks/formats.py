"""The library of named formats: what a value of each looks like, in predicates that every warehouse can express.

Texts are judged as they are stored: no spaces are cut, and codes of ISO are in capitals as ISO has them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from checks.predicates import Checksum, Formatted, Length, Limit, Matches, NotInFuture, OneOf, Predicate, Relation

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)"
)
_ZONE = "(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?"
_SECONDS = r":[0-5][0-9](?:\.[0-9]{1,9})?"
_IBAN_LENGTHS = {
    15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Format:
    """A named format: what values that do not have it are, and what all values that have it meet."""

    name: str
    fault: str
    predicates: tuple[Predicate, ...]


def predicate_of(name: str, zone: str = "UTC") -> Predicate | None:
    """The predicate of a format by any of its names, None where the library has none. `zone` is where moments without
    a zone are read, for those that must not be in the future."""
    known = _canonical(name)
    if known == "not-in-the-future":
        return NotInFuture(zone)
    return Formatted(known, library()[known].fault) if known in library() else None


def nearest(name: str) -> str:
    """The known name that is most like a wrong one, else all names."""
    names = [*library(), *_ALIASES, "not-in-the-future"]
    near = difflib.get_close_matches(_spelled(name), names, n=1)
    return f'did you mean "{near[0]}"?' if near else f"known are {', '.join(sorted({*map(_canonical, names)}))}"


@cache
def library() -> dict[str, Format]:
    """All formats by name, those of moments aside, which depend on the clock."""
    return {each.name: each for each in (*_texts(), *_codes(), *_numbers())}


def _spelled(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def _canonical(name: str) -> str:
    return _ALIASES.get(_spelled(name), _spelled(name))


_ALIASES = {
    "e-mail": "email", "idn-email": "email", "guid": "uuid", "iri": "uri", "ip": "ipv4", "ip-v4": "ipv4",
    "ip-v6": "ipv6", "datetime": "date-time", "timestamp": "date-time", "base64": "byte",
    "country-code": "country", "country-alpha-2": "country", "iso-3166-alpha-2": "country",
    "iso-3166-alpha-3": "country-alpha-3", "currency-code": "currency", "iso-4217": "currency",
    "language-code": "language", "iso-639-1": "language", "e164": "phone", "e.164": "phone", "phone-number": "phone",
    "lat": "latitude", "lon": "longitude", "lng": "longitude", "percent": "percentage", "nonnegative": "non-negative",
    "not-in-future": "not-in-the-future", "past": "not-in-the-future", "int8": "i8", "int16": "i16", "int32": "i32",
    "int64": "i64",
}  # fmt: skip


# -- texts -------------------------------------------------------------------------------------------------------------


def _texts() -> Iterable[Format]:
    local = "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+"
    yield _text("email", "that are no e-mail address", rf"^{local}@{_LABEL}(?:\.{_LABEL})+$", longest=254)
    yield _text("uuid", "that are no UUID", "^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")
    yield _text("uri", "that are no URI", r'^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+$')
    yield _text("url", "that are no web address", r'^(?:https?|ftp)://[^\s/?#<>"]+(?:[/?#][^\s<>"]*)?$')
    yield _text("ipv4", "that are no IPv4 address", f"^{_IPV4}$")
    yield _text("ipv6", "that are no IPv6 address", f"^(?:{_ipv6()})$")
    yield _text("hostname", "that are no host name", rf"^{_LABEL}(?:\.{_LABEL})*$", longest=253)
    yield _text("date", "that are no date like 2026-01-31", f"^{_DATE}$")
    yield _text("time", "that are no time like 08:30", f"^(?:[01][0-9]|2[0-3]):[0-5][0-9](?:{_SECONDS})?{_ZONE}$")
    moment = f"^{_DATE}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]{_SECONDS}{_ZONE}$"
    yield _text("date-time", "that are no moment like 2026-01-31T08:30:00Z", moment)
    quads = "(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
    yield _text("byte", "that are no base64", f"^(?:[A-Za-z0-9+/]{{4}})*{quads}$")
    yield _text("phone", "that are no phone number like +4722334455", r"^\+[1-9][0-9]{6,14}$")
    lengths = (
        f"(?:{'|'.join(countries.split())})[0-9]{{2}}[0-9A-Z]{{{length - 4}}}"
        for length, countries in _IBAN_LENGTHS.items()
    )
    yield Format("iban", "that are no IBAN", (Checksum(f"^(?:{'|'.join(lengths)})$"),))


def _text(name: str, fault: str, pattern: str, longest: int | None = None) -> Format:
    most = (Length(Relation.AT_MOST, longest),) if longest else ()
    return Format(name, fault, (Matches(pattern), *most))


def _ipv6() -> str:
    """RFC 4291: eight groups, of which one run may be left out, the last two perhaps as an IPv4 address."""
    group = "[0-9A-Fa-f]{1,4}"
    last = f"(?:{group}:{group}|{_IPV4})"
    forms = [f"(?:{group}:){{6}}{last}", f"::(?:{group}:){{5}}{last}"]
    for before in range(1, 6):
        front = f"(?:(?:{group}:){{0,{before - 1}}}{group})?"
        forms.append(f"{front}::(?:{group}:){{{5 - before}}}{last}")
    forms += [f"(?:(?:{group}:){{0,5}}{group})?::{group}", f"(?:(?:{group}:){{0,6}}{group})?::"]
    return "|".join(forms)


# -- codes and numbers -------------------------------------------------------------------------------------------------


def _codes() -> Iterable[Format]:
    import pycountry

    countries, currencies, languages = pycountry.countries, pycountry.currencies, pycountry.languages
    two = tuple(sorted(each.alpha_2 for each in countries))
    three = tuple(sorted(each.alpha_3 for each in countries))
    money = tuple(sorted(each.alpha_3 for each in currencies))
    spoken = tuple(sorted(each.alpha_2 for each in languages if hasattr(each, "alpha_2")))
    yield Format("country", "that are no country code like NO", (OneOf(two),))
    yield Format("country-alpha-3", "that are no country code like NOR", (OneOf(three),))
    yield Format("currency", "that are no currency code like EUR", (OneOf(money),))
    yield Format("language", "that are no language code like nb", (OneOf(spoken),))


def _numbers() -> Iterable[Format]:
    yield _between("latitude", "that are no latitude", -90, 90)
    yield _between("longitude", "that are no longitude", -180, 180)
    yield _between("percentage", "not from 0 to 100", 0, 100)
    yield Format("non-negative", "below 0", (Limit(Relation.AT_LEAST, 0),))
    yield Format("positive", "not above 0", (Limit(Relation.ABOVE, 0),))
    yield _between("f32", "beyond 32-bit floating-point numbers", -3.4028235677973366e38, 3.4028235677973366e38)
    for bits in (8, 16, 32, 64, 128):
        yield _between(f"i{bits}", f"beyond signed {bits}-bit numbers", -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        yield _between(f"u{bits}", f"beyond unsigned {bits}-bit numbers", 0, 2**bits - 1)


def _between(name: str, fault: str, lowest: float, highest: float) -> Format:
    return Format(name, fault, (Limit(Relation.AT_LEAST, lowest), Limit(Relation.AT_MOST, highest)))
