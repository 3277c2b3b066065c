"""The z-test is the textbook's, and does not hold its level when it is looked at again."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from bench.rules.sums import Sums
from bench.rules.ztest import ZTest, z_statistic
from tests.bench.rules.traffic import drawn, first_rollback, ints, look, rolled_back


@given(st.tuples(*[st.integers(1, 500)] * 4))
def test_square_of_z_is_pearsons_chi_square(table: tuple[int, int, int, int]) -> None:
    bad, good, other_bad, other_good = table
    found = z_statistic(
        Sums(ints(bad + good), ints(bad), ints(other_bad + other_good), ints(other_bad))
    )
    square = chi2_contingency([[bad, good], [other_bad, other_good]], correction=False).statistic
    assert abs(found[0]) == pytest.approx(sqrt(square), abs=1e-9)


@pytest.mark.parametrize("sums", [(0, 0, 0, 0), (5, 0, 0, 0), (0, 0, 5, 5), (5, 0, 5, 0)])
def test_without_anything_to_compare_z_is_zero(sums: tuple[int, int, int, int]) -> None:
    assert z_statistic(Sums(*(ints(each) for each in sums))).tolist() == [0.0]


@pytest.mark.parametrize(("bad", "asks"), [(5, None), (6, 1)])
def test_level_is_where_a_table_puts_it(bad: int, asks: int | None) -> None:
    # 100 of 10,000 and 1 % of 200: z is 2.03 at five errors, 2.71 at six; 2.326 is 1 %.
    assert first_rollback(ZTest("z"), [look(1, (200, bad), (10_000, 100))]) == asks


def test_several_metrics_divide_the_level() -> None:
    looks = [look(1, (200, 6), (10_000, 100))]
    assert first_rollback(ZTest("z", metrics=4), looks) is None


def test_peeking_breaks_the_level() -> None:
    assert rolled_back(ZTest("z"), drawn(400, 200), 400).mean() > 0.05
