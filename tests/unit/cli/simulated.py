"""A policy, and the settings it is tried in. Not a test itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from cli.simulating.setting import Options, Setting, setting_of
from cli.simulating.wording import Worse
from steelyard.evidence import Guardrail
from steelyard.rollout.policy import Policy

ERRORS = Policy(
    steps=(5,),
    step_odds=(3.0,),
    guardrails=(Guardrail("errors", 1.0, margin=1.0),),
    discard=timedelta(0),
    bake=timedelta(hours=20),
    holdback_percent=50,
)
LABELLED = replace(
    ERRORS,
    guardrails=(Guardrail("errors", 0.5), Guardrail("labels", 0.5, margin=1.0)),
    segments=("de", "fr"),
    discard=timedelta(minutes=2),
)


def setting(policy: Policy, *regressions: Worse, **given: Any) -> Setting:
    """What the console makes of such options; two hours unless they say more."""
    return setting_of(policy, Options(**({"lasts": "2h"} | given)), regressions)
