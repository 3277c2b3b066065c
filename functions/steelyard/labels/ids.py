"""Inference ids that carry their time of issue and are bound to an endpoint. Pure.

Callers issue them with the environment's key, and send them with a request and, later, with its
label; the intake verifies them. docs/adr/0009-ids-carry-their-time.md says why. The intake and the
console use it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from steelyard.errors import InvalidEvent

HORIZON = timedelta(days=7)
"""How long after its issue an id is taken; a mark that it was counted is kept for longer."""

NOISE_BYTES = 12
"""Random bytes of each id: by then two equal ones are out of the question."""

_SKEW = timedelta(minutes=5)  # as AWS allows clocks of signers to differ
_MAC_BYTES = 16
_TAG_LENGTH = 4  # tells endpoints apart for people; what protects is the MAC
# Seconds since the epoch in hex (until 2106), the endpoint's tag, noise, and the MAC over all of
# that as text: so each id has one spelling only, and none can be counted twice.
_FORM = re.compile("([0-9a-f]{8})[.]([A-Za-z0-9_-]{4})[.]([A-Za-z0-9_-]{16})[.][A-Za-z0-9_-]{22}")


class RefusedId(InvalidEvent):
    """An id that is not counted; the message begins with the reason, in one word or two."""


def issue(key: bytes, endpoint: str, now: datetime, noise: bytes) -> str:
    """A new id: at most 64 printable characters, as SageMaker's InferenceId takes them.

    Args:
        key: the environment's, from Secrets Manager.
        now: aware; the id is taken for `HORIZON` from then on.
        noise: `NOISE_BYTES` random bytes, never the same again.

    Raises:
        ValueError: another number of random bytes.
    """
    if len(noise) != NOISE_BYTES:
        raise ValueError(f"noise: got {len(noise)} bytes, accepted: {NOISE_BYTES}")
    body = f"{int(now.timestamp()):08x}.{_tag(endpoint)}.{_text(noise)}"
    return f"{body}.{_mac(key, endpoint, body)}"


def verify(key: bytes, endpoint: str, now: datetime, inference_id: str) -> datetime:
    """When an id was issued, aware UTC.

    Args:
        now: when the label arrived, aware.

    Raises:
        RefusedId: malformed, foreign (another endpoint's), forged, expired, or from the future.
    """
    form = _FORM.fullmatch(inference_id)
    if form is None:
        raise RefusedId(f"malformed: got {inference_id!r:.80}, accepted: an id issued with the key")
    seconds, tag, _ = form.groups()
    if tag != _tag(endpoint):
        raise RefusedId(f"foreign: {inference_id} is another endpoint's, accepted: {endpoint}'s")
    body = inference_id.rpartition(".")[0]
    if not hmac.compare_digest(inference_id, f"{body}.{_mac(key, endpoint, body)}"):
        raise RefusedId(f"forged: {inference_id} was not issued with the environment's key")
    issued = datetime.fromtimestamp(int(seconds, 16), UTC)
    if issued > now + _SKEW:
        raise RefusedId(f"from the future: issued {_when(issued)}, accepted: until {_when(now)}")
    if issued < now - HORIZON:
        since = _when(now - HORIZON)
        raise RefusedId(f"expired: issued {_when(issued)}, accepted: since {since}")
    return issued


def _tag(endpoint: str) -> str:
    return _text(hashlib.sha256(endpoint.encode()).digest())[:_TAG_LENGTH]


def _mac(key: bytes, endpoint: str, body: str) -> str:
    # No endpoint's name has a slash, so no two pairs give the same text.
    said = f"steelyard-inference-id/{endpoint}/{body}".encode()
    return _text(hmac.digest(key, said, "sha256")[:_MAC_BYTES])


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _when(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
