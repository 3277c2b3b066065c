"""What happens in one simulated run, as data: drawn from a seed, shrunk, kept as JSON.

Nothing in a plan is code, so a plan that found a fault stays what it was.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from steelyard.codec import decode, encode
from steelyard.rollout.policy import Policy

NONE = "NONE"
"""The phase before an endpoint's first rollout."""
ANY = "*"
"""Whatever the phase, or the operation, of a fault."""


@dataclass(frozen=True, slots=True)
class Truth:
    """How a version behaves, whatever anybody believes of it.

    Attributes:
        errors: rate of errors that are the model's own, once it has `bad_from` percent.
        slow: share of requests that take three seconds.
        comes_up: whether its instances serve: `never` is an update that lasts for ever and
            fails, `silently_not` one that fails at once, `later` finds capacity at the third try.
    """

    errors: float = 0.004
    bad_from: int = 0
    slow: float = 0.0
    golden: Literal["right", "wrong"] = "right"
    comes_up: Literal["yes", "never", "silently_not", "later"] = "yes"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that people, or AWS for its own reasons, do.

    Attributes:
        kind: see `people.py`.
        phase, minute: it is done at this minute of all that the ledger spends in that phase.
        what: a command, a status, an alarm's metric.
        minutes: how long it lasts.
        after: kind of the fault of that phase in whose middle it is done, at no minute of its own.
    """

    kind: str
    phase: str
    minute: int
    what: str = ""
    minutes: int = 0
    after: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: see `kinds.py`.
        phase: of the ledger, in which it takes effect; or `ANY`.
        where: what it is about: an operation, a kind of message, a service; `ANY`, or empty for
            any that the kind can be about.
        nth: which occasion of that kind in that phase, from 0.
        times: on how many occasions in a row.
        seconds: how late, or for how long.
    """

    kind: str
    phase: str
    where: str = ""
    nth: int = 0
    times: int = 1
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    Attributes:
        aim: kind and phase of the fault that the plan was drawn for; empty for none.
        traffic: requests a minute.
        scaled, golden, labelled: whether the model's file asks for autoscaling, has a golden
            request, and whether labels come in.
        shift_s, update_s: seconds that a change of weights, and an update, take.
        truths: of version 2, then of each that is approved later.
        answers: what a person orders, one after the other, each time the endpoint waits for one.
    """

    seed: int
    aim: tuple[str, ...]
    policy: Policy
    traffic: int
    scaled: bool
    golden: bool
    labelled: bool
    shift_s: int
    update_s: int
    truths: tuple[Truth, ...]
    items: tuple[Item, ...]
    faults: tuple[Fault, ...]
    answers: tuple[str, ...] = ()

    def is_bad(self, truth: Truth) -> bool:
        """Whether a version would be found out, so that it must not be promoted."""
        wrong = self.golden and truth.golden == "wrong"
        return truth.errors > 0.05 or truth.slow > 0.1 or wrong

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(encode(self), indent=1)

    @staticmethod
    def from_json(text: str) -> Plan:
        """What `to_json` made."""
        return decode(Plan, json.loads(text))
