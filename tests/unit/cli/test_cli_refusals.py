"""What the console refuses before anything is asked of a cloud, and what it must never remove."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from cli.demonstrate import clear
from cli.main import app
from cli.orders import order
from cli.problems import Problem
from cli.session import Session
from cli.training import train
from infra.environments import ENVIRONMENTS
from infra.model_file import load_model
from steelyard.rollout.observation import CommandName

DIGEST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/completion@sha256:" + "0" * 64
MODEL = load_model(Path(__file__).parents[3] / "models/completion")


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that knows of no account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def steelyard(command: str) -> tuple[int, str]:
    """Run a command; its exit code, and what it said. Any other exception is raised."""
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, command.split())
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("command", "problem", "remedy"),
    [
        ("status --env dev", "Unable to locate credentials", "are credentials and region set"),
        ("history x --env dev", "read the ledger: Unable to locate", "are credentials and region"),
        (f"deploy --env dev --image completion={DIGEST}", "Unable to locate", "are credentials"),
        ("deploy --env dev", "no image for completion", "--image completion=URI@sha256:..."),
        ("deploy --env dev --image completion=x:latest", "got 'x:latest'", "@sha256:<64 hex"),
        (f"deploy --env dev --image other={DIGEST}", "no image for completion", "--image comple"),
        ("local up --empty --state-dir /dev/null/x", "Not a directory", ""),
    ],
)
@pytest.mark.usefixtures("no_aws")
def test_what_is_missing_is_told_without_a_traceback(
    command: str, problem: str, remedy: str
) -> None:
    code, said = steelyard(command)
    assert code == 1
    assert problem in said
    assert remedy in said


class FakeSession:
    """An environment whose clients answer from here."""

    environment = ENVIRONMENTS["local"]
    account, region, bucket = "000000000000", "eu-west-1", "bucket"
    caller = "arn:aws-cn:iam::000000000000:user/ada"
    model, role = Session.model, Session.role

    def __init__(self) -> None:
        self.created: list[str] = []
        self.roles: list[str] = []
        self.jobs = ["completion-train-0007", "dev-completion-train-0009", "completion-train-tuned"]

    def client(self, _service: str) -> FakeSession:
        return self

    def list_objects_v2(self, Prefix: str, **_: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        return {"CommonPrefixes": [{"Prefix": f"{Prefix}training/"}]}

    def list_training_jobs(self, **_: object) -> dict[str, Any]:
        return {"TrainingJobSummaries": [{"TrainingJobName": name} for name in self.jobs]}

    def create_training_job(self, **request: Any) -> None:
        self.created.append(request["TrainingJobName"])
        self.roles.append(request["RoleArn"])

    def describe_training_job(self, **_: str) -> dict[str, Any]:
        return {
            "TrainingJobStatus": "Completed",
            "SecondaryStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/model.tar.gz"},
        }


@pytest.mark.parametrize("reason", ["", "two\nlines", "x" * 1001])
def test_reason_that_can_not_be_recorded_is_refused_before_anything_is_sent(reason: str) -> None:
    with pytest.raises(Problem, match=r"reason: got .*nothing was sent"):
        order(cast("Session", FakeSession()), CommandName.ROLLBACK, "completion-r1", reason)


def test_training_job_gets_the_next_number_whatever_other_jobs_are_called() -> None:
    session = FakeSession()
    trained = train(cast("Session", session), MODEL, DIGEST, "s3://bucket/data/", lambda _: None)
    assert session.created == ["completion-train-0008"]
    assert session.roles[0].startswith("arn:aws-cn:iam::000000000000:role/steelyard-local-")
    assert (trained.job, trained.metrics) == ("completion-train-0008", {})


def test_demo_removes_nothing_but_what_a_demo_left(tmp_path: Path) -> None:
    for name in ("thesis.tex", "report.html", "cloud/log", "work/corpus"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
