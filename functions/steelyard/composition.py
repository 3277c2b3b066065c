"""Puts a reconciler together from settings and clients, once a process. Handlers use it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from steelyard.aws.alarms import VariantAlarms
from steelyard.aws.calls import client, client_without_retries
from steelyard.aws.catalog import Catalog
from steelyard.aws.endpoint import Endpoint
from steelyard.aws.ledger import Ledger
from steelyard.aws.metrics import Metrics
from steelyard.aws.outlets import Pager, Quarantine
from steelyard.aws.registry import Registry
from steelyard.messages import Home
from steelyard.service import Reconciler
from steelyard.settings import Settings, from_environment


class Runtime:
    """What one Lambda process keeps between invocations: clients, made when first needed."""

    @cached_property
    def _settings(self) -> Settings:
        return from_environment()

    @cached_property
    def _sagemaker(self) -> Any:
        return client("sagemaker")

    @cached_property
    def _sagemaker_writer(self) -> Any:
        return client_without_retries("sagemaker")

    @cached_property
    def _cloudwatch(self) -> Any:
        return client("cloudwatch")

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self._settings.ledger_table, client("dynamodb"))

    @cached_property
    def _catalog(self) -> Catalog:
        return Catalog(self._settings.parameter_prefix, client("ssm"))

    @cached_property
    def _pager(self) -> Pager:
        return Pager(self._settings.topic_arn, client("sns"))

    @cached_property
    def quarantine(self) -> Quarantine:
        """Where events go that can't be understood."""
        return Quarantine(self._settings.quarantine_url, client("sqs"))

    @property
    def home(self) -> Home:
        """The account and region that we run in."""
        return self._settings.home

    def reconciler(self, endpoint: str) -> Reconciler:
        """The reconciler of one endpoint, with its settings as they are deployed now.

        Raises:
            UnknownEndpoint: none are deployed.
        """
        settings = self._catalog.settings(endpoint)
        alarms = VariantAlarms(endpoint, self._cloudwatch, settings.alarms)
        return Reconciler(
            name=endpoint,
            policy=settings.rollout,
            ledger=self._ledger,
            endpoint=Endpoint(
                endpoint,
                self._sagemaker,
                self._sagemaker_writer,
                settings.execution_role_arn,
                alarms,
            ),
            alarms=alarms,
            registry=Registry(settings.package_group, self._sagemaker),
            metrics=Metrics(endpoint, self._cloudwatch),
            pager=self._pager,
        )
