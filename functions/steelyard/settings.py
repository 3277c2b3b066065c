"""The Lambda's environment variables, typed, in one place. Handlers use it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from steelyard.messages import Home


@dataclass(frozen=True, slots=True)
class Settings:
    """What the stack tells the Lambda."""

    ledger_table: str
    labels_table: str
    events_url: str
    quarantine_url: str
    topic_arn: str
    parameter_prefix: str
    home: Home


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process; a missing variable is a KeyError that names it."""
    return Settings(
        ledger_table=environment["STEELYARD_LEDGER_TABLE"],
        labels_table=environment["STEELYARD_LABELS_TABLE"],
        events_url=environment["STEELYARD_EVENTS_URL"],
        quarantine_url=environment["STEELYARD_QUARANTINE_URL"],
        topic_arn=environment["STEELYARD_TOPIC_ARN"],
        parameter_prefix=environment["STEELYARD_PARAMETER_PREFIX"],
        home=Home(environment["STEELYARD_ACCOUNT"], environment["AWS_REGION"]),
    )


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """What the stack tells the Lambda that takes labels; `labels_key` names the secret."""

    ledger_table: str
    labels_table: str
    labels_key: str


def intake_from_environment(environment: Mapping[str, str] = os.environ) -> IntakeSettings:
    """The settings of this process; a missing variable is a KeyError that names it."""
    return IntakeSettings(
        ledger_table=environment["STEELYARD_LEDGER_TABLE"],
        labels_table=environment["STEELYARD_LABELS_TABLE"],
        labels_key=environment["STEELYARD_LABELS_KEY"],
    )


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """What the stack tells the Lambda that archives the ledger."""

    ledger_table: str
    bucket: str
    topic_arn: str


def archive_from_environment(environment: Mapping[str, str] = os.environ) -> ArchiveSettings:
    """The settings of this process; a missing variable is a KeyError that names it."""
    return ArchiveSettings(
        ledger_table=environment["STEELYARD_LEDGER_TABLE"],
        bucket=environment["STEELYARD_ARCHIVE_BUCKET"],
        topic_arn=environment["STEELYARD_TOPIC_ARN"],
    )
