"""The endpoint operations: they check, record what is wanted and start the change."""

from collections.abc import Collection, Iterable

from infra.local.ports import Params
from infra.local.sagemaker import variants
from infra.local.sagemaker.changes import Changes
from infra.local.sagemaker.configs import EndpointConfigs
from infra.local.sagemaker.context import Context
from infra.local.sagemaker.endpoint import Endpoint, Pending
from infra.local.sagemaker.fleet import Fleet
from infra.local.sagemaker.models import Models
from infra.local.sagemaker.refusals import in_progress, in_use, refuse_others
from infra.local.sagemaker.scaling import check_scaled
from infra.local.sagemaker.shelf import Listing, Shelf
from infra.local.sagemaker.variants import Variant

_ENDPOINTS = Listing(
    result="Endpoints",
    name="EndpointName",
    summary=(
        "EndpointName",
        "EndpointArn",
        "CreationTime",
        "LastModifiedTime",
        "EndpointStatus",
    ),
    status="EndpointStatus",
    newest_first=True,
)


class Endpoints:
    """CreateEndpoint and its relatives."""

    def __init__(
        self,
        context: Context,
        configs: EndpointConfigs,
        models: Models,
        changes: Changes,
        shelf: Shelf[Endpoint],
    ) -> None:
        self._context = context
        self._configs = configs
        self._models = models
        self._changes = changes
        self._shelf = shelf

    def create(self, params: Params) -> Params:
        """CreateEndpoint."""
        refuse_others(params, ("EndpointName", "EndpointConfigName", "Tags"), "CreateEndpoint")
        name = params["EndpointName"]
        now = self._context.cloud.clock.now()
        with self._context.lock:
            config = self._configs.config(params["EndpointConfigName"])
            endpoint = Endpoint(
                name=name,
                arn=self._context.arn("endpoint", name),
                config=config,
                created=now,
                modified=now,
                pending=self._pending(config, variants.initial(config)),
            )
            self._shelf.add(name, endpoint)
            described = endpoint.describe()
        self._changes.new_fleet(endpoint, described)
        return {"EndpointArn": endpoint.arn}

    def describe(self, params: Params) -> Params:
        """DescribeEndpoint. EndpointConfigName is the config that serves, also while Updating."""
        with self._context.lock:
            return self._shelf.get(params["EndpointName"]).describe()

    def list_endpoints(self, params: Params) -> Params:
        """ListEndpoints."""
        with self._context.lock:
            return _ENDPOINTS.page([one.describe() for one in self._shelf], params)

    def update(self, params: Params) -> Params:
        """UpdateEndpoint: a new fleet for every variant, unchanged ones too."""
        refuse_others(params, _UPDATE, "UpdateEndpoint")
        excluded = {
            one["VariantPropertyType"] for one in params.get("ExcludeRetainedVariantProperties", ())
        }
        with self._context.lock:
            endpoint = self._allowing(params["EndpointName"], _UPDATABLE)
            config = self._configs.config(params["EndpointConfigName"])
            live = endpoint.config["EndpointConfigName"]
            if endpoint.shown == "InService" and live == config["EndpointConfigName"]:
                raise in_use(live)
            # Without the config that serves there is no update (I: terraform-provider-aws#40048).
            self._configs.config(live)
            scaled = self._context.scaling.variants(endpoint.name)
            check_scaled(scaled, endpoint.config, config)
            wanted = variants.initial(config)
            if params.get("RetainAllVariantProperties", False):
                live = {variant.name: variant for variant in endpoint.variants}
                wanted = variants.retained(config, live, excluded)
            variants.check_weights(wanted)
            endpoint.pending = self._pending(config, wanted)
            described = self._updating(endpoint)
        self._changes.new_fleet(endpoint, described)
        return {"EndpointArn": endpoint.arn}

    def update_weights(self, params: Params) -> Params:
        """UpdateEndpointWeightsAndCapacities: all of it becomes current when Updating ends."""
        with self._context.lock:
            endpoint = self._allowing(params["EndpointName"], ("InService",))
            endpoint.variants = variants.changed(
                endpoint.variants,
                params["DesiredWeightsAndCapacities"],
                endpoint.config["EndpointConfigName"],
            )
            described = self._updating(endpoint)
        self._changes.numbers(endpoint, described)
        return {"EndpointArn": endpoint.arn}

    def delete(self, params: Params) -> Params:
        """DeleteEndpoint; it is Deleting until its fleet has drained.

        Its variants are scalable targets no more ("Delete endpoints configured for auto
        scaling").
        """
        with self._context.lock:
            endpoint = self._allowing(params["EndpointName"], _DELETABLE)
            endpoint.status, endpoint.imposed = "Deleting", ""
            self._context.scaling.forget(endpoint.name)
            described = endpoint.describe()
        self._changes.gone(endpoint, described, lambda: self._forget(endpoint.name))
        return {}

    def fleets(self) -> Iterable[Fleet]:
        """Answer the fleets in service."""
        with self._context.lock:
            return [
                one.fleet
                for one in self._shelf
                if one.fleet is not None and one.status != "Deleting"
            ]

    def _allowing(self, name: str, statuses: Collection[str]) -> Endpoint:
        """Answer an endpoint whose status allows a call. The lock is held."""
        endpoint = self._shelf.get(name)
        if endpoint.shown not in statuses or endpoint.status in _BUSY:
            raise in_progress(endpoint.arn)
        return endpoint

    def _forget(self, name: str) -> None:
        with self._context.lock:
            self._shelf.remove(name)

    def _updating(self, endpoint: Endpoint) -> Params:
        """Begin a change; what the last one left in FailureReason goes. The lock is held."""
        endpoint.status, endpoint.imposed, endpoint.not_before = "Updating", "", 0.0
        endpoint.failure_reason = ""
        endpoint.modified = self._context.cloud.clock.now()
        return endpoint.describe()

    def _pending(self, config: Params, wanted: tuple[Variant, ...]) -> Pending:
        now = self._context.cloud.clock.now()
        images = {
            given["VariantName"]: self._models.container(given["ModelName"]).image
            for given in config["ProductionVariants"]
        }
        deployed = {
            name: {"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": now}
            for name, image in images.items()
        }
        return Pending(config, wanted, deployed, now)


_BUSY = ("Creating", "Updating", "RollingBack", "Deleting")
# Another update mends an endpoint whose rollback failed (D: "Rolling Deployments", failures).
_UPDATABLE = ("InService", "UpdateRollbackFailed")
# Failed: the only call it takes; SystemUpdating: refused (M). The rest is believed.
_DELETABLE = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")
_UPDATE = (
    "EndpointName",
    "EndpointConfigName",
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
)
