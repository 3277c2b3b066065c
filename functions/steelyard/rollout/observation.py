"""What comes in: why the machine is asked, and one reading of the world. Pure data.

Anyone may import it; `service.py` and `aws/` fill it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from steelyard.evidence import Batch
from steelyard.rollout.golden import Answer
from steelyard.rollout.model import Candidate, Stable
from steelyard.rollout.policy import Policy

IN_SERVICE = "InService"


@dataclass(frozen=True, slots=True)
class Variant:
    """One production variant as Describe shows it."""

    name: str
    weight: float
    instances: int
    desired_instances: int


@dataclass(frozen=True, slots=True)
class Live:
    """The endpoint as Describe shows it.

    Attributes:
        metrics_every: how often counts are published, those of each instance too; None: once a
            minute, and of whole variants alone.
    """

    status: str
    config: str
    variants: tuple[Variant, ...]
    failure: str = ""
    metrics_every: timedelta | None = None

    @property
    def in_service(self) -> bool:
        """Whether it serves and nobody changes it."""
        return self.status == IN_SERVICE

    def weight(self, variant: str) -> float:
        """Weight of a variant; 0 for one that is not there."""
        return next((v.weight for v in self.variants if v.name == variant), 0.0)

    def percent(self, variant: str) -> float | None:
        """Share of the traffic that a variant gets; None where nothing has a weight."""
        total = sum(v.weight for v in self.variants)
        return 100 * self.weight(variant) / total if total > 0 else None

    def has(self, variant: str) -> bool:
        """Whether the endpoint has this variant."""
        return any(v.name == variant for v in self.variants)


@dataclass(frozen=True, slots=True)
class AlarmReading:
    """An alarm in ALARM, and what its metric says when read again.

    Attributes:
        canary, stable: worst recent value of each variant; None where there is none to read.
    """

    name: str
    metric: str
    threshold: float
    canary: float | None
    stable: float | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One reading of the world.

    Attributes:
        policy: the policy now deployed; a rollout keeps the one that it began with.
        live: the endpoint; None where it could not be read.
        serving: the variant with most weight, with its version; None where not readable.
        approved: packages approved after `EndpointState.approvals_until`.
        batches: of complete minutes after `metrics_until`, one or several a minute, oldest first.
        metrics_until: up to where metrics were read (minutes that can't be read are skipped).
        labels_until: up to where labels were read, which `batches` hold; None: they were not.
        alarms: alarms of this endpoint in ALARM.
        canary_alarms: whether the canary's absolute alarms exist, all of them; None: unread.
        canary_alarms_gone: whether none of them exists; None: unread.
        collected: whether nothing is left of what the intent deletes; None: unread.
        golden: the canary's answers to the golden requests; None: not asked.
        traffic: stable's requests in each of the last complete minutes, oldest first, where the
            first step is to be sized by them; None: they were not read.
        unreadable: what could not be read, in words.
        refused: what AWS answered to an action that no repetition would mend.
        withdrawn: that the candidate is not approved any more, in words.
        busy: whether AWS refused the action that was just tried, for now.
        told: whether people were just told what the ledger says that they have to be.
    """

    policy: Policy
    live: Live | None
    serving: Stable | None = None
    approved: tuple[Candidate, ...] = ()
    batches: tuple[Batch, ...] = ()
    metrics_until: datetime | None = None
    labels_until: datetime | None = None
    alarms: tuple[AlarmReading, ...] = ()
    canary_alarms: bool | None = None
    canary_alarms_gone: bool | None = None
    collected: bool | None = None
    golden: tuple[Answer, ...] | None = None
    traffic: tuple[int, ...] | None = None
    unreadable: tuple[str, ...] = ()
    refused: str = ""
    withdrawn: str = ""
    busy: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class Hint:
    """Something may have changed; the world is read again to find out what."""

    kind: Literal["tick", "alarm", "endpoint", "approval", "recheck"]
    about: str = ""


class CommandName(StrEnum):
    """What a person may ask of a rollout."""

    START = "start"
    PROMOTE = "promote"
    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Command:
    """A person's order: who, why, and which rollout; `key` makes a repeated one harmless."""

    command: CommandName
    rollout: str
    actor: str
    reason: str
    key: str
    kind: Literal["command"] = "command"


Trigger = Hint | Command


@dataclass(frozen=True, slots=True)
class Event:
    """Why the machine is asked, and what the world looks like."""

    trigger: Trigger
    seen: Seen
