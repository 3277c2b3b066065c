"""Draws mishaps and remembers which struck. One for each local cloud; thread-safe."""

import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from infra.local.chaos.weather import Weather
from infra.local.clock import Clock

_KEPT = 20_000


class Fate(StrEnum):
    """What becomes of a call."""

    FINE = "fine"
    LOST_REQUEST = "lost request"
    LOST_RESPONSE = "lost response"
    CUT_OFF = "answer cut off"
    THROTTLED = "throttled"
    OUTAGE = "outage"


class Mishaps:
    """What strikes when. Until `set` is called, nothing does and nothing is remembered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._out_until: dict[str, float] = {}
        self._on = False
        self._forget(Weather())

    def set(self, weather: Weather) -> None:
        """Let it be so from now on, and forget what struck until then."""
        with self._lock:
            self._on = True
            self._forget(weather)

    def change(self, weather: Weather) -> None:
        """Let it be so from now on, and go on counting."""
        with self._lock:
            self._on, self._weather = True, weather

    def report(self) -> dict[str, Any]:
        """How often each mishap struck, and every call that was seen, oldest first."""
        with self._lock:
            return {"struck": dict(self._struck), "calls": list(self._calls)}

    def break_down(self, service: str, virtual_seconds: float) -> None:
        """Let a service answer nobody for a while."""
        with self._lock:
            self._struck["outage"] += 1
            self._out_until[service] = self._clock.monotonic() + virtual_seconds

    def restarted(self, changes: int) -> None:
        """Count a restart, with the changes that were under way."""
        with self._lock:
            self._struck["restart"] += 1
            self._struck["change begun again"] += changes

    @contextmanager
    def invocation(self, kill: Callable[[], None]) -> Iterator[None]:
        """While a function works: it may be killed at any moment of it."""
        after = self._kill_after()
        if after is None:
            yield
            return
        timer = threading.Timer(after, self._strike, ("kill", kill))
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def drops_answer(self) -> bool:
        """Whether what a function answered is lost."""
        with self._lock:
            return self._drawn("drop_answer")

    def of_call(self, service: str, operation: str, endpoint: str, *, by_role: bool) -> Fate:
        """What becomes of a call; it is remembered, with when it came."""
        with self._lock:
            fate = self._fate(service, by_role=by_role)
            if self._on and by_role:
                call = {"at": self._clock.time(), "service": service, "operation": operation}
                self._calls.append({**call, "endpoint": endpoint, "fate": fate.value})
            return fate

    def deliveries(self) -> tuple[float, ...]:
        """After how many virtual seconds an event arrives; one for each time that it does."""
        with self._lock:
            copies = 2 if self._drawn("duplicate") else 1
            return tuple(self._lateness() for _ in range(copies))

    def _forget(self, weather: Weather) -> None:
        self._weather = weather
        self._chance = random.Random(weather.seed)  # noqa: S311 - weather, not secrets
        self._struck: Counter[str] = Counter()
        self._calls: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def _kill_after(self) -> float | None:
        with self._lock:
            if self._chance.random() >= self._weather.kill:
                return None
            return self._chance.uniform(0, self._weather.kill_within)

    def _strike(self, name: str, work: Callable[[], None]) -> None:
        with self._lock:
            self._struck[name] += 1
        work()

    def _fate(self, service: str, *, by_role: bool) -> Fate:
        """The lock is held."""
        if self._clock.monotonic() < self._out_until.get(service, 0.0):
            self._struck["call in an outage"] += 1
            return Fate.OUTAGE
        if not by_role:
            return Fate.FINE
        if self._drawn("lose_request"):
            return Fate.LOST_REQUEST
        if self._drawn("throttle"):
            return Fate.THROTTLED
        if self._drawn("cut_off"):
            return Fate.CUT_OFF
        return Fate.LOST_RESPONSE if self._drawn("lose_response") else Fate.FINE

    def _drawn(self, name: str) -> bool:
        """Whether a mishap strikes now; counted if so. The lock is held."""
        share: float = getattr(self._weather, name)
        strikes = self._chance.random() < share
        if strikes:
            self._struck[name] += 1
        return strikes

    def _lateness(self) -> float:
        late = self._drawn("delay")
        return self._chance.uniform(0, self._weather.delay_up_to) if late else 0.0
