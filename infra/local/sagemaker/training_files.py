"""The files of the training contract: what a job finds below its base folder and what it leaves.

Only `training_run` uses it. Source: "How SageMaker provides training information" and "How
SageMaker processes training output" in the developer guide.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from infra.local.ports import Params
from infra.local.sagemaker.artifacts import ArtifactMissing, Artifacts, pack
from infra.local.sagemaker.training_job import TrainingJob


class TrainingFiles:
    """One job's folders: `code` (a copy of the image) and `base` (/opt/ml in a container)."""

    def __init__(self, folder: Path, job: TrainingJob, artifacts: Artifacts) -> None:
        self.code = folder / "code"
        self.base = folder / "base"
        self.log = folder / "log.txt"
        self._job = job
        self._artifacts = artifacts

    def lay_out(self) -> None:
        """Copy the image and write the configuration.

        Raises:
            AwsError: the image was never pushed.
        """
        asked = self._job.asked
        self._artifacts.copy_image(asked["AlgorithmSpecification"]["TrainingImage"], self.code)
        for folder in ("input/config", "input/data", "model", "output/data"):
            (self.base / folder).mkdir(parents=True)
        self._write("hyperparameters", asked.get("HyperParameters", {}))
        self._write(
            "resourceconfig",
            {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"},
        )
        self._write(
            "inputdataconfig",
            {
                channel["ChannelName"]: {
                    "TrainingInputMode": "File",
                    "S3DistributionType": "FullyReplicated",
                    "RecordWrapperType": "None",
                }
                for channel in asked.get("InputDataConfig", ())
            },
        )

    def _write(self, name: str, content: Params) -> None:
        (self.base / "input" / "config" / f"{name}.json").write_text(json.dumps(content))

    def download(self) -> None:
        """Fetch every channel.

        Raises:
            ArtifactMissing: nothing under a channel's prefix, or an object that can't be read.
        """
        for channel in self._job.asked.get("InputDataConfig", ()):
            target = self.base / "input" / "data" / channel["ChannelName"]
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            found = False
            for source, path in self._artifacts.keys(uri):
                found = True
                file = (target / path).resolve()
                if not file.is_relative_to(target.resolve()):
                    raise ArtifactMissing(f"{source} would be stored outside its channel's folder")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(self._artifacts.read(source))
            if not found:
                raise ArtifactMissing(
                    f"No S3 objects found under S3 URL {uri!r} given in input data source of "
                    f"channel {channel['ChannelName']!r}"
                )

    def upload(self) -> None:
        """Store model.tar.gz, and output.tar.gz when the job left something in output/data.

        Raises:
            ArtifactMissing: the bucket does not take them.
        """
        for folder, name in ((self.base / "model", "model"), (self.base / "output/data", "output")):
            if any(folder.iterdir()):
                self._artifacts.write(f"{self._job.output_uri}/{name}.tar.gz", pack(folder))

    def failure(self) -> str:
        """Answer what the job wrote to output/failure; empty when it wrote nothing."""
        file = self.base / "output" / "failure"
        return file.read_text(errors="replace").strip() if file.is_file() else ""

    def metrics(self, now: datetime) -> list[Params]:
        """Answer each metric's last value in the job's output, as its regex finds it."""
        log = self.log.read_text(errors="replace") if self.log.is_file() else ""
        definitions = self._job.asked["AlgorithmSpecification"].get("MetricDefinitions", ())
        return [
            {"MetricName": definition["Name"], "Value": values[-1], "Timestamp": now}
            for definition in definitions
            if (values := list(_values(definition["Regex"], log)))
        ]


def _values(regex: str, log: str) -> Iterator[float]:
    """Line by line: each is a log event of its own, and `^` and `$` are its ends."""
    matches = (match for line in log.splitlines() for match in re.finditer(regex, line))
    for match in matches:
        try:
            yield float(match.group(1))
        except (ValueError, IndexError):
            continue
