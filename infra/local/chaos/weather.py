"""How often each mishap strikes; read from what a game day asks for. For `infra/local` alone."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from infra.local.ports import AwsError


@dataclass(frozen=True)
class Weather:
    """Shares of invocations, calls and events that fare badly; all 0: a calm day.

    Only calls signed with a role's credentials are struck: those of functions, not of people.
    """

    seed: int = 0
    """Of the draws. Threads take their turns as the machine lets them, so a seed repeats how
    often things strike, and not where."""
    kill: float = 0.0
    """Invocations whose process is killed while it works."""
    kill_within: float = 0.5
    """Real seconds after their start in which those are killed, if they take that long."""
    drop_answer: float = 0.0
    """Invocations that are carried out and reported as failed."""
    lose_request: float = 0.0
    """Calls of SageMaker and of the ledger that never arrive; the connection breaks."""
    lose_response: float = 0.0
    """Calls of both that are carried out, and whose answer never arrives."""
    cut_off: float = 0.0
    """Calls of both that are carried out, and of whose answer only a beginning arrives."""
    throttle: float = 0.0
    """Calls of both that are answered by ThrottlingException."""
    duplicate: float = 0.0
    """Events that a queue gets twice, beyond the reach of its deduplication."""
    delay: float = 0.0
    """Deliveries that come late, so that later events overtake them."""
    delay_up_to: float = 90.0
    """Virtual seconds that those are late at most."""


_SHARES = (
    "kill",
    "drop_answer",
    "lose_request",
    "lose_response",
    "cut_off",
    "throttle",
    "duplicate",
    "delay",
)


def read(body: bytes) -> Weather:
    """The weather that a JSON object of `Weather`'s fields asks for.

    Raises:
        AwsError: it is none, or a value is not one of those accepted.
    """
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise _refused(f"the body: {error}") from error
    if not isinstance(given, dict):
        raise _refused(f"the body: got {given!r:.100}, accepted: an object")
    known = [field.name for field in fields(Weather)]
    if unknown := given.keys() - set(known):
        raise _refused(f"got {sorted(unknown)}, accepted: {', '.join(known)}")
    _check(given)
    return Weather(**given)


def _check(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        most = 1 if name in _SHARES else math.inf
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= most or not math.isfinite(value):
            raise _refused(f"{name}: got {value!r:.100}, accepted: a number from 0 to {most}")


def _refused(what: str) -> AwsError:
    return AwsError("ValidationException", f"chaos: {what}")
