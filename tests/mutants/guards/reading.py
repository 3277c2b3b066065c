"""Guards of what is read: nothing is taken for what it is not."""

from __future__ import annotations

from tests.mutants.guard import Guard, functional

READING = (
    Guard(
        name="golden-requests-that-are-missing",
        keeps=14,
        file="aws/catalog.py",
        old="if len(found) != place.count:",
        new="if False:",
        tests=functional("catalog"),
    ),
    Guard(
        name="metrics-that-can-not-be-read",
        keeps=14,
        file="aws/queries.py",
        old='if result.get("StatusCode") in ("InternalError", "Forbidden"):',
        new="if False:",
        tests=functional("metrics"),
    ),
    Guard(
        name="requests-without-errors-are-unreadable",
        keeps=14,
        file="aws/batches.py",
        old='    if "errors" not in counts:\n',
        new="    if False:\n",
        tests=functional("metrics"),
    ),
    Guard(
        name="latency-that-is-missing-is-not-fast",
        keeps=14,
        file="aws/batches.py",
        old="if bands and not any(latency):",
        new="if False:",
        tests=functional("metrics"),
    ),
    Guard(
        name="one-failure-does-not-hide-the-rest",
        keeps=14,
        file="world.py",
        old="self.failures.append(str(failure))",
        new="pass",
        tests=functional("service_unreadable"),
    ),
    Guard(
        name="long-silence-is-read-in-parts",
        keeps=14,
        file="world.py",
        old='unreadable = (*unreadable, f"minutes after {until:%H:%M} are read next")',
        new="pass",
        tests=functional("service_silence"),
    ),
)
