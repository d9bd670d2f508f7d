"""A Pydantic model to a draft. This imports and so RUNS the module that has the model: only for code that you trust."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from decimal import Decimal
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

from checks.contracts.importing.draft import Draft, NotImportable
from checks.contracts.importing.json_schema import read_json_schema

_BOUNDS = {"ge": "Minimum", "le": "Maximum", "gt": "ExclusiveMinimum", "lt": "ExclusiveMaximum"}


def read_pydantic(target: str, draft: Draft) -> None:
    """Fills the draft from `module:Class`, `folder/file.py:Class`, or a file with a single model. Raises
    NotImportable."""
    where, colon, name = target.rpartition(":")
    if not colon:
        where, name = target, ""
    model = _model(_imported(where, draft.label), name, draft.label)
    try:
        schema = model.model_json_schema(schema_generator=_Schema)
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        raise NotImportable(draft.label, f"{model.__name__} has no JSON Schema: {error.message}") from None
    read_json_schema(schema, draft, model.__name__)


def _imported(where: str, label: str) -> ModuleType:
    """The module after running it. What it raises is a fault of the module and told as such."""
    path = Path(where)
    try:
        if path.suffix != ".py":
            return _by_name(where)
        name = f"imported_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path, loader=_Uncompiled(name, str(path)))
        if spec is None or spec.loader is None or not path.is_file():
            raise NotImportable(label, "there is no such file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # where annotations are looked up
        spec.loader.exec_module(module)
    except NotImportable:
        raise
    except (Exception, SystemExit) as error:
        raise NotImportable(label, f"can not be imported: {type(error).__name__}: {error}") from error
    return module


class _Uncompiled(SourceFileLoader):
    """Takes the module as it is now: Python knows a compiled one by second and size, and writes it beside a file that
    is somebody else's."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _by_name(name: str) -> ModuleType:
    """As Python finds it, with the current folder among its paths as for `python -m`."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    return importlib.import_module(name)


def _model(module: ModuleType, name: str, label: str) -> type[BaseModel]:
    models = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__
    }
    if name:
        found = getattr(module, name, None)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    elif len(models) == 1:
        return next(iter(models.values()))
    known = ", ".join(models) or "none"
    asked = f"has no Pydantic model {name}" if name else "does not say which model"
    raise NotImportable(label, f"{asked}; write FILE:CLASS, with one of: {known}")


class _Schema(GenerateJsonSchema):
    """JSON Schema with what Pydantic leaves out of its own: sizes of decimals and limits of dates. Titles that only
    repeat the name of a field or class are left away."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: Any) -> dict[str, Any]:
        return _untitled(super().model_schema(schema), schema["cls"])

    def enum_schema(self, schema: Any) -> dict[str, Any]:
        return _untitled(super().enum_schema(schema), schema["cls"])

    def decimal_schema(self, schema: Any) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "number"}
        for key, word in _BOUNDS.items():
            if schema.get(key) is not None:
                made[word[0].lower() + word[1:]] = _number(schema[key])
        if schema.get("multiple_of") is not None:
            made["multipleOf"] = _number(schema["multiple_of"])
        digits, places = schema.get("max_digits"), schema.get("decimal_places")
        if digits is not None:
            made["x-physicalType"] = f"decimal({digits},{places or 0})"
        return made

    def date_schema(self, schema: Any) -> dict[str, Any]:
        return super().date_schema(schema) | _limits(schema)

    def datetime_schema(self, schema: Any) -> dict[str, Any]:
        return super().datetime_schema(schema) | _limits(schema)

    def time_schema(self, schema: Any) -> dict[str, Any]:
        return super().time_schema(schema) | _limits(schema)


def _untitled(made: dict[str, Any], kind: type) -> dict[str, Any]:
    return {key: value for key, value in made.items() if key != "title" or value != kind.__name__}


def _limits(schema: Any) -> dict[str, Any]:
    return {f"format{word}": schema[key].isoformat() for key, word in _BOUNDS.items() if schema.get(key) is not None}


def _number(value: Decimal | float) -> int | float:
    return int(value) if value == int(value) else float(value)
