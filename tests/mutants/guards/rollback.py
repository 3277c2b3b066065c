"""Guards of the rollback: the latch, the hold, and that nothing raises the canary again."""

from __future__ import annotations

from tests.mutants.guard import Guard, functional, unit

_MACHINE, _PLAN, _SIGNALS = "rollout/machine.py", "rollout/plan.py", "rollout/signals.py"
_TABLE = "rollout/transitions.py"
_WHOLE = unit("latch", "machine", "lost_and_late_calls", "rehearsal", "properties")

ROLLBACK = (
    Guard(
        name="latch-is-set",
        keeps=3,
        file=_MACHINE,
        old="latched=rollout.latched or target is Phase.ROLLING_BACK,",
        new="latched=rollout.latched,",
        tests=_WHOLE,
    ),
    Guard(
        name="latch-stays",
        keeps=3,
        file=_MACHINE,
        old="latched=rollout.latched or target is Phase.ROLLING_BACK,",
        new="latched=target is Phase.ROLLING_BACK,",
        tests=_WHOLE,
    ),
    Guard(
        name="resume-after-the-latch-rolls-back",
        keeps=3,
        file=_MACHINE,
        old="""    if rollout.latched:
        return Phase.ROLLING_BACK
    return rollout.resume_to""",
        new="    return rollout.resume_to",
        tests=_WHOLE,
    ),
    Guard(
        name="no-order-raises-a-canary-that-was-taken-back",
        keeps=3,
        file=_TABLE,
        old="""    Phase.ROLLING_BACK: {
""",
        new="""    Phase.ROLLING_BACK: {
        Signal.PROMOTE: Phase.FINALIZING,
""",
        tests=unit("latch", "orders"),
    ),
    Guard(
        name="harm-rolls-back-while-paused",
        keeps=4,
        file=_TABLE,
        old="""    Phase.PAUSED: {
        **_TAKE_BACK,
""",
        new="    Phase.PAUSED: {\n",
        tests=_WHOLE,
    ),
    Guard(
        name="a-new-intent-takes-the-place-of-the-open-one",
        keeps=7,
        file=_MACHINE,
        old="    intent = intent_for(entered, look.seen.live)\n",
        new="    intent = rollout.intent or intent_for(entered, look.seen.live)\n",
        tests=_WHOLE,
    ),
    Guard(
        name="settle",
        keeps=4,
        file=_SIGNALS,
        old="if look.now - rollout.weights_since < rollout.policy.settle:",
        new="if False:",
        tests=unit("lost_and_late_calls", "machine", "signals"),
    ),
    Guard(
        name="settle-counts-from-the-confirmation",
        keeps=4,
        file=_SIGNALS,
        old="if rollout.phase is not Phase.ROLLING_BACK or rollout.weights_since is None:",
        new="if rollout.phase is not Phase.ROLLING_BACK:",
        tests=unit("lost_and_late_calls", "machine", "signals"),
    ),
    Guard(
        name="settled-only-in-service",
        keeps=4,
        file=_SIGNALS,
        old="return None  # an update under way may be a late call",
        new="pass  # an update under way may be a late call",
        tests=(*unit("lost_and_late_calls", "signals"), *_WHOLE),
    ),
    Guard(
        name="late-call-is-taken-back",
        keeps=4,
        file=_SIGNALS,
        old="if live.config == rollout.config and not split:",
        new="if False:",
        tests=(*unit("lost_and_late_calls"), *_WHOLE),
    ),
    Guard(
        name="late-call-makes-the-hold-begin-again",
        keeps=4,
        file=_MACHINE,
        old="        weights_since=None,\n        canary_requests=0,",
        new="        weights_since=rollout.weights_since,\n        canary_requests=0,",
        tests=(*unit("lost_and_late_calls"), *_WHOLE),
    ),
    Guard(
        name="weights-back-are-absolute",
        keeps=4,
        file=_PLAN,
        old="""    weights = {rollout.stable.variant: 100, rollout.canary: 0}
    return Intent((SetWeights(weights),), config=None, weights=weights)""",
        new="""    weights = {rollout.stable.variant: 99, rollout.canary: 1}
    return Intent((SetWeights(weights),), config=None, weights=weights)""",
        tests=unit("plan", "machine"),
    ),
    Guard(
        name="no-call-names-a-variant-that-is-gone",
        keeps="a rollback never waits on a variant that is gone",
        file=_PLAN,
        old="if live is not None and live.in_service and not live.has(rollout.canary):",
        new="if False:",
        tests=(*unit("plan", "machine", "lost_and_late_calls"), *functional("service_faults")),
    ),
    Guard(
        name="variant-names-are-new-for-each-rollout",
        keeps=4,
        file="rollout/idle.py",
        old='canary=f"v{candidate.version}-r{epoch}",',
        new='canary=f"v{candidate.version}",',
        tests=(*unit("idle", "machine", "lost_and_late_calls"), *functional("service")),
    ),
    Guard(
        name="epochs-never-come-twice",
        keeps=4,
        file="rollout/idle.py",
        old="epoch = max(state.epoch, _epoch_of(serving.config))",
        new="epoch = state.epoch",
        tests=unit("idle"),
    ),
    Guard(
        name="rollback-ignores-what-else-was-changed",
        keeps="stable gets its traffic back whatever else was changed",
        file=_SIGNALS,
        old="if rollout.intent is not None and (stable_is_there or not live.has(rollout.canary)):",
        new="if False:",
        tests=(*unit("signals", "lost_and_late_calls"), *_WHOLE),
    ),
    Guard(
        name="people-are-told-once-of-harm",
        keeps="a person who was called is not called each minute",
        file=_SIGNALS,
        old="""    if look.rollout.latched:
        return None  # rolled back already""",
        new="""    if False:
        return None  # rolled back already""",
        tests=unit("told_apart"),
    ),
)
