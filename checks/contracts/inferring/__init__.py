"""From what was measured to a draft of a contract: pure. `infer` is the whole of it; the parts follow a contract."""

from checks.contracts.inferring.contract import Inferred, infer
from checks.contracts.inferring.evidence import Remembered

__all__ = ["Inferred", "Remembered", "infer"]
