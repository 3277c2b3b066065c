"""What the console asks of the local cloud beyond AWS's APIs: its clock, and pushing images.

Pushing is what `docker build && docker push` are elsewhere. For `cli` alone.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

_SECONDS = 30


def read_clock(url: str) -> tuple[datetime, float]:
    """The local cloud's time, aware UTC, and how many times faster than real time it runs."""
    answer = _ask(url, "clock")
    return datetime.fromisoformat(answer["now"]), float(answer["factor"])


def running_clock(url: str) -> Callable[[], datetime]:
    """The local cloud's time from now on, without asking it each time."""
    then, factor = read_clock(url)
    since = time.monotonic()
    return lambda: then + timedelta(seconds=factor * (time.monotonic() - since))


def push_image(url: str, folder: Path, repository: str) -> str:
    """Make an image of a model's folder; its URI by digest."""
    body = {"folder": str(folder.resolve()), "repository": repository}
    return str(_ask(url, "images", body)["image"])


def _ask(url: str, what: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - loopback, http by design
        f"{url}/_steelyard/{what}", data=json.dumps(body).encode() if body else None
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        read: dict[str, Any] = json.load(answer)
    return read
