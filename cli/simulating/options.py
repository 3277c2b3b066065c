"""The options of `steelyard simulate`. For `cli.simulate` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.simulating.wording import ACCEPTED

_TRAFFIC = "Traffic"
_TRIAL = "Trial"
_OUTPUT = "Output"

PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", help="A model.yaml, or its part `rollout:`; default: the defaults."),
]
PerSecond = Annotated[
    float | None,
    typer.Option(
        "--traffic",
        metavar="RPS",
        help="Steady traffic, requests a second; default: 20.",
        rich_help_panel=_TRAFFIC,
    ),
]
TraceFile = Annotated[
    Path | None,
    typer.Option(
        "--trace",
        metavar="FILE.csv",
        help="Instead, traffic as it was: columns t (seconds or ISO 8601) and requests (in each "
        "interval), and errors or error_rate if they are known.",
        rich_help_panel=_TRAFFIC,
    ),
]
ErrorRate = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Stable's errors; default: 0.01.", rich_help_panel=_TRAFFIC),
]
LatencyMs = Annotated[
    float | None,
    typer.Option(
        metavar="MEDIAN",
        help="Median latency in milliseconds; default: 0.3 times the policy's slow_after.",
        rich_help_panel=_TRAFFIC,
    ),
]
Spread = Annotated[
    float,
    typer.Option(help="Standard deviation of ln latency.", rich_help_panel=_TRAFFIC),
]
Labelled = Annotated[
    float,
    typer.Option(
        metavar="SHARE", help="Of requests that are labelled, at once.", rich_help_panel=_TRAFFIC
    ),
]
Wrong = Annotated[
    float,
    typer.Option(metavar="SHARE", help="Of labels that are wrong.", rich_help_panel=_TRAFFIC),
]
Regressions = Annotated[
    list[str],
    typer.Option(
        "--regression",
        metavar="WORSE",
        help=f"How the canary is worse; may be repeated. {ACCEPTED}. Default: some of each "
        "metric that the policy guards.",
        rich_help_panel=_TRIAL,
    ),
]
After = Annotated[
    str,
    typer.Option(
        metavar="TIME",
        help="When regressions begin, such as 6h; default: at once.",
        rich_help_panel=_TRIAL,
    ),
]
Lasts = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="TIME",
        help="How long is simulated from then on; default: as long as the policy's steps and "
        "holdback last.",
        rich_help_panel=_TRIAL,
    ),
]
Runs = Annotated[
    int, typer.Option(min=20, max=100_000, help="Of each kind.", rich_help_panel=_TRIAL)
]
Seed = Annotated[
    int,
    typer.Option(min=0, help="The same seed gives the same figures.", rich_help_panel=_TRIAL),
]
Json = Annotated[
    bool, typer.Option("--json", help="JSON instead of tables.", rich_help_panel=_OUTPUT)
]
Plot = Annotated[
    Path, typer.Option(metavar="FILE.png", help="The figures as a plot.", rich_help_panel=_OUTPUT)
]
NoPlot = Annotated[bool, typer.Option("--no-plot", help="Draw none.", rich_help_panel=_OUTPUT)]
