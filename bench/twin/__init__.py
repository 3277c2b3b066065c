"""The engine again, in numpy over many independent runs at once: a rule for bench and cli.

Constants come from the engine; formulas are written anew, and `compare` holds the two together.
"""

from bench.twin.compare import differences
from bench.twin.rule import Twin

__all__ = ["Twin", "differences"]
