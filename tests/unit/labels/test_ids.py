"""Inference ids: issued by whoever has the key, taken for a week, of one endpoint."""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.labels.ids import HORIZON, NOISE_BYTES, RefusedId, issue, verify

KEY = b"k" * 64
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NOISE = bytes(range(NOISE_BYTES))
ID = issue(KEY, "completion", NOW, NOISE)


def why(inference_id: str, *, now: datetime = NOW, key: bytes = KEY, of: str = "completion") -> str:
    """Why an id is refused; empty when it is not."""
    try:
        verify(key, of, now, inference_id)
    except RefusedId as refused:
        return str(refused)
    return ""


@given(
    key=st.binary(min_size=1, max_size=80),
    endpoint=st.from_regex("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,30}", fullmatch=True),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - made aware below
    noise=st.binary(min_size=NOISE_BYTES, max_size=NOISE_BYTES),
)
def test_issued_id_fits_sagemaker_and_says_when_it_was_issued(
    key: bytes, endpoint: str, now: datetime, noise: bytes
) -> None:
    aware = now.replace(tzinfo=UTC)
    made = issue(key, endpoint, aware, noise)
    # Source: botocore's model of InvokeEndpoint.
    assert re.fullmatch(r"\S[\x20-\x7e]*", made)
    assert len(made) <= 64
    assert verify(key, endpoint, aware, made) == aware.replace(microsecond=0)


def test_ids_differ_by_their_noise() -> None:
    made = {issue(KEY, "completion", NOW, secrets.token_bytes(NOISE_BYTES)) for _ in range(1000)}
    assert len(made) == 1000


@pytest.mark.parametrize("length", [0, NOISE_BYTES - 1, NOISE_BYTES + 1])
def test_noise_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"got {length} bytes, accepted: {NOISE_BYTES}"):
        issue(KEY, "completion", NOW, b"x" * length)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1",
        ID[:-1],
        ID + "A",
        ID + "\n",
        ID.upper(),
        f" {ID}",
        ID.replace(".", "|"),
        "é" * 53,
        ID.replace(ID[0], "٣", 1),
        "\ud800" * 60,
        "x" * 100,
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    assert why(text).startswith("malformed: got ")


def test_id_of_another_endpoint_is_foreign_and_says_whose_are_taken() -> None:
    assert why(ID, of="chat") == f"foreign: {ID} is another endpoint's, accepted: chat's"


def test_endpoints_whose_tags_are_equal_share_no_ids() -> None:
    one, other = "model-391", "model-3297"
    made = issue(KEY, one, NOW, NOISE)
    assert made.split(".")[1] == issue(KEY, other, NOW, NOISE).split(".")[1]
    assert why(made, of=one) == ""
    assert why(made, of=other).startswith("forged: ")


def test_id_issued_with_another_key_is_forged() -> None:
    assert why(ID, key=b"other").startswith("forged: ")


@pytest.mark.parametrize("place", range(len(ID)))
def test_changing_any_character_makes_it_worthless(place: int) -> None:
    other = "1" if ID[place] != "1" else "2"
    changed = ID[:place] + other + ID[place + 1 :]
    assert why(changed).split(":")[0] in ("malformed", "foreign", "forged")


def test_no_other_spelling_of_the_same_bytes_is_taken() -> None:
    # 16 bytes leave four bits of the last character unused: 16 spellings, one of which is ours.
    body, _, mac = ID.rpartition(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same = [
        spelling
        for last in alphabet
        if urlsafe_b64decode(f"{(spelling := mac[:-1] + last)}==") == urlsafe_b64decode(f"{mac}==")
    ]
    assert len(same) == 16
    assert [s for s in same if why(f"{body}.{s}") == ""] == [mac]


def test_id_is_taken_for_the_horizon_and_not_longer() -> None:
    assert why(ID, now=NOW + HORIZON) == ""
    assert why(ID, now=NOW + HORIZON + SECOND) == (
        "expired: issued 2026-03-02T09:00:00Z, accepted: since 2026-03-02T09:00:01Z"
    )


def test_clock_that_runs_ahead_a_little_is_forgiven() -> None:
    assert why(ID, now=NOW - timedelta(minutes=5)) == ""
    assert why(ID, now=NOW - timedelta(minutes=5) - SECOND).startswith("from the future: issued ")
