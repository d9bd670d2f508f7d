"""dbt's `manifest.json` in the form of a `schema.yml`: tests are put back under the columns that they are about."""

from __future__ import annotations

from typing import Any

from checks.contracts.importing.draft import Draft, NotImportable

_KINDS = {"model": "models", "seed": "seeds", "snapshot": "snapshots"}
_KEPT = ("name", "description", "constraints", "meta", "freshness", "loaded_at_field", "identifier")
_OF_COLUMN = ("name", "description", "data_type", "constraints")


def as_schema_file(manifest: Any, draft: Draft) -> dict[str, Any]:
    """The models, seeds, snapshots and sources of the project itself, not of its packages. Raises NotImportable."""
    nodes, sources = (_mapping(_mapping(manifest).get(key)) for key in ("nodes", "sources"))
    if not nodes and not sources:
        raise NotImportable(draft.label, "is no manifest of dbt: it has neither nodes nor sources")
    project = _mapping(manifest.get("metadata")).get("project_name")
    tests: dict[str, list[dict[str, Any]]] = {}
    for name, node in nodes.items():
        if _mapping(node).get("resource_type") == "test":
            if not isinstance(node.get("test_metadata"), dict) or not isinstance(node.get("attached_node"), str):
                draft.leave(str(node.get("name") or name), "a test that is a query of its own")
                continue
            tests.setdefault(node["attached_node"], []).append(node)
    made: dict[str, Any] = {}
    for name, node in {**nodes, **sources}.items():
        kind = _mapping(node).get("resource_type")
        if kind not in (*_KINDS, "source") or (project and node.get("package_name", project) != project):
            continue
        table = _table(node, tests.get(name, []))
        if kind == "source":
            made.setdefault("sources", []).append(
                {"name": node.get("source_name"), "schema": node.get("schema"), "tables": [table]}
            )
        else:
            made.setdefault(_KINDS[kind], []).append(table)
    return made


def _table(node: dict[str, Any], tests: list[dict[str, Any]]) -> dict[str, Any]:
    table = {key: node[key] for key in _KEPT if node.get(key)}
    columns = [each for each in _mapping(node.get("columns")).values() if isinstance(each, dict)]
    table["columns"] = [{key: each[key] for key in _OF_COLUMN if each.get(key)} for each in columns]
    by_name = {str(each.get("name")).lower(): each for each in table["columns"]}
    for test in tests:
        of = test.get("column_name")
        if of is not None and str(of).lower() not in by_name:  # dbt tests columns that nobody described
            by_name[str(of).lower()] = {"name": str(of)}
            table["columns"].append(by_name[str(of).lower()])
        owner = table if of is None else by_name[str(of).lower()]
        owner.setdefault("data_tests", []).append(_test(test))
    return table


def _test(node: dict[str, Any]) -> dict[str, Any]:
    about = node["test_metadata"]
    namespace = about.get("namespace")
    name = str(about.get("name"))
    given = {key: value for key, value in _mapping(about.get("kwargs")).items() if key not in ("model", "column_name")}
    config = {
        key: value for key, value in _mapping(node.get("config")).items() if key in ("where", "severity") and value
    }
    return {name if namespace in (None, "dbt") else f"{namespace}.{name}": {**given, "config": config}}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
