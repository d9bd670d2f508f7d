"""Which columns look as if they were about people or secrets, so that none of their values is put anywhere.

By what the contract says, by name, and by what the values look like. It errs on the side of silence: a list of airlines
is hidden because its column is called `name`, and a reviewer can add it by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from checks.records import is_public

#: formats that say that a value is about a person, a household or an account
PERSONAL_FORMATS = ("email", "phone", "iban", "ipv4", "ipv6")
#: a column with more than this share of such values holds personal data, whatever the others are
SHARE = 0.01
_PERSONAL = frozenset(
    """email mail phone mobile fax msisdn imei ssn nin iban bic swift passport passwd password pwd secret token apikey
    salt firstname lastname surname givenname familyname fullname maiden username login nickname birth birthday
    birthdate dob gender sex religion ethnicity race nationality salary wage income diagnosis disease medication
    patient disability address street postcode postal zip zipcode taxid nationalid cvv pan creditcard cardnumber
    accountnumber personnummer fodselsnummer fornavn etternavn epost telefon adresse vorname nachname geburtsdatum
    strasse plz prenom nom apellido nombre correo direccion""".split()  # noqa: SIM905 a list of words reads better without quotes
)
#: what may be about people or may not: no values are shown, and nobody is told that they are personal
_PERHAPS = _PERSONAL | frozenset(
    """name user person people customer client employee staff member contact owner author by assignee assigned agent
    seller manager approver reviewer handler driver doctor physician teacher student guest tenant city town ip lat
    latitude lon lng longitude location comment comments note notes remark message text title description card account
    session device cookie fingerprint age url uri""".split()  # noqa: SIM905 likewise
)
_PERSONAL_VALUE = re.compile(r"@|(\d[ ./-]?){7}|(\d+\.){3}\d|([0-9A-Fa-f]{0,4}:){2}")
_JOINED = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def hidden_of(classified: Mapping[str, str]) -> frozenset[str]:
    """The columns (lower case) whose classification is not a public one."""
    return frozenset(column.lower() for column, level in classified.items() if not is_public(level))


def looks_personal(name: str) -> bool:
    """Whether the column is called like something about people, or like a secret."""
    return _is_called(name, _PERSONAL)


def shows_values(name: str, classified: Mapping[str, str]) -> bool:
    """Whether values of the column may be written into a contract, as far as its name and classification tell."""
    return name.lower() not in hidden_of(classified) and not _is_called(name, _PERHAPS)


def looks_like_personal_value(value: str) -> bool:
    """Whether a text has the look of an address or a number of somebody: an e-mail or IP address, many digits."""
    return _PERSONAL_VALUE.search(value) is not None


def personal_format(name: str, invalid: Mapping[tuple[str, str], float], present: float) -> str | None:
    """The personal format that the values of a column have, or that too many of them have. `invalid` counts the present
    values without a format, by column and format."""
    for format_ in PERSONAL_FORMATS:
        without = invalid.get((name, format_))
        if without is not None and present and (present - without) / present > SHARE:
            return format_
    return None


def parts(name: str) -> list[str]:
    """The words of a name in small letters: order_id, orderId and ORDER-ID have two."""
    return [part.lower() for part in _JOINED.split(name) if part]


def _is_called(name: str, words: frozenset[str]) -> bool:
    """Whether one of the words is a part of the name, or two parts together: first_name, firstName, FIRSTNAME."""
    found = parts(name)
    pairs = [one + two for one, two in pairwise(found)]
    singular = [part.removesuffix("s") for part in found]
    return any(part in words for part in (*found, *pairs, *singular))
