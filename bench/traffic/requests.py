"""Requests and errors of both variants, by segment and by part of stable. For bench/traffic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from bench.counts import Bools, Ints, Side
from bench.traffic.clusters import Clients
from bench.traffic.curves import Course, Floats


@dataclass(slots=True)
class Requests:
    """Requests as they come, are routed, and fail.

    Arrivals are Poisson, each is routed by itself and fails by itself: so good and bad requests
    of each variant and segment are independent Poisson counts, and are drawn as such.

    Attributes:
        expected: requests of both variants together in each batch.
        share: the canary's, 0 to 1.
        errors: stable's error rate.
        odds: the canary's odds ratio, where it is worse.
        segments, worse: how many segments, all of one size, and in how many it is worse.
        parts: of stable, all of one size; 0: they are not told apart.
        clients: bad clients, at `1 + parts` places if sticky, else at one.
    """

    expected: Course
    share: Course
    errors: Course
    odds: Course
    segments: int
    worse: int
    parts: int
    clients: Clients | None = None
    sticky: bool = False

    def draw(self, rng: Generator, look: int, runs: int) -> tuple[Side, Side]:
        """Stable and canary in one batch."""
        share, rate = self.share.at(look), self.errors.at(look)
        expected = self.expected.at(look)
        odds = np.where(np.arange(self.segments) < self.worse, self.odds.at(look)[:, None], 1.0)
        worse = with_odds(rate[:, None], odds)
        stable = self._arm(rng, expected * (1 - share), rate[:, None], runs)
        canary = self._arm(rng, expected * share, worse, runs)
        at_parts = None
        if self.clients:
            more, at_parts = self._clustered(rng, self.clients, expected, share)
            stable, canary = stable + more[0], canary + more[1]
        split = self._split(rng, stable, at_parts) if self.parts else (None, None)
        return self._side(stable, *split), self._side(canary)

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        for course in (self.expected, self.share, self.errors, self.odds):
            course.keep(which)
        if self.clients:
            self.clients.keep(which)

    def _arm(self, rng: Generator, expected: Floats, rate: Floats, runs: int) -> Ints:
        """Good and bad requests, (2, runs, segments)."""
        each = expected[:, None] / self.segments
        kinds = np.broadcast_arrays(each * (1 - rate), each * rate)
        size = (runs, self.segments)
        return np.stack([rng.poisson(np.broadcast_to(kind, size)) for kind in kinds])

    def _clustered(
        self, rng: Generator, clients: Clients, expected: Floats, share: Floats
    ) -> tuple[tuple[Ints, Ints], Ints | None]:
        """Failures of bad clients in stable and canary, (2, runs, segments); by part if sticky."""
        if not self.sticky:
            failed = clients.failures(rng, expected[:, None])[:, 0]
            mine = rng.binomial(failed, share[:, None])
            return (_bad(failed - mine), _bad(mine)), None
        part = expected * (1 - share) / self.parts
        places = np.stack([expected * share, *[part] * self.parts], axis=1)
        failed = clients.failures(rng, places)
        return (_bad(failed[:, 1:].sum(axis=1)), _bad(failed[:, 0])), failed[:, 1:].sum(axis=2)

    def _split(self, rng: Generator, stable: Ints, at_parts: Ints | None) -> tuple[Ints, Ints]:
        """Requests and errors of stable's parts, (runs, parts)."""
        good, bad = stable.sum(axis=2)
        alike = np.full(self.parts, 1 / self.parts)
        if at_parts is None:
            errors = rng.multinomial(bad, alike)
        else:
            errors = at_parts + rng.multinomial(bad - at_parts.sum(axis=1), alike)
        return rng.multinomial(good, alike) + errors, errors

    def _side(
        self, counts: Ints, part_requests: Ints | None = None, part_errors: Ints | None = None
    ) -> Side:
        by_segment, errors = counts.sum(axis=0), counts[1]
        told = self.segments > 1
        return Side(
            by_segment.sum(axis=1),
            errors.sum(axis=1),
            segment_requests=by_segment if told else None,
            segment_errors=errors if told else None,
            part_requests=part_requests,
            part_errors=part_errors,
        )


def with_odds(rate: Floats, odds: Floats) -> Floats:
    """The bad rate whose odds are `odds` times those of `rate`."""
    return odds * rate / (1 - rate + odds * rate)


def _bad(failed: Ints) -> Ints:
    """Failures alone as good and bad requests."""
    return np.stack([np.zeros_like(failed), failed])
