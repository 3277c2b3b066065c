"""The child processes: model servers and training jobs. Started, watched and ended here only."""

import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.local.sagemaker.context import Stopped

_LAUNCH = Path(__file__).with_name("launch.py")
_INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ")
# Below the ports that Linux and macOS hand out for outgoing connections: between choosing a port
# and the model's binding it, a client's connection could take one of those.
_PORTS = range(20000, 32000)


class Children:
    """Starts processes from one thread that lives as long as they may.

    PR_SET_PDEATHSIG fires when the *thread* that forked ends (prctl(2)), so a thread that comes
    and goes would take its children along.
    """

    def __init__(self, polite_s: float = 5.0) -> None:
        """Start nothing yet; `polite_s` are the real seconds from SIGTERM to SIGKILL."""
        self._polite_s = polite_s
        self._spawner = ThreadPoolExecutor(1, thread_name_prefix="sagemaker-spawner")
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ports: set[int] = set()
        self._random = random.Random()  # noqa: S311 - ports, not secrets

    def start(
        self, script: str, folder: Path, environment: Mapping[str, str], log: Path
    ) -> "subprocess.Popen[bytes]":
        """Run `python <script>` in `folder`; its output goes to `log`.

        It sees only `environment` and the few variables that every program needs, so that
        neither this process's credentials nor its settings reach a model.

        Raises:
            Stopped: the service has stopped.
        """
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        try:
            spawned = self._spawner.submit(
                self._spawn, script, folder, {**inherited, **environment}, log
            )
        except RuntimeError as error:
            raise Stopped from error
        return spawned.result()

    def _spawn(
        self, script: str, folder: Path, environment: Mapping[str, str], log: Path
    ) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), script]
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        with self._lock:
            self._running.add(process)
        return process

    def free_port(self) -> int:
        """Answer a loopback port that nobody listens on and that we have not given out."""
        for port in self._random.sample(_PORTS, len(_PORTS)):
            with self._lock, socket.socket() as probe:
                if port in self._ports:
                    continue
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                self._ports.add(port)
                return port
        raise OSError(f"no free port between {_PORTS.start} and {_PORTS.stop}")

    def end(self, process: "subprocess.Popen[bytes]", port: int | None = None) -> None:
        """End a process, politely first; give its port back. One that ended is no error."""
        process.terminate()
        self._reap(process)
        with self._lock:
            self._running.discard(process)
            if port is not None:
                self._ports.discard(port)

    def stop(self) -> None:
        """End all processes and the thread that starts them."""
        with self._lock:
            running, self._running = self._running, set()
        for process in running:
            process.terminate()
        for process in running:
            self._reap(process)
        # Last: with its thread the kernel kills what is still there, without asking.
        self._spawner.shutdown()

    def _reap(self, process: "subprocess.Popen[bytes]") -> None:
        try:
            process.wait(self._polite_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tail(log: Path, limit: int) -> str:
    """Answer the last `limit` characters of a log at most; nothing when there is no log."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4 * limit))
        return file.read().decode("utf-8", "replace").strip()[-limit:]
