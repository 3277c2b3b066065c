"""Every physical name, in one place. Imported by the stacks and `cli`.

Stacks find each other's resources by these names, not by exports: an export would tie the
frozen serving stack to the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from infra.environments import Environment

RuleKind = Literal["tick", "alarm", "endpoint", "approval", "command"]
StackKind = Literal["data", "registry", "serving", "rollout"]

BOOTSTRAP_VARIANT = "bootstrap"
ARCHIVED = "ledger"  # folder of entries in the archive
CAPTURES = "captures"  # folder of captured requests in the bucket
ENDPOINT_LOGS = "/aws/sagemaker/Endpoints"  # SageMaker's own place for the containers' output
LABELS_URL = "LabelsUrl"  # output of the rollout stack
# Where services may write without a resource policy that names each log group.
VENDED_LOGS = "/aws/vendedlogs"


@dataclass(frozen=True, slots=True)
class Names:
    """What an environment has once."""

    environment: str

    def stack(self, kind: StackKind) -> str:
        """A CloudFormation stack."""
        return f"{self.prefix}-{kind}"

    @property
    def prefix(self) -> str:
        """Start of nearly all of them."""
        return f"steelyard-{self.environment}"

    @property
    def key_alias(self) -> str:
        """The key that everything is encrypted with, for people."""
        return f"alias/{self.prefix}"

    @property
    def key_parameter(self) -> str:
        """The key's ARN, for the other stacks."""
        return f"/steelyard/{self.environment}/key"

    def log_prefixes(self, endpoint_prefix: str) -> tuple[str, ...]:
        """Starts of the names of all log groups."""
        return (
            f"/aws/lambda/{self.prefix}-",
            f"{VENDED_LOGS}/{self.prefix}-",
            f"{ENDPOINT_LOGS}/{endpoint_prefix}",
        )

    def bucket(self, account: str, region: str) -> str:
        """The bucket for training data, artifacts and captures; names are unique in the world."""
        return f"steelyard-{self.environment}-{account}-{region}"

    @property
    def ledger(self) -> str:
        """The ledger's table."""
        return f"steelyard-{self.environment}-ledger"

    def archive(self, account: str, region: str) -> str:
        """The write-once bucket that the ledger is copied to."""
        return f"{self.prefix}-archive-{account}-{region}"

    @property
    def ledger_stream_parameter(self) -> str:
        """ARN of the stream of the ledger's changes, for the rollout stack."""
        return f"/steelyard/{self.environment}/ledger-stream"

    @property
    def archiver(self) -> str:
        """The Lambda function that copies the ledger."""
        return f"{self.prefix}-archive"

    @property
    def unarchived(self) -> str:
        """Which changes of the ledger the archive could not be told of."""
        return f"{self.prefix}-unarchived"

    @property
    def queue_alarm_prefix(self) -> str:
        """Start of the alarms on queues; no endpoint's name has an underscore."""
        return f"steelyard/_queues/{self.environment}/"

    @property
    def ledger_alarm_prefix(self) -> str:
        """Start of the alarms on the ledger; no endpoint's name has an underscore."""
        return f"steelyard/_ledger/{self.environment}/"

    @property
    def function(self) -> str:
        """The reconciler's Lambda function."""
        return f"steelyard-{self.environment}-reconcile"

    @property
    def intake(self) -> str:
        """The Lambda function that takes labels."""
        return f"{self.prefix}-intake"

    @property
    def labels(self) -> str:
        """The table of labels, and the API that they are reported to."""
        return f"{self.prefix}-labels"

    @property
    def labels_key(self) -> str:
        """The secret that inference ids are issued with."""
        return f"{self.prefix}-labels-key"

    @property
    def labels_log(self) -> str:
        """Who called the API of labels."""
        return f"{VENDED_LOGS}/{self.prefix}-labels"

    @property
    def operators(self) -> str:
        """The policy for people who give orders to rollouts."""
        return f"{self.prefix}-operators"

    @property
    def events(self) -> str:
        """The queue of everything that may move a rollout."""
        return f"steelyard-{self.environment}-events.fifo"

    @property
    def dead(self) -> str:
        """Messages that the reconciler failed on too often; FIFO, as its source is."""
        return f"steelyard-{self.environment}-dead.fifo"

    @property
    def undelivered(self) -> str:
        """Events that no rule could deliver; a standard queue, as rules demand."""
        return f"steelyard-{self.environment}-undelivered"

    @property
    def quarantine(self) -> str:
        """Messages that the reconciler refused."""
        return f"steelyard-{self.environment}-quarantine"

    @property
    def pages(self) -> str:
        """The topic that people are called through."""
        return f"steelyard-{self.environment}-pages"

    @property
    def settings_prefix(self) -> str:
        """Parameters below it hold the settings of one model each."""
        return f"/steelyard/{self.environment}/models"


@dataclass(frozen=True, slots=True)
class ModelNames:
    """What each model of an environment has."""

    environment: str
    model: str
    endpoint: str

    @classmethod
    def of(cls, environment: Environment, model: str) -> ModelNames:
        """The names of a model in an environment."""
        return cls(environment.name, model, f"{environment.endpoint_prefix}{model}")

    @property
    def package_group(self) -> str:
        """The model package group: all versions of the model."""
        return self.endpoint

    @property
    def training_role(self) -> str:
        """The role that training jobs run under."""
        return f"steelyard-{self.environment}-{self.model}-training"

    @property
    def serving_role(self) -> str:
        """The role that every version is served under."""
        return f"steelyard-{self.environment}-{self.model}-serving"

    @property
    def bootstrap(self) -> str:
        """The first SageMaker model and endpoint config; later ones are the reconciler's."""
        return f"{self.endpoint}-bootstrap"

    @property
    def labels_clients(self) -> str:
        """The policy for roles of those who report labels of this model."""
        return f"steelyard-{self.environment}-{self.model}-labels-clients"

    @property
    def log_group(self) -> str:
        """What every version's container prints."""
        return f"{ENDPOINT_LOGS}/{self.endpoint}"

    @property
    def dashboard(self) -> str:
        """The CloudWatch dashboard of its rollouts."""
        return f"steelyard-{self.environment}-{self.model}"

    @property
    def settings_parameter(self) -> str:
        """The model's settings, read by the reconciler."""
        return f"{Names(self.environment).settings_prefix}/{self.endpoint}"

    @property
    def golden_path(self) -> str:
        """The golden requests; the reconciler reads what lies below it."""
        return f"{self.settings_parameter}/golden"

    def golden_parameter(self, number: int) -> str:
        """One golden request."""
        return f"{self.golden_path}/{number:02}"

    @property
    def bootstrap_parameter(self) -> str:
        """ARN of the package that the first endpoint serves; written once, by the console."""
        return f"/steelyard/{self.environment}/bootstrap/{self.endpoint}"

    @property
    def alarm_prefix(self) -> str:
        """Start of the names of all its alarms; exact, since no endpoint's name has a slash."""
        return f"steelyard/{self.endpoint}/"

    @property
    def data_prefix(self) -> str:
        """Training data in the bucket."""
        return f"data/{self.model}/"

    @property
    def artifact_prefix(self) -> str:
        """Trained artifacts in the bucket."""
        return f"artifacts/{self.model}/"

    @property
    def capture_prefix(self) -> str:
        """Captured requests in the bucket; SageMaker itself appends endpoint and variant."""
        return f"{CAPTURES}/{self.endpoint}/"

    def rule(self, kind: RuleKind) -> str:
        """An EventBridge rule."""
        return f"steelyard-{self.endpoint}-{kind}"
