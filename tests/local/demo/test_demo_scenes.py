"""Every scene of `steelyard demo --scene`, on one cloud: each comes out as it says."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from cli.demo import report, summary
from cli.demo.scenes import SCENES, play
from cli.demo.screen import Screen
from cli.demo.stage import Stage
from cli.session import LOCAL, connect
from infra.local import process

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

FACTOR = 20.0


@pytest.fixture(scope="module")
def told() -> io.StringIO:
    """All that the scenes say."""
    return io.StringIO()


@pytest.fixture(scope="module")
def stage(told: io.StringIO, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One cloud for all scenes: each leaves no rollout under way."""
    work = tmp_path_factory.mktemp("scenes")
    process.up(work / "cloud", FACTOR)
    try:
        with Screen(Console(file=told, width=160)) as screen:
            yield Stage.build(connect(LOCAL, work / "cloud"), work / "work", screen)
    finally:
        process.down(work / "cloud")


@pytest.mark.parametrize("name", SCENES)
def test_scene_comes_out_as_expected(name: str, stage: Stage, told: io.StringIO) -> None:
    began = told.tell()

    ended = play(SCENES[name], stage)

    said = told.getvalue()[began:]
    broken = [f"{c.sentence}: {c.found}" for c in ended.claims if not c.holds]
    assert broken == [], said
    assert SCENES[name].expected in " ".join(said.split())
    summary.validate(summary.summarise(ended.story, ended.claims))
    assert SCENES[name].expected.split(";")[0] in report.render(ended.story)
