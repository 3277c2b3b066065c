"""Traffic in which the canary is as good as stable: a rollback is a mistake. For bench and cli."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench.traffic.clusters import Clusters
from bench.traffic.curves import (
    DAY,
    AfterEach,
    Always,
    Bursts,
    Daily,
    During,
    Product,
    Stairs,
)
from bench.traffic.labels import Labelling
from bench.traffic.latency import Latency
from bench.traffic.scene import Traffic
from bench.traffic.traces import Trace

HOUR = 3600.0
TRAFFICS = {"600 requests/h": 600 / HOUR, "20 rps": 20.0, "1000 rps": 1000.0}
SEGMENTS = 8
PARTS = 19  # of stable at 95 %: each is as large as the canary at 5 %
RAMP = Stairs((1.0, 5.0, 10.0, 25.0, 50.0), DAY / 5)
# From before a raise until after it.
_INCIDENT = (RAMP.starts[2] - HOUR / 2, RAMP.starts[2] + HOUR / 2)
_COLD = 120.0  # seconds; `discard` of the default policy


@dataclass(frozen=True, slots=True)
class Null:
    """A null, and whether the promise holds for it.

    Attributes:
        traffic: all metrics of a healthy canary.
        beyond: what puts it outside the promise; else each request is routed by itself, and the
            canary is within its margins.
    """

    traffic: Traffic
    beyond: str = ""


def whole(name: str, *, margin: float = 1.0) -> Traffic:
    """Traffic with three metrics and eight segments, 20 rps, 5 % canary.

    Args:
        name: as the tables show it.
        margin: of the latency guardrail.
    """
    return Traffic(name=name, segments=SEGMENTS, labels=Labelling(), latency=Latency(margin=margin))


def nulls() -> tuple[Null, ...]:
    """All of them, by day: 1,440 minutes."""
    return (*_steady(), *_moving(), *_clustered(), *_at_the_edge(), *_traced(), *_delayed())


def _steady() -> Iterator[Null]:
    for name, rate in TRAFFICS.items():
        yield Null(replace(whole(f"constant, {name}"), per_second=Always(rate)))
    yield Null(replace(whole("constant, 5 % errors"), errors=Always(0.05)))


def _moving() -> Iterator[Null]:
    yield Null(
        replace(
            whole("diurnal"),
            per_second=Daily(20.0, 0.8),
            errors=Daily(0.01, -0.5),
            labels=Labelling(wrong=Daily(0.45, 0.3)),
            latency=Latency(both=Daily(1.0, 0.3)),
        )
    )
    yield Null(_with_incident(whole("incident shared by both"), 6 * HOUR, 7 * HOUR))
    ramp = replace(whole("ramp with an incident"), percent=RAMP)
    yield Null(_with_incident(ramp, *_INCIDENT))
    yield Null(
        replace(
            whole("bursts"),
            per_second=Bursts(10.0, 80.0, 1800.0, 300.0),
            errors=Bursts(0.005, 0.05, 3600.0, 300.0),
            latency=Latency(both=Bursts(1.0, 2.0, 3600.0, 300.0)),
        )
    )


def _with_incident(traffic: Traffic, start: float, end: float) -> Traffic:
    """Ten times the errors, twice the latency and more wrong answers, for both variants."""
    return replace(
        traffic,
        errors=During(start, end, 0.1, 0.01),
        latency=Latency(both=During(start, end, 2.0)),
        labels=Labelling(wrong=During(start, end, 0.6, 0.45)),
    )


def _clustered() -> Iterator[Null]:
    base = replace(whole("clusters, freely routed"), errors=Always(0.005), parts=PARTS)
    yield Null(replace(base, clusters=Clusters()))
    sticks = "a bad client's requests all go to one variant"
    yield Null(replace(base, name="clusters, sticky", clusters=Clusters(sticky=True)), sticks)
    lasting = replace(
        base,
        name="clusters, sticky for ten minutes",
        clusters=Clusters(batches=10.0, size=2.0, sticky=True),
    )
    yield Null(lasting, f"{sticks}, batch after batch")


def _at_the_edge() -> Iterator[Null]:
    """The canary is worse for a while after each raise, or a little slower throughout."""
    cold = AfterEach(RAMP.starts, _COLD, 4.0)
    slow = AfterEach(RAMP.starts, _COLD, 1.5)
    start = replace(
        whole("cold start, first minutes discarded"),
        percent=RAMP,
        odds=cold,
        latency=Latency(factor=slow),
        discard=_COLD,
    )
    yield Null(start)
    yield Null(
        replace(start, name="cold start, nothing discarded", discard=0.0),
        "the canary is worse in its first minutes at each share",
    )
    yield Null(
        replace(
            whole("hardware 5 % slower, margin 10 %"),
            latency=Latency(factor=Always(1.05), margin=1.1),
        )
    )


def _traced() -> Iterator[Null]:
    """Load, errors and latency as they were somewhere, the same for both variants."""
    slowed = Latency(both=Trace("ec2 latency", 1.0, 3.0))
    yield Null(
        replace(
            whole("real trace: requests to a load balancer, CPU as errors"),
            per_second=Trace("elb requests", 20.0, 200.0),
            errors=Trace("rds cpu", 0.01, 0.5),
            latency=slowed,
        )
    )
    yield Null(
        replace(
            whole("real trace: taxi rides"),
            per_second=Trace("taxi rides", 20.0, 200.0),
            errors=Product(Trace("taxi rides", 1.0, 5.0), Trace("rds cpu", 0.01, 0.2)),
            latency=slowed,
            percent=RAMP,
        )
    )


def _delayed() -> Iterator[Null]:
    """Labels ten minutes late on average; after a raise the canary's are of newer requests."""
    late = replace(
        whole("label delay on a ramp"),
        percent=RAMP,
        labels=Labelling(wrong=Daily(0.45, 0.2), delay=600.0),
    )
    yield Null(late)
    yield Null(
        replace(
            late,
            name="label delay on a ramp, answers worse from a raise on",
            labels=Labelling(wrong=During(*_INCIDENT, 0.6, 0.45), delay=600.0),
        ),
        "labels say when they arrived, not when their requests were answered",
    )
