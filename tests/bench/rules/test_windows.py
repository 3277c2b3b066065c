"""Windows hold what a metric store would show for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.rules.windows import Windows
from tests.bench.rules.traffic import look


@given(
    counts=st.lists(st.integers(0, 9), min_size=1, max_size=40),
    periods=st.integers(1, 4),
    width=st.integers(1, 4),
)
def test_windows_slide_by_a_step(counts: list[int], periods: int, width: int) -> None:
    windows = Windows((1, 1), periods=periods, seconds=60.0 * width, step=60.0)
    for minute, count in enumerate(counts, 1):
        sums = windows.add(look(minute, (0, 0)), np.array([[count]]))
        assert sums is not None
        shown = counts[:minute]
        expected = []
        for _ in range(periods):
            expected.append(sum(shown[-width:]))
            shown = shown[:-width]
        assert sums[:, 0, 0].tolist() == expected


def test_batches_shorter_than_a_step_add_up() -> None:
    windows = Windows((1, 1), periods=1, seconds=60.0, step=60.0)
    shown = [
        windows.add(look(batch / 6, (0, 0), length=10.0), np.array([[1]])) for batch in range(1, 13)
    ]
    assert [place for place, sums in enumerate(shown, 1) if sums is not None] == [6, 12]
    assert shown[-1] is not None
    assert shown[-1].tolist() == [[[6]]]


def test_batches_that_end_between_steps_show_the_steps_that_ended() -> None:
    windows = Windows((1, 1), periods=1, seconds=60.0, step=60.0)
    assert windows.add(look(0.9, (0, 0), length=54.0), np.array([[3]])) is None
    sums = windows.add(look(1.2, (0, 0), length=18.0), np.array([[4]]))
    assert sums is not None
    assert sums.tolist() == [[[3]]]


def test_minutes_that_were_not_shown_are_empty() -> None:
    windows = Windows((1, 1), periods=3, seconds=60.0, step=60.0)
    windows.add(look(1, (0, 0)), np.array([[5]]))
    sums = windows.add(look(3, (0, 0)), np.array([[7]]))
    assert sums is not None
    assert sums[:, 0, 0].tolist() == [7, 0, 5]


def test_window_that_steps_do_not_fill_is_refused() -> None:
    with pytest.raises(ValueError, match="90"):
        Windows((1, 1), periods=1, seconds=90.0, step=60.0)
