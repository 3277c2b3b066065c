"""Guards of what changes between looks: by others, and between rollouts."""

from __future__ import annotations

from tests.mutants.guard import Guard, functional, unit

_SIGNALS, _IDLE = "rollout/signals.py", "rollout/idle.py"

OUTSIDE = (
    Guard(
        name="outside-change-of-weights",
        keeps=17,
        file=_SIGNALS,
        old="as_left = split and live.config == rollout.config",
        new="as_left = live.config == rollout.config",
        tests=unit("signals", "machine"),
    ),
    Guard(
        name="outside-change-of-config",
        keeps=17,
        file=_SIGNALS,
        old="as_left = split and live.config == rollout.config",
        new="as_left = split",
        tests=unit("signals", "machine"),
    ),
    Guard(
        name="outside-change-while-an-intent-is-open",
        keeps=17,
        file=_SIGNALS,
        old="as_left = known and (split or on_the_way)",
        new="as_left = True",
        tests=(*unit("signals", "machine"), *functional("service_before_and_after")),
    ),
    Guard(
        name="outside-change-of-weights-while-an-intent-is-open",
        keeps=17,
        file=_SIGNALS,
        old="as_left = known and (split or on_the_way)",
        new="as_left = known",
        tests=unit("signals", "machine"),
    ),
    Guard(
        name="outside-change-before-the-start",
        keeps=17,
        file=_SIGNALS,
        old="as_left = split or live.config != rollout.stable.config",
        new="as_left = True",
        tests=(*unit("signals", "machine"), *functional("service_before_and_after")),
    ),
    Guard(
        name="outside-change-during-the-hold",
        keeps=17,
        file=_SIGNALS,
        old="as_left = split if known else live.weight(rollout.canary) == 0",
        new="as_left = True",
        tests=unit("signals", "machine", "lost_and_late_calls"),
    ),
    Guard(
        name="outside-change-between-rollouts",
        keeps=17,
        file=_IDLE,
        old="if not splits_as(live, {stable.variant: 100}):",
        new="if False:",
        tests=unit("idle"),
    ),
    Guard(
        name="outside-deploy-is-adopted",
        keeps=17,
        file=_IDLE,
        old="return seen.serving if in_service and seen.serving != state.stable else None",
        new="return seen.serving if in_service and state.stable is None else None",
        tests=(*unit("idle"), *functional("service")),
    ),
    Guard(
        name="adopted-only-in-service",
        keeps=17,
        file=_IDLE,
        old="in_service = seen.live is not None and seen.live.in_service",
        new="in_service = seen.live is not None",
        tests=unit("idle", "machine"),
    ),
    Guard(
        name="loser-is-removed-once",
        keeps=6,
        file=_IDLE,
        old="keep is None or rollout.tidied or not live.has",
        new="keep is None or not live.has",
        tests=unit("loser"),
    ),
    Guard(
        name="loser-is-kept-for-its-time",
        keeps=11,
        file=_IDLE,
        old="return now - rollout.since >= keep",
        new="return True",
        tests=unit("loser"),
    ),
    Guard(
        name="newest-approval-waits",
        keeps="a newer approval takes the place of the waiting one",
        file=_IDLE,
        old="waiting=max(new, key=lambda candidate: candidate.approved_at, default=state.waiting),",
        new="waiting=min(new, key=lambda candidate: candidate.approved_at, default=state.waiting),",
        tests=unit("idle", "properties"),
    ),
    Guard(
        name="what-serves-is-not-rolled-out-again",
        keeps=9,
        file=_IDLE,
        old="[candidate for candidate in approved if candidate.version != already]",
        new="list(approved)",
        tests=(*unit("idle", "machine"), *functional("service")),
    ),
    Guard(
        name="stale-approval",
        keeps=9,
        file="aws/registry.py",
        old="c for c in candidates if instant is None or c.approved_at > instant",
        new="c for c in candidates",
        tests=functional("registry", "service"),
    ),
)
