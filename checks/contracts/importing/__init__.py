"""Files of other tools to contracts in ODCS: text in, text out. What a contract can not say is told, never dropped."""

from checks.contracts.importing.choose import MAX_BYTES, Format, Imported, import_model, import_text
from checks.contracts.importing.draft import Left, NotImportable

__all__ = ["MAX_BYTES", "Format", "Imported", "Left", "NotImportable", "import_model", "import_text"]
