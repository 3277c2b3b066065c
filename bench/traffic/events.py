"""Traffic in which every bad event is a look of its own: what batches cost. For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.counts import Look, Side
from bench.traffic.requests import with_odds
from bench.traffic.scene import Looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Each look is the stretch of requests up to and with the next bad one, exactly drawn.

    Attributes:
        name: as the tables show it.
        per_second: requests of both variants together, for the looks' time, which is a mean.
        percent: the canary's share.
        errors: stable's error rate.
        odds: the canary's odds ratio.
        events: bad events after which it ends.
    """

    name: str
    per_second: float = 20.0
    percent: float = 5.0
    errors: float = 0.01
    odds: float = 1.0
    events: int = 20_000

    @property
    def onset(self) -> float:
        """See `Scene`."""
        return 0.0

    @property
    def seconds(self) -> float:
        """See `Scene`."""
        return self.events * self._gap()

    def looks(self, rng: np.random.Generator, runs: int) -> Looks:
        """See `Scene`."""
        share, canary, bad = self._rates()
        good_mine = share * (1 - canary) / (1 - bad)
        gap = self._gap()
        for event in range(self.events):
            good = rng.geometric(bad, runs) - 1
            mine = rng.binomial(good, good_mine)
            is_mine = (rng.random(runs) < share * canary / bad).astype(np.int64)
            which = yield Look(
                (event + 1) * gap,
                gap,
                self.percent,
                Side(good - mine + 1 - is_mine, 1 - is_mine),
                Side(mine + is_mine, is_mine),
            )
            if which is not None:
                runs = int(which.sum())

    def _rates(self) -> tuple[float, float, float]:
        """The canary's share and error rate, and the error rate of both variants together."""
        share = self.percent / 100
        canary = with_odds(np.array([self.errors]), np.array([self.odds])).item()
        return share, canary, share * canary + (1 - share) * self.errors

    def _gap(self) -> float:
        """Seconds between two bad events, on average."""
        return 1 / (self.per_second * self._rates()[2])
