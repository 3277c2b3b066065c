"""One local cloud for all tests of this folder; it starts in about a second."""

import json
from collections.abc import Callable, Iterator

import pytest

from infra.local import process
from tests.local.running_cloud import RunningCloud, policy, statement

FACTOR = 60.0
"""A virtual minute takes a second."""


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A running local cloud. Tests share it, so each uses names of its own."""
    state_dir = tmp_path_factory.mktemp("local-cloud")
    running = process.up(state_dir, FACTOR)
    try:
        yield RunningCloud(running.url, running.pid, running.factor, state_dir)
    finally:
        process.down(state_dir)


@pytest.fixture
def queue(local_cloud: RunningCloud, request: pytest.FixtureRequest) -> Callable[..., str]:
    """`queue(suffix, **attributes)`: the URL of a new queue that EventBridge may send to."""

    def make(suffix: str, **attributes: str) -> str:
        name = f"{request.node.name[:50]}-{suffix}".replace("[", "-").replace("]", "-")
        may = statement(
            "sqs:SendMessage", Principal={"Service": "events.amazonaws.com"}, Resource="*"
        )
        # Templates forbid plain HTTP, which loopback is.
        tls = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        chosen = {"Policy": json.dumps(policy(may, tls)), **attributes}
        if suffix.endswith(".fifo"):
            chosen |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        made = local_cloud.client("sqs").create_queue(QueueName=name, Attributes=chosen)
        return str(made["QueueUrl"])

    return make
