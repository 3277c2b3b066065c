"""Model package groups and their versions: the Model Registry. For `service` and `models`."""

import copy
from typing import Any

from infra.local.ports import AwsError, Params
from infra.local.sagemaker.context import Context
from infra.local.sagemaker.events import Events
from infra.local.sagemaker.refusals import invalid, not_emulated, refuse_others
from infra.local.sagemaker.shelf import Listing

_KEPT = (
    "ModelPackageDescription",
    "ModelPackageRegistrationType",
    "InferenceSpecification",
    "CertifyForMarketplace",
    "MetadataProperties",
    "ModelMetrics",
    "CustomerMetadataProperties",
    "DriftCheckBaselines",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "SkipModelValidation",
    "SourceUri",
)
_CREATE = (*_KEPT, "ModelPackageGroupName", "ModelApprovalStatus", "ClientToken", "Tags")
_UPDATE = (
    "ModelPackageArn",
    "ModelApprovalStatus",
    "ApprovalDescription",
    "CustomerMetadataProperties",
    "CustomerMetadataPropertiesToRemove",
    "ClientToken",
)
_GROUPS = Listing(
    result="ModelPackageGroupSummaryList",
    name="ModelPackageGroupName",
    summary=(
        "ModelPackageGroupName",
        "ModelPackageGroupArn",
        "ModelPackageGroupDescription",
        "CreationTime",
        "ModelPackageGroupStatus",
    ),
)
_PACKAGES = Listing(
    result="ModelPackageSummaryList",
    name="ModelPackageName",
    summary=(
        "ModelPackageName",
        "ModelPackageGroupName",
        "ModelPackageVersion",
        "ModelPackageArn",
        "ModelPackageDescription",
        "CreationTime",
        "ModelPackageStatus",
        "ModelApprovalStatus",
        "ModelPackageRegistrationType",
    ),
)


