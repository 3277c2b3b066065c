"""Training jobs that fail, are stopped or are refused."""

import pytest

from infra.local.ports import Params
from tests.local.sagemaker.refusal import refused
from tests.local.sagemaker.scene import Scene, until
from tests.local.sagemaker.training_scene import channel, files_of, finished, start

FAILS = """\
import os, pathlib, sys
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
(base / "output/failure").write_text("the train channel has no Python in it")
sys.exit(7)
"""
SAVES_WHEN_TOLD = """\
import os, pathlib, signal, sys, time
def save(*_):
    (pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"]) / "model/saved.txt").write_text("half-way")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("training")
time.sleep(60)
"""


def test_key_that_leaves_its_channel_fails_the_job(scene: Scene) -> None:
    scene.put("data/train/../../../../../escaped.py", b"")
    start(scene, InputDataConfig=[channel("train", f"s3://{scene.cloud.bucket}/data/train/")])
    assert "outside its channel's folder" in finished(scene)["FailureReason"]


def test_failure_file_is_the_reason(scene: Scene) -> None:
    start(scene, FAILS)
    job = finished(scene)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == (
        "AlgorithmError: the train channel has no Python in it, exit code: 7"
    )


def test_without_a_failure_file_the_end_of_the_output_is_the_reason(scene: Scene) -> None:
    start(scene, "raise ValueError('order must be positive')\n")
    assert "ValueError: order must be positive" in finished(scene)["FailureReason"]


def test_empty_channel_fails_the_job_and_names_the_prefix(scene: Scene) -> None:
    start(scene, InputDataConfig=[channel("train", f"s3://{scene.cloud.bucket}/nothing/")])
    reason = finished(scene)["FailureReason"]
    assert f"No S3 objects found under S3 URL 's3://{scene.cloud.bucket}/nothing/'" in reason


@pytest.mark.parametrize("by", ["StopTrainingJob", "MaxRuntimeInSeconds"])
def test_stopped_job_may_save_its_model_first(scene: Scene, by: str) -> None:
    limit = 36000 if by == "StopTrainingJob" else 300
    start(scene, SAVES_WHEN_TOLD, StoppingCondition={"MaxRuntimeInSeconds": limit})
    log = scene.cloud.state_dir / "sagemaker" / "training" / "job-1" / "log.txt"
    until(lambda: log.read_text() if log.exists() else "", lambda text: "training" in text)
    if by == "StopTrainingJob":
        scene.api("StopTrainingJob", TrainingJobName="job-1")
        now = scene.api("DescribeTrainingJob", TrainingJobName="job-1")
        assert now["TrainingJobStatus"] == "Stopping"
    job = finished(scene)
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == (
        "Stopped" if by == "StopTrainingJob" else "MaxRuntimeExceeded"
    )
    assert files_of(scene.get("trained/job-1/output/model.tar.gz")) == {"saved.txt": "half-way"}
    with refused("ValidationException", "in status Stopped"):
        scene.api("StopTrainingJob", TrainingJobName="job-1")


def test_name_is_never_used_twice(scene: Scene) -> None:
    start(scene)
    finished(scene)
    with refused("ResourceInUse", "job-1"):
        start(scene)
    [job] = scene.api("ListTrainingJobs", StatusEquals="Completed")["TrainingJobSummaries"]
    assert job["TrainingJobName"] == "job-1"


def test_unknown_job_is_refused(scene: Scene) -> None:
    for operation in ("DescribeTrainingJob", "StopTrainingJob"):
        with refused("ValidationException", "Requested resource not found", "'job-9'"):
            scene.api(operation, TrainingJobName="job-9")


@pytest.mark.parametrize(
    ("code", "part", "change"),
    [
        ("NotImplemented", "EnableManagedSpotTraining", {"EnableManagedSpotTraining": True}),
        ("NotImplemented", "RetryStrategy", {"RetryStrategy": {"MaximumRetryAttempts": 2}}),
        (
            "NotImplemented",
            "InstanceCount 1",
            {"ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 2}},
        ),
        (
            "ValidationException",
            "never pushed",
            {
                "AlgorithmSpecification": {
                    "TrainingImage": "000000000000.dkr.ecr.eu-west-1.amazonaws.com/steelyard/x"
                    f"@sha256:{'0' * 64}",
                    "TrainingInputMode": "File",
                }
            },
        ),
    ],
)
def test_what_is_not_emulated_or_not_there_is_refused_at_once(
    scene: Scene, code: str, part: str, change: Params
) -> None:
    with refused(code, part):
        start(scene, **change)
    assert scene.api("ListTrainingJobs") == {"TrainingJobSummaries": []}


@pytest.mark.parametrize(("regex", "part"), [("top1=(", "bad regex"), ("top1", "one group")])
def test_metric_regex_that_can_find_nothing_is_refused(scene: Scene, regex: str, part: str) -> None:
    algorithm = {
        "TrainingImage": scene.image(),
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "top1", "Regex": regex}],
    }
    with refused("ValidationException", part):
        start(scene, AlgorithmSpecification=algorithm)


def test_stop_of_the_service_ends_a_running_job(scene: Scene) -> None:
    start(scene, "import time\nprint('training')\ntime.sleep(60)\n")
    log = scene.cloud.state_dir / "sagemaker" / "training" / "job-1" / "log.txt"
    until(lambda: log.read_text() if log.exists() else "", lambda text: "training" in text)
    scene.stop_service()
    assert scene.service._children._running == set()
