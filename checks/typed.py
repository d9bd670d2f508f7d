"""What people type, made fit to be kept and shown."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t"
#: marks that turn the direction of what follows them, also of what others have written
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def readable(text: str) -> str:
    """The text without what terminals and pages obey instead of showing it, and without halves of characters, which no
    file takes. Line breaks and tabs stay, as does what emoji are joined with."""
    return "".join(sign for sign in text if sign in _KEPT or _is_readable(sign))


def _is_readable(sign: str) -> bool:
    return sign not in _TURNING and unicodedata.category(sign) not in ("Cc", "Cs")
