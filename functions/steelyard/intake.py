"""One batch of reports, from the request's body to the answer. The intake's handler calls it.

What the latest entry of the ledger names bounds what is counted: its variants, and the segments
that its rollout weighs. Entries are large and decoded whole, so what they name is remembered for
some seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from steelyard.aws.labels import LabelBook
from steelyard.aws.ledger import Ledger, state_of
from steelyard.errors import UnknownEndpoint
from steelyard.labels.reports import Known, judge, read_batch, variants_in
from steelyard.messages import require_endpoint_name
from steelyard.telemetry import count, outcomes

_REMEMBERED = timedelta(seconds=5)  # by the requests' own times
_MOST_ENDPOINTS = 100


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes batches of reports for any endpoint.

    Attributes:
        key: reads what inference ids are issued with.
    """

    ledger: Ledger
    book: LabelBook
    key: Callable[[], bytes]
    _found: dict[str, tuple[datetime, Known]] = field(default_factory=dict, init=False)

    def take(self, endpoint: str, body: str, now: datetime) -> dict[str, Any]:
        """Count a batch; the answer, which says what became of each report.

        Args:
            now: when the request arrived, aware UTC.

        Raises:
            InvalidEvent: nothing of it can be counted (InvalidBatch, BatchTooLarge), or the
                endpoint can't be one.
            UnknownEndpoint: the ledger has not heard of it.
            EndpointBusy, NeedsHuman: what was not counted can be sent again.
        """
        require_endpoint_name(endpoint)
        given = read_batch(body)
        batch = judge(given, endpoint, self.key(), self._known(endpoint, given, now), now)
        added = self.book.add(endpoint, batch.reports, now)
        count("LabelsCounted", added.counted)
        count("LabelsDuplicate", added.duplicates)
        count("LabelsOfOtherSegments", added.other_segment)
        count("LabelsRefused", len(batch.refused))
        for variant in sorted({report.variant for report in added.reports}):
            wrong = (report.wrong for report in added.reports if report.variant == variant)
            outcomes("WrongLabels", endpoint, variant, wrong)
        return {
            "counted": added.counted,
            "duplicates": added.duplicates,
            "other_segment": added.other_segment,
            "refused": [asdict(refused) for refused in batch.refused],
        }

    def _known(self, endpoint: str, given: list[Any], now: datetime) -> Known:
        """What may be named; looked up again for a variant that may have just appeared."""
        if endpoint in self._found:
            at, known = self._found[endpoint]
            if abs(now - at) < _REMEMBERED and variants_in(given) <= set(known.variants):
                return known
        known = self._read(endpoint)
        if len(self._found) >= _MOST_ENDPOINTS:
            self._found.clear()
        self._found[endpoint] = now, known
        return known

    def _read(self, endpoint: str) -> Known:
        entry = self.ledger.latest(endpoint)
        if entry is None:
            raise UnknownEndpoint(f"no endpoint {endpoint}; accepted: those that have a ledger")
        state = state_of(entry, endpoint)
        variants = {state.stable.variant} if state.stable else set()
        if state.rollout is None:
            return Known(variants, ())
        arms = {state.rollout.stable.variant, state.rollout.canary}
        return Known(variants | arms, state.rollout.policy.segments)
