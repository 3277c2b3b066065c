"""The table: from which phase which signal leads where. Pure; all rules that move a rollout.

A person's command that has no row here is illegal in that phase; any other signal without a row
means nothing there, and the next rule is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from steelyard.rollout.model import Phase
from steelyard.rollout.signals import Signal

BACK = None
"""The target of `resume`: the phase that was left for PAUSED or NEEDS_HUMAN."""

Row = Mapping[Signal, Phase | None]

_TAKE_BACK: Row = {
    Signal.HARM: Phase.ROLLING_BACK,
    Signal.ABORT: Phase.ROLLING_BACK,
    Signal.ROLLBACK: Phase.ROLLING_BACK,
}
_HAND_OVER: Row = {
    Signal.DRIFT: Phase.NEEDS_HUMAN,
    Signal.STUCK: Phase.NEEDS_HUMAN,
}
_FAILING: Row = {
    **_HAND_OVER,
    Signal.REFUSED: Phase.NEEDS_HUMAN,
    Signal.FAILED: Phase.NEEDS_HUMAN,
}
_TAKING_TRAFFIC: Row = {
    **_TAKE_BACK,
    **_FAILING,
    Signal.STARVED: Phase.ROLLING_BACK,
    Signal.UNEXPLAINED: Phase.PAUSED,
    Signal.SHORT: Phase.PAUSED,
    Signal.OVERDUE: Phase.PAUSED,
    Signal.PAUSE: Phase.PAUSED,
    Signal.PROMOTE: Phase.FINALIZING,
}

TRANSITIONS: Mapping[Phase, Row] = {
    Phase.PENDING: {
        **_HAND_OVER,
        Signal.BLOCKED: Phase.PENDING,
        Signal.GO: Phase.PROVISIONING,
        Signal.START: Phase.PROVISIONING,
        Signal.ABORT: Phase.ROLLED_BACK,
    },
    Phase.PROVISIONING: {
        **_TAKE_BACK,
        **_HAND_OVER,
        Signal.CONFIRMED: Phase.WARMING,
        # A quota or a permission says nothing about the candidate; a failed update may.
        Signal.REFUSED: Phase.NEEDS_HUMAN,
        Signal.FAILED: Phase.ROLLING_BACK,
        Signal.UNFIT: Phase.ROLLING_BACK,
    },
    # Alarms keep the canary here: golden requests are its only ones, and a cold start is no harm.
    Phase.WARMING: {
        **_HAND_OVER,
        Signal.ABORT: Phase.ROLLING_BACK,
        Signal.ROLLBACK: Phase.ROLLING_BACK,
        Signal.UNFIT: Phase.ROLLING_BACK,
        Signal.READY: Phase.RAMPING,
        Signal.OVERDUE: Phase.PAUSED,
        Signal.PAUSE: Phase.PAUSED,
    },
    Phase.RAMPING: {
        **_TAKING_TRAFFIC,
        Signal.CONFIRMED: Phase.RAMPING,
        Signal.BLOCKED: Phase.RAMPING,
        Signal.PASSED: Phase.RAMPING,
        Signal.LAST_PASSED: Phase.HOLDBACK,
    },
    Phase.HOLDBACK: {
        **_TAKING_TRAFFIC,
        Signal.CONFIRMED: Phase.HOLDBACK,
        Signal.BLOCKED: Phase.HOLDBACK,
        Signal.PASSED: Phase.FINALIZING,
    },
    Phase.FINALIZING: {
        **_TAKE_BACK,
        **_FAILING,
        Signal.CONFIRMED: Phase.PROMOTED,
        Signal.BLOCKED: Phase.FINALIZING,
    },
    Phase.PAUSED: {
        **_TAKE_BACK,
        **_FAILING,
        Signal.CONFIRMED: Phase.PAUSED,
        Signal.RESUME: BACK,
        Signal.PROMOTE: Phase.FINALIZING,
    },
    # Never given up: what AWS refuses is told, and tried again with the next tick.
    Phase.ROLLING_BACK: {
        **_HAND_OVER,
        Signal.CONFIRMED: Phase.ROLLING_BACK,
        Signal.REFUSED: Phase.ROLLING_BACK,
        Signal.BLOCKED: Phase.ROLLING_BACK,
        Signal.DISTURBED: Phase.ROLLING_BACK,
        Signal.SETTLED: Phase.ROLLED_BACK,
    },
    Phase.NEEDS_HUMAN: {
        **_TAKE_BACK,
        Signal.MENDED: Phase.ROLLING_BACK,
        Signal.RESUME: BACK,
    },
    # What can't be tidied up is told, and does not keep the next rollout waiting.
    Phase.PROMOTED: {
        Signal.CONFIRMED: Phase.PROMOTED,
        Signal.REFUSED: Phase.PROMOTED,
        Signal.FAILED: Phase.PROMOTED,
        Signal.BLOCKED: Phase.PROMOTED,
    },
    Phase.ROLLED_BACK: {
        Signal.CONFIRMED: Phase.ROLLED_BACK,
        Signal.REFUSED: Phase.ROLLED_BACK,
        Signal.FAILED: Phase.ROLLED_BACK,
        Signal.BLOCKED: Phase.ROLLED_BACK,
    },
}
