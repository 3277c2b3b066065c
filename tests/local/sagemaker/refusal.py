"""Expects an operation to be refused."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.local.ports import AwsError


@contextmanager
def refused(code: str, *parts: str) -> Iterator[None]:
    """Expect an AwsError of that code whose message has these parts."""
    with pytest.raises(AwsError) as caught:
        yield
    assert caught.value.code == code, caught.value
    for part in parts:
        assert part in caught.value.message
