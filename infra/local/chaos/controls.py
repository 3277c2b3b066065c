"""The local cloud's own paths for game days, as `front` serves them. For `assembly`."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from infra.local.chaos.mishaps import Mishaps
from infra.local.chaos.weather import read
from infra.local.ports import AwsError

Control = Callable[[bytes], dict[str, Any]]


class Restartable(Protocol):
    """SageMaker, whose workers can be lost."""

    def restart(self, virtual_seconds: float) -> int:
        """Lose all work on changes, and begin it again after so long; answer how many."""


def controls(mishaps: Mishaps, sagemaker: Restartable) -> Mapping[str, Control]:
    """What there is, by method and path below the local cloud's own prefix."""

    def begin(body: bytes) -> dict[str, Any]:
        mishaps.set(read(body))
        return {}

    def change(body: bytes) -> dict[str, Any]:
        mishaps.change(read(body))
        return {}

    def restart(body: bytes) -> dict[str, Any]:
        seconds = _seconds(body)
        mishaps.break_down("sagemaker", seconds)
        changes = sagemaker.restart(seconds)
        mishaps.restarted(changes)
        return {"changes": changes}

    return {
        "POST chaos": begin,
        "PUT chaos": change,
        "GET chaos": lambda _body: mishaps.report(),
        "POST restart": restart,
    }


def _seconds(body: bytes) -> float:
    """How long SageMaker is away.

    Raises:
        AwsError: the body doesn't say so.
    """
    try:
        seconds = float(json.loads(body)["seconds"])
    except (ValueError, KeyError, TypeError) as error:
        accepted = 'accepted: {"seconds": virtual seconds of outage, from 0 to 600}'
        raise AwsError("ValidationException", f"restart: {error!r}, {accepted}") from error
    if not 0 <= seconds <= 600:
        raise AwsError("ValidationException", f"restart: got {seconds}, accepted: from 0 to 600")
    return seconds
