"""Puts an archiver together from settings and clients, once a process. Its handler uses it."""

from __future__ import annotations

from functools import cache

from steelyard.archiving import Archiver
from steelyard.aws.archive import Archive
from steelyard.aws.calls import client
from steelyard.aws.ledger import Ledger
from steelyard.aws.outlets import Alert
from steelyard.settings import archive_from_environment


@cache
def archiver() -> Archiver:
    """The archiver of this process."""
    settings = archive_from_environment()
    table = settings.ledger_table
    return Archiver(
        ledger=Ledger(table, client("dynamodb")),
        # May retry by itself: an object is written once, so a second writing changes nothing.
        archive=Archive(settings.bucket, client("s3")),
        alert=Alert(table, settings.topic_arn, client("sns"), client("cloudwatch")),
    )
