"""Values of a contract without what may be a secret: what is compared is printed into pull requests and logs."""

from __future__ import annotations

import re
from typing import Any

_WORDS = re.compile(r"passw|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key", re.IGNORECASE)
_PLACES = ("servers", "customProperties")  # a column may be called token; a value there may be one
_IN_URL = re.compile(r"(://[^/@\s:]*:)[^/@\s]+@")
_HIDDEN = "***"


def without_secrets(value: Any, path: str) -> Any:
    """The value at a path with passwords in URLs, and whatever stands below a telling key, replaced by stars."""
    if value is not None and any(place in path for place in _PLACES) and _WORDS.search(path):
        return _HIDDEN
    return _scrubbed(value)


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return _IN_URL.sub(rf"\1{_HIDDEN}@", value)
    if isinstance(value, list):
        return [_scrubbed(member) for member in value]
    if not isinstance(value, dict):
        return value
    named = value.get("property")
    hidden = {"value"} if isinstance(named, str) and _WORDS.search(named) else set()
    return {key: _HIDDEN if key in hidden or _telling(key, inner) else _scrubbed(inner) for key, inner in value.items()}


def _telling(key: str, value: Any) -> bool:
    return isinstance(value, str) and bool(_WORDS.search(key))
