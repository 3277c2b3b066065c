"""From data to a registered, approved version, through SageMaker's own API. For `cli` alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.problems import Problem
from cli.session import Session
from infra.model_file import ModelFile

Say = Callable[[str], None]
_POLL = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished training job: its artifact, and the quality that it printed."""

    job: str
    artifact: str
    metrics: Mapping[str, float]


def upload(session: Session, model: str, folder: Path, say: Say) -> str:
    """Put `<folder>/<channel>/<file>` where the model's training data lies; the data's URI.

    Raises:
        Problem: the folder holds no channel.
    """
    channels = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if not channels:
        raise Problem(f"{folder} has no channels", "put the data into <folder>/<channel>/<file>")
    prefix = f"{session.model(model).data_prefix}{folder.name}/"
    s3 = session.client("s3")
    for channel in channels:
        files = sorted(path for path in channel.rglob("*") if path.is_file())
        for file in files:
            key = f"{prefix}{channel.name}/{file.relative_to(channel).as_posix()}"
            s3.upload_file(str(file), session.bucket, key)
        say(f"uploaded {len(files)} files of channel {channel.name}")
    return f"s3://{session.bucket}/{prefix}"


def train(session: Session, model: ModelFile, image: str, data: str, say: Say) -> Trained:
    """Run a training job and wait for it.

    Args:
        image: URI by digest.
        data: S3 prefix with a folder for each channel.

    Raises:
        Problem: the job failed, with SageMaker's reason.
    """
    sagemaker = session.client("sagemaker")
    job = _free_name(sagemaker, session.model(model.name).endpoint)
    sagemaker.create_training_job(**_job(session, model, job, image, data))
    shown = ""
    while True:
        found = sagemaker.describe_training_job(TrainingJobName=job)
        if found["SecondaryStatus"] != shown:
            shown = found["SecondaryStatus"]
            say(f"training job {job}: {shown}")
        if found["TrainingJobStatus"] == "Completed":
            return Trained(
                job=job,
                artifact=found["ModelArtifacts"]["S3ModelArtifacts"],
                metrics={m["MetricName"]: m["Value"] for m in found.get("FinalMetricDataList", [])},
            )
        if found["TrainingJobStatus"] in ("Failed", "Stopped"):
            raise Problem(
                f"training job {job}: {found.get('FailureReason', found['TrainingJobStatus'])}",
                "its log says more; then run the command again",
            )
        time.sleep(_POLL)


def register(session: Session, model: ModelFile, image: str, trained: Trained) -> str:
    """Register a version in the model package group, pending approval; its ARN."""
    names = session.model(model.name)
    instance = model.serving.instance_type or session.environment.serving_instance_type
    package = session.client("sagemaker").create_model_package(
        ModelPackageGroupName=names.package_group,
        ModelPackageDescription=model.description,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [
                {
                    "Image": image,
                    "ModelDataUrl": trained.artifact,
                    "Environment": dict(model.serving.environment),
                }
            ],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
            "SupportedRealtimeInferenceInstanceTypes": [instance],
        },
        CustomerMetadataProperties={
            "training_job": trained.job,
            **{f"metric:{name}": repr(value) for name, value in trained.metrics.items()},
        },
    )
    return str(package["ModelPackageArn"])


def approve(session: Session, package: str, reason: str) -> None:
    """Approve a version: the event of it starts the rollout."""
    session.client("sagemaker").update_model_package(
        ModelPackageArn=package, ModelApprovalStatus="Approved", ApprovalDescription=reason
    )


def _job(session: Session, model: ModelFile, job: str, image: str, data: str) -> dict[str, Any]:
    names, training = session.model(model.name), model.training
    channels = _channels(session, data)
    return {
        "TrainingJobName": job,
        "RoleArn": session.role(names.training_role),
        "AlgorithmSpecification": {
            "TrainingImage": image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": name, "Regex": rf"^{name}=([0-9.eE+-]+)$"} for name in training.metrics
            ],
        },
        "HyperParameters": {key: str(value) for key, value in training.hyperparameters.items()},
        "InputDataConfig": [
            {
                "ChannelName": channel,
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{data}{channel}/"}
                },
            }
            for channel in channels
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{session.bucket}/{names.artifact_prefix}"},
        "ResourceConfig": {
            "InstanceType": training.instance_type or session.environment.training_instance_type,
            "InstanceCount": 1,
            "VolumeSizeInGB": training.volume_gib,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": int(training.max_runtime.total_seconds())},
    }


def _channels(session: Session, data: str) -> list[str]:
    bucket, _, prefix = data.removeprefix("s3://").partition("/")
    listed = session.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/")
    found = [p["Prefix"].removeprefix(prefix).rstrip("/") for p in listed.get("CommonPrefixes", [])]
    if not found:
        raise Problem(f"there is no training data below {data}", "name a folder with --data")
    return sorted(found)


def _free_name(sagemaker: Any, endpoint: str) -> str:
    """`<endpoint>-train-<number>`: the next number that no job of the endpoint has."""
    prefix = f"{endpoint}-train-"
    listed = sagemaker.list_training_jobs(
        NameContains=prefix, SortBy="CreationTime", SortOrder="Descending", MaxResults=100
    )["TrainingJobSummaries"]
    # Others' names may hold ours: `dev-completion-train-0001`, or one made by hand.
    found = (re.fullmatch(f"{prefix}(\\d+)", job["TrainingJobName"]) for job in listed)
    return f"{prefix}{max((int(match[1]) for match in found if match), default=0) + 1:04d}"
