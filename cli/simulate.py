"""`steelyard simulate`: what a policy would do on some traffic, beside other products. For `cli`.

What simulates is heavy, and imported when it is needed.
"""

from __future__ import annotations

import json as json_
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from cli.policy_file import read_policy
from cli.problems import Problem, problems_told
from cli.simulating import options as of
from cli.simulating.setting import Options, Setting, setting_of
from cli.simulating.wording import Worse, regressions_of
from steelyard.rollout.policy import Policy

_WIDTH = 100
_HELP = """Try a policy on simulated traffic, beside what other products would do.

How often a healthy canary is rolled back, and how many of its requests it takes to find a \
regression: under the policy, by CloudWatch alarms, SageMaker's guardrails, Flagger, Argo \
Rollouts and Kayenta, all on the same traffic. Needs no cloud.

Rollbacks alone are simulated. The canary's share rises by time: each step lasts `discard` and \
`bake`, or as long as `least_requests` take; then comes the holdback, to the end. In truth a step \
also waits for its proof, so a rollout lasts longer. docs/simulate.md says more."""
_notes = Console(stderr=True, highlight=False)


def add_simulate(app: typer.Typer) -> None:
    """Give the console the command."""
    app.command(
        "simulate",
        help=_HELP,
        epilog="Example: steelyard simulate --policy policy.yaml --traffic 5 "
        "--regression 2x-errors",
        rich_help_panel="Evidence",
    )(simulate)


def simulate(  # noqa: PLR0913 - an argument for each option
    *,
    policy: of.PolicyFile = None,
    traffic: of.PerSecond = None,
    trace: of.TraceFile = None,
    error_rate: of.ErrorRate = None,
    latency_ms: of.LatencyMs = None,
    spread: of.Spread = 0.4,
    labelled: of.Labelled = 0.1,
    wrong: of.Wrong = 0.1,
    regression: of.Regressions = [],  # noqa: B006 - typer reads it, nobody changes it
    after: of.After = "0m",
    lasts: of.Lasts = None,
    runs: of.Runs = 400,
    seed: of.Seed = 1,
    json: of.Json = False,
    plot: of.Plot = Path("out/simulate.png"),
    no_plot: of.NoPlot = False,
) -> None:
    """Say how the policy does; `_HELP` says what is simulated."""
    with problems_told():
        if plot.suffix.lower() != ".png":
            raise Problem(f"--plot: got {str(plot)!r}", "accepted: a file that ends in .png")
        held_to = Policy() if policy is None else read_policy(policy)
        asked = regressions_of(regression, held_to)
        options = Options(
            traffic=traffic,
            trace=trace,
            error_rate=error_rate,
            latency_ms=latency_ms,
            spread=spread,
            labelled=labelled,
            wrong=wrong,
            after=after,
            lasts=lasts,
        )
        setting = setting_of(held_to, options, asked)
        _run(setting, asked, (runs, seed), None if no_plot else plot, as_json=json)


def _run(
    setting: Setting,
    asked: Sequence[Worse],
    often: tuple[int, int],
    plot: Path | None,
    *,
    as_json: bool,
) -> None:
    """Simulate with so many runs and this seed, and show the figures."""
    from cli.simulating import tables  # noqa: PLC0415
    from cli.simulating.figures import figures_of  # noqa: PLC0415

    with _progress() as bar:
        task = bar.add_task("", total=1.0)

        def tell(what: str, part: float) -> None:
            bar.update(task, description=what, completed=part)

        figures = figures_of(setting, asked, *often, tell)
    if as_json:
        typer.echo(json_.dumps(tables.as_json(figures, setting), indent=1, allow_nan=False))
    else:
        out = Console(highlight=False)
        out.width = min(out.width, _WIDTH) if out.is_terminal else _WIDTH
        out.print(tables.told(figures, setting))
    if plot is not None:
        from cli.simulating.plot import draw  # noqa: PLC0415

        draw(figures, setting, plot)
        _notes.print(f"plot: {plot}", markup=False, soft_wrap=True)


def _progress() -> Progress:
    """On standard error, and gone when it is over."""
    columns = (TextColumn("{task.description:>20}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=_notes, transient=True)
