"""cli/demo/report: quality by segment, and what pages of scenes say besides."""

from __future__ import annotations

import re
from dataclasses import replace

from cli.demo.report import render, words
from cli.demo.story_data import Story
from tests.unit.demo.fake_story import at
from tests.unit.demo.page import Page


def test_quality_is_drawn_and_listed_by_segment(page: Page) -> None:
    text = page.text()

    assert "Version 2 beside version 1" in text
    rows = [text.count(f"{name} ") for name in ("encodings", "networking", "text", "all segments")]
    assert all(rows)
    # Of both rollouts, in each of three widths: three segments and all together.
    assert len(page.all("circle", class_="canary-dot", r="4")) == 2 * 3 * 4
    assert re.search(r"all segments [\d,]+ 50 % [\d,]+ 5\d %", text)


def test_segment_that_carried_the_decision_is_named(told: Story) -> None:
    entries = [dict(entry) for entry in told.rollouts[0].entries]
    for entry in entries:
        decision = entry["decision"]
        if decision["verdict"]:
            carrier = {"metric": "labels", "segment": "text"}
            entry["decision"] = {
                **decision,
                "verdict": {**decision["verdict"], "carried_by": carrier},
            }
    rollout = replace(told.rollouts[0], entries=tuple(entries))

    html = render(replace(told, rollouts=(rollout,)))

    assert "first request from a user, for its labels in segment text." in Page(html).text()
    assert re.findall('class="alarm" text-anchor="start">(text|networking)<', html) == ["text"] * 3


def test_version_that_no_user_saw_is_told_so(told: Story) -> None:
    unseen = replace(told, rollouts=told.rollouts[:1], weights=(), metrics={})

    text = Page(render(unseen)).text()

    assert "Version 2 was rolled back before any user saw it: WORSE: errors carry" in text
    assert "No canary had traffic" in text


def test_scene_says_what_is_expected(told: Story) -> None:
    assert "Expected:" not in Page(render(told)).text()
    page = Page(render(replace(told, expected="It is <found out>.")))

    assert "Expected: It is <found out>." in page.text()


def test_peak_at_the_right_edge_is_named_before_it(told: Story) -> None:
    cut = replace(told, rollouts=told.rollouts[:1], ended=at(13.9))

    def anchors(shown: Story) -> set[str]:
        return set(re.findall(f'text-anchor="([a-z]+)">9.3{words.SPACE}nats<', render(shown)))

    assert anchors(told) == {"start"}
    assert anchors(cut) == {"end"}
