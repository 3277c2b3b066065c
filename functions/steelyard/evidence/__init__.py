"""The evidence: is the canary worse than stable? Pure, standard library only, O(1) state."""

from steelyard.evidence.bands import BANDS, latency_bounds
from steelyard.evidence.counts import OTHER, Arm, Batch, Labels, SegmentCounts
from steelyard.evidence.engine import judge
from steelyard.evidence.pending import LEAST_REQUESTS
from steelyard.evidence.promise import Guardrail, Promise
from steelyard.evidence.state import Evidence, begin
from steelyard.evidence.verdict import Carrier, Verdict, VerdictKind
from steelyard.evidence.weighing import weigh

__all__ = [
    "BANDS",
    "LEAST_REQUESTS",
    "OTHER",
    "Arm",
    "Batch",
    "Carrier",
    "Evidence",
    "Guardrail",
    "Labels",
    "Promise",
    "SegmentCounts",
    "Verdict",
    "VerdictKind",
    "begin",
    "judge",
    "latency_bounds",
    "weigh",
]
