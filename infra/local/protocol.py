"""The HTTP side of the services of ours: a request becomes an operation and its parameters.

Used by the server. Every request is validated against botocore's own model before a service
sees it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from moto.core.model import ServiceModel
from moto.core.utils import get_service_model

from infra.local.ports import AwsError, LocalService, Params
from infra.local.validation import validate
from infra.local.wire import Request, Response, wire_of

_log = logging.getLogger(__name__)

Authorize = Callable[[str, Params, Mapping[str, str]], None]
"""Raises AwsError when the caller of a request, known by its headers, may not do it."""


def anyone_may(operation: str, params: Params, headers: Mapping[str, str]) -> None:
    """Allow everything; the choice where identities are not enforced."""


class ServiceFront:
    """Answers the HTTP requests for one service of ours."""

    def __init__(self, service: LocalService, authorize: Authorize = anyone_may) -> None:
        self._service = service
        self._authorize = authorize
        self._model: ServiceModel = get_service_model(service.name)

    @property
    def scope(self) -> str:
        """The service's name in a signature."""
        metadata = self._model.metadata
        return str(metadata.get("signingName", metadata["endpointPrefix"]))

    @property
    def target_prefix(self) -> str:
        """What stands before the operation in X-Amz-Target."""
        return str(self._model.metadata["targetPrefix"])

    async def __call__(
        self, _method: str, path: str, headers: dict[str, str], body: bytes, _query: object
    ) -> Response:
        """Answer (status, headers, body); the service's work is done in a worker thread."""
        return await asyncio.to_thread(partial(self._answer, Request(path, headers, body)))

    def _answer(self, request: Request) -> Response:
        wire = wire_of(request.headers)
        try:
            operation = self._known(wire.operation(request), request.path)
            model = self._model.operation_model(operation)
            params = wire.params(model, request.body)
            self._authorize(operation, params, request.headers)
            validate(model, params)
            return wire.success(model, self._service.call(operation, params))
        except AwsError as error:
            return wire.failure(self._model, error)
        except Exception:  # noqa: BLE001 - the caller gets an answer whatever a service does
            _log.exception("%s failed on %s", self._service.name, request.path)
            fault = AwsError("InternalFailure", "the local cloud failed; its log says how", 500)
            return wire.failure(self._model, fault)

    def _known(self, operation: str, path: str) -> str:
        if operation not in self._model.operation_names:
            raise AwsError(
                "UnknownOperationException",
                f"{self._service.name} has no operation {operation!r} (path {path!r})",
            )
        return operation
