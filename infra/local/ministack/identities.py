"""IAM inside MiniStack: who calls, and whether that role may. Used by the adapter and the server.

Keys `test`/`test`, or the account id with the secret `test`, are the account's root and may do
everything; functions run under their execution role's keys and may do what its policies say.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from infra.local.ministack.names import Names
from infra.local.ports import AwsError


class Identities:
    """Checks requests to the services of ours; MiniStack checks its own."""

    def __init__(self, names: Names, region: str) -> None:
        self._evaluator = names["core.iam_evaluator"]
        self._router = names["core.router"]
        self._responses = names["core.responses"]
        self._region = region
        # Alarms and metrics are ours: `check` knows more about them than MiniStack does.
        names["core.iam_actions"].SERVICE_TO_IAM_NAMESPACE.pop("monitoring", None)
        _authorize_paths(names["core.iam_actions"])
        _tell_events(names["core.iam_actions"])

    def trust_loopback(self) -> None:
        """Count this task's calls as encrypted, as AWS's own services' are."""
        self._evaluator.pin_request_origin("127.0.0.1", secure_transport=True)

    def pin(self, scope: Mapping[str, Any], body: bytes) -> dict[str, str] | None:
        """Take a request that bypasses MiniStack's front; answer its headers if it needs a check.

        Root's needs none: its many requests then cost nothing.
        """
        raw = scope["headers"]
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
        key = self._router.extract_access_key_id(headers)
        if key and self._evaluator.is_root_access_key(key):
            return None
        self._responses.set_request_account_id(key)
        self._responses.set_request_region(self._region)
        self.trust_loopback()
        query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
        path = scope.get("raw_path", b"").decode("latin-1")
        self._evaluator.pin_signed_request(scope["method"], path, query, raw)
        self._evaluator.pin_signed_body(body)
        return headers

    def check(
        self,
        headers: Mapping[str, str],
        scope: str,
        action: str,
        resources: Iterable[str],
        context: Mapping[str, Any],
    ) -> None:
        """Refuse a caller whose policies don't allow `action` on every resource.

        Args:
            headers: of the request, already authenticated by MiniStack's front.
            scope: the service's name in signatures.
            action: such as `sagemaker:UpdateEndpoint`.
            resources: ARNs, or `*`.
            context: condition keys of the request, such as `iam:PassedToService`.

        Raises:
            AwsError: AccessDeniedException, naming caller, action and resource.
        """
        key = self._router.extract_access_key_id(dict(headers))
        for resource in resources:
            denied = self._evaluator.enforce(
                key, action, scope, self._region, resource_arn=resource, service_context=context
            )
            if denied is not None:
                raise _refusal(denied, action, resource)


def _authorize_paths(actions: Any) -> None:
    """Let GetParametersByPath be authorised on the path that it asks for, as AWS does.

    MiniStack looks for a parameter's name, finds none, and authorises it on everything.
    """
    plain = actions.extract_resource_arn

    def of_path(  # noqa: PLR0913, PLR0917 - MiniStack's own signature
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> Any:
        if headers.get("x-amz-target") == "AmazonSSM.GetParametersByPath":
            with suppress(ValueError, KeyError, TypeError):
                asked = json.loads(body)["Path"]
                return f"arn:aws:ssm:{region}:{account_id}:parameter{asked}"
        return plain(service, method, path, headers, body, query_params, region, account_id)

    actions.extract_resource_arn = of_path


def _tell_events(actions: Any) -> None:
    """Let PutEvents be bound to sources and types of events; MiniStack has no such keys.

    A call whose events differ in type has several, and is then refused where one is asked for.
    """
    plain = actions.request_tag_context

    def with_events(
        service: str, iam_action: str, body: bytes, params: dict[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = plain(service, iam_action, body, params)
        if iam_action != "events:PutEvents":
            return context
        with suppress(ValueError, KeyError, TypeError):
            entries = json.loads(body)["Entries"]
            types = sorted({str(entry["DetailType"]) for entry in entries})
            context["events:source"] = [str(entry["Source"]) for entry in entries]
            context["events:detail-type"] = types[0] if len(types) == 1 else types
        return context

    actions.request_tag_context = with_events


def _refusal(denied: Any, action: str, resource: str) -> AwsError:
    if not hasattr(denied, "principal_arn"):
        return AwsError(denied.code, denied.message, 403)
    return AwsError(
        "AccessDeniedException",
        f"User: {denied.principal_arn} is not authorized to perform: {action} on resource:"
        f" {resource}",
        403,
    )
