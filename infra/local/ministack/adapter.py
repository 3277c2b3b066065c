"""MiniStack as the local cloud sees it. Only the server makes one, and only one a process.

Everything else in this package is used by this module alone.
"""

# ruff: noqa: SLF001 - MiniStack has no public names; `names` checks at start that each is there

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from infra.local.chaos import Mishaps
from infra.local.clock import Clock
from infra.local.lambda_executor import LambdaExecutor
from infra.local.ministack import names, virtual_time
from infra.local.ministack.apis import Apis
from infra.local.ministack.buckets import Buckets
from infra.local.ministack.events import Events
from infra.local.ministack.functions import Functions, Record
from infra.local.ministack.identities import Identities
from infra.local.ministack.services import Handler, Services
from infra.local.ministack.stacks import Stacks
from infra.local.ministack.streams import Streams
from infra.local.ports import Params, ResourceType

_WORKERS = 64  # most of them wait for a model server or a function, not for a processor


@dataclass(frozen=True)
class Site:
    """The account, region and loopback port of a local cloud."""

    account: str
    region: str
    port: int


class MiniStack:
    """The services of AWS that are not ours, on the virtual clock."""

    def __init__(
        self,
        clock: Clock,
        site: Site,
        executor: LambdaExecutor,
        record_metric: Record,
        mishaps: Mishaps,
    ) -> None:
        """Import MiniStack and fit it.

        Args:
            clock: the virtual clock that its modules will see.
            site: what requests get that name nothing else, and where the local cloud is.
            executor: runs the functions.
            record_metric: takes (namespace, name, value, unit, dimensions).
            mishaps: what becomes of events on game days.

        Raises:
            UnknownMiniStack: the installed one lacks a name that is used here.
            ImportedTooEarly: it was already imported.
        """
        _set_environment(site)
        virtual_time.install(clock)
        known = names.load()
        self._app = known["app"]
        self._responses = known["core.responses"]
        self._site = site
        self._events = Events(known, clock, mishaps)
        self._stacks = Stacks(known, self._events)
        self._functions = Functions(known, executor, record_metric)
        self._streams = Streams(known, clock, record_metric)
        self._buckets = Buckets(known)
        self._services = Services(known)
        self._apis = Apis(known, f"http://127.0.0.1:{site.port}")
        self.identities = Identities(known, site.region)
        known["services.cloudwatch"].record_metric = _keyword_friendly(record_metric)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def asgi(self) -> Callable[..., Coroutine[Any, Any, None]]:
        """The ASGI application that answers what is not ours."""
        app: Callable[..., Coroutine[Any, Any, None]] = self._app.app
        return app

    def start(self) -> asyncio.Task[None]:
        """Take the running event loop for everything to come; answer the task of the schedules."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(_WORKERS, "worker"))
        self._app._MAIN_LOOP = self._loop
        return self._loop.create_task(self._run_schedules())

    def register(self, scope: str, target_prefix: str, handler: Handler) -> None:
        """Let a service of ours answer requests signed for `scope` or with that target."""
        self._services.register(scope, target_prefix, handler)

    def provide(self, types: Mapping[str, ResourceType]) -> None:
        """Let CloudFormation make resources of these types."""
        self._stacks.provide(types)

    def put_event(
        self, source: str, detail_type: str, detail: Params, resources: Sequence[str]
    ) -> None:
        """Put an event on the default bus. Thread-safe."""
        self._on_loop(lambda: self._events.put(source, detail_type, detail, resources))

    def invoke_lambda(self, function_arn: str, payload: Params) -> None:
        """Invoke a function asynchronously. Thread-safe.

        Raises:
            AwsError: there is no such function.
        """
        self._on_loop(lambda: self._functions.invoke(function_arn, payload))

    async def _run_schedules(self) -> None:
        self._be_the_account()
        await self._events.run_schedules()

    def _on_loop(self, work: Callable[[], None]) -> None:
        """MiniStack's handlers share its stores without locks, so all run on the one loop."""
        if self._loop is None:
            raise RuntimeError("the local cloud has not started")

        async def scoped() -> None:
            self._be_the_account()
            work()

        try:
            inside = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            inside = False
        if inside:
            self._loop.create_task(scoped())
        else:
            asyncio.run_coroutine_threadsafe(scoped(), self._loop).result()

    def _be_the_account(self) -> None:
        self._responses.set_request_account_id(self._site.account)
        self._responses.set_request_region(self._site.region)
        self.identities.trust_loopback()


def _set_environment(site: Site) -> None:
    """MiniStack reads its settings from the environment while it is imported."""
    os.environ.update(
        AUTH="true",
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(site.port),
        LOG_LEVEL="WARNING",
        MINISTACK_ACCOUNT_ID=site.account,
        MINISTACK_REGION=site.region,
    )
    # The keys of whoever started this must neither open the local cloud nor leak into it.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


def _keyword_friendly(record_metric: Record) -> Callable[..., None]:
    def record(
        namespace: str,
        metric_name: str,
        value: float,
        unit: str = "None",
        dimensions: dict[str, str] | None = None,
    ) -> None:
        record_metric(namespace, metric_name, value, unit, dimensions or {})

    return record
