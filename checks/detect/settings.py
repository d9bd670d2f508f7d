"""What a user may say about learned detection, and what a series may be."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

import holidays as calendars

Kind = Literal["count", "rate", "share", "value", "gap"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: parts of all rows: what is wrong with them, and which value they have
PARTS: tuple[Kind, ...] = ("rate", "share")


@dataclass(frozen=True)
class Settings:
    """Raises ValueError with a sentence when a setting makes no sense."""

    #: how many learned alerts a dataset may raise without a cause in 90 days
    alerts_per_90_days: float = 1.0
    #: how many series the dataset has: they share the budget
    series_count: int = 1
    #: the country whose public holidays matter, as ISO 3166 code, or None
    holidays: str | None = None
    #: changes below these are never reported, however quiet the series: parts of the expected value for counts, values
    #: and gaps, percentage points / 100 for rates and shares
    smallest_count_change: float = 0.05
    smallest_rate_change: float = 0.002
    smallest_value_change: float = 0.02
    smallest_gap_change: float = 0.25

    def __post_init__(self) -> None:
        if not 0 < _number("alerts_per_90_days", self.alerts_per_90_days) <= 90:
            raise ValueError(
                f"alerts_per_90_days is {self.alerts_per_90_days}; it must be more than 0 and at most 90, such as 1"
            )
        if isinstance(self.series_count, bool) or not isinstance(self.series_count, int) or self.series_count < 1:
            raise ValueError(f"series_count is {self.series_count!r}; it must be a whole number of at least 1")
        if self.holidays is not None and self.holidays not in calendars.list_supported_countries(include_aliases=True):
            raise ValueError(f"holidays is {self.holidays!r}; it must be the ISO code of a country, such as US or DE")
        for name in ("count", "rate", "value", "gap"):
            key = f"smallest_{name}_change"
            if not 0 <= _number(key, getattr(self, key)) < 1:
                raise ValueError(f"{key} is {getattr(self, key)}; it must be at least 0 and less than 1, such as 0.05")

    @property
    def of_one_series(self) -> float:
        """How many alerts in 90 days one series may raise."""
        return self.alerts_per_90_days / self.series_count

    def smallest(self, kind: Kind) -> float:
        """The smallest change of a series of this kind that is ever reported."""
        return getattr(self, f"smallest_{'rate' if kind in PARTS else kind}_change")


def settings_of(given: dict[str, Any], base: Settings | None = None) -> Settings:
    """Settings from keyword arguments. Raises ValueError for an unknown name or a senseless value."""
    known = [field.name for field in fields(Settings)]
    for name in given:
        if name not in known:
            raise ValueError(f"{name} is not a setting of detection; there are {', '.join(known)}")
    return replace(base or Settings(), **given)


def kind_of(kind: str) -> Kind:
    """Raises ValueError for a word that is not a kind of series."""
    for known in KINDS:
        if kind == known:
            return known
    raise ValueError(f"{kind!r} is not a kind of series; there are {', '.join(KINDS)}")


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(f"{name} is {value!r}; it must be a number")
    return float(value)
