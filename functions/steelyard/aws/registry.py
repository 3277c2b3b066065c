"""The model package group: which versions were approved since. `world.py` uses it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from steelyard.aws.calls import translated
from steelyard.rollout.model import Candidate

_LATEST = 5


class Registry:
    """Reads one model package group."""

    def __init__(self, group: str, sagemaker: Any) -> None:
        self._group = group
        self._sagemaker = sagemaker

    def approved_after(self, instant: datetime | None) -> tuple[Candidate, ...]:
        """Packages approved after `instant` (None: ever), of the five latest approved versions.

        The registry keeps no time of approval; a package's last change stands for it.
        """
        with translated(f"list packages of {self._group}"):
            listed = self._sagemaker.list_model_packages(
                ModelPackageGroupName=self._group,
                ModelApprovalStatus="Approved",
                SortBy="CreationTime",
                SortOrder="Descending",
                MaxResults=_LATEST,
            )["ModelPackageSummaryList"]
            candidates = [self._candidate(summary) for summary in listed]
        return tuple(c for c in candidates if instant is None or c.approved_at > instant)

    def _candidate(self, summary: dict[str, Any]) -> Candidate:
        arn = summary["ModelPackageArn"]
        package = self._sagemaker.describe_model_package(ModelPackageName=arn)
        version = package["ModelPackageVersion"]
        approved_at = package.get("LastModifiedTime", package["CreationTime"])
        # In the ledger, another type could never be read back.
        if type(version) is not int or not isinstance(approved_at, datetime):
            raise TypeError(f"{arn}: got version {version!r:.100}, changed {approved_at!r:.100}")
        return Candidate(version, arn, approved_at)
