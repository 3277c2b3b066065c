"""Guards of a canary without traffic, and of the size of its first step."""

from __future__ import annotations

from tests.mutants.guard import Guard, functional, unit

_WARMING = "rollout/warming.py"

STARTING = (
    Guard(
        name="golden-wrong-is-unfit",
        keeps="no user meets a canary that answers wrongly",
        file=_WARMING,
        old='if a.outcome == "wrong"]',
        new='if a.outcome == "never"]',
        tests=unit("warming", "machine"),
    ),
    Guard(
        name="golden-silent-is-not-wrong",
        keeps="a cold start is no harm",
        file=_WARMING,
        old='if a.outcome == "wrong"]',
        new='if a.outcome != "right"]',
        tests=unit("warming", "machine"),
    ),
    Guard(
        name="golden-silent-is-not-right",
        keeps=14,
        file=_WARMING,
        old='silent = [answer for answer in seen.golden if answer.outcome == "none"]',
        new="silent = seen.golden[:0]",
        tests=unit("warming", "machine"),
    ),
    Guard(
        name="golden-not-asked-never-advances",
        keeps=14,
        file=_WARMING,
        old="""    if seen.golden is None:
        return "golden requests were not asked yet"
    silent = [answer for answer in seen.golden""",
        new="    silent = [answer for answer in seen.golden or ()",
        tests=unit("warming", "machine"),
    ),
    Guard(
        name="cold-pass-does-not-count",
        keeps="a cold start is no harm",
        file=_WARMING,
        old="if seen.golden and rollout.cold_start is None:",
        new="if False:",
        tests=unit("warming", "machine"),
    ),
    Guard(
        name="warming-unreadable-never-advances",
        keeps=14,
        file=_WARMING,
        old="    if seen.unreadable:\n",
        new="    if False:\n",
        tests=(*unit("warming"), *functional("service_unreadable", "scaling")),
    ),
    Guard(
        name="sized-step-is-no-more-than-approved",
        keeps=2,
        file=_WARMING,
        old="min(max(hundredths, 1), policy.steps[0] * 100) / 100",
        new="max(hundredths, 1) / 100",
        tests=unit("first_step"),
    ),
    Guard(
        name="canary-has-no-share-before-its-first-step",
        keeps=2,
        file="rollout/model.py",
        old="return 100 if phase in (Phase.FINALIZING, Phase.PROMOTED) else 0",
        new="return 100 if phase in (Phase.FINALIZING, Phase.PROMOTED) else 1",
        tests=unit("plan", "signals", "machine"),
    ),
)
