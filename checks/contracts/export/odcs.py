"""A contract as the standard has it: read leniently, written plainly, with the chosen tables only.

Comments are not kept: this is for other programs.
"""

from __future__ import annotations

from collections.abc import Sequence

from checks.contracts.document import Document, Node
from checks.contracts.writing import yaml_text


def odcs(document: Document, tables: Sequence[Node]) -> str:
    """The contract as YAML text."""
    return yaml_text({**document.data, "schema": [table.value for table in tables]})
