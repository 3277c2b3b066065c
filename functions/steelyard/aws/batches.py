"""From tables of counts to batches: a minute in pieces where they add up, whole where not. Pure.

For `aws/metrics.py` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from steelyard.aws.queries import Counts, Table
from steelyard.errors import InvalidCounts
from steelyard.evidence import Arm, Batch

MINUTE = timedelta(minutes=1)
BAND = "band_"
_MOST_PARTS = 8  # of stable, each in every batch of a ledger's entry
_MOST = 10**12  # events in a period: more are no count


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read about some minutes; pairs are stable and canary.

    Attributes:
        whole: each variant's counts, minute by minute.
        pieces: the same counts, published as often as `every`; None: they are not.
        instances: those of each instance of stable that is known, as often as `every`.
        bands: how many latency bands are counted.
    """

    whole: tuple[Table, Table]
    pieces: tuple[Table, Table] | None
    instances: Sequence[Table]
    every: timedelta
    bands: int


def batches_of(minute: datetime, readings: Readings, canary_percent: float) -> tuple[Batch, ...]:
    """The minute's batches: its pieces, or all of it where they don't add up to it.

    Raises:
        InvalidCounts: the minute's own counts make no sense.
    """
    stable, canary = (_arm(table.get(minute, {}), readings.bands) for table in readings.whole)
    begins = [minute + readings.every * n for n in range(int(MINUTE / readings.every))]
    cut = _cut(minute, begins, readings)
    if cut is None:
        parts = _parts(stable, readings.instances, begins)
        return (Batch(minute + MINUTE, canary_percent, stable, canary, parts),)
    return tuple(
        Batch(
            end=begin + readings.every,
            canary_percent=canary_percent,
            stable=stable,
            canary=canary,
            stable_parts=_parts(stable, readings.instances, [begin]),
        )
        for begin, (stable, canary) in zip(begins, cut, strict=True)
    )


def total(counts: Iterable[Counts]) -> dict[str, float]:
    """Counts of several instances, or of several periods, together."""
    sums: dict[str, float] = {}
    for some in counts:
        for name, count in some.items():
            sums[name] = sums.get(name, 0.0) + count
    return sums


def _cut(
    minute: datetime, begins: Sequence[datetime], readings: Readings
) -> list[tuple[Arm, Arm]] | None:
    """Both arms of each piece of a minute; None where one is missing, or makes no sense.

    Counts are published late, in part, and not for ever: then the minute's own are the truth.
    """
    if readings.pieces is None:
        return None
    for table, whole in zip(readings.pieces, readings.whole, strict=True):
        together = total(table.get(begin, {}) for begin in begins)
        if _not_zero(together) != _not_zero(whole.get(minute, {})):
            return None
    stable, canary = readings.pieces
    try:
        return [
            (
                _arm(stable.get(begin, {}), readings.bands),
                _arm(canary.get(begin, {}), readings.bands),
            )
            for begin in begins
        ]
    except InvalidCounts:
        return None


def _parts(stable: Arm, instances: Sequence[Table], begins: Sequence[datetime]) -> tuple[Arm, ...]:
    """Disjoint parts of stable, each an instance or several; none where they make no sense.

    Instances that are not known yet are missing, so parts need not be all of stable. A part keeps
    its place from batch to batch, as long as no instance comes or goes.
    """
    together = [
        total(table.get(begin, {}) for table in instances[first::_MOST_PARTS] for begin in begins)
        for first in range(min(len(instances), _MOST_PARTS))
    ]
    try:
        arms = [_arm(counts, 0) for counts in together]
    except InvalidCounts:
        return ()
    # What stable was not measured on, such as latency, is unknown for its parts too.
    parts = tuple(
        Arm(arm.requests, {key: count for key, count in arm.bad.items() if key in stable.bad})
        for arm in arms
    )
    fits = sum(part.requests for part in parts) <= stable.requests and all(
        sum(part.bad[key] for part in parts) <= count for key, count in stable.bad.items()
    )
    busy = sum(part.requests > 0 for part in parts)
    return parts if fits and busy > 1 else ()  # idle ones too: a part keeps its place


def _arm(counts: Counts, bands: int) -> Arm:
    for name, count in counts.items():
        if not isinstance(count, int | float) or not 0 <= count <= _MOST:  # nor is NaN
            raise InvalidCounts(f"{name}: got {count!r:.100}, accepted: 0 to {_MOST}")
    requests = int(counts.get("requests", 0))
    if requests == 0 and any(counts.values()):
        raise InvalidCounts("bad events, but no Invocations")
    if requests == 0:
        return Arm(0, {"errors": 0, "slow": 0})
    if "errors" not in counts:
        raise InvalidCounts(f"{requests} requests, but no InvocationModelErrors")
    # TC has no data point where no sample lies in the band.
    latency = tuple(int(counts.get(f"{BAND}{number}", 0)) for number in range(bands))
    errors, slow = int(counts["errors"]), int(counts.get("slow", 0))
    if bands and not any(latency):  # no latency at all is unknown, not fast
        return Arm(requests, {"errors": errors})
    return Arm(requests, {"errors": errors, "slow": slow}, latency)


def _not_zero(counts: Counts) -> dict[str, float]:
    return {name: count for name, count in counts.items() if count}
