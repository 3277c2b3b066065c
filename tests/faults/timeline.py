"""Virtual time: what is due happens in order, and nothing happens by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

Action = Callable[[], None]


class Timeline:
    """The clock, and what is to happen.

    Two kinds: physics goes on while a Lambda works (updates end, late calls land), everything
    else waits its turn.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._numbers = count()
        self._physics: list[tuple[datetime, int, Action]] = []
        self._turns: list[tuple[datetime, int, Action]] = []

    def physics(self, at: datetime, action: Action) -> None:
        """Let something happen at its time, whoever is at work."""
        heappush(self._physics, (at, next(self._numbers), action))

    def turn(self, at: datetime, action: Action) -> None:
        """Let something happen at its time, when nobody is at work."""
        heappush(self._turns, (at, next(self._numbers), action))

    def pass_by(self, seconds: float) -> None:
        """Time that somebody's work takes."""
        self._pass_to(self.now + timedelta(seconds=seconds))

    def go_on(self, limit: datetime | None) -> None:
        """Go to what is due next and let it happen, or to the limit when that comes first."""
        queue = min((q for q in (self._physics, self._turns) if q), key=lambda q: q[0], default=[])
        due = queue[0][0] if queue else None
        if due is None or (limit is not None and limit < due):
            self.now = max(self.now, limit or self.now)
            return
        self.now = max(self.now, due)
        heappop(queue)[2]()

    def _pass_to(self, instant: datetime) -> None:
        while self._physics and self._physics[0][0] <= instant:
            at, _, action = heappop(self._physics)
            self.now = max(self.now, at)
            action()
        self.now = max(self.now, instant)
