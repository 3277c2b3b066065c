"""What people may order: the six commands to a rollout, all from one definition. For `cli` alone.

Where each is legal is read from the machine's own table, so that help can't say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.options import Env, RolloutId, State
from cli.orders import order
from cli.problems import problems_told
from cli.session import LOCAL, LOCAL_STATE, connect
from steelyard.rollout.observation import CommandName
from steelyard.rollout.orders import leads_to

_TEACHES: Mapping[CommandName, str] = {
    CommandName.START: """Begin a rollout that waits, in spite of what it waits for.

An approved version starts by itself as soon as the endpoint is in service and quiet. This is for
when it waits for something that you know better: an alarm that is about something else, or a
reading that fails.""",
    CommandName.PROMOTE: """Give the canary all traffic now, without waiting for the evidence.

The ledger records it as done by hand, with your name, the reason, and what the evidence said. It
is refused before the canary has had its first step, and while it has too few instances for all
traffic. If harm shows in that very minute, the rollout is rolled back instead.""",
    CommandName.PAUSE: """Leave traffic as it is until somebody resumes.

The evidence goes on, and so do the alarms: harm still rolls the rollout back. There is no
deadline while it is paused.""",
    CommandName.RESUME: """Go on from where the rollout was paused, or handed over to people.

The step that was left is entered again: its time and its samples are counted from now on, what the
evidence has learnt stays. Of a rollout that was being rolled back, the rollback goes on.""",
    CommandName.ABORT: """End a rollout, however far it has come, even before it has begun.

A rollout that has not begun ends at once, and the endpoint is not touched. Otherwise this is
`rollback`: all traffic goes back to stable first.""",
    CommandName.ROLLBACK: """Send all traffic back to stable and end the rollout.

It can't be taken back: from then on nothing gives this canary traffic again. To try the version
once more, approve it once more.""",
}
_REASONS: Mapping[CommandName, str] = {
    CommandName.START: "that alarm is about billing",
    CommandName.PROMOTE: "the fix can not wait, I watched it myself",
    CommandName.PAUSE: "a demonstration until noon",
    CommandName.RESUME: "the demonstration is over",
    CommandName.ABORT: "we found a mistake in the data",
    CommandName.ROLLBACK: "users complain",
}
console = Console(highlight=False)


def add_commands(app: typer.Typer) -> None:
    """Give the console all six."""
    for name in CommandName:
        app.command(
            name.value,
            help=f"{_TEACHES[name]}\n\n{_legal(name)}\n\n"
            "It is an event like any other, and done when the ledger has it.",
            epilog=f'Example: steelyard {name} completion-r2 --reason "{_REASONS[name]}"',
            rich_help_panel="Orders to a rollout",
        )(_ordering(name))


def _legal(name: CommandName) -> str:
    """From where it leads where, as the machine has it."""
    phases: dict[str, list[str]] = {}
    for phase, target in leads_to(name).items():
        phases.setdefault(target or "the phase that was left", []).append(phase)
    rows = "; ".join(f"from {', '.join(before)} to {after}" for after, before in phases.items())
    return f"Legal: {rows}."


def _ordering(name: CommandName) -> Callable[..., Any]:
    def command(
        rollout: RolloutId,
        *,
        reason: Annotated[str, typer.Option(help="Why; it is recorded with your name.")],
        env: Env = LOCAL,
        state_dir: State = LOCAL_STATE,
    ) -> None:
        with problems_told():
            entry = order(connect(env, state_dir), name, rollout, reason)
            told = f"{rollout} is {entry.decision['phase']}: {entry.decision['reason']}"
            console.print(told, markup=False)  # reasons hold what people typed

    return command
