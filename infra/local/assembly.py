"""Puts the local cloud together: clock, MiniStack, our services, the front. Used by the server.

`LocalCloud` is what the services know as `ports.Cloud`.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from infra.local.authorization import needs
from infra.local.autoscaling import AutoScaling
from infra.local.chaos import Mishaps, MishapsOfCalls, controls
from infra.local.clock import Clock
from infra.local.cloudwatch import CloudWatch
from infra.local.front import Front, Scope
from infra.local.images import ImageStore
from infra.local.lambda_executor import LambdaExecutor
from infra.local.lambda_runtime import runtime_directory
from infra.local.ministack import MiniStack, Site
from infra.local.ports import LocalService, Params
from infra.local.protocol import ServiceFront
from infra.local.sagemaker import SageMaker

ACCOUNT = "000000000000"
REGION = "eu-west-1"
QUALIFIER = "hnb659fds"
"""Of the CDK's default bootstrap; templates name its bucket and its version parameter."""

_log = logging.getLogger(__name__)


class LocalCloud:
    """Everything of one local cloud; made once a process."""

    def __init__(self, port: int, state_dir: Path, factor: float) -> None:
        self.clock = Clock(factor)
        self.account = ACCOUNT
        self.region = REGION
        self.url = f"http://127.0.0.1:{port}"
        self.state_dir = state_dir
        self._clients: dict[str, Any] = {}
        self._client_lock = threading.Lock()
        mishaps = Mishaps(self.clock)
        self._executor = LambdaExecutor(
            state_dir / "lambda", runtime_directory(), self.region, self.url, mishaps=mishaps
        )
        self._ministack = MiniStack(
            self.clock,
            Site(self.account, self.region, port),
            self._executor,
            self._record_one,
            mishaps,
        )
        self._cloudwatch = CloudWatch(self)
        autoscaling = AutoScaling(self)
        self._sagemaker = SageMaker(self, scaling=autoscaling)
        self._services: tuple[LocalService, ...] = (self._cloudwatch, self._sagemaker, autoscaling)
        for service in self._services:
            self._add(service)
        images = ImageStore(state_dir / "images", self.account, self.region)
        self.front = Front(
            self.clock,
            images,
            self._sagemaker,
            self._may_invoke,
            MishapsOfCalls(mishaps, self._ministack.asgi),
            controls(mishaps, self._sagemaker),
        )

    def enter_loop(self) -> Any:
        """Take the running event loop; answer the background task, to be kept."""
        return self._ministack.start()

    def start(self) -> None:
        """Bootstrap as the CDK does and start the services; blocks, and the server must listen."""
        self.client("s3").create_bucket(
            Bucket=f"cdk-{QUALIFIER}-assets-{self.account}-{self.region}",
            CreateBucketConfiguration={"LocationConstraint": self.region},
        )
        self.client("ssm").put_parameter(
            Name=f"/cdk-bootstrap/{QUALIFIER}/version", Value="30", Type="String"
        )
        for service in self._services:
            service.start()
        self.front.ready = True

    def stop(self) -> None:
        """End all background work and all children."""
        for service in reversed(self._services):
            service.stop()
        self._executor.stop()

    def client(self, service: str) -> Any:
        """Answer the boto3 client of a service, as the account's root."""
        with self._client_lock:
            if service not in self._clients:
                self._clients[service] = boto3.session.Session().client(
                    service,
                    region_name=self.region,
                    endpoint_url=self.url,
                    aws_access_key_id="test",
                    aws_secret_access_key="test",  # noqa: S106 - as everybody's on loopback
                    config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32),
                )
            return self._clients[service]

    def put_event(
        self, source: str, detail_type: str, detail: Params, resources: Sequence[str]
    ) -> None:
        """Put an event on the default bus."""
        self._ministack.put_event(source, detail_type, detail, resources)

    def invoke_lambda(self, function_arn: str, payload: Params) -> None:
        """Invoke a function asynchronously."""
        self._ministack.invoke_lambda(function_arn, payload)

    def record_metric(  # noqa: PLR0913, PLR0917 - what `ports.Cloud` says
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        values: Sequence[float],
        unit: str = "None",
        at: datetime | None = None,
        *,
        fine: bool = False,
    ) -> None:
        """Store samples, stamped `at`, or with the clock's now."""
        self._cloudwatch.record_metric(namespace, name, dimensions, values, unit, at, fine=fine)

    def _record_one(
        self, namespace: str, name: str, value: float, unit: str, dimensions: dict[str, str]
    ) -> None:
        self.record_metric(namespace, name, dimensions, [value], unit)

    def _add(self, service: LocalService) -> None:
        front = ServiceFront(service, partial(self._authorize, service.name))
        self._ministack.register(front.scope, front.target_prefix, front)
        self._ministack.provide(service.resources())

    def _authorize(
        self, service: str, operation: str, params: Params, headers: Mapping[str, str]
    ) -> None:
        scope = "monitoring" if service == "cloudwatch" else service
        for need in needs(service, operation, params, self.region, self.account):
            self._ministack.identities.check(
                headers, scope, need.action, need.resources, need.context
            )

    def _may_invoke(self, scope: Scope, body: bytes, endpoint: str) -> None:
        headers = self._ministack.identities.pin(scope, body)
        if headers is not None:
            self._authorize("sagemaker", "InvokeEndpoint", {"EndpointName": endpoint}, headers)
