"""The `steelyard` command as a user types it: help, clear refusals, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.demo.scenes import SCENES
from cli.main import app
from infra.local import process

STEELYARD = Path(sys.executable).with_name("steelyard")
ROOT = Path(__file__).parents[2]
ORDERS = ("start", "promote", "pause", "resume", "abort", "rollback")
OPTIONS = {
    "": ["demo", "deploy", "bootstrap", "status", "history", "why", "replay", *ORDERS, "local"],
    "demo": ["--scene", "--list", "--out", "--factor"],
    "deploy": ["--env", "--image", "--data", "--state-dir"],
    "bootstrap": ["MODEL", "--env", "--image", "--data", "--state-dir"],
    "status": ["ENDPOINT", "--env", "--state-dir"],
    "history": ["ENDPOINT|ROLLOUT", "--env", "--all", "--verify", "--json", "--state-dir"],
    "why": ["ROLLOUT", "--entry", "--all", "--env", "--state-dir"],
    "replay": ["ROLLOUT", "--policy", "--env", "--state-dir"],
    **{name: ["ROLLOUT", "--reason", "--env", "--state-dir", "Legal:"] for name in ORDERS},
    "local": ["up", "down", "status"],
    "local up": ["--state-dir", "--factor", "--empty"],
    "local down": ["--state-dir"],
    "local status": ["--state-dir"],
}


def steelyard(*words: str) -> tuple[int, str]:
    """Run the command; its exit code, and all that it printed, in one line."""
    # Wide, so that no name is cut.
    result = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    process.down(tmp_path / "state")


@pytest.mark.parametrize("command", OPTIONS)
def test_help_names_what_the_command_takes(command: str) -> None:
    code, said = steelyard(*command.split(), "--help")
    assert code == 0
    assert [name for name in OPTIONS[command] if name.lower() not in said.lower()] == []


@pytest.mark.parametrize(
    "words",
    [
        ["deploy"],
        ["bootstrap", "completion"],
        ["status"],
        ["history", "completion"],
        ["why", "completion-r1"],
        ["replay", "completion-r1"],
        ["rollback", "completion-r1", "--reason", "x"],
    ],
    ids=lambda words: words[0],
)
def test_command_without_a_cloud_says_how_to_start_one(words: list[str], state_dir: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [STEELYARD, *words, "--state-dir", state_dir],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert "the local cloud is not up" in done.stderr
    assert "steelyard local up" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_scenes_are_listed_and_an_unknown_one_is_refused_with_those_that_exist() -> None:
    code, listed = steelyard("demo", "--list")
    assert code == 0
    assert [name for name in SCENES if name not in listed] == []
    code, said = steelyard("demo", "--scene", "moon")
    assert code == 1
    assert "no scene 'moon'" in said
    assert [name for name in SCENES if name not in said] == []


def test_unknown_environment_is_refused_with_those_that_exist() -> None:
    code, said = steelyard("status", "--env", "moon")
    assert code == 1
    assert "'moon'" in said
    assert "local, dev, prod" in said


def test_local_cloud_goes_up_once_and_down_once(state_dir: Path) -> None:
    where = ["--state-dir", str(state_dir)]
    assert steelyard("local", "status", *where) == (1, "the local cloud is not up")
    code, said = steelyard("local", "up", "--empty", "--factor", "60", *where)
    running = process.status(state_dir)
    assert code == 0
    assert running is not None
    assert running.url in said
    code, said = steelyard("local", "up", "--empty", *where)
    assert code == 1
    assert running.url in said
    code, said = steelyard("local", "status", *where)
    assert code == 0
    assert f"up at {running.url}" in said
    assert "60 times real time" in said
    assert steelyard("local", "down", *where) == (0, "stopped")
    assert steelyard("local", "down", *where) == (0, "the local cloud is not up")


def test_interrupted_demo_leaves_no_process_behind(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    demo = subprocess.Popen(  # noqa: S603 - our own program
        [STEELYARD, "demo", "--out", out],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        _until_training(out)
        assert len(_processes_with(str(out))) > 1
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does
        demo.wait(30)
    finally:
        demo.kill()
        process.down(out / "cloud")
    assert demo.returncode not in (0, None)
    assert _processes_with(str(out)) == []


def _until_training(out: Path) -> None:
    """Until the cloud has been up for a while, and work is under way on it."""
    deadline = time.monotonic() + 60
    while process.status(out / "cloud") is None:
        if time.monotonic() > deadline:
            raise AssertionError("the demo started no cloud within a minute")
        time.sleep(0.1)
    time.sleep(5)


def _processes_with(text: str) -> list[int]:
    """Processes that name a path in their arguments or environment, or work below it."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            known = [(folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()]
            known.append(os.fsencode((folder / "cwd").readlink()))
        except OSError:  # it has ended
            continue
        if int(folder.name) != os.getpid() and any(text.encode() in part for part in known):
            found.append(int(folder.name))
    return found
