"""The table's stream as the archive's Lambda sees it, and the bucket behind it. Not a test itself.

moto keeps no stream of a table, so its records are written here, in the shape that Lambda's
documentation gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from steelyard.aws.archive import Archive, Item
from steelyard.aws.ledger import Ledger
from tests.functional.conftest import TABLE, Pages
from tests.functional.fake_sagemaker import ACCOUNT, REGION
from tests.functional.world import Clients, World

BUCKET = "steelyard-test-archive"
CONTEXT = SimpleNamespace(
    function_name="steelyard-test-archive",
    memory_limit_in_mb=256,
    invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:steelyard-test-archive",
    aws_request_id="8f7e",
    get_remaining_time_in_millis=lambda: 300_000,
)


def make_bucket(clients: Clients) -> Archive:
    """An empty archive, as the data stack makes it."""
    clients["s3"].create_bucket(
        Bucket=BUCKET,
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectLockEnabledForBucket=True,
    )
    return Archive(BUCKET, clients["s3"])


@dataclass
class Stream:
    """What lies before the handler: changes of the table, in order."""

    handler: Callable[[dict[str, Any], Any], dict[str, Any]]
    ledger: Ledger
    clients: Clients
    sent: int = field(default=0)

    def items(self, endpoint: str = "completion") -> list[Item]:
        """What the table has."""
        return list(self.ledger.items(endpoint))

    def appended(self, *items: Item) -> list[str]:
        """Let the Lambda hear of these appends; what must come again."""
        return self.send(*(self.record("INSERT", after=item) for item in items))

    def changed(self, before: Item, after: Item | None) -> list[str]:
        """Change or remove an item in the table, and let the Lambda hear of it."""
        if after is None:
            keys = {key: before[key] for key in ("endpoint", "version")}
            self.clients["dynamodb"].delete_item(TableName=TABLE, Key=keys)
            return self.send(self.record("REMOVE", before))
        self.clients["dynamodb"].put_item(TableName=TABLE, Item=after)
        return self.send(self.record("MODIFY", before, after))

    def send(self, *records: dict[str, Any]) -> list[str]:
        """Invoke the Lambda with a batch; the numbers of records that must come again."""
        answer = self.handler({"Records": list(records)}, CONTEXT)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def record(
        self, kind: str, before: Item | None = None, after: Item | None = None
    ) -> dict[str, Any]:
        """One record of the stream."""
        self.sent += 1
        item = after or before or {}
        images = {"OldImage": before, "NewImage": after}
        return {
            "eventID": f"e{self.sent}",
            "eventName": kind,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "eventSourceARN": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}/stream/x",
            "dynamodb": {
                "ApproximateCreationDateTime": 1772442000,
                "Keys": {key: item[key] for key in ("endpoint", "version")},
                "SequenceNumber": f"{self.sent:021d}",
                "SizeBytes": 1,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                **{name: image for name, image in images.items() if image is not None},
            },
        }


def doctored(item: Item, **fields: Any) -> Item:
    """An item with other contents; dictionaries are written as the ledger writes them."""
    return item | {
        key: {"S": value if isinstance(value, str) else json.dumps(value, sort_keys=True)}
        for key, value in fields.items()
    }


def told(pages: Pages, world: World) -> list[str]:
    """What people were told; the alarm's metric must have heard as often."""
    found = [page["Message"] for page in pages.read()]
    published = [c for c in world.calls if c.operation == "PutMetricData"]
    assert len(published) == len(found)
    for call in published:
        assert call.params["Namespace"] == "Steelyard"
        (datum,) = call.params["MetricData"]
        assert datum["MetricName"] == "Tampering"
        assert datum["Dimensions"] == [{"Name": "Ledger", "Value": TABLE}]
        assert datum["Value"] >= 1
    world.calls.clear()
    return found


def archived(archive: Archive, endpoint: str = "completion") -> list[object]:
    """The archive's items, oldest first, as they were first written."""
    return [archive.oldest(copy) for _, copy in sorted(archive.copies(endpoint).items())]
