"""The record of one training job: what was asked, how far it is. `training` keeps them."""

import copy
import threading
from dataclasses import dataclass, field
from datetime import datetime

from infra.local.ports import Params

_REASON_LIMIT = 1024
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}
FINAL = {
    "Completed": "Completed",
    "Failed": "Failed",
    "Stopped": "Stopped",
    "MaxRuntimeExceeded": "Stopped",
}
"""Final secondary statuses and the TrainingJobStatus of each."""
_GIVEN = (
    "TrainingJobName",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "Environment",
)
DEFAULT_MAX_RUNTIME_S = 86400
"""One day, as StoppingCondition says."""


@dataclass
class TrainingJob:
    """A job; fields that change are guarded by the service's lock."""

    asked: Params
    arn: str
    created: datetime
    status: str = ""
    modified: datetime | None = None
    failure_reason: str = ""
    training_started: datetime | None = None
    ended: datetime | None = None
    transitions: list[Params] = field(default_factory=list)
    metrics: list[Params] = field(default_factory=list)
    stop_wanted: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        """The job's name."""
        name: str = self.asked["TrainingJobName"]
        return name

    @property
    def max_runtime_s(self) -> int:
        """Virtual seconds that training may take."""
        condition = self.asked.get("StoppingCondition", {})
        seconds: int = condition.get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_S)
        return seconds

    @property
    def output_uri(self) -> str:
        """The folder in S3 where the job's archives go."""
        path: str = self.asked["OutputDataConfig"]["S3OutputPath"]
        return f"{path.rstrip('/')}/{self.name}/output"

    def move(self, status: str, now: datetime) -> None:
        """Enter a secondary status."""
        if self.transitions:
            self.transitions[-1]["EndTime"] = now
        transition: Params = {
            "Status": status,
            "StartTime": now,
            "StatusMessage": _MESSAGES[status],
        }
        if status in FINAL:
            transition["EndTime"] = now
            self.ended = now
        self.transitions.append(transition)
        self.status = status
        self.modified = now
        if status == "Training":
            self.training_started = now

    def describe(self) -> Params:
        """Answer DescribeTrainingJob's output."""
        unfinished = "Stopping" if self.stop_wanted.is_set() else "InProgress"
        answer: Params = {
            **{member: self.asked[member] for member in _GIVEN if member in self.asked},
            "TrainingJobArn": self.arn,
            "ModelArtifacts": {"S3ModelArtifacts": f"{self.output_uri}/model.tar.gz"},
            "TrainingJobStatus": FINAL.get(self.status, unfinished),
            "SecondaryStatus": self.status,
            "StoppingCondition": {"MaxRuntimeInSeconds": self.max_runtime_s},
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "SecondaryStatusTransitions": self.transitions,
            "FinalMetricDataList": self.metrics,
        }
        if self.failure_reason:
            answer["FailureReason"] = self.failure_reason[:_REASON_LIMIT]
        if self.training_started is not None:
            answer["TrainingStartTime"] = self.training_started
            if self.ended is not None:
                seconds = (self.ended - self.training_started).total_seconds()
                answer["TrainingEndTime"] = self.ended
                answer["TrainingTimeInSeconds"] = max(1, round(seconds))
                answer["BillableTimeInSeconds"] = max(1, round(seconds))
        return copy.deepcopy(answer)
