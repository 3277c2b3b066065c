"""How a regression is worded: `2x-errors`, `tail-latency`, `3x-labels@de`. For `cli.simulate`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cli.problems import Problem
from steelyard.rollout.policy import Policy

TAIL = "tail-latency"
ACCEPTED = (
    f"FACTORx-errors, FACTORx-latency, FACTORx-labels with a factor above 1, such as 1.5x-errors; "
    f"{TAIL}; @SEGMENT behind labels, such as 2x-labels@de"
)
_FORM = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)x-(errors|latency|labels)(?:(?<=labels)@(\S+))?")
_USUAL = ("1.5x-errors", "2x-errors", "5x-errors", "1.25x-latency", TAIL, "2x-labels")


@dataclass(frozen=True, slots=True)
class Worse:
    """How a canary is worse.

    Attributes:
        text: as it was typed.
        metric: `errors`, `latency` or `labels`.
        factor: so many times as many errors or wrong labels, or as long; None: a tail alone.
        segment: the only one whose labels are worse; None: all.
    """

    text: str
    metric: str
    factor: float | None
    segment: str | None = None


def regressions_of(texts: Sequence[str], policy: Policy) -> tuple[Worse, ...]:
    """Those that were asked for, or else some usual ones that the policy guards against.

    Raises:
        Problem: a text that is none, or a metric or segment that the policy does not know.
    """
    if texts:
        return tuple(_regression(text, policy) for text in dict.fromkeys(texts))
    usual = (_worse(text) for text in _USUAL)
    return tuple(one for one in usual if one and policy.guardrail(one.metric))


def _regression(text: str, policy: Policy) -> Worse:
    found = _worse(text)
    if found is None:
        raise Problem(f"--regression: got {text!r}", f"accepted: {ACCEPTED}")
    if policy.guardrail(found.metric) is None:
        guarded = ", ".join(guardrail.metric for guardrail in policy.guardrails)
        raise Problem(
            f"--regression {text}: the policy has no guardrail on {found.metric}",
            f"accepted: regressions of {guarded}, or a --policy that guards {found.metric}",
        )
    if found.segment is not None and found.segment not in policy.segments:
        named = ", ".join(policy.segments) or "none, since the policy names no segments"
        raise Problem(f"--regression {text}: no segment {found.segment!r}", f"accepted: {named}")
    return found


def _worse(text: str) -> Worse | None:
    if text == TAIL:
        return Worse(text, "latency", None)
    form = _FORM.fullmatch(text)
    if form is None or float(form[1]) <= 1:
        return None
    return Worse(text, form[2], float(form[1]), form[3])
