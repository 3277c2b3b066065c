"""What tests of training jobs share: a training program, and starting and awaiting a job."""

import io
import tarfile
from typing import Any

from infra.local.ports import Params
from tests.local.sagemaker.scene import ROLE, Scene, until

TRAIN = """\
import json, os, pathlib
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
settings = json.loads((base / "input/config/hyperparameters.json").read_text())
channels = json.loads((base / "input/config/inputdataconfig.json").read_text())
host = json.loads((base / "input/config/resourceconfig.json").read_text())["current_host"]
found = {
    str(path.relative_to(base / "input/data")): path.read_text()
    for path in sorted((base / "input/data").rglob("*")) if path.is_file()
}
(base / "model/nested").mkdir()
(base / "model/nested/found.json").write_text(json.dumps([settings, sorted(channels), host, found]))
(base / "model/alpha.txt").write_text(os.environ["FLAVOUR"])
print("epoch 1: top1=0.25 loss=3.0")
print("epoch 2: top1=0.40625 loss=2.5e-1")
"""


def start(scene: Scene, train: str = TRAIN, name: str = "job-1", **more: Any) -> Params:
    return scene.api(
        "CreateTrainingJob",
        **{
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": scene.image(train=train),
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": "top1", "Regex": r"top1=([0-9.]+)"},
                    {"Name": "loss", "Regex": r"loss=(\S+)"},
                    {"Name": "never", "Regex": r"never=(\S+)"},
                ],
            },
            "OutputDataConfig": {"S3OutputPath": f"s3://{scene.cloud.bucket}/trained/"},
            "ResourceConfig": {
                "InstanceType": "ml.g5.xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 36000},
            "Environment": {"FLAVOUR": "mint"},
            **more,
        },
    )


def channel(name: str, uri: str) -> Params:
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
    }


def finished(scene: Scene, name: str = "job-1") -> Params:
    return until(
        lambda: scene.api("DescribeTrainingJob", TrainingJobName=name),
        lambda job: job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"),
    )


def files_of(archive: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {
            member.name: content.read().decode()
            for member in tar.getmembers()
            if (content := tar.extractfile(member)) is not None
        }
