"""The commands that only look: status, history, why, replay. For `cli` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.options import Env, RolloutId, State
from cli.orders import endpoint_of
from cli.past import past_of
from cli.policy_file import read_policy
from cli.problems import Problem, problems_told
from cli.receipt import receipt_of
from cli.replay import replay as replay_shown
from cli.session import LOCAL, LOCAL_STATE, Session, connect
from cli.watch import history_table, status_of
from cli.why import why as receipt_shown
from infra.model_file import load_models

_MODELS = Path(__file__).parents[1] / "models"
_PANEL = "Looking"
console = Console(highlight=False)


def add_looks(app: typer.Typer) -> None:
    """Give the console all four."""
    app.command(epilog="Example: steelyard status completion", rich_help_panel=_PANEL)(status)
    app.command(epilog="Example: steelyard history completion --all", rich_help_panel=_PANEL)(
        history
    )
    app.command(epilog="Example: steelyard why completion-r2", rich_help_panel=_PANEL)(why)
    app.command(
        epilog="Example: steelyard replay completion-r2 --policy stricter.yaml",
        rich_help_panel=_PANEL,
    )(replay)


def status(
    endpoint: Annotated[str | None, typer.Argument(help="One endpoint; default: all.")] = None,
    *,
    env: Env = LOCAL,
    state_dir: State = LOCAL_STATE,
) -> None:
    """Show what is stable, what is under way, and how traffic is split."""
    with problems_told():
        session = connect(env, state_dir)
        for name in _endpoints(session, endpoint):
            console.print(status_of(session, name))


def history(
    endpoint: Annotated[str, typer.Argument(help="The endpoint.")],
    *,
    env: Env = LOCAL,
    everything: Annotated[bool, typer.Option("--all", help="Every look, not only moves.")] = False,
    state_dir: State = LOCAL_STATE,
) -> None:
    """List the decisions about an endpoint from the ledger, with their reasons."""
    with problems_told():
        session = connect(env, state_dir)
        entries = list(session.ledger.read(endpoint))
        if not entries:
            raise Problem(
                f"the ledger has nothing about {endpoint!r}", "`steelyard status` lists endpoints"
            )
        console.print(history_table(entries, everything=everything))


def why(
    rollout: RolloutId,
    *,
    entry: Annotated[
        int | None,
        typer.Option(
            help="Number of another decision, as `steelyard history --all` lists them; "
            "default: the one that made the rollout what it is.",
            min=1,
        ),
    ] = None,
    env: Env = LOCAL,
    state_dir: State = LOCAL_STATE,
) -> None:
    """Show one decision's receipt: what was seen, what it says, what would have changed it.

    All of it comes from the ledger. What would have changed the decision is found by asking the
    same state machine again, of the same state and counts with one thing different: without an
    order or an alarm, without one metric or one segment, with fewer errors.
    """
    with problems_told():
        ledger = connect(env, state_dir).ledger
        entries = ledger.read(endpoint_of(rollout))
        console.print(receipt_shown(receipt_of(entries, rollout, entry)))


def replay(
    rollout: RolloutId,
    *,
    policy: Annotated[
        Path | None,
        typer.Option(
            help="A model.yaml, or its part `rollout:`; default: the policy deployed now.",
        ),
    ] = None,
    env: Env = LOCAL,
    state_dir: State = LOCAL_STATE,
) -> None:
    """Show what another policy would have decided on a past rollout.

    All of it comes from the ledger: the same state machine is asked again, look by look, under the
    other policy. Its decisions are what it would have done until the canary would have had another
    share of the traffic. Behind that, what its evidence says of the counts that there are.
    """
    with problems_told():
        other = policy and read_policy(policy)
        past = past_of(connect(env, state_dir).ledger.read(endpoint_of(rollout)), rollout)
        name = policy.name if policy else "the policy deployed now"
        with console.status("deciding again"):
            shown = replay_shown(past, other or past.deployed, name)
        console.print(shown)


def _endpoints(session: Session, endpoint: str | None) -> list[str]:
    if endpoint is not None:
        return [endpoint]
    return [session.model(model.name).endpoint for model in load_models(_MODELS)]
