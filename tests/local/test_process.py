"""Starting, finding and ending the local cloud's processes."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local import process
from infra.local.running import CloudRuns, Running, read
from tests.local.running_cloud import RunningCloud

# It ignores SIGTERM, and would outlive the function that started it.
STUBBORN = (
    "import signal, subprocess\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "def handler(event, context):\n"
    "    return subprocess.Popen(['sleep', '60']).pid\n"
)


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    process.down(folder)


def started(state_dir: Path) -> RunningCloud:
    running = process.up(state_dir, 60.0)
    return RunningCloud(running.url, running.pid, running.factor, state_dir)


def child_of(cloud: RunningCloud) -> int:
    """Let a function of the cloud start a process, and answer its id."""
    cloud.function("child", STUBBORN)
    return int(cloud.call("child"))


def gone(pid: int) -> Callable[[], bool]:
    """Whether a process runs no more; one that waits for its burial counts as gone."""

    def check() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"

    return check


def test_running_cloud_is_found_by_its_state_directory(local_cloud: RunningCloud) -> None:
    found = process.status(local_cloud.state_dir)
    assert isinstance(found, Running)
    assert found.url == local_cloud.url
    announced = json.loads((local_cloud.state_dir / "local-cloud.json").read_text())
    assert set(announced) == {"url", "pid", "factor", "started"}
    assert local_cloud.get("health") == {"status": "ok"}


def test_second_cloud_in_the_same_directory_is_refused_with_the_address_of_the_first(
    local_cloud: RunningCloud,
) -> None:
    with pytest.raises(CloudRuns, match=local_cloud.url):
        process.up(local_cloud.state_dir, 60.0)
    assert process.status(local_cloud.state_dir) is not None


def test_taken_port_is_named_and_nothing_stays_behind(state_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with pytest.raises(process.CloudFailed, match=f"127.0.0.1:{port}"):
            process.up(state_dir, 60.0, port)
    assert process.status(state_dir) is None


def test_down_ends_the_server_and_its_children(state_dir: Path) -> None:
    cloud = started(state_dir)
    child = child_of(cloud)
    assert process.down(state_dir)
    assert gone(cloud.pid)()
    assert gone(child)()
    assert process.status(state_dir) is None
    assert not process.down(state_dir)


def test_killed_server_takes_its_children_along(state_dir: Path) -> None:
    cloud = started(state_dir)
    child = child_of(cloud)
    os.kill(cloud.pid, signal.SIGKILL)
    cloud.until(gone(child), 5.0)
    assert process.status(state_dir) is None
    assert read(state_dir) is not None, "it had no chance to take its announcement back"
    assert not process.down(state_dir)
    assert read(state_dir) is None


def test_status_without_a_cloud_is_none(tmp_path: Path) -> None:
    assert process.status(tmp_path / "never") is None
    assert not process.down(tmp_path / "never")
