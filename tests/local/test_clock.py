"""The virtual clock."""

import asyncio
import math

import pytest

from infra.local.clock import Clock, InvalidFactor


class RealTime:
    """Real time under the test's control."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


def clock(real: RealTime, factor: float = 12.0) -> Clock:
    return Clock(factor, start=1000.0, monotonic=real.monotonic, pause=real.pause)


def test_five_real_seconds_at_factor_twelve_are_one_virtual_minute() -> None:
    real = RealTime()
    virtual = clock(real)
    real.seconds += 5
    assert virtual.time() == pytest.approx(1060.0)
    assert virtual.monotonic() == pytest.approx(60.0)
    assert virtual.now().timestamp() == pytest.approx(1060.0)
    assert virtual.now().utcoffset() is not None


def test_sleeping_a_virtual_minute_pauses_five_real_seconds() -> None:
    real = RealTime()
    clock(real).sleep(60)
    assert real.pauses == [5.0]


def test_a_negative_wait_does_not_wait() -> None:
    assert clock(RealTime()).real_seconds(-1) == 0


def test_waiting_on_the_event_loop_is_shortened() -> None:
    async def waits() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await Clock(100).wait(2)
        return loop.time() - began

    assert 0.015 < asyncio.run(waits()) < 1.5  # real: 2


@pytest.mark.parametrize("factor", [0.5, 0.0, -1.0, math.nan, math.inf])
def test_a_factor_below_one_or_not_finite_is_refused_with_its_value(factor: float) -> None:
    with pytest.raises(InvalidFactor, match=str(factor)):
        Clock(factor)
