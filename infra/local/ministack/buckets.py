"""S3 inside MiniStack: Object Lock from templates, and writes that must be the first.

Used by the adapter only.
"""

# ruff: noqa: SLF001 - MiniStack has no public names; `names` checks at start that each is there

from typing import Any

from infra.local.ministack.names import Names
from infra.local.ports import AwsError, Params

_BUCKET = "AWS::S3::Bucket"
_MODES = ("COMPLIANCE", "GOVERNANCE")


class Buckets:
    """Adds what MiniStack's S3 can do and its CloudFormation and IAM don't know of."""

    def __init__(self, names: Names) -> None:
        """Fit it."""
        self._locks = names["services.s3"]._bucket_object_lock
        handlers = names["services.cloudformation.provisioners"]._RESOURCE_HANDLERS[_BUCKET]
        self._plain_create = handlers["create"]
        handlers["create"] = self._create
        actions = names["core.iam_actions"]
        self._plain_context = actions.s3_service_context
        actions.s3_service_context = self._context

    def _create(self, logical_id: str, props: Params, stack_name: str) -> tuple[str, Params]:
        made: tuple[str, Params] = self._plain_create(logical_id, props, stack_name)
        if props.get("ObjectLockEnabled") in {True, "true"}:
            rule = props.get("ObjectLockConfiguration", {}).get("Rule", {})
            self._locks[made[0]] = {
                "enabled": True,
                "default_retention": _retention(rule.get("DefaultRetention")),
            }
        return made

    def _context(
        self,
        iam_action: str,
        query_params: Params | None,
        path: str = "",
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """With the condition key of conditional writes, which MiniStack hasn't."""
        context: dict[str, Any] = self._plain_context(iam_action, query_params, path, headers)
        condition = (headers or {}).get("if-none-match")
        if iam_action == "s3:PutObject" and condition:
            context["s3:if-none-match"] = condition
        return context


def _retention(given: Params | None) -> Params | None:
    if given is None:
        return None
    if given.get("Mode") not in _MODES or not ("Days" in given) ^ ("Years" in given):
        raise AwsError(
            "InvalidRequest",
            f"DefaultRetention: got {given!r}, accepted: Mode {' or '.join(_MODES)}, Days or Years",
        )
    return {key: value if key == "Mode" else int(value) for key, value in given.items()}
