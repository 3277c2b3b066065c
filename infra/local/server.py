"""The local cloud's server process: `python -m infra.local.server --state-dir DIR`.

The console starts it through `process`. It listens on loopback only.
"""

import argparse
import asyncio
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from infra.local.assembly import LocalCloud
from infra.local.running import Claim, CloudRuns, Running, announce, withdraw

_log = logging.getLogger("infra.local.server")  # __name__ is "__main__" here

_GUARDIAN = Path(__file__).with_name("guardian.py")
# MiniStack keeps its stores in memory, so what a former run left fits nothing any more.
_FORMER = ("cloudwatch", "images", "lambda", "sagemaker")
_DRAIN_S = 0.5


class PortTaken(RuntimeError):
    """Another program listens on the port."""


def main() -> None:
    """Serve until told to stop; ends the process itself."""
    arguments = _arguments()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("infra").setLevel(logging.INFO)  # MiniStack tells whole payloads at INFO
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)  # the guardian ends this process's group, so it must be its own
    state_dir = arguments.state_dir.resolve()
    try:
        with Claim(state_dir), _listener(arguments.port) as listener:
            status = _run(listener, state_dir, arguments.factor)
    except (CloudRuns, PortTaken) as error:
        _log.critical("%s", error)
        status = 1
    logging.shutdown()
    # A worker thread may still wait for something that will not come; nothing needs it now.
    os._exit(status)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The local cloud's server.")
    parser.add_argument("--port", type=int, default=0, help="on loopback; 0 takes a free one")
    parser.add_argument("--state-dir", type=Path, required=True, help="its files; one cloud each")
    parser.add_argument("--factor", type=float, default=12.0, help="virtual seconds per second")
    return parser.parse_args()


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"can't listen on 127.0.0.1:{port} ({error.strerror}): choose another port, or 0"
        ) from error
    return listener


def _run(listener: socket.socket, state_dir: Path, factor: float) -> int:
    for folder in _FORMER:
        shutil.rmtree(state_dir / folder, ignore_errors=True)
    guardian = subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-I", "-S", str(_GUARDIAN)],
        stdin=subprocess.PIPE,
    )
    cloud = LocalCloud(listener.getsockname()[1], state_dir, factor)
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_serve(cloud, listener.detach()))
    finally:
        withdraw(state_dir)
        guardian.communicate(b"done")


async def _serve(cloud: LocalCloud, descriptor: int) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    schedules = cloud.enter_loop()
    starting = asyncio.create_task(_start(cloud, stop))
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.graceful_timeout = _DRAIN_S
    config.keep_alive_timeout = 75
    config.include_date_header = False  # the front's says what the virtual clock does
    config.loglevel = "WARNING"
    config.errorlog = _log
    front: Any = cloud.front  # hypercorn types each message of ASGI for itself
    await serve(front, config, shutdown_trigger=stop.wait)
    schedules.cancel()
    await asyncio.to_thread(cloud.stop)
    return 0 if starting.done() and starting.result() else 1


async def _start(cloud: LocalCloud, stop: asyncio.Event) -> bool:
    """Start what needs a listening server; answer whether that went well."""
    try:
        await asyncio.to_thread(cloud.start)
    except Exception:  # noqa: BLE001 - whatever it is, the console shows the log's end
        _log.exception("the local cloud could not start")
        stop.set()
        return False
    running = Running(cloud.url, os.getpid(), cloud.clock.factor, cloud.clock.now().isoformat())
    announce(cloud.state_dir, running)
    _log.info("the local cloud listens on %s", cloud.url)
    return True


if __name__ == "__main__":
    main()
