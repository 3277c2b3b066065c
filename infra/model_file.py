"""What a user may write in models/<name>/model.yaml. Imported by `app.py`, `infra` and `cli`.

The part `rollout:` is the dataclass that the reconciler itself runs on; there is no second
definition of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    model_validator,
)

from infra.aws_images import AwsImage
from infra.errors import InvalidModelFile
from infra.golden_file import read_golden_file
from infra.model_problems import problem, validate
from infra.yaml_source import read_yaml
from steelyard.rollout.policy import Policy
from steelyard.rollout.scaling import ScalingSettings


def _matching(pattern: str, accepted: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"got {value!r}, accepted: {accepted}")
        return value

    return AfterValidator(check)


def _scalar(value: object) -> object:
    if not isinstance(value, str | int | float):
        raise ValueError(f"got {value!r}, accepted: text, a number, true or false")  # noqa: TRY004
    return value


def _dividing_a_minute(value: timedelta) -> timedelta:
    if value.total_seconds() not in (10, 30, 60):
        raise ValueError(f"got {value.total_seconds():g}s, accepted: 10s, 30s, 60s")
    return value


# Rules and training jobs carry the name too, and theirs end at 64 characters.
Name = Annotated[
    str,
    _matching(
        r"(?=.{1,30}$)[a-z][a-z0-9]*(-[a-z0-9]+)*",
        "lower-case letters, digits and single hyphens, at most 30 characters",
    ),
]
InstanceType = Annotated[
    str, _matching(r"ml\.[a-z0-9-]+\.[a-z0-9]+", "an instance type such as ml.g5.xlarge")
]
MetricName = Annotated[
    str,
    _matching(
        r"[a-z][a-z0-9_]{0,39}", "lower-case letters, digits and underscores, at most 40 of them"
    ),
]
FileName = Annotated[
    str, _matching(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", "the name of a file beside model.yaml")
]
Scalar = Annotated[object, AfterValidator(_scalar)]
# Both of SageMaker's time-outs: 60 to 3600 seconds (botocore's model of CreateEndpointConfig).
StartTimeout = Annotated[timedelta, Field(ge=timedelta(minutes=1), le=timedelta(hours=1))]

# Of SageMaker's MetricPublishFrequencyInSeconds those that divide a minute.
MetricsEvery = Annotated[timedelta, AfterValidator(_dividing_a_minute)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Training(_Part):
    """How a version is trained.

    Attributes:
        instance_type: instead of the environment's.
        volume_gib: disk of the training instance.
        max_runtime: the job is stopped after it.
        hyperparameters: given to train.py, as text.
        metrics: names that train.py prints as `name=value`; they end up with the version.
    """

    instance_type: InstanceType | None = None
    volume_gib: Annotated[int, Field(ge=1, le=16384)] = 30
    max_runtime: Annotated[timedelta, Field(ge=timedelta(minutes=1), le=timedelta(days=28))] = (
        timedelta(hours=1)
    )
    hyperparameters: dict[str, Scalar] = {}
    metrics: tuple[MetricName, ...] = ()


class Serving(_Part):
    """How a version is served.

    Attributes:
        instance_type: instead of the environment's.
        download_timeout: until the artifact is on the instance.
        startup_timeout: until the container answers /ping.
        data_capture_percent: share of requests that are kept in the bucket; 0 keeps none.
        metrics_every: how often requests are counted; below 60s those of each instance too, which
            CloudWatch charges for (docs/cadence.md).
        environment: variables of the container; they are registered with each version.
        autoscaling: how stable scales between rollouts; null: it doesn't.
    """

    instance_type: InstanceType | None = None
    download_timeout: StartTimeout = timedelta(minutes=20)
    startup_timeout: StartTimeout = timedelta(minutes=10)
    data_capture_percent: Annotated[int, Field(ge=0, le=100)] = 0
    metrics_every: MetricsEvery = timedelta(minutes=1)
    environment: dict[str, str] = {}
    autoscaling: ScalingSettings | None = None


class Alarms(_Part):
    """Absolute limits for each variant; harm that shows without any comparison.

    Attributes:
        error_rate_percent: requests that the model answered with 5XX.
        p99_latency: ModelLatency, 99th percentile of a minute.
        datapoints_to_alarm, evaluation_periods: minutes that must be over the limit, and out of
            how many.
    """

    error_rate_percent: Annotated[float, Field(gt=0, lt=100)] = 5.0
    p99_latency: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(minutes=1))]
    datapoints_to_alarm: Annotated[int, Field(ge=1, le=60)] = 2
    evaluation_periods: Annotated[int, Field(ge=1, le=60)] = 3

    @model_validator(mode="after")
    def _m_of_n(self) -> Alarms:
        if self.datapoints_to_alarm > self.evaluation_periods:
            raise ValueError(
                f"datapoints_to_alarm: got {self.datapoints_to_alarm}, "
                f"accepted: at most evaluation_periods, {self.evaluation_periods}"
            )
        return self


class ModelFile(_Part):
    """One model: everything about it that is not code.

    Attributes:
        image: one of AWS's; an image of the model's own is named by the deployment instead.
        golden: file beside it with golden requests, asked of each canary before any user's.
    """

    name: Name
    description: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    image: AwsImage | None = None
    golden: FileName | None = None
    training: Training = Training()
    serving: Serving = Serving()
    rollout: Policy = Policy()
    alarms: Alarms

    _golden_requests: tuple[str, ...] = PrivateAttr(default=())

    @property
    def golden_requests(self) -> tuple[str, ...]:
        """What the file `golden` holds, each request as JSON."""
        return self._golden_requests

    def read_golden(self, folder: Path) -> list[str]:
        """Read the file `golden`; what is wrong with it, a line each."""
        if self.golden is None:
            return []
        self._golden_requests, problems = read_golden_file(folder / self.golden)
        return problems


def load_model(folder: Path) -> ModelFile:
    """Read models/<name>/model.yaml.

    Raises:
        InvalidModelFile: all that is wrong with it, a line each.
    """
    source = read_yaml(folder / "model.yaml")
    model, problems = validate(ModelFile, source)
    if model is not None and model.name != folder.name:
        text = f"got {model.name!r}, accepted: the folder's name, {folder.name}"
        problems.append(problem(source, ("name",), text))
    if model is not None:
        problems += model.read_golden(folder)
    if model is None or problems:
        raise InvalidModelFile("\n".join(problems))
    return model


def load_models(models: Path) -> tuple[ModelFile, ...]:
    """Read every models/<name>/model.yaml, by name.

    Raises:
        InvalidModelFile: all that is wrong with any of them, or none there.
    """
    loaded: list[ModelFile] = []
    problems: list[str] = []
    for file in sorted(models.glob("*/model.yaml")):
        try:
            loaded.append(load_model(file.parent))
        except InvalidModelFile as error:
            problems.append(str(error))
    if not loaded and not problems:
        problems.append(f"{models}: got no model, accepted: at least one <name>/model.yaml")
    problems += _shared_prefixes([model.name for model in loaded])
    if problems:
        raise InvalidModelFile("\n".join(problems))
    return tuple(loaded)


def _shared_prefixes(names: Sequence[str]) -> list[str]:
    """Permissions on `chat-*` would cover what belongs to `chat-large`: refuse such pairs."""
    return [
        f"models: got {short} and {long}, accepted: names of which none starts with another and "
        "a hyphen"
        for short in names
        for long in names
        if long.startswith(f"{short}-")
    ]
