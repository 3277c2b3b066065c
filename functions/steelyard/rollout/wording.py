"""Why a rollout stays where it is, and what people need to know of what comes next. Pure.

Used by the machine alone.
"""

from __future__ import annotations

from steelyard.rollout.intents import INERT, hindrance
from steelyard.rollout.model import Phase, Rollout
from steelyard.rollout.observation import Seen
from steelyard.rollout.passing import lacks
from steelyard.rollout.signals import Look, waits_for
from steelyard.rollout.warming import unready


def what_next(rollout: Rollout, seen: Seen) -> str:
    """What people need to know of what comes next, in words; mostly empty."""
    if rollout.phase is Phase.NEEDS_HUMAN:
        return f"; when that is mended: steelyard resume {rollout.id}, or rollback to end it"
    if rollout.phase is Phase.ROLLING_BACK and (why := hindrance(seen)):
        return f"; the rollback has to wait, and goes ahead as soon as it can: {why}"
    return ""


def why_hold(look: Look) -> str:
    """Why nothing moved."""
    phase = look.rollout.phase
    if phase is Phase.PENDING:
        return f"waits: {waits_for(look)}"
    if phase in (Phase.RAMPING, Phase.HOLDBACK) and look.rollout.intent is None:
        return f"lacks {lacks(look)}"
    if phase is Phase.WARMING:
        return f"waits: {unready(look)}"
    if phase in INERT:
        return "waits for a person"
    return f"in progress; {hindrance(look.seen) or 'the endpoint is in service'}"
