"""Options of the tests; pytest takes them from here alone."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--renew-snapshot`, which `make snapshot` gives."""
    parser.addoption(
        "--renew-snapshot",
        action="store_true",
        help="write the committed snapshot of the environments' differences again",
    )
