"""Titles and colours of what people look at, so that report and dashboards say the same.

Pure data. Imported by `infra.constructs.dashboard` and `cli.demo.report`.
"""

from __future__ import annotations

import math

STABLE = "#24598f"
CANARY = "#c9850f"
ALARM = "#b3203f"

TRAFFIC = "Canary's share of traffic, %"
ERRORS = "Requests that failed, %"
LATENCY = "p99 latency, ms"
EVIDENCE = "Evidence that the canary is worse, nats"
ALARMS = "Alarms in state ALARM"
# Of dashboards alone, which can't know a canary from a stable variant.
REQUESTS = "Requests a minute, by variant"
LATENCIES = f"p50 and {LATENCY}"
WRONG = "Wrong labels, %"
LOOKS = "Looks at the endpoint, a minute"
DECISIONS = "The last decisions"


def threshold(nats: float) -> str:
    """The line that the evidence must cross, named with its odds."""
    return f"threshold {nats:.2f} nats, odds {math.exp(nats):.0f} : 1"
