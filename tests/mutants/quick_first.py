"""A plugin of pytest: tests of the core first, since most mutants fall there. The tool loads it."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests without AWS's fakes come before those with them."""
    items.sort(key=lambda item: "functional" in item.nodeid)
