"""The dialects that ibis writes: sqlglot's, with corrections."""

from __future__ import annotations

from functools import cache


@cache
def corrected() -> None:
    """Makes sure that statements are written with ibis's corrections of sqlglot's dialects.

    ibis makes them while it is imported, and sqlglot keeps how a dialect writes from the first statement on: where it
    wrote one before (the query of an SQL rule), PostgreSQL would be asked for functions that it does not have.
    """
    import ibis.backends.sql.dialects  # noqa: F401 the import is the point
    from sqlglot import generator

    getattr(generator, "_DISPATCH_CACHE", {}).clear()
