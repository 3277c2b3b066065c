"""Puts an intake together from settings and clients, once a process. Its handler uses it.

Apart from the reconciler's composition, so that a report does not wait for the imports of that.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from steelyard.aws.calls import client, translated
from steelyard.aws.labels import LabelBook
from steelyard.aws.ledger import Ledger
from steelyard.intake import Intake
from steelyard.settings import intake_from_environment


@cache
def intake() -> Intake:
    """The intake of this process."""
    settings = intake_from_environment()
    dynamodb = client("dynamodb")
    return Intake(
        ledger=Ledger(settings.ledger_table, dynamodb),
        book=LabelBook(settings.labels_table, dynamodb),
        key=cache(partial(_key, client("secretsmanager"), settings.labels_key)),
    )


def _key(secrets: Any, name: str) -> bytes:
    with translated("read the key of inference ids"):
        return str(secrets.get_secret_value(SecretId=name)["SecretString"]).encode()
