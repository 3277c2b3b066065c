"""The one virtual clock of the local cloud. Anyone in `infra/local` may import it.

Virtual now = start + factor x elapsed real time; the start is the real time at start-up.
"""

import asyncio
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime


class InvalidFactor(ValueError):
    """The factor is not a finite number of at least 1."""


class Clock:
    """Time as the local cloud's services and their clients' stored stamps see it."""

    def __init__(
        self,
        factor: float = 1.0,
        *,
        start: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Start the clock.

        Args:
            factor: virtual seconds per real second; at least 1.
            start: seconds since the epoch at which it starts; now when left out.
            monotonic, pause: real time, given by tests.

        Raises:
            InvalidFactor: a factor that is not a finite number of at least 1.
        """
        if not (math.isfinite(factor) and factor >= 1):
            raise InvalidFactor(
                f"clock factor {factor!r} is not accepted: give a number of at least 1"
            )
        self.factor = float(factor)
        self._start = time.time() if start is None else start
        self._monotonic = monotonic
        self._pause = pause
        self._origin = monotonic()

    def time(self) -> float:
        """Answer the virtual seconds since the epoch."""
        return self._start + self.monotonic()

    def monotonic(self) -> float:
        """Answer the virtual seconds since the clock started; never goes back."""
        return (self._monotonic() - self._origin) * self.factor

    def now(self) -> datetime:
        """Answer the virtual time, aware, in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def real_seconds(self, virtual_seconds: float) -> float:
        """Answer how long so many virtual seconds take in real time; never below 0."""
        return max(0.0, virtual_seconds / self.factor)

    def sleep(self, virtual_seconds: float) -> None:
        """Block this thread for so many virtual seconds."""
        self._pause(self.real_seconds(virtual_seconds))

    async def wait(self, virtual_seconds: float) -> None:
        """Wait on the event loop for so many virtual seconds."""
        await asyncio.sleep(self.real_seconds(virtual_seconds))
