"""Named records in memory and AWS's answers to unknown and repeated names; and List operations."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from infra.local.ports import Params
from infra.local.sagemaker.refusals import invalid, refuse_others

T = TypeVar("T")

_PAGE = 10
"""ListEndpoints says so; the other operations are silent, so callers must follow NextToken."""


class Shelf(Generic[T]):
    """Records under names that are unique regardless of case, as CreateEndpoint documents."""

    def __init__(self, what: str, arn: Callable[[str], str]) -> None:
        self._what = what
        self._arn = arn
        self._records: dict[str, T] = {}

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._records.values()))

    def check_free(self, name: str) -> None:
        """Raise AWS's refusal when the name is taken."""
        if name.lower() in self._records:
            raise invalid(f'Cannot create already existing {self._what} "{self._arn(name)}".')

    def add(self, name: str, record: T) -> None:
        """Keep a record under a name that must be free."""
        self.check_free(name)
        self._records[name.lower()] = record

    def get(self, name: str) -> T:
        """Answer the record or raise AWS's refusal."""
        try:
            return self._records[name.lower()]
        except KeyError:
            raise invalid(f'Could not find {self._what} "{self._arn(name)}".') from None

    def remove(self, name: str) -> T:
        """Take the record away; unknown names as in `get`."""
        record = self.get(name)
        del self._records[name.lower()]
        return record


@dataclass(frozen=True)
class Listing:
    """How one List operation of SageMaker reads records."""

    result: str
    name: str
    summary: tuple[str, ...]
    status: str = ""
    newest_first: bool = False

    def page(self, records: Iterable[Params], params: Params) -> Params:
        """Filter, sort and cut, as the operation's parameters say.

        Args:
            records: in Describe's shape, oldest first.
            params: the operation's input.

        Raises:
            AwsError: a filter that is not emulated, or a NextToken that is not ours.
        """
        refuse_others(params, _FILTERS, f"listing {self.result}")
        chosen = [record for record in records if self._wanted(record, params)]
        order = params.get("SortOrder", "Descending" if self.newest_first else "Ascending")
        chosen.sort(key=self._sort_key(params), reverse=order == "Descending")
        start = _offset(params.get("NextToken"))
        end = start + params.get("MaxResults", _PAGE)
        answer: Params = {self.result: [self._summarise(one) for one in chosen[start:end]]}
        if end < len(chosen):
            answer["NextToken"] = base64.urlsafe_b64encode(str(end).encode()).decode()
        return answer

    def _wanted(self, record: Params, params: Params) -> bool:
        created = record["CreationTime"]
        changed = record.get("LastModifiedTime", created)
        return (
            params.get("NameContains", "").lower() in record[self.name].lower()
            and ("CreationTimeAfter" not in params or created > params["CreationTimeAfter"])
            and ("CreationTimeBefore" not in params or created < params["CreationTimeBefore"])
            and ("LastModifiedTimeAfter" not in params or changed > params["LastModifiedTimeAfter"])
            and (
                "LastModifiedTimeBefore" not in params or changed < params["LastModifiedTimeBefore"]
            )
            and ("StatusEquals" not in params or record[self.status] == params["StatusEquals"])
        )

    def _sort_key(self, params: Params) -> Callable[[Params], Any]:
        member = {"Name": self.name, "Status": self.status}.get(
            params.get("SortBy", ""), "CreationTime"
        )
        return lambda record: record[member]

    def _summarise(self, record: Params) -> Params:
        return {member: record[member] for member in self.summary if member in record}


_FILTERS = (
    "NameContains",
    "CreationTimeAfter",
    "CreationTimeBefore",
    "LastModifiedTimeAfter",
    "LastModifiedTimeBefore",
    "StatusEquals",
    "SortBy",
    "SortOrder",
    "MaxResults",
    "NextToken",
)


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise invalid(f"Invalid NextToken {token!r}: give one that a List call answered") from None
