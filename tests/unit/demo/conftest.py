"""The made-up story that tests of the report tell, and its page."""

from __future__ import annotations

import pytest

from cli.demo.report import render
from cli.demo.story_data import Story
from tests.unit.demo.fake_story import story
from tests.unit.demo.page import Page


@pytest.fixture(scope="module")
def told() -> Story:
    return story()


@pytest.fixture(scope="module")
def page(told: Story) -> Page:
    return Page(render(told))
