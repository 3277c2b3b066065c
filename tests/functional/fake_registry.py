"""The fake SageMaker's model registry. `fake_sagemaker` is made of it; not a test itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.functional.sagemaker_refusals import arn, invalid, not_approved

Params = Mapping[str, Any]
_SUMMARY = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
)


@dataclass
class FakeRegistry:
    """Packages by their ARN, of one group."""

    packages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def register(self, version: int, *, status: str, at: datetime) -> str:
        """A version in the registry; its ARN."""
        package = arn("model-package", f"completion/{version}")
        self.packages[package] = {
            "ModelPackageGroupName": "completion",
            "ModelPackageVersion": version,
            "ModelPackageArn": package,
            "CreationTime": self.packages.get(package, {}).get("CreationTime", at),
            "LastModifiedTime": at,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "ModelApprovalStatus": status,
        }
        return package

    def package(self, name: str) -> dict[str, Any]:
        """DescribeModelPackage."""
        if name not in self.packages:
            raise invalid(f"ModelPackage {name} does not exist.")
        return self.packages[name]

    def check_approved(self, name: str) -> None:
        """Refuse a package that may not be deployed."""
        status = self.package(name)["ModelApprovalStatus"]
        if status != "Approved":
            raise not_approved(name, status)

    def list_packages(self, params: Params) -> dict[str, Any]:
        """ListModelPackages."""
        group, status = params["ModelPackageGroupName"], params["ModelApprovalStatus"]
        found = [
            {key: value for key, value in package.items() if key in _SUMMARY}
            for package in self.packages.values()
            if (package["ModelPackageGroupName"], package["ModelApprovalStatus"]) == (group, status)
        ]
        found.sort(key=lambda summary: summary["CreationTime"], reverse=True)
        return {"ModelPackageSummaryList": found[: params["MaxResults"]]}
