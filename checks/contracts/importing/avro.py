"""An Avro schema to a draft: a record is a table, a list of records several."""

from __future__ import annotations

from typing import Any

from checks.contracts.importing.draft import Column, Draft, NotImportable, Table

_PLAIN: dict[str, tuple[str | None, dict[str, Any]]] = {
    "string": ("string", {}),
    "int": ("integer", {"format": "i32"}),
    "long": ("integer", {}),
    "float": ("number", {"format": "f32"}),
    "double": ("number", {}),
    "boolean": ("boolean", {}),
    "bytes": (None, {}),
    "fixed": (None, {}),
}
_LOGICAL: dict[str, tuple[str, dict[str, Any]]] = {
    "date": ("date", {}),
    "time-millis": ("time", {}),
    "time-micros": ("time", {}),
    "uuid": ("string", {"format": "uuid"}),
    **{f"timestamp-{unit}": ("timestamp", {}) for unit in ("millis", "micros", "nanos")},
    **{f"local-timestamp-{unit}": ("timestamp", {"timezone": False}) for unit in ("millis", "micros", "nanos")},
}
_RECORD = {"type", "name", "namespace", "doc", "fields", "originalName"}
_FIELD = {"type", "name", "doc", "default", "originalName"}
_TYPE = {"type", "name", "namespace", "doc", "symbols", "items", "values", "size", "logicalType", "precision", "scale"}
_MAX_DEPTH = 30


def read_avro(schema: Any, draft: Draft) -> None:
    """Fills the draft. Raises NotImportable."""
    reader = _Reader(draft)
    for record in schema if isinstance(schema, list) else [schema]:
        if not isinstance(record, dict) or record.get("type") != "record":
            raise NotImportable(draft.label, "must be a record or a list of records to be read as tables")
        draft.id = draft.id or _text(record.get("namespace"))
        name = _text(record.get("originalName")) or str(record.get("name") or "")
        table = Table(name, reader.fields(record, name, ()), description=_text(record.get("doc")))
        reader.leftovers(record, name, _RECORD)
        draft.tables.append(table)


class _Reader:
    """`named` are the records, enums and fixed types so far, which later types may name."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.named: dict[str, dict[str, Any]] = {}

    def fields(self, record: dict[str, Any], where: str, inside: tuple[str, ...]) -> list[Column]:
        self._remember(record)
        fields = record.get("fields")
        listed = [each for each in fields if isinstance(each, dict)] if isinstance(fields, list) else []
        if (
            not isinstance(fields, list)
            or len(listed) < len(fields)
            or not all(_text(each.get("name")) for each in listed)
        ):
            raise NotImportable(self.draft.label, f"{where}: a record must have fields, each with a name")
        deeper = (*inside, str(record.get("name")))
        return [self._field(each, where, deeper) for each in listed]

    def _field(self, field: dict[str, Any], above: str, inside: tuple[str, ...]) -> Column:
        name = _text(field.get("originalName")) or field["name"]
        where = f"{above}.{name}"
        column = self.column(field.get("type"), name, where, inside)
        column.description = _text(field.get("doc")) or column.description
        if field.get("default") is not None:
            self.draft.leave(where, "its default")
        self.leftovers(field, where, _FIELD)
        return column

    def column(self, kind: Any, name: str, where: str, inside: tuple[str, ...]) -> Column:
        """A column of that type; required unless null is one of the types."""
        if len(inside) > _MAX_DEPTH:
            raise NotImportable(self.draft.label, f"{where}: is nested deeper than {_MAX_DEPTH} levels")
        if isinstance(kind, list):
            others = [each for each in kind if each != "null"]
            if len(others) != 1:
                self.draft.leave(where, f"is a union of {len(others)} types; a contract has one type")
                return Column(name, required="null" not in kind)
            column = self.column(others[0], name, where, inside)
            column.required = len(others) == len(kind)
            return column
        self.draft.count()
        column = Column(name, required=True)
        if isinstance(kind, str):
            self._by_name(kind, column, where, inside)
        elif isinstance(kind, dict):
            self._complex(kind, column, where, inside)
        else:
            raise NotImportable(self.draft.label, f"{where}: has no type that Avro knows")
        return column

    def _by_name(self, kind: str, column: Column, where: str, inside: tuple[str, ...]) -> None:
        short = kind.rpartition(".")[2]
        if kind in _PLAIN:
            column.logical, column.options = _PLAIN[kind][0], dict(_PLAIN[kind][1])
            column.physical = kind if column.logical is None else None
        elif short in inside:
            self.draft.leave(where, f"contains itself ({short}); a contract has no such types, so that it ends here")
            column.logical = "object"
        elif short in self.named:
            self._complex(self.named[short], column, where, inside)
        else:
            raise NotImportable(self.draft.label, f"{where}: the type {kind[:100]} is not known")

    def _complex(self, kind: dict[str, Any], column: Column, where: str, inside: tuple[str, ...]) -> None:
        word = kind.get("type")
        self._remember(kind)
        if word == "record":
            column.logical, column.columns = "object", self.fields(kind, where, inside)
            self.leftovers(kind, where, _RECORD)
            return
        column.description = _text(kind.get("doc"))
        deeper = (*inside, "")
        if word == "enum":
            symbols = kind.get("symbols")
            column.logical, column.allowed = "string", list(symbols) if isinstance(symbols, list) else []
        elif word == "array":
            column.logical, column.items = "array", self.column(kind.get("items"), "", f"{where}[]", deeper)
        elif word == "map":
            column.logical, column.values = "map", self.column(kind.get("values"), "", f"{where}{{}}", deeper)
        elif isinstance(word, str) and "logicalType" in kind:
            self._logical(kind, column, where)
        else:
            inner = self.column(word, column.name, where, deeper)
            column.logical, column.physical, column.options = inner.logical, inner.physical, inner.options
            column.columns, column.items, column.values = inner.columns, inner.items, inner.values
            column.allowed = inner.allowed
        self.leftovers(kind, where, _TYPE)

    def _logical(self, kind: dict[str, Any], column: Column, where: str) -> None:
        word, base = kind["logicalType"], kind["type"]
        if word == "decimal":
            column.logical, column.physical = "number", f"decimal({kind.get('precision')},{kind.get('scale', 0)})"
        elif word in _LOGICAL:
            column.logical, column.options = _LOGICAL[word][0], dict(_LOGICAL[word][1])
        else:
            self.draft.leave(where, f"the logical type {word}")
            self._by_name(base, column, where, ())

    def _remember(self, kind: dict[str, Any]) -> None:
        if kind.get("type") in ("record", "enum", "fixed") and _text(kind.get("name")):
            self.named[kind["name"].rpartition(".")[2]] = kind

    def leftovers(self, part: dict[str, Any], where: str, known: set[str]) -> None:
        """Notes the attributes that nothing was made of."""
        for key in part:
            if key not in known:
                self.draft.leave(where, f"the attribute {key}")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
