"""How long it took from the sign of harm to weights at 0: in virtual seconds, ticks and calls."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from steelyard.aws.ledger import Entry
from tests.local.gameday.story import Zero, of_rollout

_MUTATING = (
    "CreateModel",
    "CreateEndpointConfig",
    "UpdateEndpoint",
    "UpdateEndpointWeightsAndCapacities",
    "DeleteEndpointConfig",
    "DeleteModel",
)
MOST_CALLS = 2
"""Mutating calls of SageMaker between the sign and weights at 0, if none of them is lost."""
_MINUTE = 60.0


@dataclass(frozen=True)
class Rollback:
    """One bad version's end.

    Attributes:
        sign: what showed the harm: an alarm, or the batch that made the evidence WORSE.
        decided: virtual seconds from the sign to the ledger's entry.
        seconds: from the sign until Describe shows weight 0; SageMaker's own delay is in it.
        ticks: ticks of the schedule in that time.
        mutating, lost: SageMaker's mutating calls until then, and how many went wrong.
        reading: SageMaker's other calls that name the endpoint.
    """

    rollout: str
    sign: str
    decided: float
    seconds: float
    ticks: int
    mutating: int
    lost: int
    reading: int


@dataclass(frozen=True)
class Rang:
    """An alarm went to ALARM; virtual seconds."""

    alarm: str
    at: float


def measured(
    entries: Sequence[Entry],
    zeros: Sequence[Zero],
    rang: Sequence[Rang],
    calls: Sequence[Mapping[str, Any]],
) -> tuple[Rollback, ...]:
    """All rollbacks of one endpoint's bad versions.

    Args:
        entries: the endpoint's ledger.
        zeros: when each canary had lost its traffic.
        rang: every alarm that did.
        calls: that functions made, as the local cloud's report has them.
    """
    own = [c for c in calls if entries and c["endpoint"] == entries[0].endpoint]
    return tuple(_measured(entries, zero, rang, own) for zero in zeros)


def _measured(
    entries: Sequence[Entry],
    zero: Zero,
    rang: Sequence[Rang],
    calls: Sequence[Mapping[str, Any]],
) -> Rollback:
    own = (e for e in entries if of_rollout(e, zero.rollout))
    began = next(e for e in own if e.decision["phase"] == "ROLLING_BACK")
    sign, since = _sign(began, rang)
    between = [c for c in calls if since <= c["at"] <= zero.at and c["service"] == "sagemaker"]
    mutating = [c for c in between if c["operation"] in _MUTATING]
    return Rollback(
        rollout=zero.rollout,
        sign=sign,
        decided=began.at.timestamp() - since,
        seconds=zero.at - since,
        ticks=_ticks(entries, since, zero.at),
        mutating=len(mutating),
        lost=sum(call["fate"] != "fine" for call in mutating),
        reading=len(between) - len(mutating),
    )


def _sign(began: Entry, rang: Sequence[Rang]) -> tuple[str, float]:
    """What led to a rollback, and when it was there to be seen."""
    ends = [datetime.fromisoformat(batch["end"]) for batch in began.seen["batches"]]
    if ends and (began.decision["verdict"] or {}).get("kind") == "WORSE":
        return "batch", max(ends).timestamp()
    prefix = f"steelyard/{began.endpoint}/{began.state['rollout']['canary']}/"
    decided = began.at.timestamp() + 1  # the entry's time may be a whole second's
    own = [one.at for one in rang if one.alarm.startswith(prefix) and one.at <= decided]
    return ("alarm", max(own)) if own else ("reading", began.at.timestamp())


def _ticks(entries: Sequence[Entry], since: float, until: float) -> int:
    """How many ticks of the schedule there were; their second of the minute is in the ledger."""
    seconds = [e.at.timestamp() % _MINUTE for e in entries if e.trigger["kind"] == "tick"]
    phase = sorted(seconds)[len(seconds) // 2] if seconds else 0.0
    return math.floor((until - phase) / _MINUTE) - math.floor((since - phase) / _MINUTE)


def summed_up(rollbacks: Sequence[Rollback]) -> dict[str, Any]:
    """p50 and p99 of each figure, by sign, and every rollback."""
    figures = ("decided", "seconds", "ticks", "mutating", "reading")
    signs = sorted({rollback.sign for rollback in rollbacks})
    return {
        "by_sign": {
            sign: {
                "rollbacks": len(chosen := [r for r in rollbacks if r.sign == sign]),
                **{name: _quantiles([getattr(r, name) for r in chosen]) for name in figures},
            }
            for sign in signs
        },
        "rollbacks": [asdict(rollback) for rollback in rollbacks],
    }


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    """The smallest value that so many per cent don't exceed: of few values p99 is the largest."""
    ordered = sorted(values)
    return {
        f"p{share}": round(ordered[math.ceil(share / 100 * len(ordered)) - 1], 1)
        for share in (50, 99)
    }
