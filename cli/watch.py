"""What `status` prints. For `cli` alone."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.problems import Problem
from cli.session import Session
from steelyard.aws.ledger import Entry, state_of
from steelyard.codec import decode
from steelyard.evidence import Verdict
from steelyard.rollout.model import EndpointState, Phase, Rollout

STYLES = {
    Phase.PROMOTED: "green",
    Phase.ROLLED_BACK: "red",
    Phase.ROLLING_BACK: "red",
    Phase.PAUSED: "yellow",
    Phase.NEEDS_HUMAN: "bold yellow",
}


def status_of(session: Session, endpoint: str) -> RenderableType:
    """One endpoint: what is in charge, what is under way, where traffic goes.

    Raises:
        Problem: there is no such endpoint.
    """
    live = _describe(session, endpoint)
    entry = session.ledger.latest(endpoint)
    state = state_of(entry, endpoint)
    parts: list[RenderableType] = [Text(endpoint, style="bold"), _variants(live, state)]
    if state.rollout is not None and entry is not None:
        parts.append(_rollout(state.rollout, entry))
    if state.waiting is not None:
        parts.append(Text(f"waiting: version {state.waiting.version}"))
    return Group(*parts)


def evidence_told(verdict: Verdict) -> str:
    """How much evidence of harm there is, and in what: a metric, or one segment of it."""
    said = f"evidence of harm {verdict.log_evidence['total']:.2f} of {verdict.log_threshold:.2f}"
    return said if verdict.carried_by is None else f"{said}, most in {verdict.carried_by}"


def _describe(session: Session, endpoint: str) -> dict[str, Any]:
    try:
        live: dict[str, Any] = session.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        raise Problem(
            f"there is no endpoint {endpoint!r}", "`steelyard deploy` makes one for each model"
        ) from error
    return live


def _variants(live: dict[str, Any], state: EndpointState) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("variant", "role", "traffic", "instances"):
        table.add_column(column)
    variants = live["ProductionVariants"]
    total = sum(v["CurrentWeight"] for v in variants) or 1.0
    for variant in variants:
        table.add_row(
            variant["VariantName"],
            _role(variant["VariantName"], state),
            f"{100 * variant['CurrentWeight'] / total:.4g} %",  # a first step may be 0.17 %
            str(variant["CurrentInstanceCount"]),
        )
    table.caption = f"{live['EndpointStatus']}, {live['EndpointConfigName']}"
    return table


def _role(variant: str, state: EndpointState) -> str:
    if state.stable is not None and state.stable.variant == variant:
        return "stable"
    under_way = state.rollout is not None and not state.rollout.phase.is_over
    if under_way and state.rollout is not None and state.rollout.canary == variant:
        return "canary"
    return ""


def _rollout(rollout: Rollout, entry: Entry) -> Text:
    text = Text(f"{rollout.id}: version {rollout.candidate.version} is ")
    text.append(rollout.phase.value, style=STYLES.get(rollout.phase, "cyan"))
    if rollout.phase is Phase.RAMPING:
        text.append(f" at {rollout.canary_percent:g} %")
    text.append(f" since {rollout.since:%H:%M:%S} UTC\n  {entry.decision['reason']}")
    verdict = entry.decision["verdict"]
    if verdict is not None and not rollout.phase.is_over:
        text.append(f"\n  {evidence_told(decode(Verdict, verdict))}")
    return text
