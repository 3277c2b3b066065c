"""The way of a request to a model: variant by weight or by name, instance, reply, counts.

`service` hands it the requests, on the server's event loop; `changes` tells it the routes.
"""

import asyncio
import bisect
import itertools
import random
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

from infra.local.sagemaker import replies
from infra.local.sagemaker.context import Context
from infra.local.sagemaker.fleet import VariantServers
from infra.local.sagemaker.invocations import EVERY_MINUTE, Cadence, Invocation, Invocations
from infra.local.sagemaker.model_client import BrokenReply, ModelReply
from infra.local.sagemaker.model_server import ModelServer
from infra.local.sagemaker.replies import Reply
from infra.local.sagemaker.request import Refused, Request

_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)


class _Choice(NamedTuple):
    """Where a request goes; `instances` is how many the variant has."""

    endpoint: str
    variant: str
    instances: int
    cadence: Cadence = EVERY_MINUTE


class Traffic:
    """Where an endpoint's requests go; never changed, only replaced."""

    def __init__(
        self, variants: Mapping[str, VariantServers], weights: Mapping[str, float]
    ) -> None:
        """Weights are relative, at least 0; a variant at 0 is reachable by name only."""
        self._variants = variants
        self._names = [name for name, weight in weights.items() if weight > 0]
        self._ends = list(itertools.accumulate(weights[name] for name in self._names))

    def pick(self, chance: random.Random) -> str:
        """Answer a variant at random by weight."""
        point = chance.random() * self._ends[-1]
        return self._names[min(bisect.bisect_right(self._ends, point), len(self._names) - 1)]

    def servers(self, variant: str) -> VariantServers | None:
        """Answer a variant's instances, if there is such a variant."""
        return self._variants.get(variant)


class Router:
    """Routes of all endpoints, by exact name: InvokeEndpoint minds the case."""

    def __init__(
        self, context: Context, invocations: Invocations, seed: int, time_limit_s: float
    ) -> None:
        """Make a router without routes.

        Args:
            seed: of the random choice of variants.
            time_limit_s: real seconds that a model has to answer (60 at AWS).
        """
        self.time_limit_s = time_limit_s
        self._context = context
        self._invocations = invocations
        self._chance = random.Random(seed)  # noqa: S311 - traffic, not secrets
        self._traffic: dict[str, Traffic] = {}
        self._away: set[str] = set()

    def route(self, endpoint: str, traffic: Traffic) -> None:
        """Send an endpoint's requests this way from now on."""
        self._traffic[endpoint] = traffic

    def close(self, endpoint: str) -> None:
        """Know the endpoint no more."""
        self._traffic.pop(endpoint, None)
        self._away.discard(endpoint)

    def suspend(self, endpoint: str) -> None:
        """Take no requests of an endpoint, wherever they would go, until `resume`."""
        self._away.add(endpoint)

    def resume(self, endpoint: str) -> None:
        """Take requests again."""
        self._away.discard(endpoint)

    async def invoke(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Carry out InvokeEndpoint."""
        began = time.perf_counter()
        try:
            request = Request.read(headers, body)
            choice, server = self._choose(endpoint, request)
        except Refused as refused:
            return refused.reply
        if server is None:
            self._count(choice, None, began, 0, None)
            return replies.refusal(
                "ServiceUnavailable",
                f"Variant {choice.variant} of endpoint {endpoint} has no healthy instance.",
                HTTPStatus.SERVICE_UNAVAILABLE,
            )
        try:
            return await self._ask(choice, server, request, began)
        finally:
            server.release()

    def _choose(self, endpoint: str, request: Request) -> tuple[_Choice, ModelServer | None]:
        """Answer a variant and an instance of it, taken in hand.

        A fleet may retire between our look at the routes and our taking its instance in hand;
        the new route is there by then, so looking again finds it.
        """
        traffic, choice = None, _Choice(endpoint, "", 1)
        while True:
            latest = None if endpoint in self._away else self._traffic.get(endpoint)
            if latest is None:
                account = self._context.cloud.account
                raise Refused(
                    replies.validation(f"Endpoint {endpoint} of account {account} not found.")
                )
            if latest is traffic:
                return choice, None
            traffic = latest
            variant = request.target_variant or traffic.pick(self._chance)
            servers = traffic.servers(variant)
            if servers is None:
                raise Refused(
                    replies.validation(f"Variant {variant} not found for endpoint {endpoint}.")
                )
            instances, cadence = max(1, len(servers.servers)), servers.plan.cadence
            choice = _Choice(endpoint, variant, instances, cadence)
            server = servers.acquire(self._chance)
            if server is not None:
                return choice, server

    async def _ask(
        self, choice: _Choice, server: ModelServer, request: Request, began: float
    ) -> Reply:
        asked = time.perf_counter()
        status, latency_us, failure = 0, None, _TIMED_OUT
        try:
            async with asyncio.timeout(self.time_limit_s):
                answer = await server.client.post("/invocations", request.headers, request.body)
            status, failure = answer.status, answer.body.decode("utf-8", "replace")
            latency_us = _since(asked)
        except TimeoutError:
            latency_us = _since(asked)
        except BrokenReply as broken:
            failure = str(broken)
        self._count(choice, server, began, status, latency_us)
        if 200 <= status < 300:
            return _reply(answer, choice.variant, request)
        cloud = self._context.cloud
        return replies.model_error(
            status, failure, region=cloud.region, account=cloud.account, endpoint=choice.endpoint
        )

    def _count(
        self,
        choice: _Choice,
        server: ModelServer | None,
        began: float,
        status: int,
        latency_us: float | None,
    ) -> None:
        overhead_us = max(0.0, _since(began) - (latency_us or 0.0))
        instance = None if server is None else server.instance_id
        invocation = Invocation(status, latency_us, overhead_us, choice.instances, instance)
        self._invocations.add(choice.endpoint, choice.variant, invocation, choice.cadence)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1e6


def _reply(answer: ModelReply, variant: str, request: Request) -> Reply:
    headers = {replies.INVOKED_VARIANT: variant}
    if "content-type" in answer.headers:
        headers["Content-Type"] = answer.headers["content-type"]
    attributes = answer.headers.get(replies.CUSTOM_ATTRIBUTES.lower())
    if attributes is not None:
        headers[replies.CUSTOM_ATTRIBUTES] = attributes
    if request.inference_id is not None:
        headers[replies.INFERENCE_ID] = request.inference_id
    return Reply(200, headers, answer.body)
