"""Guards of what somebody else did: it is not replaced, and nothing waits for it for ever."""

from __future__ import annotations

from tests.mutants.guard import Guard, functional, unit

_INTENTS, _IDLE, _ORDERS = "rollout/intents.py", "rollout/idle.py", "rollout/orders.py"

OVERTAKEN = (
    Guard(
        name="loser-stays-when-something-else-was-deployed",
        keeps=17,
        file=_INTENTS,
        old="if live.config not in (intent.config, *copied):",
        new="if False:",
        tests=unit("outside"),
    ),
    Guard(
        name="loser-with-traffic-stays",
        keeps=12,
        file=_INTENTS,
        old="if not splits_as(live, intent.weights):",
        new="if False:",
        tests=unit("outside"),
    ),
    Guard(
        name="rollback-ends-without-its-canary",
        keeps=13,
        file=_INTENTS,
        old="not (is_met(intent, look.seen) or _nothing_to_take_back(look))",
        new="not is_met(intent, look.seen)",
        tests=unit("outside"),
    ),
    Guard(
        name="resume-leaves-what-somebody-deployed",
        keeps=17,
        file=_ORDERS,
        old="command.command is CommandName.RESUME and (wait := _foreign(look))",
        new="False",
        tests=unit("outside"),
    ),
    Guard(
        name="same-version-is-not-the-one-before",
        keeps=11,
        file=_IDLE,
        old="previous = before if another else state.previous",
        new="previous = before",
        tests=unit("outside"),
    ),
    Guard(
        name="models-of-kept-configs-stay",
        keeps=11,
        file="aws/endpoint.py",
        old="for config in (self.describe().config, *action.kept):",
        new="for config in (self.describe().config,):",
        tests=functional("endpoint_collecting"),
    ),
    Guard(
        name="told-is-what-this-writer-told",
        keeps="a page is sent until it went out",
        file="service.py",
        old="told=self.told is not None and self.told == entry,",
        new="told=self.told is not None,",
        tests=functional("service_unreadable"),
    ),
    Guard(
        name="old-evidence-alarm-is-no-harm",
        keeps=5,
        file="rollout/signals.py",
        old='if alarm.metric == "evidence" and look.rollout.step < 0:',
        new="if False:",
        tests=unit("outside"),
    ),
    Guard(
        name="rollback-without-stable-calls-a-person",
        keeps=13,
        file="rollout/signals.py",
        old="if rollout.intent is not None and (stable_is_there or not live.has(rollout.canary)):",
        new="if rollout.intent is not None:",
        tests=unit("outside"),
    ),
)
