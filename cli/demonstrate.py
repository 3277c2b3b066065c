"""`steelyard demo`: a local cloud of its own, the story or a scene on it, and what is left of it.

For `cli` alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.demo import report, summary
from cli.demo.scenes import SCENES, Scene, play
from cli.demo.screen import Screen
from cli.demo.stage import Stage
from cli.demo.story import Ended, tell
from cli.session import LOCAL, connect
from infra.local import process


def run(out: Path, factor: float, console: Console) -> int:
    """Play the demo; 0 when the story happened as told, 1 when not.

    Args:
        out: folder for report.html and summary.json; the cloud's state goes below it.
        factor: how many times faster than real time the clock runs.
    """
    return _play(tell, out, factor, console)


def run_scene(scene: Scene, out: Path, factor: float, console: Console) -> int:
    """Play one scene; 0 when what was expected came of it, 1 when not. As `run`."""
    return _play(lambda stage: play(scene, stage), out, factor, console)


def scenes_table() -> Table:
    """What scenes there are, and what is expected of each."""
    table = Table(box=None, pad_edge=False)
    table.add_column("scene", no_wrap=True, style="bold")
    table.add_column("what happens")
    table.add_column("what is expected")
    for scene in SCENES.values():
        table.add_row(scene.name, scene.title, scene.expected)
    return table


def _play(story: Callable[[Stage], Ended], out: Path, factor: float, console: Console) -> int:
    state = out / "cloud"
    process.down(state)  # left by a demo that was killed
    clear(out)
    with Screen(console) as screen:
        try:
            screen.chapter("A cloud on this machine")
            screen.say("starting the local cloud")
            process.up(state, factor)
            ended = story(Stage.build(connect(LOCAL, state), out / "work", screen))
            screen.verdict(ended.claims)
        finally:
            process.down(state)
    page = report.write(ended.story, out / "report.html")
    figures = summary.write(ended.story, ended.claims, out / "summary.json")
    console.print(f"\nReport:  {page}\nFigures: {figures}")
    return 0 if ended.holds else 1


def clear(out: Path) -> None:
    """Remove what an earlier demo left, and nothing else: the folder may be anybody's."""
    for folder in ("cloud", "work"):
        shutil.rmtree(out / folder, ignore_errors=True)
    for file in ("report.html", "summary.json"):
        (out / file).unlink(missing_ok=True)
