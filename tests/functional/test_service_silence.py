"""After a long silence, nothing advances on the part of the minutes that was read first."""

from __future__ import annotations

from steelyard.rollout.model import Phase
from tests.functional.operator import CANARY, Operator
from tests.functional.world import World


def test_harm_at_the_end_of_a_silence_is_found_before_the_canary_gets_more(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    for _ in range(21):
        world.serve()
    for _ in range(4):
        world.serve({CANARY: 0.2})
    assert operator.wake().phase is Phase.RAMPING
    assert "are read next" in operator.reasons()[-1]
    assert round(world.share(CANARY)) == 10
    assert operator.wake().phase is Phase.ROLLING_BACK
    operator.until(Phase.ROLLED_BACK)
