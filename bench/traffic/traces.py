"""Real traces of load, error rates and latency, as curves. For bench/traffic.

Source: the Numenta Anomaly Benchmark, https://github.com/numenta/NAB (MIT License, see
`data/LICENSE-nab.txt`); `data/nab.json` says what was taken of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.random import Generator

from bench.traffic.curves import Floats

_FILE = Path(__file__).parent / "data" / "nab.json"


@dataclass(frozen=True, slots=True)
class Trace:
    """A real series, scaled to a mean; each run begins somewhere else in it, and it repeats.

    Attributes:
        series: its name in the file.
        mean: of the scaled values.
        most: values are cut off here.
    """

    series: str
    mean: float
    most: float

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """See `Curve`."""
        every, values = series(self.series)
        scaled = np.minimum(values * self.mean / values.mean(), self.most)
        first = rng.integers(len(values), size=runs)
        steps = (times // every).astype(np.int64)
        found: Floats = scaled[(steps[:, None] + first) % len(values)]
        return found


@cache
def series(name: str) -> tuple[float, Floats]:
    """Seconds between two values, and the values.

    Raises:
        KeyError: a name that the file has not.
    """
    found = json.loads(_FILE.read_text())["series"][name]
    return float(found["seconds"]), np.array(found["values"], dtype=np.float64)
