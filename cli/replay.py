"""`steelyard replay`: what another policy would have decided on a past rollout. For `cli` alone."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.past import Past, rollout_of, standing
from cli.replay_decisions import decisions
from cli.replay_evidence import weighings
from cli.replay_limits import Replayable, differences, replayable
from cli.replay_path import Asked, differs, follow
from cli.replay_tables import Line, evidence_told
from cli.why import section
from steelyard.rollout.policy import Policy

_ITSELF = "the rollout"


def replay(past: Past, other: Policy, name: str) -> RenderableType:
    """What was decided, what `other` would have decided, and what it says of all counts.

    Whether this version of Steelyard decides as the one did that wrote the ledger is tried first,
    with the rollout's own policy: if not, a comparison would say nothing about `other`.
    """
    own = past.policy
    replayed = replayable(own, other, name)
    head = Group(_headline(past, name), section("Policy", _policies(own, replayed)))
    wrong = next((asked for asked in follow(past, own) if differs(asked)), None)
    if wrong is not None:
        return Group(head, section("Decisions", _does_not_hold(wrong)))
    lines = [Line(_ITSELF, own, weighings(past, own))]
    if replayed.asked != own:
        lines.append(Line(name, replayed.asked, weighings(past, replayed.asked)))
    return Group(
        head,
        section("Decisions", decisions(past, tuple(follow(past, replayed.asked)), name)),
        section("Evidence, at the shares that the canary really had", evidence_told(lines)),
    )


def _headline(past: Past, name: str) -> Text:
    rollout = rollout_of(past.begun)
    stands = past.turns[-1].did if past.turns else standing(rollout)
    text = Text(rollout.id, style="bold")
    against = f"version {rollout.stable.version or 'unknown'}"
    text.append(f": version {rollout.candidate.version} against {against}, ", style="not bold")
    text.append(f"{stands}; replayed under {name}", style="not bold")
    return text


def _policies(own: Policy, replayed: Replayable) -> RenderableType:
    others = differences(own, replayed.given)
    if not others:
        return Text("the rollout's own")
    table = Table.grid(padding=(0, 2))
    for key, (ours, theirs) in others.items():
        table.add_row(Text(key), Text(f"{ours} → {theirs}"))
    if not replayed.missing:
        return table
    missing = Group(*map(Text, replayed.missing))
    return Group(table, Text("Can't be replayed:"), Padding(missing, (0, 0, 0, 2)))


def _does_not_hold(wrong: Asked) -> Text:
    made, now = wrong.turn.entry.decision, wrong.decision
    return Text(
        "can't be told: under the rollout's own policy, this version of Steelyard decides or\n"
        f"weighs otherwise than the one that wrote entry {wrong.turn.entry.version}\n"
        f"  then  {made['kind']} ({made['phase']}): {made['reason']}\n"
        f"  now   {now.kind} ({now.phase}): {now.reason}"
    )
