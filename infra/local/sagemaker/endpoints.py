"""The endpoint operations: they check, record what is wanted and start the change."""

from collections.abc import Iterable

from infra.local.ports import AwsError, Params
from infra.local.sagemaker import variants
from infra.local.sagemaker.changes import Changes
from infra.local.sagemaker.configs import EndpointConfigs
from infra.local.sagemaker.context import Context
from infra.local.sagemaker.endpoint import Endpoint, Pending
from infra.local.sagemaker.fleet import Fleet
from infra.local.sagemaker.models import Models
from infra.local.sagemaker.refusals import invalid, refuse_others
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
            endpoint = self._in_service(params["EndpointName"])
            config = self._configs.config(params["EndpointConfigName"])
            if endpoint.config["EndpointConfigName"] == config["EndpointConfigName"]:
                raise invalid(
                    f'Endpoint "{endpoint.arn}" already uses endpoint configuration '
                    f'"{config["EndpointConfigArn"]}": to update it, create a new one.'
                )
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
            endpoint = self._in_service(params["EndpointName"])
            endpoint.variants = variants.changed(
                endpoint.variants, params["DesiredWeightsAndCapacities"]
            )
            described = self._updating(endpoint)
        self._changes.numbers(endpoint, described)
        return {"EndpointArn": endpoint.arn}

    def delete(self, params: Params) -> Params:
        """DeleteEndpoint; it is gone at once, its fleet drains in the background.

        The event says DELETING, the API never does: a Describe finds nothing. Its variants are
        scalable targets no more ("Delete endpoints configured for auto scaling").
        """
        with self._context.lock:
            endpoint = self._shelf.get(params["EndpointName"])
            if endpoint.status in _BUSY:
                raise self._in_progress(endpoint)
            self._shelf.remove(endpoint.name)
            self._context.scaling.forget(endpoint.name)
            described = {**endpoint.describe(), "EndpointStatus": "Deleting"}
        self._changes.gone(endpoint, described)
        return {}

    def fleets(self) -> Iterable[Fleet]:
        """Answer the fleets in service."""
        with self._context.lock:
            return [one.fleet for one in self._shelf if one.fleet is not None]

    def _in_service(self, name: str) -> Endpoint:
        endpoint = self._shelf.get(name)
        if endpoint.status != "InService":
            raise self._in_progress(endpoint)
        return endpoint

    def _in_progress(self, endpoint: Endpoint) -> AwsError:
        """AWS's words for every state but InService, Failed included."""
        return invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')

    def _updating(self, endpoint: Endpoint) -> Params:
        """Begin a change; what the last one left in FailureReason goes. The lock is held."""
        endpoint.status = "Updating"
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


_BUSY = ("Creating", "Updating")
_UPDATE = (
    "EndpointName",
    "EndpointConfigName",
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
)
