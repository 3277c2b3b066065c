"""The evidence: is the canary worse than stable? Pure, standard library only, O(1) state."""

from steelyard.evidence.counts import Arm, Batch
from steelyard.evidence.engine import Evidence, begin, judge, weigh
from steelyard.evidence.promise import Guardrail, Promise
from steelyard.evidence.verdict import Verdict, VerdictKind

__all__ = [
    "Arm",
    "Batch",
    "Evidence",
    "Guardrail",
    "Promise",
    "Verdict",
    "VerdictKind",
    "begin",
    "judge",
    "weigh",
]