class ModelPackages:
    """Groups, versions and their approval, as dictionaries in Describe's shape."""

    def __init__(self, context: Context, events: Events) -> None:
        self._context = context
        self._events = events
        self._groups: dict[str, Params] = {}
        self._packages: dict[str, Params] = {}
        self._versions: dict[str, int] = {}
        self._tokens: dict[str, str] = {}

    def create_group(self, params: Params) -> Params:
        """CreateModelPackageGroup."""
        refuse_others(
            params,
            ("ModelPackageGroupName", "ModelPackageGroupDescription", "Tags"),
            "CreateModelPackageGroup",
        )
        name = params["ModelPackageGroupName"]
        arn = self._group_arn(name)
        with self._context.lock:
            if name in self._groups:
                raise invalid(f"Model Package Group already exists: {arn}")
            self._groups[name] = {
                **_only(params, ("ModelPackageGroupName", "ModelPackageGroupDescription")),
                "ModelPackageGroupArn": arn,
                "CreationTime": self._context.cloud.clock.now(),
                "CreatedBy": self._someone(),
                "ModelPackageGroupStatus": "Completed",
            }
        return {"ModelPackageGroupArn": arn}

    def describe_group(self, params: Params) -> Params:
        """DescribeModelPackageGroup."""
        with self._context.lock:
            return copy.deepcopy(self._group(params["ModelPackageGroupName"]))

    def list_groups(self, params: Params) -> Params:
        """ListModelPackageGroups."""
        with self._context.lock:
            return _GROUPS.page(self._groups.values(), params)

    def delete_group(self, params: Params) -> Params:
        """DeleteModelPackageGroup; refused while it has versions."""
        with self._context.lock:
            group = self._group(params["ModelPackageGroupName"])
            name = group["ModelPackageGroupName"]
            versions = [one["ModelPackageArn"] for one in self._of_group(name)]
            if versions:
                raise AwsError(
                    "ConflictException",
                    f"Model Package Group {group['ModelPackageGroupArn']} cannot be deleted: "
                    f"it still has the Model Packages {', '.join(versions)}",
                )
            del self._groups[name]
        return {}

    def create(self, params: Params) -> Params:
        """CreateModelPackage: the group's next version number, never used twice."""
        if "ModelPackageGroupName" not in params:
            raise not_emulated("an unversioned model package: give ModelPackageGroupName")
        refuse_others(params, _CREATE, "CreateModelPackage")
        with self._context.lock:
            known = self._tokens.get(params.get("ClientToken", ""))
            if known:
                return {"ModelPackageArn": known}
            package = self._new_version(params)
            arn: str = package["ModelPackageArn"]
            self._packages[arn] = package
            if "ClientToken" in params:
                self._tokens[params["ClientToken"]] = arn
            described = copy.deepcopy(package)
        self._events.package(described)
        return {"ModelPackageArn": arn}

    def _new_version(self, params: Params) -> Params:
        group = self._group(params["ModelPackageGroupName"])["ModelPackageGroupName"]
        version = self._versions.get(group, 0) + 1
        self._versions[group] = version
        return {
            **copy.deepcopy(_only(params, _KEPT)),
            "ModelPackageName": group,
            "ModelPackageGroupName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": self._arn("model-package", f"{group}/{version}"),
            "CreationTime": self._context.cloud.clock.now(),
            "CreatedBy": self._someone(),
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CertifyForMarketplace": params.get("CertifyForMarketplace", False),
            "ModelApprovalStatus": params.get("ModelApprovalStatus", "PendingManualApproval"),
        }

    def describe(self, params: Params) -> Params:
        """DescribeModelPackage, by ARN or by `<group>/<version>`."""
        with self._context.lock:
            return copy.deepcopy(self._package(params["ModelPackageName"]))

    def list_versions(self, params: Params) -> Params:
        """ListModelPackages: of one group, or of all with ModelPackageType Versioned or Both."""
        wanted = dict(params)
        group = wanted.pop("ModelPackageGroupName", None)
        approval = wanted.pop("ModelApprovalStatus", None)
        kind = wanted.pop("ModelPackageType", "Versioned" if group else "Unversioned")
        with self._context.lock:
            packages = list(self._packages.values())
            if group is not None:
                packages = self._of_group(self._group(group)["ModelPackageGroupName"])
            if kind == "Unversioned":
                packages = []
            if approval is not None:
                packages = [one for one in packages if one["ModelApprovalStatus"] == approval]
            return _PACKAGES.page(packages, wanted)

    def update(self, params: Params) -> Params:
        """UpdateModelPackage: approval and metadata; an event when the approval changes."""
        refuse_others(params, _UPDATE, "UpdateModelPackage")
        with self._context.lock:
            package = self._package(params["ModelPackageArn"])
            before = package["ModelApprovalStatus"]
            package.update(_only(params, ("ModelApprovalStatus", "ApprovalDescription")))
            metadata = {
                **package.get("CustomerMetadataProperties", {}),
                **params.get("CustomerMetadataProperties", {}),
            }
            for key in params.get("CustomerMetadataPropertiesToRemove", ()):
                metadata.pop(key, None)
            package["CustomerMetadataProperties"] = metadata
            package["LastModifiedTime"] = self._context.cloud.clock.now()
            package["LastModifiedBy"] = self._someone()
            if not metadata:
                del package["CustomerMetadataProperties"]
            described = copy.deepcopy(package)
        if described["ModelApprovalStatus"] != before:
            self._events.package(described)
        return {"ModelPackageArn": described["ModelPackageArn"]}

    def delete(self, params: Params) -> Params:
        """DeleteModelPackage."""
        with self._context.lock:
            del self._packages[self._package(params["ModelPackageName"])["ModelPackageArn"]]
        return {}

    def _group(self, name_or_arn: str) -> Params:
        name = name_or_arn.rsplit("/", 1)[-1]
        try:
            return self._groups[name]
        except KeyError:
            raise invalid(f"ModelPackageGroup {self._group_arn(name)} does not exist.") from None

    def _package(self, name_or_arn: str) -> Params:
        arn = name_or_arn
        if not arn.startswith("arn:"):
            arn = self._arn("model-package", name_or_arn)
        try:
            return self._packages[arn]
        except KeyError:
            raise invalid(f"ModelPackage {arn} does not exist.") from None

    def _of_group(self, name: str) -> list[Params]:
        return [one for one in self._packages.values() if one["ModelPackageGroupName"] == name]

    def _group_arn(self, name: str) -> str:
        return self._arn("model-package-group", name)

    def _arn(self, kind: str, name: str) -> str:
        """Unlike other ARNs of SageMaker these keep their case: they are looked up by text."""
        cloud = self._context.cloud
        return f"arn:aws:sagemaker:{cloud.region}:{cloud.account}:{kind}/{name}"

    def _someone(self) -> Params:
        """Who did it: no identity reaches this service, so all are the account's root."""
        account = self._context.cloud.account
        return {"IamIdentity": {"Arn": f"arn:aws:iam::{account}:root", "PrincipalId": account}}


def _only(given: Params, members: tuple[str, ...]) -> dict[str, Any]:
    return {member: given[member] for member in members if member in given}
