"""Models: immutable; what a container runs, on which data. For `service`, configs and fleets."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from infra.local.ports import Params
from infra.local.sagemaker.artifacts import Artifacts
from infra.local.sagemaker.context import Context
from infra.local.sagemaker.packages import ModelPackages
from infra.local.sagemaker.refusals import invalid, not_emulated, refuse_others
from infra.local.sagemaker.shelf import Listing, Shelf

# VpcConfig and EnableNetworkIsolation are kept and shown; processes on a laptop have neither.
_MODEL = (
    "ModelName",
    "PrimaryContainer",
    "Containers",
    "ExecutionRoleArn",
    "Tags",
    "VpcConfig",
    "EnableNetworkIsolation",
)
_CONTAINER = (
    "ContainerHostname",
    "Image",
    "Mode",
    "ModelDataUrl",
    "ModelDataSource",
    "Environment",
    "ModelPackageName",
)
_DATA_SOURCE = ("S3Uri", "S3DataType", "CompressionType")
_MODELS = Listing(
    result="Models",
    name="ModelName",
    summary=("ModelName", "ModelArn", "CreationTime"),
    newest_first=True,
)


@dataclass(frozen=True)
class Container:
    """What one process of a model is: code, data and environment."""

    image: str
    model_data: str | None
    environment: Mapping[str, str]


class Models:
    """CreateModel and its relatives, as dictionaries in Describe's shape."""

    def __init__(self, context: Context, packages: ModelPackages, artifacts: Artifacts) -> None:
        self._context = context
        self._packages = packages
        self._artifacts = artifacts
        self._shelf: Shelf[Params] = Shelf("model", lambda name: context.arn("model", name))

    def create(self, params: Params) -> Params:
        """CreateModel; the image must exist and a model package must be Approved."""
        refuse_others(params, _MODEL, "CreateModel")
        container = self._container(params)
        self._artifacts.check_image(container.image)
        name = params["ModelName"]
        arn = self._context.arn("model", name)
        record = {
            **copy.deepcopy({key: value for key, value in params.items() if key != "Tags"}),
            "ModelArn": arn,
            "CreationTime": self._context.cloud.clock.now(),
            "EnableNetworkIsolation": params.get("EnableNetworkIsolation", False),
        }
        with self._context.lock:
            self._shelf.add(name, record)
        return {"ModelArn": arn}

    def describe(self, params: Params) -> Params:
        """DescribeModel."""
        with self._context.lock:
            return copy.deepcopy(self._shelf.get(params["ModelName"]))

    def list_models(self, params: Params) -> Params:
        """ListModels."""
        with self._context.lock:
            return _MODELS.page(self._shelf, params)

    def delete(self, params: Params) -> Params:
        """DeleteModel. AWS allows it for a model in use; a fleet that runs keeps its copy."""
        with self._context.lock:
            self._shelf.remove(params["ModelName"])
        return {}

    def container(self, name: str) -> Container:
        """Answer what a model runs.

        Raises:
            AwsError: no such model, or its model package is gone.
        """
        with self._context.lock:
            return self._container(self._shelf.get(name), approved_only=False)

    def _container(self, model: Params, *, approved_only: bool = True) -> Container:
        containers = [*model.get("Containers", ())]
        if "PrimaryContainer" in model:
            containers.append(model["PrimaryContainer"])
        if len(containers) != 1:
            raise not_emulated(f"a model of {len(containers)} containers: give one")
        given = containers[0]
        refuse_others(given, _CONTAINER, "a container")
        if given.get("Mode", "SingleModel") != "SingleModel":
            raise not_emulated(f"a container in Mode {given['Mode']!r}: give SingleModel")
        packaged = self._packaged(given, approved_only=approved_only)
        image = given.get("Image", packaged.get("Image"))
        if image is None:
            raise invalid(f"The container {given!r} names neither an Image nor a ModelPackageName.")
        environment = {**packaged.get("Environment", {}), **given.get("Environment", {})}
        data = _model_data(given) or _model_data(packaged)
        return Container(image, data, MappingProxyType(environment))

    def _packaged(self, container: Params, *, approved_only: bool) -> Params:
        """Answer the package's container; only Approved versions deploy (CreateModelPackage)."""
        if "ModelPackageName" not in container:
            return {}
        package = self._packages.describe({"ModelPackageName": container["ModelPackageName"]})
        approval = package["ModelApprovalStatus"]
        if approved_only and approval != "Approved":
            raise invalid(
                f"Model package {package['ModelPackageArn']} cannot be deployed: its "
                f"ModelApprovalStatus is {approval}, and only Approved is accepted."
            )
        containers = package.get("InferenceSpecification", {}).get("Containers", [])
        if len(containers) != 1:
            raise not_emulated(
                f"{package['ModelPackageArn']} with {len(containers)} containers: give one"
            )
        packaged: Params = containers[0]
        return packaged


def _model_data(container: Params) -> str | None:
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        url: str | None = container.get("ModelDataUrl")
        return url
    refuse_others(source, _DATA_SOURCE, "an S3 model data source")
    if (source["S3DataType"], source["CompressionType"]) != ("S3Object", "Gzip"):
        raise not_emulated(
            f"a model data source of {source['S3DataType']} with CompressionType "
            f"{source['CompressionType']}: give S3Object with Gzip"
        )
    uri: str = source["S3Uri"]
    return uri
