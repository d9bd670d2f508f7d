"""`--set detection.x=y`: another setting of detection, to be compared with the configured one."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from checks.config_sections import DetectionConfig
from checks.records import Detection
from checks.refusal import Refused

_KEYS = ("alerts_per_90_days", "holidays")
_PREFIX = "detection."
_MOST = 20


class WrongSetting(Refused):
    """A setting that makes no sense; the sentence says what does."""


def changed(detection: Detection, words: Sequence[str]) -> Detection:
    """The setting with `detection.KEY=VALUE` words put in. A key may be named once. Raises WrongSetting."""
    if len(words) > _MOST:
        raise WrongSetting(f"there are {len(words)} settings; {_MOST} at most can be changed at once")
    given: dict[str, Any] = {}
    for word in words:
        key, value = _parsed(word)
        if key in given:
            raise WrongSetting(f"{_PREFIX}{key} is set twice")
        given[key] = value
    try:
        read = DetectionConfig(**given)
    except ValidationError as error:
        [detail, *_] = error.errors(include_url=False)
        wrong = str(detail.get("ctx", {}).get("error", detail["msg"]))
        key = f"{_PREFIX}{detail['loc'][0]}"
        raise WrongSetting(f"{key}: {detail['input']!r}: {wrong[:1].lower()}{wrong[1:]}") from None
    return replace(detection, **{key: getattr(read, key) for key in given})


def _parsed(word: str) -> tuple[str, Any]:
    name, equals, text = word[:200].partition("=")
    key = name.strip().removeprefix(_PREFIX)
    if not equals or not name.strip().startswith(_PREFIX):
        raise WrongSetting(f"'{word[:60]}' is not a setting; write for example {_PREFIX}alerts_per_90_days=0.5")
    if key not in _KEYS:
        known = ", ".join(_PREFIX + one for one in _KEYS)
        raise WrongSetting(f"{_PREFIX}{key[:60]} is not a setting that can be compared; there are {known}")
    return key, _value(text.strip())


def _value(text: str) -> Any:
    """The value as config.toml would have it; a word without quotes is text, and 'none' is nothing."""
    if text.lower() == "none":
        return None
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
