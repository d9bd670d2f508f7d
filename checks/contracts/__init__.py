"""Contracts (ODCS 3.x): read with line numbers, linted, and turned into datasets with their checks.

The journey: `read` (YAML to values) -> `leniency` -> `standard` (JSON Schema, model) -> `load` (a Document) ->
`expectations` (a schema object to checks) -> `declare` (contracts, configuration and real tables to datasets).
`lint` tells everything that was found on the way.
"""

from checks.contracts.declare import Declared, declared, match
from checks.contracts.document import Document, Finding, Level
from checks.contracts.lint import Linted, by_file, lint, to_json
from checks.contracts.load import Contracts, load_folder, load_paths, read_file

__all__ = [
    "Contracts",
    "Declared",
    "Document",
    "Finding",
    "Level",
    "Linted",
    "by_file",
    "declared",
    "lint",
    "load_folder",
    "load_paths",
    "match",
    "read_file",
    "to_json",
]
