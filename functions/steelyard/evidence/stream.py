"""One stream of comparisons, and the evidence of harm that it gives. Pure; for evidence/ only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import REGRESSIONS, Harm, begin_harm
from steelyard.evidence.odds import odds_log_ratios
from steelyard.evidence.overshoot import reaches
from steelyard.evidence.pending import Counts, Pending

BEYOND = 1e-9  # a stream that reaches its threshold must not miss it by rounding


@dataclass(frozen=True, slots=True)
class Setting:
    """How a stream is weighed at one look.

    Attributes:
        margin: tolerated odds ratio, >= 1.
        log_threshold: natural log of the stream's evidence that suffices for WORSE alone.
        phi: overdispersion that log likelihood ratios are divided by, >= 1.
        minutes: how long the batch took, at most one.
    """

    margin: float
    log_threshold: float
    phi: float = 1.0
    minutes: float = 1.0


def compared(harm: Harm, table: Table, setting: Setting) -> Harm:
    """The evidence with one more comparison."""
    others = tuple(setting.margin * regression for regression in REGRESSIONS)
    gains = tuple(gain / setting.phi for gain in odds_log_ratios(table, setting.margin, others))
    grown = harm.after(gains, setting.minutes)
    # How overdispersed counts are spread in full is not known.
    exact = setting.phi == 1
    if exact and reaches(harm, table, setting.margin, gains, setting.log_threshold):
        return grown.lifted(setting.log_threshold + BEYOND)
    return grown


def all_compared(harm: Harm, tables: Iterable[Table], setting: Setting) -> Harm:
    """The evidence with some more comparisons."""
    return reduce(lambda before, table: compared(before, table, setting), tables, harm)


@dataclass(frozen=True, slots=True)
class Segment:
    """What one segment says.

    Attributes:
        pending: good and bad counts that wait for a comparison.
        harm: the evidence of the comparisons so far.
    """

    pending: Pending = field(default_factory=Pending)
    harm: Harm = field(default_factory=begin_harm)

    def after(
        self, canary_percent: float, counts: tuple[Counts, Counts], setting: Setting
    ) -> Segment:
        """With one more batch; `counts` are the canary's and stable's."""
        pending, comparisons = self.pending.after(canary_percent, *counts)
        tables = (comparison.table for comparison in comparisons)
        return Segment(pending, all_compared(self.harm, tables, setting))
