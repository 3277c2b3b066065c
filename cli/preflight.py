"""What must hold before templates are deployed over a living endpoint. For `cli` alone."""

from __future__ import annotations

from botocore.exceptions import ClientError

from cli.problems import Problem
from cli.session import Session
from steelyard.aws.ledger import state_of


def preflight(session: Session, model: str) -> None:
    """Refuse a deployment that would get in the way of a rollout, or undo a change.

    Raises:
        Problem: a rollout is under way, or the live endpoint differs from the ledger.
    """
    endpoint = session.model(model).endpoint
    live = _live_config(session, endpoint)
    if live is None:
        return
    state = state_of(session.ledger.latest(endpoint), endpoint)
    rollout = state.rollout
    if rollout is not None and not rollout.phase.is_over:
        raise Problem(
            f"{rollout.id} is {rollout.phase}: nothing is deployed while a rollout is under way",
            f"wait for it, or end it with `steelyard rollback {rollout.id} --reason ...`",
        )
    if state.stable is not None and state.stable.config != live:
        raise Problem(
            f"{endpoint} is on {live}, but the ledger says {state.stable.config}",
            "wait a minute for the reconciler to adopt what it finds, then look at "
            f"`steelyard history {endpoint}`",
        )


def _live_config(session: Session, endpoint: str) -> str | None:
    try:
        found = session.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":  # there is no such endpoint
            return None
        raise
    return str(found["EndpointConfigName"])
