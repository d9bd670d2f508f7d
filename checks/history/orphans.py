"""Runs that a process took with it when it died."""

from __future__ import annotations

import duckdb


def mark_interrupted(cursor: duckdb.DuckDBPyConnection) -> None:
    """Ends the runs that a process took with it. Where the slot had been served before, that run stands."""
    if not cursor.execute("FROM started LIMIT 1").fetchall():
        return
    cursor.execute("CREATE TEMP TABLE lost AS FROM started ANTI JOIN runs USING (dataset, slot)")
    cursor.execute(
        """INSERT INTO runs BY NAME
           SELECT dataset, slot, 'interrupted' AS outcome, 1 AS attempts, max(started_at) AS started_at,
                  arg_max("trigger", started_at) AS "trigger", 'interrupted' AS error_kind,
                  'the app ended while this run was under way' AS error,
                  0 AS measurements, 0 AS queries, false AS whole_table
           FROM lost GROUP BY dataset, slot"""
    )
    cursor.execute(
        "INSERT INTO days SELECT DISTINCT dataset, 'run', date_trunc('day', slot), slot, 'unknown' FROM lost"
    )
    cursor.execute("DROP TABLE lost")
    cursor.execute("DELETE FROM started")
