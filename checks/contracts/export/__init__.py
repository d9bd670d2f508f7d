"""Contracts in the formats of other tools: a Document and some of its tables in, text out."""

from checks.contracts.export.choose import Format, NotExportable, export

__all__ = ["Format", "NotExportable", "export"]
