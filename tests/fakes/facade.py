"""A client that looks like boto3's, and hands each call to a function. For tests alone.

No botocore: it takes a millisecond a call, and the contract suite checks with it what the fakes
are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]


class Facade:
    """One service's client: `facade.describe_endpoint(EndpointName="e")` and paginators.

    Args:
        call: does what is asked; its arguments are an operation as AWS names it, and parameters.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = "".join(part.capitalize() for part in name.split("_"))

        def ask(**params: Any) -> dict[str, Any]:
            return self._call(operation, params)

        setattr(self, name, ask)  # the next one is found at once
        return ask

    def get_paginator(self, name: str) -> Paginator:
        """All pages of an operation, one after the other."""
        return Paginator(getattr(self, name))


class Paginator:
    """Asks until there are no more pages."""

    def __init__(self, ask: Callable[..., dict[str, Any]]) -> None:
        self._ask = ask

    def paginate(self, **params: Any) -> Iterator[dict[str, Any]]:
        """The pages."""
        token: dict[str, Any] = {}
        while True:
            answer = self._ask(**params, **token)
            yield answer
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}
