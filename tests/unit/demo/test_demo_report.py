"""cli/demo/report: one self-contained page that says what the story says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cli.demo.report import render, words, write
from cli.demo.report.scale import Scale, TimeScale, marks, rounded_up
from cli.demo.story_data import AlarmChange, ClientTotals, LabelMinute, Story
from tests.unit.demo.fake_story import START, at
from tests.unit.demo.page import Page


def test_headline_tells_each_rollout_with_its_figures(page: Page) -> None:
    text = page.text()

    assert "A bad update was rolled back, a good one was promoted." in text
    assert "Version 2 was rolled back 4 min 54 s after its first request from a user" in text
    assert re.search(r"It failed 2\d\.\d % of \d+ requests; version 1, beside it, 0 %", text)
    assert "never had more than 5 % of the traffic" in text
    assert "reached 9.3 nats; 4.6 are enough" in text
    assert "Version 3 was promoted after 27 min and 5 steps" in text


def test_every_decision_is_marked_on_every_drawing_and_in_the_table(page: Page) -> None:
    marks_drawn = Counter(a["class"] for a in page.all("circle") if "mark" in (a["class"] or ""))
    guides = [a for a in page.all("line") if "guide" in (a["class"] or "")]

    assert marks_drawn == {"mark neutral": 3 * 12, "mark bad": 3 * 2, "mark good": 3 * 2}
    assert len(guides) == 3 * 16
    for number in range(1, 17):
        assert str(number) in page.words
    assert "the canary failed 27 of 101 requests" in page.text()
    assert "advance: ramping → holdback" in page.text()
    assert "9.3 of 4.6 nats" in page.text()


def test_page_asks_for_nothing_outside_itself(told: Story) -> None:
    html = render(told)

    assert not re.search(r"(?:src|href)\s*=\s*\"(?!data:,|#)", html)
    assert "url(" not in html
    assert "@import" not in html
    assert "<script" not in html


def test_page_can_be_used_without_seeing_it(page: Page) -> None:
    drawings = page.all("svg", role="img")
    titles = {a["id"] for a in page.all("title") if "id" in a}

    assert page.all("html", lang="en")
    assert len(drawings) == 3 + 2 * 3
    assert {drawing["aria-labelledby"] for drawing in drawings} == titles
    assert len(page.all("h1")) == 1
    assert len(page.all("table")) == len(page.all("caption")) >= 8
    assert all(a.get("scope") == "col" for a in page.all("th"))


def test_page_names_all_data_behind_the_figure(page: Page, told: Story) -> None:
    rows = len(page.all("tr"))
    minutes = sum(len(series) for series in told.metrics.values())

    assert rows > minutes + len(told.weights) + len(told.evidence) + len(told.alarms)
    for caption in ("Share of traffic from each moment on", "Variant v2", "Changes of state"):
        assert caption in page.words
    assert "Evidence of harm, in nats" in page.words


def test_text_from_outside_can_not_become_markup(told: Story) -> None:
    attack = "<script>alert(1)</script> & $endpoint"
    rollout = told.rollouts[0]
    entry = dict(rollout.entries[0])
    entry["decision"] = {**entry["decision"], "reason": attack}
    html = render(
        replace(
            told,
            sizing=attack,
            rollouts=(replace(rollout, entries=(entry,)),),
            alarms=(AlarmChange(at(9), attack, "ALARM"),),
            clients=replace(told.clients, answered={attack: 1}),
        )
    )

    assert "<script" not in html
    assert attack in Page(html).text()


def test_evidence_off_the_scale_is_drawn_at_its_edge_and_named(told: Story) -> None:
    look = replace(told.evidence[4], total=80.0)

    page = Page(render(replace(told, evidence=(*told.evidence[:4], look, *told.evidence[5:]))))

    assert "80.0 nats ↑" in page.text()
    heights = [float(a["cy"] or 0) for a in page.all("circle", class_="canary-dot")]
    assert min(heights) > 0


@pytest.mark.parametrize(
    "change",
    [
        {"rollouts": (), "weights": (), "metrics": {}, "evidence": (), "alarms": ()},
        {"weights": (), "metrics": {}},
        {"labels": {}},
        {"labels": {"v1": (LabelMinute(at(9), "text", 3, 3),)}},
        {"alarms": (AlarmChange(at(5), "steelyard/completion/v2/errors", "ALARM"),)},
        {"clients": ClientTotals(0, {}, {}, {}, 0.0, None, None)},
        {"ended": START + timedelta(minutes=400)},
        {"ended": START + timedelta(seconds=30), "rollouts": ()},
    ],
)
def test_story_with_gaps_is_still_a_whole_page(told: Story, change: dict[str, object]) -> None:
    page = Page(render(replace(told, **change)))  # type: ignore[arg-type]

    assert len(page.all("svg")) >= 3


def test_rollout_that_is_not_over_is_told_as_it_stands(told: Story) -> None:
    paused = replace(told.rollouts[0], outcome="PAUSED")

    text = Page(render(replace(told, rollouts=(paused,)))).text()

    assert "Version 2: paused." in text
    assert "Version 2 stood at: paused when the story ended; weights confirmed" in text


def test_client_errors_of_other_kinds_are_told(told: Story) -> None:
    clients = replace(told.clients, platform_errors={"EndpointConnectionError": 3})

    text = Page(render(replace(told, clients=clients))).text()

    assert "and 3 errors of any other kind" in text
    assert "EndpointConnectionError not a model 0 3" in text


def test_report_is_written_where_asked(told: Story, tmp_path: Path) -> None:
    file = write(told, tmp_path / "out/demo/report.html")

    assert file.read_text(encoding="utf-8") == render(told)


def test_scales_map_ends_to_ends_and_hold_the_rest_inside() -> None:
    scale = Scale(0, 10, 100, 0)
    time = TimeScale(START, at(10), 50, 150)

    assert [scale(value) for value in (-5, 0, 5, 10, 99)] == [100, 100, 50, 0, 0]
    assert (time(START), time(at(5)), time(at(10))) == (50, 100, 150)
    assert [minute for _, minute in time.marks(most=5)] == [0, 2, 4, 6, 8, 10]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 30, [0, 10, 20, 30]), (-1, 9.3, [0, 5]), (0, 0.5, [0, 0.2, 0.4]), (0, 4, [0, 2, 4])],
)
def test_marks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    assert marks(low, high, 3) == pytest.approx(expected)


@pytest.mark.parametrize(("value", "end"), [(27.5, 30), (3.6, 4), (1, 1), (0.11, 0.15), (99, 100)])
def test_axes_end_at_the_next_round_number(value: float, end: float) -> None:
    assert rounded_up(value) == pytest.approx(end)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (45, "45 s"),
        (190, "3 min 10 s"),
        (620, "10 min"),
        (3_900, "1 h 5 min"),
        (7_200, "2 h"),
        (0, "0 s"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: int, said: str) -> None:
    assert words.duration(timedelta(seconds=seconds)).replace(words.SPACE, " ") == said


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0 %"), (0.42, "0.42 %"), (5, "5 %"), (25.44, "25.4 %")]
)
def test_percentages_keep_what_matters(value: float, said: str) -> None:
    assert words.percent(value).replace(words.SPACE, " ") == said
