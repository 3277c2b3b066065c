"""What a rollout is: phases, state, decisions. Pure data; anyone may import it.

All of it goes through `steelyard.codec` into the ledger and back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from steelyard.evidence import Evidence, Verdict
from steelyard.rollout.actions import Intent
from steelyard.rollout.policy import Policy


class Phase(StrEnum):
    """Where a rollout stands."""

    PENDING = "PENDING"
    """Approved; waits until the endpoint is in service, unchanged and without alarms."""
    PROVISIONING = "PROVISIONING"
    """The canary's instances come up, at weight 0."""
    WARMING = "WARMING"
    """The canary serves, but no user's request reaches it yet."""
    RAMPING = "RAMPING"
    """The canary takes a share of traffic, one step after the other."""
    HOLDBACK = "HOLDBACK"
    """The canary takes nearly all traffic; old stable a last sample, to compare with."""
    FINALIZING = "FINALIZING"
    """All traffic goes to the canary."""
    PROMOTED = "PROMOTED"
    """Over: the candidate is stable now. The loser stays at weight 0 for a while."""
    PAUSED = "PAUSED"
    """Weights stay as they are until a person resumes, or harm shows."""
    ROLLING_BACK = "ROLLING_BACK"
    """All traffic goes back to stable; a latch, nothing raises the canary from here."""
    ROLLED_BACK = "ROLLED_BACK"
    """Over: stable stayed in charge."""
    NEEDS_HUMAN = "NEEDS_HUMAN"
    """Steelyard has stopped acting, and said why."""

    @property
    def is_over(self) -> bool:
        """Whether a rollout in this phase has ended."""
        return self in (Phase.PROMOTED, Phase.ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An approved version that has not yet taken traffic."""

    version: int
    package_arn: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class Stable:
    """The variant in charge. `version` is None where no model package is behind it."""

    variant: str
    config: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Retired:
    """What an ended rollout made, to be collected when nothing refers to it any more.

    Attributes:
        variant: the canary's name; while it, or a config, is in use, all of it stays.
        since: when the rollout ended.
    """

    variant: str
    model: str
    configs: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Samples:
    """What one guardrail was measured on in each variant: requests, or labels."""

    canary: int = 0
    stable: int = 0


@dataclass(frozen=True, slots=True)
class Rollout:
    """One attempt to bring one candidate to 100 %.

    Attributes:
        id, epoch: `<endpoint>-r<epoch>`; the epoch counts the endpoint's rollouts.
        canary: the canary's variant name, new for each rollout, so that a late call that names
            an older variant is rejected.
        config: endpoint config that holds stable and canary.
        step: index into `policy.steps`; -1 before the first.
        first_percent: the first step's percentage where it was sized to the traffic, which is
            not a whole one then; None: it is `policy.steps[0]`.
        since: when the phase, or step, was entered.
        weights_since: when Describe first showed the weights of this step; None while open.
        canary_requests: requests of the canary that were weighed at this step.
        samples: what was measured at this step, by guardrail metric.
        labels_until: labels that arrived up to this instant have been weighed.
        resume_to: the phase that a pause, or a person's help, returns to.
        intent: what is not yet confirmed.
        latched: set by a rollback; from then on no intent raises the canary.
        cold_start: from WARMING on until all golden requests were answered once; None before.
        tidied: whether the loser's removal was begun; it is tried once.
        waits: what a PENDING rollout waits for, in words.
        told_at: when people were last told that an intent can't be carried out; None: never.
    """

    id: str
    epoch: int
    candidate: Candidate
    stable: Stable
    canary: str
    model: str
    config: str
    policy: Policy
    phase: Phase
    since: datetime
    evidence: Evidence
    step: int = -1
    first_percent: float | None = None
    weights_since: datetime | None = None
    canary_requests: int = 0
    samples: Mapping[str, Samples] = field(default_factory=dict)
    labels_until: datetime | None = None
    resume_to: Phase | None = None
    intent: Intent | None = None
    latched: bool = False
    cold_start: timedelta | None = None
    tidied: bool = False
    waits: str = ""
    told_at: datetime | None = None

    @property
    def loser(self) -> str:
        """The variant that a rollout which is over left at weight 0."""
        return self.stable.variant if self.phase is Phase.PROMOTED else self.canary

    @property
    def canary_percent(self) -> float:
        """The share that the canary is meant to have; a pause keeps that of the phase it left."""
        phase = self.resume_to or self.phase
        if phase is Phase.RAMPING and self.step == 0 and self.first_percent is not None:
            return self.first_percent
        if phase is Phase.RAMPING:
            return self.policy.steps[self.step]
        if phase is Phase.HOLDBACK:
            return self.policy.holdback_percent
        return 100 if phase in (Phase.FINALIZING, Phase.PROMOTED) else 0


@dataclass(frozen=True, slots=True)
class EndpointState:
    """What the ledger knows of one endpoint.

    Attributes:
        stable: who is in charge; None until the endpoint was adopted.
        previous: who was in charge before; its config and model are kept.
        retired: what ended rollouts made and nobody has collected yet, oldest first.
        rollout: the latest rollout, also when it is over.
        waiting: an approved candidate whose turn has not come; a newer one replaces it.
        approvals_until: approvals up to this instant have been dealt with.
        metrics_until: minutes of metrics up to this instant have been read.
        done_keys: keys of the latest commands, so that a repeated one does nothing.
        warned: what people were told last while no rollout was under way.
        untold: what people have to be told and, as far as is known, were not; empty: nothing.
    """

    endpoint: str
    epoch: int = 0
    stable: Stable | None = None
    previous: Stable | None = None
    retired: tuple[Retired, ...] = ()
    rollout: Rollout | None = None
    waiting: Candidate | None = None
    approvals_until: datetime | None = None
    metrics_until: datetime | None = None
    done_keys: tuple[str, ...] = ()
    warned: str = ""
    untold: str = ""


class DecisionKind(StrEnum):
    """What the machine chose."""

    ADOPT = "adopt"
    START = "start"
    HOLD = "hold"
    ADVANCE = "advance"
    PROMOTE = "promote"
    PAUSE = "pause"
    RESUME = "resume"
    ROLL_BACK = "roll_back"
    HAND_OVER = "hand_over"
    WARN = "warn"
    TIDY = "tidy"


@dataclass(frozen=True, slots=True)
class Decision:
    """The machine's answer: the state from here on, and whether to act on its intent now."""

    kind: DecisionKind
    reason: str
    phase_before: Phase | None
    phase: Phase | None
    act: bool = False
    page: bool = False
    verdict: Verdict | None = None
    state: EndpointState = field(kw_only=True)
