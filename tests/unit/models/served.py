"""Runs a model server as SageMaker does, for the tests of the model and of the demo's updates."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.unit.models.conftest import FOLDER

LOG = "stderr.txt"


@contextmanager
def serving(root: Path, code: Path = FOLDER) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run `python serve.py` of the folder `code` on the model under `root`, until the block ends.

    Yields the process, which answers or has ended, and its port; `LOG` under `root` is its log.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    # A file, not a pipe: a full pipe that nobody empties would hold the server up.
    with (root / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "serve.py"],
            cwd=code,
            env={
                **os.environ,
                "SAGEMAKER_BASE_DIR": str(root),
                "SAGEMAKER_BIND_TO_PORT": str(port),
                "BIND_HOST": "127.0.0.1",
            },
            stderr=log,
        )
    try:
        _wait_until_answering(process, port)
        yield process, port
    finally:
        process.kill()
        process.wait()


def _wait_until_answering(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
