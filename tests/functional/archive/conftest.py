"""The archive's Lambda behind a table with five entries, and the bucket that it fills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import pytest

from steelyard.aws.archive import Archive
from steelyard.aws.ledger import Ledger
from tests.functional.archive.stream import BUCKET, Stream, make_bucket
from tests.functional.conftest import TABLE, Pages
from tests.functional.fake_sagemaker import REGION
from tests.functional.test_ledger import append
from tests.functional.world import Clients


@pytest.fixture
def archive(clients: Clients) -> Archive:
    """An empty archive."""
    return make_bucket(clients)


@pytest.fixture(scope="module")
def session(session_clients: Clients) -> botocore.session.Session:
    """What the handler's clients come from; they lead into the test's world."""
    made = botocore.session.Session()
    session_clients.attach(made.get_component("event_emitter"))
    return made


@pytest.fixture(scope="module")
def handler() -> Iterator[Callable[..., dict[str, Any]]]:
    """The handler in its environment: one process, so that it makes its clients once."""
    environment = {
        "STEELYARD_LEDGER_TABLE": TABLE,
        "STEELYARD_ARCHIVE_BUCKET": BUCKET,
        "STEELYARD_TOPIC_ARN": f"arn:aws:sns:{REGION}:123456789012:pages",
        "POWERTOOLS_SERVICE_NAME": "steelyard",
        "POWERTOOLS_METRICS_NAMESPACE": "SteelyardOperations",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        from steelyard.archive_composition import archiver  # noqa: PLC0415 - reads the environment
        from steelyard.handlers.archive import handler  # noqa: PLC0415

        archiver.cache_clear()
        yield handler
        archiver.cache_clear()


@pytest.fixture
def stream(  # noqa: PLR0913, PLR0917 - all of its parts
    clients: Clients,
    ledger: Ledger,
    archive: Archive,
    pages: Pages,
    session: botocore.session.Session,
    handler: Callable[..., dict[str, Any]],
) -> Stream:
    """The handler behind a table with five entries."""
    boto3.setup_default_session(botocore_session=session)  # moto takes it back after each test
    assert pages.topic == f"arn:aws:sns:{REGION}:123456789012:pages"
    entry = None
    for _ in range(5):
        entry = append(ledger, entry)
    assert archive.copies("completion") == {}
    return Stream(handler, ledger, clients)
