"""Fixtures of the local CloudWatch's tests."""

import pytest

from .fakes import Desk


@pytest.fixture
def desk() -> Desk:
    """A CloudWatch in a fake cloud."""
    return Desk()
