"""Copies of the ledger's entries where nothing can be changed: a bucket with Object Lock.

`archiving.py` writes them, the console reads them. An object is an item exactly as the table had
it, in DynamoDB's JSON; what it means is `ledger.entry_of`'s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from steelyard.aws.calls import translated
from steelyard.errors import SteelyardError

Item = dict[str, Any]
_FOLDER = "ledger"
_MISSING = ("NoSuchKey", "404")
_EXISTS = "PreconditionFailed"


class NoArchive(SteelyardError):
    """The environment has no such bucket."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One archived version of an entry, and how many others and delete markers hide or follow it.

    Attributes:
        object_version: of the oldest copy, which alone was there first.
        others: later copies and delete markers of the same key; 0 unless somebody meddled.
    """

    key: str
    object_version: str
    others: int


class Archive:
    """One environment's bucket."""

    def __init__(self, bucket: str, s3: Any) -> None:
        self._bucket = bucket
        self._s3 = s3

    def put(self, item: Item) -> Item | None:
        """Write an item, unless one is there; what is there then.

        Raises:
            EndpointBusy, NeedsHuman: it could not be written.
        """
        endpoint, version = item["endpoint"]["S"], int(item["version"]["S"])
        with translated(f"archive entry {version} of {endpoint}"):
            try:
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=_key(endpoint, version),
                    Body=json.dumps(item, sort_keys=True).encode(),
                    ContentType="application/json",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != _EXISTS:
                    raise
            else:
                return None
        return self.read(endpoint, version)

    def read(self, endpoint: str, version: int) -> Item | None:
        """The archived item of an entry; None where there is none."""
        return self._get(_key(endpoint, version), {})

    def oldest(self, copy: Copy) -> Item | None:
        """What was archived first under a key, whatever was put over it."""
        return self._get(copy.key, {"VersionId": copy.object_version})

    def copies(self, endpoint: str) -> Mapping[int, Copy]:
        """What there is of an endpoint, by version.

        Raises:
            NoArchive: there is no bucket.
        """
        found: dict[int, list[str]] = {}
        markers: dict[int, int] = {}
        for page in self._pages(endpoint):
            for one in page.get("Versions", []):  # of each key, the newest comes first
                found.setdefault(_version(one["Key"]), []).append(one["VersionId"])
            for one in page.get("DeleteMarkers", []):
                version = _version(one["Key"])
                markers[version] = markers.get(version, 0) + 1
        return {
            version: Copy(_key(endpoint, version), ids[-1], len(ids) - 1 + markers.get(version, 0))
            for version, ids in found.items()
        }

    def _pages(self, endpoint: str) -> list[Mapping[str, Any]]:
        pages = self._s3.get_paginator("list_object_versions")
        with translated(f"list the archive of {endpoint}"):
            try:
                return list(pages.paginate(Bucket=self._bucket, Prefix=f"{_FOLDER}/{endpoint}/"))
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchBucket":
                    raise
                raise NoArchive(f"there is no bucket {self._bucket}") from error

    def _get(self, key: str, which: Mapping[str, str]) -> Item | None:
        with translated(f"read {key} from the archive"):
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=key, **which)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _MISSING:
                    raise
                return None
            body = answer["Body"].read()
        return _item(body)


def _item(body: bytes) -> Item:
    """What an object holds; an empty item where somebody else wrote it."""
    with suppress(ValueError, RecursionError):
        item = json.loads(body)
        if isinstance(item, dict):
            return item
    return {}


def _key(endpoint: str, version: int) -> str:
    return f"{_FOLDER}/{endpoint}/{version:012d}.json"


def _version(key: str) -> int:
    return int(key.rpartition("/")[2].removesuffix(".json"))
