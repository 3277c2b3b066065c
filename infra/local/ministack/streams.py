"""Streams of DynamoDB tables inside MiniStack, as Lambda reads them. Used by the adapter only.

MiniStack's own reading knows no partial responses: what a function reports as failed would be
taken for done. Everything here runs on its polling thread, and functions apart from that.
"""

# ruff: noqa: SLF001 - MiniStack has no public names; `names` checks at start that each is there

from typing import Any

from infra.local.clock import Clock
from infra.local.ministack.functions import Record
from infra.local.ministack.names import Names
from infra.local.ports import Params

_PAUSE_S = 1.0  # virtual; between two attempts at the same records
_BATCH = 100  # AWS's default


class Streams:
    """Replaces MiniStack's way from a table's stream to a function."""

    def __init__(self, names: Names, clock: Clock, record_metric: Record) -> None:
        """Fit it; `record_metric` hears how old the records were."""
        self._lambda = names["services.lambda_svc"]
        self._dynamodb = names["services.dynamodb"]
        self._responses = names["core.responses"]
        self._clock = clock
        self._record_metric = record_metric
        self._attempts: dict[str, tuple[int, int]] = {}
        self._lambda._poll_dynamodb_streams = self._poll

    def _poll(self) -> bool:
        """Begin a batch of each mapping that has something to do; whether there was any."""
        begun = False
        for account, region, mapping in self._lambda._iter_all_esms():
            if ":dynamodb:" in mapping.get("EventSourceArn", "") and mapping.get("Enabled", True):
                self._responses.set_request_account_id(account)
                self._responses.set_request_region(region)
                begun = self._begin(mapping) or begun
        return begun

    def _begin(self, mapping: Params) -> bool:
        uuid, stream = mapping["UUID"], mapping["EventSourceArn"]
        if self._lambda._esm_inflight.get(uuid):
            return False  # one batch at a time keeps their order
        if self._lambda._esm_backoff_until.get(uuid, 0) > self._clock.time():
            return False
        name = stream.split("/")[1]
        table = self._dynamodb._tables.get(name)
        function, _ = self._lambda._get_func_record_for_qualifier(
            mapping["FunctionName"], mapping.get("Qualifier")
        )
        if not table or table.get("LatestStreamArn") != stream or not function:
            return False
        positions = self._lambda._dynamodb_stream_positions
        position = max(positions[uuid], self._dynamodb.stream_start_position(name))
        size = int(mapping.get("BatchSize", _BATCH))
        batch = self._dynamodb.stream_records_since(name, position, size)
        if not batch:
            return False
        self._lambda._dispatch_esm_batch(uuid, self._deliver, mapping, function, position, batch)
        return True

    def _deliver(
        self, mapping: Params, function: Params, position: int, batch: list[Params]
    ) -> None:
        wanted = self._lambda._apply_filter_criteria(batch, mapping)
        name = {"FunctionName": mapping["FunctionName"]}
        age_ms = 1000 * (self._clock.time() - _written(batch[-1]))
        self._record_metric("AWS/Lambda", "IteratorAge", max(0.0, age_ms), "Milliseconds", name)
        result = self._lambda._execute_function(function, {"Records": wanted}) if wanted else {}
        failed = _failed(mapping, wanted, result)
        done = len(batch) if failed is None else batch.index(failed)
        if failed is not None:
            done += self._give_up(mapping, function, position + done, batch[done:], result)
            self._lambda._esm_backoff_until[mapping["UUID"]] = self._clock.time() + _PAUSE_S
        self._lambda._dynamodb_stream_positions[mapping["UUID"]] = position + done

    def _give_up(
        self,
        mapping: Params,
        function: Params,
        position: int,
        left: list[Params],
        result: Params,
    ) -> int:
        """How many of the records that are left are not tried again; told where the mapping says.

        Source: "How Lambda processes records from stream and queue-based event sources".
        """
        oldest = mapping.get("MaximumRecordAgeInSeconds") or -1
        most = mapping.get("MaximumRetryAttempts")
        at, tried = self._attempts.get(mapping["UUID"], (position, 0))
        tried = tried + 1 if at == position else 1
        self._attempts[mapping["UUID"]] = position, tried
        if most is not None and 0 <= int(most) < tried:
            gone, why = left, "RetryAttemptsExhausted"
        else:
            since = self._clock.time() - int(oldest)
            gone = [one for one in left if int(oldest) > 0 and _written(one) < since]
            why = "MaxRecordAgeExceeded"
        if gone:
            self._lambda._send_ddb_stream_failure_record(
                mapping, function, gone, mapping["EventSourceArn"], result, why
            )
        return len(gone)


def _failed(mapping: Params, batch: list[Params], result: Params) -> Params | None:
    """The first record of those sent that has to come again."""
    if result.get("error"):
        return batch[0]
    body: Any = result.get("body")
    partly = "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or [])
    if not partly or not isinstance(body, dict):
        return None
    told = [one.get("itemIdentifier") for one in body.get("batchItemFailures") or []]
    numbers = [one["dynamodb"]["SequenceNumber"] for one in batch]
    if not told:
        return None
    if not set(told) <= set(numbers):  # AWS then takes the whole batch for failed
        return batch[0]
    return batch[min(map(numbers.index, told))]


def _written(record: Params) -> float:
    return float(record["dynamodb"]["ApproximateCreationDateTime"])
