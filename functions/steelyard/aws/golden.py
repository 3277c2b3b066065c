"""Asks one variant the golden requests, whatever its weight is. `composition.py` makes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from steelyard.rollout.expectation import clipped
from steelyard.rollout.golden import LARGEST_ANSWER, LONGEST_WHY, Answer, Golden, judge_answer

_LIMIT = timedelta(seconds=8)  # the Lambda has 30 seconds, and a rollback may follow
_AT_ONCE = 4
# A container that is up and says so is busy, or still loads its model; it is not wrong.
_NOT_READY = (429, 503, 504)

_Judgement = tuple[Literal["right", "wrong", "none"], str]


class GoldenRequests:
    """The golden requests of one endpoint's model.

    Args:
        runtime: a client of SageMaker's runtime, which waits for a few seconds and never retries.
        clock: seconds from anywhere; durations alone are taken from it.
        limit: until all answers must be there; what is missing then is `none`.
    """

    def __init__(
        self,
        endpoint: str,
        runtime: Any,
        goldens: Sequence[Golden],
        *,
        clock: Callable[[], float] = time.perf_counter,
        limit: timedelta = _LIMIT,
    ) -> None:
        self._endpoint = endpoint
        self._runtime = runtime
        self._goldens = goldens
        self._clock = clock
        self._limit = limit

    def ask(self, variant: str) -> tuple[Answer, ...]:
        """An answer for each request, in order; never later than the limit."""
        pool = ThreadPoolExecutor(_AT_ONCE)
        asked = [pool.submit(self._ask, golden, variant) for golden in self._goldens]
        wait(asked, timeout=self._limit.total_seconds())
        # Threads that still wait for an answer end by the client's time-out; none looks at them.
        pool.shutdown(wait=False, cancel_futures=True)
        return tuple(map(self._answer_of, self._goldens, asked))

    def _answer_of(self, golden: Golden, asked: Future[Answer]) -> Answer:
        if asked.done() and not asked.cancelled():
            return asked.result()
        seconds = self._limit.total_seconds()
        what = "not asked" if asked.cancelled() else "no answer"
        return Answer(golden.name, "none", f"{what} within {seconds:g} s for all", seconds)

    def _ask(self, golden: Golden, variant: str) -> Answer:
        began = self._clock()
        outcome, why = self._judged(golden, variant)
        seconds = round(self._clock() - began, 3)
        return Answer(golden.name, outcome, clipped(why, LONGEST_WHY), seconds)

    def _judged(self, golden: Golden, variant: str) -> _Judgement:
        try:
            reply = self._runtime.invoke_endpoint(
                EndpointName=self._endpoint,
                TargetVariant=variant,
                ContentType=golden.content_type,
                Accept="application/json",
                Body=golden.body.encode(),
            )
            body = reply["Body"].read(LARGEST_ANSWER + 1)
        except ClientError as error:
            return _meaning(error)
        except BotoCoreError as error:  # time-out, or a connection that broke
            return "none", f"no answer: {error}"
        why = judge_answer(golden, body)
        return ("wrong" if why else "right"), why


def _meaning(error: ClientError) -> _Judgement:
    """What an error of InvokeEndpoint says about the candidate.

    Only ModelError comes from the container. SageMaker's own time-out is one too, with a status
    of 0. Source: API reference of InvokeEndpoint; what the service answers.
    """
    code = error.response["Error"]["Code"]
    if code != "ModelError":
        return "none", f"{code}: {error.response['Error'].get('Message', '')}"
    status = error.response.get("OriginalStatusCode", 0)
    text = f"the model answered with status {status}: {error.response.get('OriginalMessage', '')}"
    timed_out = not status and "timed out" in text
    return ("none" if timed_out or status in _NOT_READY else "wrong"), text
