"""`steelyard demo`: a local cloud of its own, the story on it, and what is left of it afterwards.

For `cli` alone.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from rich.console import Console

from cli.demo import report, summary
from cli.demo.screen import Screen
from cli.demo.story import tell
from cli.session import LOCAL, connect
from infra.local import process


def run(out: Path, factor: float, console: Console) -> int:
    """Play the demo; 0 when the story happened as told, 1 when not.

    Args:
        out: folder for report.html and summary.json; the cloud's state goes below it.
        factor: how many times faster than real time the clock runs.
    """
    state = out / "cloud"
    process.down(state)  # left by a demo that was killed
    clear(out)
    with Screen(console) as screen:
        try:
            screen.chapter("A cloud on this machine")
            screen.say("starting the local cloud")
            process.up(state, factor)
            ended = tell(connect(LOCAL, state), out / "work", screen)
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
