"""Training jobs that complete: the container contract, statuses, metrics, artifacts."""

import io
import json
import tarfile
from pathlib import Path

from infra.local.sagemaker.artifacts import pack
from tests.local.sagemaker.scene import Scene, until
from tests.local.sagemaker.training_scene import channel, files_of, finished, start


def test_job_finds_its_inputs_and_leaves_its_model(scene: Scene) -> None:
    scene.put("data/v1/train/a.py", b"import os\n")
    scene.put("data/v1/train/deep/b.py", b"import re\n")
    scene.put("data/v1/held-out.txt", b"kept apart")
    start(
        scene,
        InputDataConfig=[
            channel("train", f"s3://{scene.cloud.bucket}/data/v1/train"),
            channel("test", f"s3://{scene.cloud.bucket}/data/v1/held-out.txt"),
        ],
        HyperParameters={"order": "3"},
    )
    job = finished(scene)
    assert job["TrainingJobStatus"] == "Completed", job
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{scene.cloud.bucket}/trained/job-1/output/model.tar.gz"
    files = files_of(scene.get("trained/job-1/output/model.tar.gz"))
    assert files["alpha.txt"] == "mint"
    assert json.loads(files["nested/found.json"]) == [
        {"order": "3"},
        ["test", "train"],
        "algo-1",
        {
            "test/held-out.txt": "kept apart",
            "train/a.py": "import os\n",
            "train/deep/b.py": "import re\n",
        },
    ]


def test_final_metrics_are_the_last_values_that_the_regexes_find(scene: Scene) -> None:
    start(scene)
    metrics = {one["MetricName"]: one["Value"] for one in finished(scene)["FinalMetricDataList"]}
    assert metrics == {"top1": 0.40625, "loss": 0.25}


def test_statuses_follow_each_other_without_gaps(scene: Scene) -> None:
    start(scene)
    job = finished(scene)
    transitions = job["SecondaryStatusTransitions"]
    stages = ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert [one["Status"] for one in transitions] == stages
    assert [one["EndTime"] for one in transitions[:-1]] == [
        one["StartTime"] for one in transitions[1:]
    ]
    assert job["SecondaryStatus"] == "Completed"
    assert job["TrainingTimeInSeconds"] >= 1
    assert transitions[2]["StartTime"] == job["TrainingStartTime"]
    events = until(
        lambda: scene.cloud.events("SageMaker Training Job State Change"),
        lambda seen: len(seen) == len(stages),
    )
    assert [event.detail["SecondaryStatus"] for event in events] == stages
    assert events[-1].detail["TrainingJobStatus"] == "Completed"
    assert events[-1].resources == [job["TrainingJobArn"]]
    assert events[-1].detail["CreationTime"].isdigit()
    assert events[-1].detail["AlgorithmSpecification"]["TrainingInputMode"] == "File"


def test_equal_trainings_give_equal_archives(scene: Scene) -> None:
    for name in ("job-1", "job-2"):
        start(scene, name=name)
    for name in ("job-1", "job-2"):
        finished(scene, name)
    first, second = (
        scene.get(f"trained/{name}/output/model.tar.gz") for name in ("job-1", "job-2")
    )
    assert first == second


def test_archive_is_sorted_and_says_nothing_of_when_or_who(tmp_path: Path) -> None:
    names = ["b", "d/z", "a", "d/c", "0", "m", "k", "d/a", "l"]
    (tmp_path / "d").mkdir()
    for name in names:
        (tmp_path / name).write_text(name)
    with tarfile.open(fileobj=io.BytesIO(pack(tmp_path))) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == sorted([*names, "d"])
    assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}
