"""What people said of what was found. Labels are only added: one that is taken back is marked, and stays readable."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from checks.history.moments import aware, naive
from checks.history.store import Store
from checks.records import Label, LabelKind, Repeats


class LabelKeeper:
    """The part of the history that remembers labels."""

    _store: Store

    def labels(self, dataset: str | None = None, *, undone: bool = False) -> list[Label]:
        """The labels of one dataset, or of all, newest first; those that were undone only where they are asked for."""
        with self._store.reading() as cursor:
            rows = cursor.execute(
                """SELECT label_id, dataset, kind, "first", "last", author, created_at, metric, "column", repeats,
                          "until", note, undone_at, undone_by
                   FROM labels LEFT JOIN label_undos USING (label_id)
                   WHERE (dataset = $1 OR $1 IS NULL) AND (undone_at IS NULL OR $2) ORDER BY label_id DESC""",
                [dataset, undone],
            ).fetchall()
        return [_label(row) for row in rows]

    def add_label(self, label: Label) -> Label:
        """Remembers a label, and gives it its number."""
        with self._store.transaction() as cursor:
            [(number,)] = cursor.execute("SELECT coalesce(max(label_id), 0) + 1 FROM labels").fetchall()
            said = [label.dataset, label.kind, label.first, label.last, label.author, naive(label.at), label.metric]
            said += [label.column, label.repeats, label.until, label.note]
            cursor.execute(f"INSERT INTO labels VALUES ({', '.join('?' * 12)})", [number, *said])
        return replace(label, id=number)

    def undo_label(self, number: int, author: str, at: datetime) -> bool:
        """Takes a label back; False where there is none of that number that stands."""
        with self._store.transaction() as cursor:
            standing = cursor.execute(
                "SELECT 1 FROM labels ANTI JOIN label_undos USING (label_id) WHERE label_id = ?", [number]
            ).fetchall()
            if standing:
                cursor.execute("INSERT INTO label_undos VALUES (?, ?, ?)", [number, naive(at), author])
        return bool(standing)


def _label(row: tuple) -> Label:
    number, dataset, kind, first, last, author, at, metric, column, repeats, until, note, undone_at, undone_by = row
    about = number, dataset, LabelKind(kind), first, last, author, aware(at), metric, column, Repeats(repeats)
    return Label(*about, until, note, aware(undone_at), undone_by)
