"""What people are not shown: a question that is not asked, and a value that is hidden."""

from __future__ import annotations

MASK = "•••"  # in the place of a classified value


class Refused(Exception):
    """A question that is not asked of the warehouse, with the reason for people."""
