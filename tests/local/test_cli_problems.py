"""What the console says when something is missing, and what it leaves behind when interrupted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from cli.history_lines import history_table
from cli.main import app
from infra.local import process
from infra.local.running import read
from steelyard.aws.ledger import Entry

COMMANDS = (
    "demo", "deploy", "bootstrap", "status", "history", "why", "replay",
    "start", "promote", "pause", "resume", "abort", "rollback",
    "local up", "local down", "local status",
)  # fmt: skip
# A shell ignores SIGINT in what it starts in the background, tests included, and children inherit
# that; the program in front of a terminal has it as it is set here.
IN_FRONT = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from cli.main import app; app()"
)


def steelyard(command: str) -> tuple[int, str]:
    """Run a command; its exit code, and all that it said. Any other exception is raised."""
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, command.split())
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def empty_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("empty")
    process.up(folder, 60.0)
    yield folder
    process.down(folder)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_every_option_and_an_example(command: str) -> None:
    code, said = steelyard(f"{command} --help")
    assert code == 0
    assert f"Example: steelyard {command}" in said
    found = typer.main.get_command(app)
    for name in command.split():
        found = found.commands[name]  # type: ignore[attr-defined]  # typer has no type for groups
    options = [name for parameter in found.params for name in parameter.opts if name[0] == "-"]
    assert [option for option in options if option not in said] == []


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("status", "there is no endpoint 'completion'"),
        ("status nobody", "there is no endpoint 'nobody'"),
        ("bootstrap nobody", "models/nobody/model.yaml: No such file or directory"),
        ("bootstrap completion --data /nowhere", "/nowhere has no channels"),
        ("bootstrap completion", "The specified bucket does not exist"),
        ("history completion", "read the ledger: ResourceNotFoundException"),
        ("rollback completion --reason drill", "'completion' is no rollout's id"),
        ("why completion", "'completion' is no rollout's id"),
        ("why completion-r1", "read the ledger: ResourceNotFoundException"),
        ("replay completion-r1 --policy /no.yaml", "/no.yaml: No such file or directory"),
    ],
)
def test_command_on_an_empty_cloud_says_what_is_missing(
    empty_cloud: Path, command: str, problem: str
) -> None:
    code, said = steelyard(f"{command} --state-dir {empty_cloud}")
    assert code == 1
    assert problem in said


def test_aws_without_a_region_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    code, said = steelyard("status --env dev")
    assert code == 1
    assert "You must specify a region" in said
    assert "are credentials and region set" in said


def test_what_looks_like_markup_is_shown_as_it_was_typed() -> None:
    code, said = steelyard("status --env [/mars]")
    assert code == 1
    assert "no environment '[/mars]'" in said
    decision = {
        "kind": "roll_back",
        "phase_before": "RAMPING",
        "phase": "ROLLING_BACK",
        "reason": "me: [/b] see [link]",
        "verdict": None,
    }
    at = datetime(2026, 1, 1, tzinfo=UTC)
    entry = Entry("completion", 1, 1, at, {"kind": "command"}, {}, decision, {}, "", "")
    console = Console(width=200)
    with console.capture() as captured:
        console.print(history_table([entry], everything=False))
    assert "me: [/b] see [link]" in captured.get()


@pytest.mark.parametrize("moment", ["synthesizing the CDK app", "registered version 2"])
def test_ctrl_c_in_the_demo_ends_all_of_it_at_once(tmp_path: Path, moment: str) -> None:
    out, said = tmp_path / "demo", tmp_path / "said"
    with said.open("wb") as output:
        demo = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", IN_FRONT, "demo", "--out", str(out), "--factor", "60"],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _until_said(said, moment, demo)
        cloud = read(out / "cloud")
        assert cloud is not None
        assert _members(cloud.pid), "the local cloud should be at work"
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does: to everything in front
        assert demo.wait(30) != 0
        assert not _members(demo.pid)
        assert not _members(cloud.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(demo.pid, signal.SIGKILL)
        process.down(out / "cloud")
    assert "Traceback" not in said.read_text(encoding="utf-8")


def _until_said(file: Path, words: str, program: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 90
    while words not in (text := file.read_text(encoding="utf-8")):
        assert program.poll() is None, f"it ended before {words!r}:\n{text}"
        assert time.monotonic() < deadline, f"it never said {words!r}:\n{text}"
        time.sleep(0.1)


def _members(group: int) -> list[str]:
    """Processes of a group that still run; those that wait for their burial don't."""
    listed = subprocess.run(
        ["ps", "-axo", "pgid=,stat=,command="],  # noqa: S607 - wherever it is
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    rows = [line.split(maxsplit=2) for line in listed]
    return [row[-1] for row in rows if int(row[0]) == group and not row[1].startswith("Z")]
