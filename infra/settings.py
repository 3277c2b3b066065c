"""What the reconciler is told about a model: the JSON of its parameter. Imported by `infra`.

`functions/steelyard/aws/catalog.py` reads it.
"""

from __future__ import annotations

from typing import Any

from infra.alarms import variant_alarms
from infra.model_file import ModelFile
from infra.names import ModelNames
from steelyard.codec import encode


def to_settings(
    model: ModelFile, names: ModelNames, *, execution_role_arn: str, topic_arn: str
) -> dict[str, Any]:
    """The settings of one model, ready for JSON; durations in seconds.

    Args:
        execution_role_arn: the role that every version is served under.
        topic_arn: where the variants' alarms call people.
    """
    return {
        "endpoint": names.endpoint,
        "package_group": names.package_group,
        "execution_role_arn": execution_role_arn,
        "rollout": encode(model.rollout),
        "autoscaling": encode(model.serving.autoscaling),
        "golden": _golden(model, names),
        "alarms": variant_alarms(model.alarms, names.endpoint, topic_arn),
    }


def _golden(model: ModelFile, names: ModelNames) -> dict[str, Any] | None:
    """Where the golden requests are; they take a parameter each."""
    if not model.golden_requests:
        return None
    return {"path": names.golden_path, "count": len(model.golden_requests)}
