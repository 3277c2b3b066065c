"""The 18 invariants of the design, each a function with its number. For `tests/faults`.

`Checks` asks them after every entry of the ledger, every call that changes something, and every
step of the fleet.
"""

from tests.faults.invariants.checks import Checks, Violation

__all__ = ["Checks", "Violation"]
