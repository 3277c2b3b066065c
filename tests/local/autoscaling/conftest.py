"""Fixtures of the local Application Auto Scaling's tests."""

import pytest

from tests.local.autoscaling.fakes import Desk


@pytest.fixture
def desk() -> Desk:
    """An Application Auto Scaling without targets, in a fake cloud."""
    return Desk()
