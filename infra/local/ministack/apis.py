"""API Gateway inside MiniStack: addresses that resolve everywhere, and refusals as AWS words them.

Used by the adapter only.
"""

# ruff: noqa: SLF001 - MiniStack has no public names; `names` checks at start that each is there

from typing import Any

from infra.local.ministack.names import Names
from infra.local.ports import API_PATH, Params

_API = "AWS::ApiGatewayV2::Api"
_FORBIDDEN = (403, {"Content-Type": "application/json"}, b'{"message":"Forbidden"}')


class Apis:
    """Replaces what a client of an HTTP API would see differently on AWS."""

    def __init__(self, names: Names, url: str) -> None:
        """Fit it; `url` is the local cloud's."""
        self._url = url
        self._apis = names["services.apigateway"]._apis
        app = names["app"]
        self._plain_check = app._enforce_execute_api
        app._enforce_execute_api = self._check
        handlers = names["services.cloudformation.provisioners"]._RESOURCE_HANDLERS[_API]
        self._plain_create = handlers["create"]
        handlers["create"] = self._create

    def _create(self, logical_id: str, props: Params, stack_name: str) -> tuple[str, Params]:
        """MiniStack's own address, `<id>.execute-api.localhost`, is unknown to many resolvers."""
        api_id, outputs = self._plain_create(logical_id, props, stack_name)
        endpoint = f"{self._url}{API_PATH}{api_id}"
        self._apis[api_id]["apiEndpoint"] = endpoint
        return api_id, {**outputs, "ApiEndpoint": endpoint}

    def _check(self, *request: Any, **more: Any) -> Any:
        """An HTTP API tells a caller nothing about why it is refused; MiniStack tells all."""
        denied = self._plain_check(*request, **more)
        return denied and _FORBIDDEN
