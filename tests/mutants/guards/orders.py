"""Guards of what people may ask of a rollout, and when."""

from __future__ import annotations

from tests.mutants.guard import Guard, functional, unit

_MACHINE, _ORDERS = "rollout/machine.py", "rollout/orders.py"

ORDERS = (
    Guard(
        name="orders-only-where-legal",
        keeps="an order that the phase doesn't allow changes nothing",
        file=_ORDERS,
        old="if command.command in legal:",
        new="if True:",
        tests=unit("orders", "machine"),
    ),
    Guard(
        name="orders-only-for-the-rollout-they-name",
        keeps="an order that the phase doesn't allow changes nothing",
        file=_ORDERS,
        old="rollout.id != command.rollout or ",
        new="",
        tests=unit("orders", "machine"),
    ),
    Guard(
        name="no-promotion-by-hand-before-the-first-step",
        keeps=5,
        file=_ORDERS,
        old="n is not CommandName.PROMOTE or rollout.step >= 0",
        new="True",
        tests=unit("orders", "machine"),
    ),
    Guard(
        name="promotion-by-hand-has-the-instances",
        keeps=12,
        file=_ORDERS,
        old="    return too_few_instances(look, 100)",
        new='    return ""',
        tests=unit("orders", "machine"),
    ),
    Guard(
        name="harm-comes-before-an-order",
        keeps=3,
        file=_MACHINE,
        old="if found and signal not in _TAKING_BACK:",
        new="if False:",
        tests=unit("orders", "machine"),
    ),
    Guard(
        name="repeated-order-does-nothing",
        keeps=9,
        file=_MACHINE,
        old="if command.key in state.done_keys:",
        new="if False:",
        tests=(*unit("orders", "machine"), *functional("service_faults")),
    ),
)
