"""Puts a reconciler together from settings and clients, once a process. Handlers use it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from steelyard.aws.alarms import VariantAlarms
from steelyard.aws.calls import client, client_without_retries
from steelyard.aws.catalog import Catalog, ModelSettings
from steelyard.aws.endpoint import Endpoint
from steelyard.aws.golden import GoldenRequests
from steelyard.aws.inbox import Inbox
from steelyard.aws.labels import LabelBook
from steelyard.aws.ledger import Ledger
from steelyard.aws.metrics import Metrics
from steelyard.aws.outlets import Pager, Quarantine
from steelyard.aws.registry import Registry
from steelyard.aws.scaling import VariantScaling
from steelyard.errors import EndpointBusy, NeedsHuman, OddAnswer
from steelyard.messages import Home
from steelyard.service import Reconciler
from steelyard.settings import Settings, from_environment
from steelyard.telemetry import logger
from steelyard.world import World


class Runtime:
    """What one Lambda process keeps between invocations: clients, made when first needed.

    Args:
        settings: where they come from.
        reader: makes a service's client for reading.
        writer: makes one for changing things, which never retries by itself.
    """

    def __init__(
        self,
        settings: Callable[[], Settings] = from_environment,
        reader: Callable[[str], Any] = client,
        writer: Callable[..., Any] = client_without_retries,
    ) -> None:
        self._from = settings
        self._known: dict[str, ModelSettings] = {}
        self._reader = reader
        self._writer = writer

    @cached_property
    def _settings(self) -> Settings:
        return self._from()

    @cached_property
    def _sagemaker(self) -> Any:
        return self._reader("sagemaker")

    @cached_property
    def _sagemaker_writer(self) -> Any:
        return self._writer("sagemaker")

    @cached_property
    def _cloudwatch(self) -> Any:
        return self._reader("cloudwatch")

    @cached_property
    def _autoscaling(self) -> Any:
        return self._reader("application-autoscaling")

    @cached_property
    def _invoker(self) -> Any:
        return self._writer("sagemaker-runtime", read_timeout=8)

    @cached_property
    def _labels(self) -> LabelBook:
        return LabelBook(self._settings.labels_table, self._reader("dynamodb"))

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self._settings.ledger_table, self._reader("dynamodb"))

    @cached_property
    def _catalog(self) -> Catalog:
        return Catalog(self._settings.parameter_prefix, self._reader("ssm"))

    @cached_property
    def _pager(self) -> Pager:
        return Pager(self._settings.topic_arn, self._reader("sns"))

    @cached_property
    def inbox(self) -> Inbox:
        """The queue that events come from."""
        return Inbox(self._settings.events_url, self._reader("sqs"))

    @cached_property
    def quarantine(self) -> Quarantine:
        """Where events go that can't be understood."""
        return Quarantine(self._settings.quarantine_url, self._reader("sqs"))

    @property
    def home(self) -> Home:
        """The account and region that we run in."""
        return self._settings.home

    def reconciler(self, endpoint: str) -> Reconciler:
        """The reconciler of one endpoint, with its settings as they are deployed now.

        Raises:
            UnknownEndpoint: none are deployed.
            EndpointBusy, NeedsHuman: they can't be read, and this process never could.
        """
        settings = self._model(endpoint)
        alarms = VariantAlarms(endpoint, self._cloudwatch, settings.alarms)
        metrics = Metrics(endpoint, self._cloudwatch)
        role = settings.execution_role_arn
        variants = Endpoint(endpoint, self._sagemaker, self._sagemaker_writer, role, alarms)
        return Reconciler(
            name=endpoint,
            ledger=self._ledger,
            world=World(
                name=endpoint,
                policy=settings.rollout,
                endpoint=variants,
                alarms=alarms,
                registry=Registry(settings.package_group, self._sagemaker),
                metrics=metrics,
                labels=self._labels,
                ask_golden=lambda variant: self._golden(settings).ask(variant),
            ),
            endpoint=variants,
            scaling=VariantScaling(endpoint, self._autoscaling, settings.scaling),
            metrics=metrics,
            pager=self._pager,
        )

    def _model(self, endpoint: str) -> ModelSettings:
        """The settings, or those of a while ago: no rollback waits for a parameter."""
        try:
            self._known[endpoint] = self._catalog.settings(endpoint)
        except (EndpointBusy, NeedsHuman) as failure:
            if endpoint not in self._known or isinstance(failure, OddAnswer):
                raise
            logger.warning("settings.old", extra={"endpoint": endpoint, "why": str(failure)})
        return self._known[endpoint]

    def _golden(self, settings: ModelSettings) -> GoldenRequests:
        """Read when they are to be asked: only a canary that warms up is."""
        goldens = self._catalog.golden(settings.golden)
        return GoldenRequests(settings.endpoint, self._invoker, goldens)
