"""The training job operations. Only `service` uses it."""

import copy
import re
import threading

from infra.local.ports import AwsError, Params
from infra.local.sagemaker.artifacts import Artifacts
from infra.local.sagemaker.children import Children
from infra.local.sagemaker.context import Context
from infra.local.sagemaker.events import Events
from infra.local.sagemaker.refusals import invalid, not_emulated, refuse_others
from infra.local.sagemaker.shelf import Listing
from infra.local.sagemaker.training_job import FINAL, TrainingJob
from infra.local.sagemaker.training_run import TrainingRun

# Roles, KMS keys, VpcConfig and isolation are kept and shown, without effect on a laptop.
_JOB = (
    "TrainingJobName",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "Tags",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "Environment",
)
_ALGORITHM = ("TrainingImage", "TrainingInputMode", "MetricDefinitions")
_RESOURCES = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
_CHANNEL = ("ChannelName", "DataSource", "ContentType", "InputMode")
_SOURCE = ("S3DataType", "S3Uri", "S3DataDistributionType")
_JOBS = Listing(
    result="TrainingJobSummaries",
    name="TrainingJobName",
    summary=(
        "TrainingJobName",
        "TrainingJobArn",
        "CreationTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "TrainingJobStatus",
        "SecondaryStatus",
    ),
    status="TrainingJobStatus",
)


class TrainingJobs:
    """CreateTrainingJob and its relatives; every job is a process."""

    def __init__(
        self, context: Context, artifacts: Artifacts, children: Children, events: Events
    ) -> None:
        self._context = context
        self._artifacts = artifacts
        self._children = children
        self._events = events
        self._jobs: dict[str, TrainingJob] = {}
        self._threads: list[threading.Thread] = []

    def create(self, params: Params) -> Params:
        """CreateTrainingJob; a name is never used twice."""
        _check(params)
        self._artifacts.check_image(params["AlgorithmSpecification"]["TrainingImage"])
        name = params["TrainingJobName"]
        now = self._context.cloud.clock.now()
        job = TrainingJob(copy.deepcopy(params), self._context.arn("training-job", name), now)
        with self._context.lock:
            if name.lower() in self._jobs:
                raise AwsError(
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a "
                    f"training job with this name already exists ({job.arn})",
                )
            self._jobs[name.lower()] = job
            job.move("Starting", now)
            described = job.describe()
            run = TrainingRun(self._context, job, self._artifacts, self._children, self._events)
            thread = threading.Thread(target=run.run, name=f"sagemaker-{name}")
            self._threads.append(thread)
        self._events.training(described)
        thread.start()
        return {"TrainingJobArn": job.arn}

    def describe(self, params: Params) -> Params:
        """DescribeTrainingJob."""
        with self._context.lock:
            return self._job(params["TrainingJobName"]).describe()

    def list_jobs(self, params: Params) -> Params:
        """ListTrainingJobs."""
        with self._context.lock:
            return _JOBS.page([job.describe() for job in self._jobs.values()], params)

    def stop(self, params: Params) -> Params:
        """StopTrainingJob; what the job saved by then is uploaded."""
        with self._context.lock:
            job = self._job(params["TrainingJobName"])
            if job.status in FINAL:
                raise invalid(
                    "The request was rejected because the training job is in status "
                    f"{job.describe()['TrainingJobStatus']}."
                )
            already = job.stop_wanted.is_set()
            job.stop_wanted.set()
            if not already:
                job.move("Stopping", self._context.cloud.clock.now())
            described = job.describe()
        if not already:
            self._events.training(described)
        return {}

    def join(self) -> None:
        """Wait for the jobs' threads; `context.stopping` must be set."""
        for thread in self._threads:
            thread.join()

    def _job(self, name: str) -> TrainingJob:
        try:
            return self._jobs[name.lower()]
        except KeyError:
            raise invalid(f"Requested resource not found: training job {name!r}.") from None


def _check(params: Params) -> None:
    refuse_others(params, _JOB, "CreateTrainingJob")
    for member in ("AlgorithmSpecification", "ResourceConfig"):
        if member not in params:
            raise invalid(f"CreateTrainingJob needs {member}.")
    algorithm = params["AlgorithmSpecification"]
    refuse_others(algorithm, _ALGORITHM, "AlgorithmSpecification")
    if "TrainingImage" not in algorithm:
        raise invalid("AlgorithmSpecification needs TrainingImage.")
    for definition in algorithm.get("MetricDefinitions", ()):
        _check_regex(definition)
    refuse_others(params["ResourceConfig"], _RESOURCES, "ResourceConfig")
    if params["ResourceConfig"].get("InstanceCount") != 1:
        raise not_emulated(f"ResourceConfig {params['ResourceConfig']}: give InstanceCount 1")
    refuse_others(
        params.get("StoppingCondition", {}), ("MaxRuntimeInSeconds",), "StoppingCondition"
    )
    refuse_others(params["OutputDataConfig"], ("S3OutputPath", "KmsKeyId"), "OutputDataConfig")
    for channel in params.get("InputDataConfig", ()):
        _check_channel(channel)
    if algorithm["TrainingInputMode"] != "File":
        raise not_emulated(f"TrainingInputMode {algorithm['TrainingInputMode']!r}: give File")


def _check_channel(channel: Params) -> None:
    where = f"channel {channel['ChannelName']!r}"
    refuse_others(channel, _CHANNEL, where)
    if channel.get("InputMode", "File") != "File":
        raise not_emulated(f"{where} with InputMode {channel['InputMode']!r}: give File")
    refuse_others(channel["DataSource"], ("S3DataSource",), where)
    source = channel["DataSource"].get("S3DataSource", {})
    refuse_others(source, _SOURCE, where)
    kind = source.get("S3DataType")
    sharing = source.get("S3DataDistributionType", "FullyReplicated")
    if (kind, sharing) != ("S3Prefix", "FullyReplicated"):
        raise not_emulated(f"{where} with {kind!r}, {sharing!r}: give S3Prefix, FullyReplicated")


def _check_regex(definition: Params) -> None:
    try:
        groups = re.compile(definition["Regex"]).groups
    except re.error as error:
        raise invalid(f"MetricDefinition {definition!r} has a bad regex: {error}") from error
    if groups != 1:
        raise invalid(f"MetricDefinition {definition!r} needs one group, the value")
