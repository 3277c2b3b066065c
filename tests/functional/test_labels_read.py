"""Labels are read as they were written last: one that is missed is missed for good."""

from __future__ import annotations

from typing import Any

from steelyard.aws.labels import LabelBook
from tests.functional.labelling import counted
from tests.functional.world import Clients


def test_labels_are_read_consistently(label_book: LabelBook, clients: Clients) -> None:
    asked: list[dict[str, Any]] = []
    events = clients["dynamodb"].meta.events
    keep = lambda params, **_: asked.append(dict(params))  # noqa: E731
    events.register("provide-client-params.dynamodb.Query", keep)
    counted(label_book)
    events.unregister("provide-client-params.dynamodb.Query", keep)
    assert [one["ConsistentRead"] for one in asked] == [True, True]
