"""What people may ask of a rollout, and when. Pure; the machine and the console use it."""

from __future__ import annotations

from collections.abc import Mapping

from steelyard.errors import IllegalTransition
from steelyard.rollout.model import Phase, Rollout, Stable
from steelyard.rollout.observation import Command, CommandName
from steelyard.rollout.passing import too_few_instances
from steelyard.rollout.signals import Look, Signal, not_as_left
from steelyard.rollout.transitions import TRANSITIONS

_BEFORE_STEPS = "before the canary has had its first step"


def require_legal(rollout: Rollout | None, command: Command) -> Rollout:
    """The rollout that the command is for, if its phase allows it.

    Raises:
        IllegalTransition: it does not; the message says what would be legal.
    """
    if rollout is None or rollout.id != command.rollout or rollout.phase.is_over:
        current = "there is none" if rollout is None else f"{rollout.id} is {rollout.phase}"
        raise IllegalTransition(f"no rollout {command.rollout} is under way: {current}")
    legal = legal_for(rollout)
    if command.command in legal:
        return rollout
    early = command.command is CommandName.PROMOTE and Signal.PROMOTE in TRANSITIONS[rollout.phase]
    raise IllegalTransition(
        f"{command.command} is not legal {_BEFORE_STEPS if early else f'in {rollout.phase}'}; "
        f"legal: {', '.join(legal) or 'nothing'}"
    )


def legal_for(rollout: Rollout) -> tuple[CommandName, ...]:
    """The commands that the rollout takes as it stands."""
    row = TRANSITIONS[rollout.phase]
    legal = (name for name in CommandName if Signal[name.name] in row)
    return tuple(n for n in legal if n is not CommandName.PROMOTE or rollout.step >= 0)


def leads_to(name: CommandName) -> Mapping[Phase, Phase | None]:
    """Where a command leads, by each phase in which it is legal; None: the phase left before."""
    signal = Signal[name.name]
    return {phase: row[signal] for phase, row in TRANSITIONS.items() if signal in row}


def require_possible(command: Command, look: Look, newly_serving: Stable | None) -> None:
    """Refuse what the phase allows, but not what was seen just now.

    Args:
        newly_serving: what serves, where it is not what the ledger says.

    Raises:
        IllegalTransition: with the reason.
    """
    if command.command is CommandName.START and newly_serving is not None:
        raise IllegalTransition(
            f"start is not legal while {newly_serving.variant} on {newly_serving.config} is not "
            "yet adopted; the next tick does that"
        )
    if command.command is CommandName.START and (wait := not_as_left(look)):
        raise IllegalTransition(f"start is not legal while {wait}")
    if command.command is CommandName.RESUME and (wait := _foreign(look)):
        raise IllegalTransition(f"resume is not legal while {wait}")
    if command.command is CommandName.PROMOTE and (wait := _not_promotable(look)):
        raise IllegalTransition(f"promote is not legal while {wait}")


def _foreign(look: Look) -> str:
    """In words, if somebody else's config is in service, which going on would replace."""
    live, rollout = look.seen.live, look.rollout
    if live is None or not live.in_service or rollout.latched:
        return ""
    if live.config in (rollout.config, rollout.stable.config):
        return ""
    return f"{live.config} is in service: put {rollout.stable.config} back, or rollback to end it"


def _not_promotable(look: Look) -> str:
    """What must pass before all traffic may go to the canary, in words; empty when nothing."""
    live = look.seen.live
    if live is None:
        return "the endpoint can't be read"
    if not live.in_service:
        return f"the endpoint is {live.status}"
    return too_few_instances(look, 100)


def in_words(command: Command, look: Look) -> str:
    """Who and why; for a promotion by hand also what the evidence said to it."""
    text = f"{command.actor}: {command.reason}"
    if command.command is not CommandName.PROMOTE:
        return text
    return f"{text}; by hand, the evidence is {look.verdict.kind if look.verdict else 'missing'}"
