"""EventBridge inside MiniStack: events, schedules on the virtual clock, delivery to queues.

Used by the adapter only. Everything here runs on the event loop, as MiniStack's handlers do.
"""

# ruff: noqa: SLF001 - MiniStack has no public names; `names` checks at start that each is there

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Any

from infra.local.chaos import Mishaps
from infra.local.clock import Clock
from infra.local.ministack.names import Names
from infra.local.ports import AwsError, Params

_log = logging.getLogger(__name__)

_SWEEP_VIRTUAL_S = 1.0
_SHORTEST_SWEEP_S = 0.02  # real; keeps a very fast clock from burning the processor
_TARGETS = frozenset({"sqs", "sns", "lambda", "states", "events"})

_delivery: ContextVar[tuple[Params, Params]] = ContextVar("delivery")


class Events:
    """Replaces what MiniStack leaves out of EventBridge, and drives its schedules."""

    def __init__(self, names: Names, clock: Clock, mishaps: Mishaps) -> None:
        self._bridge = names["services.eventbridge"]
        self._scheduler = names["services.scheduler"]
        self._queues = names["services.sqs"]
        self._clock = clock
        self._mishaps = mishaps
        self._plain_invoke = self._bridge._invoke_target
        self._plain_check = self._bridge._validate_target_arn
        self._bridge._invoke_target = self._invoke_target
        self._bridge._dispatch_to_sqs = self._deliver_to_queue
        self._bridge._validate_target_arn = self._check_target

    def put(self, source: str, detail_type: str, detail: Params, resources: Sequence[str]) -> None:
        """Put an event on the default bus; sources of AWS's own are allowed."""
        entry = {
            "Source": source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
            "Resources": list(resources),
        }
        self._bridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    async def run_schedules(self) -> None:
        """Fire due rules and schedules until cancelled.

        MiniStack's own loop looks every ten seconds only, which would make a minute's tick
        up to ten virtual seconds late.
        """
        pause = max(_SHORTEST_SWEEP_S, self._clock.real_seconds(_SWEEP_VIRTUAL_S))
        while True:
            await asyncio.sleep(pause)
            for sweep in (self._bridge._tick_scheduled_rules, self._scheduler._tick_schedules):
                try:
                    sweep()
                except Exception:  # noqa: BLE001 - one bad rule must not stop the clock of all the others
                    _log.exception("sweep of the schedules failed")

    def refuse_unsupported(self, target: Params) -> None:
        """Raise for a target that would be accepted and then not behave as on AWS.

        Raises:
            AwsError: ValidationException, saying which.
        """
        arn = str(target.get("Arn", ""))
        service = arn.split(":")[2] if arn.count(":") >= 5 else ""
        if service not in _TARGETS:
            raise AwsError(
                "ValidationException",
                f"the local cloud delivers events to {sorted(_TARGETS)}, and not to {arn!r}",
            )
        if service != "sqs" and ("DeadLetterConfig" in target or "RetryPolicy" in target):
            raise AwsError(
                "ValidationException",
                f"the local cloud has dead letters and retries for queues, and not for {arn!r}:"
                " put a queue between the rule and its target",
            )

    def _check_target(self, target: Params) -> Any:
        try:
            self.refuse_unsupported(target)
        except AwsError as error:
            return (
                error.status,
                {"Content-Type": "application/x-amz-json-1.1"},
                json.dumps({"__type": error.code, "message": error.message}).encode(),
            )
        return self._plain_check(target)

    def _invoke_target(self, target: Params, event: Params, rule: Params, view: Any = None) -> None:
        token = _delivery.set((target, rule))
        try:
            self._plain_invoke(target, event, rule, view)
        finally:
            _delivery.reset(token)

    def _deliver_to_queue(
        self, spec: Any, payload: str, sqs_parameters: Params | None = None
    ) -> None:
        """Send as EventBridge does: with the queue's policy, and deduplication on a FIFO queue.

        MiniStack appends to the queue directly, so that equal messages would not vanish here
        as they do on AWS.
        """
        first, *copies = self._mishaps.deliveries()
        for late in copies:
            # Deduplication would take it out: this is what SQS itself delivers twice.
            again = {**(sqs_parameters or {}), "MessageDeduplicationId": uuid.uuid4().hex}
            self._later(late, partial(self._deliver, spec, payload, again, _delivery.get()))
        self._later(first, partial(self._deliver, spec, payload, sqs_parameters, _delivery.get()))

    def _later(self, virtual_seconds: float, work: Callable[[], None]) -> None:
        if virtual_seconds == 0:
            work()
            return
        asyncio.get_running_loop().call_later(self._clock.real_seconds(virtual_seconds), work)

    def _deliver(
        self, spec: Any, payload: str, sqs_parameters: Params | None, of: tuple[Params, Params]
    ) -> None:
        target, rule = of
        failure = self._send(str(spec), payload, sqs_parameters or {}, str(rule.get("Arn", "")))
        if failure is None:
            return
        _log.warning("rule %s could not deliver to %s: %s", rule.get("Name"), spec, failure)
        dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
        if dead_letters:
            self._bury(dead_letters, payload, failure, rule, spec)

    def _send(self, queue_arn: str, payload: str, parameters: Params, rule_arn: str) -> str | None:
        """Answer why it failed, or None."""
        account = queue_arn.split(":")[4]
        queue = self._queues._queue_by_arn(queue_arn)
        if queue is None:
            return "the queue does not exist"
        if not self._queues.queue_policy_allows(
            queue_arn, "events.amazonaws.com", rule_arn, account
        ):
            return "the queue's policy does not allow events.amazonaws.com to send"
        message = {"MessageBody": payload, "QueueUrl": queue["url"]}
        if queue["is_fifo"]:
            group = parameters.get("MessageGroupId")
            if not group:
                return "a FIFO queue needs SqsParameters.MessageGroupId"
            if queue["attributes"].get("ContentBasedDeduplication", "").lower() != "true":
                return "a FIFO queue needs ContentBasedDeduplication"
            message["MessageGroupId"] = group
            message |= {k: v for k, v in parameters.items() if k == "MessageDeduplicationId"}
        try:
            self._queues._act_send_message(message, queue["url"])
        except self._queues._Err as error:
            return str(error)
        return None

    def _bury(self, queue_arn: str, payload: str, failure: str, rule: Params, spec: Any) -> None:
        """Put an event that could not be delivered into the target's dead-letter queue.

        Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
        """
        queue = self._queues._queue_by_arn(queue_arn)
        if queue is None:
            _log.error("the dead-letter queue %s does not exist: the event is lost", queue_arn)
            return
        told = {"RULE_ARN": rule.get("Arn", ""), "TARGET_ARN": str(spec), "ERROR_MESSAGE": failure}
        attributes = {
            name: {"DataType": "String", "StringValue": str(value)} for name, value in told.items()
        }
        self._queues._act_send_message(
            {"QueueUrl": queue["url"], "MessageBody": payload, "MessageAttributes": attributes},
            queue["url"],
        )
