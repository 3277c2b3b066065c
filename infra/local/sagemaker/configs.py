"""Endpoint configs: immutable lists of variants. Used by `service` and `endpoints`."""

import copy
import logging
from collections.abc import Callable

from infra.local.ports import Params
from infra.local.sagemaker import variants
from infra.local.sagemaker.context import Context
from infra.local.sagemaker.models import Models
from infra.local.sagemaker.refusals import invalid, not_emulated, refuse_others
from infra.local.sagemaker.shelf import Listing, Shelf

logger = logging.getLogger(__name__)

# Kept and shown, without effect on a laptop: DataCaptureConfig (nothing is captured; the endpoint
# says CaptureStatus Stopped), KmsKeyId, VpcConfig, the role, instance types, volumes, AMIs, and
# ModelDataDownloadTimeoutInSeconds.
_CONFIG = (
    "EndpointConfigName",
    "ProductionVariants",
    "DataCaptureConfig",
    "Tags",
    "KmsKeyId",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
    "MetricsConfig",
)
_VARIANT = (
    "VariantName",
    "ModelName",
    "InitialInstanceCount",
    "InstanceType",
    "InitialVariantWeight",
    "VolumeSizeInGB",
    "ModelDataDownloadTimeoutInSeconds",
    "ContainerStartupHealthCheckTimeoutInSeconds",
    "RoutingConfig",
    "InferenceAmiVersion",
)
_NEEDED = ("ModelName", "InitialInstanceCount", "InstanceType")
_FREQUENCIES = (10, 30, 60, 120, 180, 240, 300)
_ROUTING = ("RANDOM", "LEAST_OUTSTANDING_REQUESTS")
_CONFIGS = Listing(
    result="EndpointConfigs",
    name="EndpointConfigName",
    summary=("EndpointConfigName", "EndpointConfigArn", "CreationTime"),
    newest_first=True,
)


class EndpointConfigs:
    """CreateEndpointConfig and its relatives, as dictionaries in Describe's shape."""

    def __init__(self, context: Context, models: Models, user: Callable[[str], str | None]) -> None:
        """Keep the configs; `user` answers the endpoint that uses a config, called locked."""
        self._context = context
        self._models = models
        self._user = user
        self._shelf: Shelf[Params] = Shelf("endpoint configuration", self._arn)

    def create(self, params: Params) -> Params:
        """CreateEndpointConfig; every model must exist and the weights must leave traffic."""
        refuse_others(params, _CONFIG, "CreateEndpointConfig")
        _check_metrics(params.get("MetricsConfig", {}))
        for given in params["ProductionVariants"]:
            self._check_variant(given)
        _check_names([given["VariantName"] for given in params["ProductionVariants"]])
        variants.check_weights(variants.initial(params))
        name = params["EndpointConfigName"]
        record = {
            **copy.deepcopy({key: value for key, value in params.items() if key != "Tags"}),
            "EndpointConfigArn": self._arn(name),
            "CreationTime": self._context.cloud.clock.now(),
        }
        for given in record["ProductionVariants"]:
            given.setdefault("InitialVariantWeight", variants.DEFAULT_WEIGHT)
        with self._context.lock:
            self._shelf.add(name, record)
        return {"EndpointConfigArn": record["EndpointConfigArn"]}

    def describe(self, params: Params) -> Params:
        """DescribeEndpointConfig: what was given."""
        return self.config(params["EndpointConfigName"])

    def config(self, name: str) -> Params:
        """Answer a copy of a config; unknown names as AWS refuses them."""
        with self._context.lock:
            return copy.deepcopy(self._shelf.get(name))

    def list_configs(self, params: Params) -> Params:
        """ListEndpointConfigs."""
        with self._context.lock:
            return _CONFIGS.page(self._shelf, params)

    def delete(self, params: Params) -> Params:
        """DeleteEndpointConfig, of a config in use too.

        "You must not delete an EndpointConfig that is in use" (M), but nothing stops you (I): the
        endpoint serves on, and refuses every later update.
        """
        name = params["EndpointConfigName"]
        with self._context.lock:
            user = self._user(self._shelf.remove(name)["EndpointConfigName"])
        if user is not None:
            logger.warning("endpoint %s uses %s, which is deleted: no update any more", user, name)
        return {}

    def _check_variant(self, given: Params) -> None:
        name = given["VariantName"]
        refuse_others(given, _VARIANT, f"variant {name!r}")
        missing = [member for member in _NEEDED if member not in given]
        if missing:
            raise not_emulated(
                f"variant {name!r} without {', '.join(missing)}: only variants with a model "
                "on instances are"
            )
        self._models.describe({"ModelName": given["ModelName"]})
        strategy = given.get("RoutingConfig", {}).get("RoutingStrategy", "RANDOM")
        if strategy not in _ROUTING:
            raise not_emulated(f"RoutingStrategy {strategy!r}: give one of {', '.join(_ROUTING)}")

    def _arn(self, name: str) -> str:
        return self._context.arn("endpoint-config", name)


def _check_metrics(metrics: Params) -> None:
    """What may be said of metrics: botocore's documentation of MetricsConfig has the values."""
    refuse_others(
        metrics, ("EnableEnhancedMetrics", "MetricPublishFrequencyInSeconds"), "MetricsConfig"
    )
    seconds = metrics.get("MetricPublishFrequencyInSeconds", 60)
    if seconds not in _FREQUENCIES:
        raise invalid(
            f"MetricPublishFrequencyInSeconds {seconds} is not accepted: "
            f"give one of {', '.join(map(str, _FREQUENCIES))}"
        )
    if seconds > 60:
        raise not_emulated(f"MetricsConfig {metrics}: metrics come every 10, 30 or 60 s")
    if seconds < 60 and not metrics.get("EnableEnhancedMetrics"):
        raise not_emulated(f"utilization metrics, which alone MetricsConfig {metrics} is about")


def _check_names(names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise invalid(f"Variant names must be unique within a config; given twice: {repeated}")
