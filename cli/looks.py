"""The commands that only look: status, history, why, replay. For `cli` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.history import endpoint_named, entries_of, verified, verified_json, verified_table
from cli.history_lines import history_json, history_table
from cli.options import Env, RolloutId, State
from cli.orders import endpoint_of
from cli.past import past_of
from cli.policy_file import read_policy
from cli.problems import Problem, problems_told
from cli.receipt import moves, receipt_of
from cli.replay import replay as replay_shown
from cli.session import LOCAL, LOCAL_STATE, Session, connect
from cli.watch import status_of
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


def history(  # noqa: PLR0913 - a command's options
    name: Annotated[str, typer.Argument(metavar="ENDPOINT|ROLLOUT", help="Of which to tell.")],
    *,
    env: Env = LOCAL,
    everything: Annotated[bool, typer.Option("--all", help="Every look, not only moves.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check the endpoint's ledger instead; 1 if it fails.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs: every entry as a line of JSON.")
    ] = False,
    state_dir: State = LOCAL_STATE,
) -> None:
    """List the decisions about an endpoint or a rollout from the ledger, with their reasons.

    --verify checks the whole ledger of the endpoint: that no version is missing, that each hash is
    its own and over the one before it, that each entry is the same as its copy in the archive, and
    that of what was seen the state machine decides the same. It names the first entry that fails.
    """
    with problems_told():
        session = connect(env, state_dir)
        if verify:
            raise typer.Exit(_verify(session, name, as_json=as_json))
        entries = entries_of(session.ledger, name)
        if as_json:
            for entry in entries:
                print(history_json(entry))  # noqa: T201 - for programs: no wrapping
        else:
            console.print(history_table(entries, everything=everything))


def _verify(session: Session, name: str, *, as_json: bool) -> int:
    """Check the ledger and say so; the exit code."""
    endpoint = endpoint_named(session.ledger, name)
    with console.status("checking"):
        result = verified(session.ledger, session.archive, endpoint, session.now)
    if as_json:
        print(verified_json(result))  # noqa: T201 - as above
    else:
        console.print(verified_table(result))
    return 1 if result.failures else 0


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
    everything: Annotated[
        bool, typer.Option("--all", help="Of every decision that moved something, in order.")
    ] = False,
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
        entries = list(ledger.read(endpoint_of(rollout)))
        if entry is not None and everything:
            raise Problem("--entry and --all ask for different things", "give one of them")
        wanted = moves(entries, rollout) if everything else (entry,)
        for number, one in enumerate(wanted):
            if number:
                console.rule()
            console.print(receipt_shown(receipt_of(entries, rollout, one)))


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
