"""Guards of what is told to people, of a rollback that must not end, and of tidying up."""

from __future__ import annotations

from tests.mutants.guard import Guard, functional, unit

_INTENTS, _IDLE, _TABLE = "rollout/intents.py", "rollout/idle.py", "rollout/transitions.py"
_ENDPOINT, _ENDING = "aws/endpoint.py", "rollout/ending.py"
_NEVER = "a rollback is never given up"
_TOLD = "people hear of what waits, and not each minute"

TIDYING = (
    Guard(
        name="rollback-refused-goes-on",
        keeps=_NEVER,
        file=_TABLE,
        old="        Signal.REFUSED: Phase.ROLLING_BACK,\n",
        new="        Signal.REFUSED: Phase.NEEDS_HUMAN,\n",
        tests=unit("transitions"),
    ),
    Guard(
        name="rollback-goes-on-when-mended",
        keeps=4,
        file=_TABLE,
        old="        Signal.MENDED: Phase.ROLLING_BACK,\n",
        new="",
        tests=unit("transitions"),
    ),
    Guard(
        name="refusal-of-a-quota-is-not-the-candidates-fault",
        keeps="capacity says nothing about the candidate",
        file=_TABLE,
        old="Signal.REFUSED: Phase.NEEDS_HUMAN,\n        Signal.FAILED: Phase.ROLLING_BACK,",
        new="Signal.REFUSED: Phase.ROLLING_BACK,\n        Signal.FAILED: Phase.ROLLING_BACK,",
        tests=unit("transitions"),
    ),
    Guard(
        name="only-a-condemned-canary-is-taken-back-by-itself",
        keeps=17,
        file="rollout/signals.py",
        old="if rollout.phase is not Phase.NEEDS_HUMAN or not rollout.latched or live is None:",
        new="if rollout.phase is not Phase.NEEDS_HUMAN or live is None:",
        tests=unit("held_up"),
    ),
    Guard(
        name="rollback-refused-is-told-every-ten-minutes",
        keeps=_TOLD,
        file=_INTENTS,
        old="and rollout.told_at and not _long_untold(look):",
        new="and False:",
        tests=unit("held_up"),
    ),
    Guard(
        name="what-is-held-up-is-told",
        keeps=_TOLD,
        file=_INTENTS,
        old="""    if not _long_untold(look):
        return None
    if intent is None:
        return _waits_in_vain(look)
""",
        new="    return None\n",
        tests=unit("held_up"),
    ),
    Guard(
        name="what-is-held-up-is-told-again-later",
        keeps=_TOLD,
        file=_INTENTS,
        old="    if not _long_untold(look):\n        return None\n",
        new="",
        tests=unit("held_up"),
    ),
    Guard(
        name="approval-taken-back-ends-it",
        keeps=5,
        file=_INTENTS,
        old="return Finding(Signal.UNFIT, look.seen.withdrawn) if look.seen.withdrawn else None",
        new="return None",
        tests=unit("held_up"),
    ),
    Guard(
        name="page-is-sent-again-until-it-went-out",
        keeps=_TOLD,
        file="rollout/machine.py",
        old='untold = "" if told else state.untold',
        new='untold = ""',
        tests=unit("telling"),
    ),
    Guard(
        name="page-that-went-out-is-not-sent-again",
        keeps=_TOLD,
        file="rollout/machine.py",
        old='untold = "" if told else state.untold',
        new="untold = state.untold",
        tests=unit("telling"),
    ),
    Guard(
        name="collected-only-after-its-time",
        keeps=11,
        file=_IDLE,
        old="if not in_use and (crowded or now - retired.since >= keep):",
        new="if not in_use:",
        tests=unit("collecting"),
    ),
    Guard(
        name="collected-only-out-of-use",
        keeps=11,
        file=_IDLE,
        old="if not in_use and (crowded or now - retired.since >= keep):",
        new="if crowded or now - retired.since >= keep:",
        tests=unit("collecting"),
    ),
    Guard(
        name="previous-is-kept",
        keeps=11,
        file=_IDLE,
        old="kept = [one for one in (stable, state.previous) if one is not None]",
        new="kept = [stable]",
        tests=unit("collecting"),
    ),
    Guard(
        name="what-describe-shows-is-kept",
        keeps=11,
        file=_IDLE,
        old="configs = {one.config for one in kept} | {live.config}",
        new="configs = {one.config for one in kept}",
        tests=unit("collecting"),
        survives="what serves on another config was adopted before, so both are the same",
    ),
    Guard(
        name="previous-is-the-stable-before",
        keeps=11,
        file=_ENDING,
        old="state = replace(state, previous=rollout.stable)",
        new="pass",
        tests=unit("collecting"),
    ),
    Guard(
        name="gone-is-what-describe-does-not-find",
        keeps="done is what Describe shows",
        file="rollout/plan.py",
        old="    if intent.gone and not seen.collected:\n        return False\n",
        new="",
        tests=unit("plan", "loser"),
    ),
    Guard(
        name="config-in-service-is-not-deleted",
        keeps=11,
        file=_ENDPOINT,
        old="if self.describe().config == name:",
        new="if False:",
        tests=functional("endpoint_collecting"),
    ),
    Guard(
        name="model-in-service-is-not-deleted",
        keeps=11,
        file=_ENDPOINT,
        old='if any(variant.get("ModelName") == action.model for variant in variants):',
        new="if False:",
        tests=functional("endpoint_collecting"),
    ),
    Guard(
        name="weight-that-can-not-be",
        keeps=14,
        file="aws/described.py",
        old="fits = type(weight) in (int, float) and 0 <= weight <= _LARGEST",
        new="fits = True",
        tests=functional("endpoint_reading", "bad_inputs_answers"),
    ),
    Guard(
        name="status-that-is-known",
        keeps=14,
        file="aws/described.py",
        old="_require(status in _STATUSES,",
        new="_require(True,",
        tests=functional("endpoint_reading", "bad_inputs_answers"),
    ),
    Guard(
        name="count-that-can-not-be",
        keeps=14,
        file="aws/described.py",
        old="if type(count) is not int or count < 0:",
        new="if False:",
        tests=functional("endpoint_reading", "bad_inputs_answers"),
    ),
)
