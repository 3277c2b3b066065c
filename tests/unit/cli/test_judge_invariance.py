"""`steelyard judge`: what must not matter to a verdict, and what must not break one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from steelyard.evidence import OTHER
from tests.unit.cli.judged import BOUNDS, Object, arm, as_line, judged, line, some_batches


def test_labels_given_in_all_are_what_the_segments_and_other_have() -> None:
    """However they are split over segments that are not weighed, the verdict is the same."""

    def lines(segments: Object, **total: Any) -> list[Object]:
        de = {"de": {"labels": 30, "bad": {"wrong_labels": 9}}}
        stable = arm(100, 1, segments=de)
        canary = arm(20, 1, segments={"de": {"labels": 12, "bad": {"wrong_labels": 8}}, **segments})
        wrong = total.pop("wrong", None)
        if wrong is not None:
            canary["bad"]["wrong_labels"] = wrong
        first = line(0, stable, arm(20, 1, segments=de))
        return [first, *(line(n, stable, canary | total) for n in range(1, 9))]

    def labels(number: int, wrong: int) -> Object:
        return {"labels": number, "bad": {"wrong_labels": wrong}}

    in_all = judged(lines({}, labels=19, wrong=10)).verdicts
    assert judged(lines({"x": labels(7, 2)})).verdicts == in_all
    assert judged(lines({"x": labels(3, 2), OTHER: labels(4, 0)})).verdicts == in_all
    assert judged(lines({"x": labels(3, 2)}, labels=19, wrong=10)).verdicts == in_all
    assert judged(lines({}, labels=19, wrong=11)).verdicts != in_all


def test_order_of_keys_does_not_matter() -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return value

    lines = [as_line(one, BOUNDS) for one in some_batches(3, 12, lambda n: 5 + n // 6)]
    assert judged([turned(one) for one in lines]).verdicts == judged(lines).verdicts


def test_names_of_segments_do_not_matter() -> None:
    lines = [as_line(one, BOUNDS) for one in some_batches(4, 12, lambda _: 5)]
    names = {"de": "zz \N{SNOWMAN}", "fr": "A", "pt": "en_US"}
    text = [json.dumps(one) for one in lines]
    for before, after in names.items():
        text = [one.replace(json.dumps(before), json.dumps(after)) for one in text]
    plain, renamed = judged(lines).last, judged(text).last
    for metric, by_name in plain["segments"].items():
        moved = {names[name]: value for name, value in by_name.items()}
        assert renamed["segments"][metric] == pytest.approx(moved)
    assert renamed["log_evidence"] == pytest.approx(plain["log_evidence"])


def test_file_is_answered_as_standard_input_is(tmp_path: Path) -> None:
    lines = [as_line(one, BOUNDS) for one in some_batches(5, 5, lambda _: 5)]
    file = tmp_path / "batches.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in lines))
    assert judged([], file=str(file)).verdicts == judged(lines).verdicts


def everything(requests: int, bad: int) -> Object:
    both: Object = {
        "requests": requests,
        "labels": requests,
        "bad": {"wrong_labels": bad, "errors": bad},
    }
    latency = [[1000, requests - bad], [None, bad]]
    return {**both, "latency_us": latency, "segments": {"de": both}}


LARGE = 10**9
EXTREMES = [
    [(0, 0, 0, 0, 5)],
    [(100, 100, 100, 100, 50)],
    [(100, 0, 100, 100, 50)],
    [(100, 100, 100, 0, 50)],
    [(0, 0, 100, 50, 100)],
    [(100, 50, 0, 0, 0)],
    [(LARGE, 10**7, LARGE, 2 * 10**7, 50)],
    [(LARGE, LARGE, LARGE, 0, 50)],
    [(LARGE, 0, LARGE, LARGE, 50)],
    [(LARGE, 1, 1, 1, 1e-9)],
    [(10**15, 10**14, 10**15, 10**14, 50)],
    [(100, 1, 100, 1, 0), (100, 1, 100, 1, 100), (0, 0, 0, 0, 0.5), (1, 1, 0, 0, 100)],
]


@pytest.mark.parametrize("batches", EXTREMES)
def test_extremes_are_answered_in_numbers(
    batches: Sequence[tuple[int, int, int, int, float]],
) -> None:
    """`judged` holds each answer to strict JSON and to its schema."""
    lines = [
        line(number, everything(*counts[:2]), everything(*counts[2:4]), counts[4])
        for number, counts in enumerate(list(batches) * 3)
    ]
    for options in ((), ("--margin-free",)):
        run = judged(lines, *options)
        assert run.code == 0, run.said
        assert len(run.verdicts) == len(lines)


def test_first_and_last_second_that_a_line_may_have_are_judged() -> None:
    ends = [0, 1.5, 253402300798, 253402300799]
    run = judged([{**line(0, arm(100, 1), arm(100, 1)), "t": t} for t in ends])
    assert [one["t"] for one in run.verdicts] == ends


def test_forecast_in_minutes_follows_from_the_traffic() -> None:
    lines = [line(n, arm(9500, 95), arm(500, 5)) for n in range(20)]
    run = judged(lines)
    assert set(run.verdicts[0]["forecast_minutes"].values()) == {None}
    foreseen = run.last["forecast_requests"]
    assert foreseen["1.2"] > foreseen["1.5"] > foreseen["2"] > 0
    for factor, minutes in run.last["forecast_minutes"].items():
        assert minutes - 1 <= foreseen[factor] / 500 <= minutes


def test_traffic_is_that_of_several_lines() -> None:
    lines = [line(n, arm(10_000, 90), arm(c, 5)) for n, c in enumerate([500, 500, 500, 700])]
    last = judged(lines).last
    requests, minutes = last["forecast_requests"]["1.2"], last["forecast_minutes"]["1.2"]
    assert requests / 650 < minutes < requests / 550


def test_traffic_of_another_share_is_not_what_is_forecast_by() -> None:
    shares = [*[(5, 500)] * 5, *[(50, 5000)] * 2]
    lines = [line(n, arm(10_000 - c, 90), arm(c, c // 100), p) for n, (p, c) in enumerate(shares)]
    last = judged(lines).last
    minutes = last["forecast_minutes"]["1.2"]
    assert minutes - 1 <= last["forecast_requests"]["1.2"] / 5000 <= minutes
