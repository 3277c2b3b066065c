"""Fuzzing the archive's Lambda: whatever the table holds is archived or told, and blocks nothing.

Anybody who may write to the table can put anything into an item, but for its two keys: DynamoDB
takes those as text alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from steelyard.aws.ledger import Ledger
from tests.functional.archive.stream import BUCKET, Stream, make_bucket
from tests.functional.conftest import TABLE, Pages
from tests.functional.fake_sagemaker import REGION
from tests.functional.test_ledger import append
from tests.functional.world import Clients

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
FUZZ = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.text(max_size=20).map(lambda text: {"S": text}),
    st.sampled_from(['{"x": NaN}', "[" * 1200 + "]" * 1200, "{}", "9" * 5000]).map(
        lambda text: {"S": text}
    ),
    st.integers(-(10**37), 10**37).map(lambda number: {"N": str(number)}),
    st.sampled_from([{"N": "1E+125"}, {"NULL": True}, {"BOOL": True}, {"L": []}, {"M": {}}]),
)
NAMES = ("form", "at", "trigger", "seen", "decision", "state", "previous", "hash", "more")


@pytest.fixture
def stream(
    clients: Clients, ledger: Ledger, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stream]:
    """The handler behind a table with five entries."""
    environment = {
        "STEELYARD_LEDGER_TABLE": TABLE,
        "STEELYARD_ARCHIVE_BUCKET": BUCKET,
        "STEELYARD_TOPIC_ARN": pages.topic,
        "POWERTOOLS_SERVICE_NAME": "steelyard",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    session = botocore.session.Session()
    clients.attach(session.get_component("event_emitter"))
    boto3.setup_default_session(botocore_session=session)
    make_bucket(clients)
    entry = None
    for _ in range(5):
        entry = append(ledger, entry)
    from steelyard.archive_composition import archiver  # noqa: PLC0415 - reads the environment
    from steelyard.handlers.archive import handler  # noqa: PLC0415

    archiver.cache_clear()
    yield Stream(handler, ledger, clients)
    archiver.cache_clear()
    boto3.DEFAULT_SESSION = None


@FUZZ
@given(
    kind=st.sampled_from(["INSERT", "MODIFY", "REMOVE"]),
    at=st.integers(0, 4),
    changed=st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=3),
    gone=st.sets(st.sampled_from(NAMES), max_size=2),
    keys=st.fixed_dictionaries(
        {}, optional={name: st.text(max_size=70) for name in ("endpoint", "version")}
    ),
)
@example("INSERT", 2, {"state": {"S": "9" * 5000}}, set(), {})  # too long a number for Python
@example("MODIFY", 2, {"form": {"N": "1E+125"}}, set(), {})
@example("REMOVE", 2, {"version": {"S": "1"}}, {"hash"}, {"endpoint": "../x"})
def test_no_item_blocks_those_behind_it(  # noqa: PLR0913, PLR0917 - what may be wrong with one
    stream: Stream,
    pages: Pages,
    kind: str,
    at: int,
    changed: dict[str, Any],
    gone: set[str],
    keys: dict[str, str],
) -> None:
    good = stream.items()
    odd = {**good[at], **changed, **{name: {"S": text} for name, text in keys.items()}}
    odd = {name: value for name, value in odd.items() if name not in gone}
    image = {"before" if kind == "REMOVE" else "after": odd}
    assert stream.send(*map(_appended(stream), good)) == []
    pages.read()
    assert stream.send(stream.record(kind, **image), _appended(stream)(good[-1])) == []
    assert odd in good or pages.read()


def _appended(stream: Stream) -> Any:
    return lambda item: stream.record("INSERT", after=item)
