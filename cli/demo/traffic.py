"""Clients of the endpoint: several threads that send real contexts all along, and keep count.

Uses nothing but the SageMaker runtime API, as any user's client would. For the demo only.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.demo.feedback import Answered, Feedback
from cli.demo.prompts import Prompt
from cli.demo.recorder import Outcome, Recorder, Second
from cli.demo.story_data import ClientTotals

_THREADS = 4

CONFIG = Config(
    # A retry would hide what the user would have seen.
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=_THREADS,
    connect_timeout=5,
    read_timeout=30,
    tcp_keepalive=True,
)
_MOST_BEHIND = 0.5  # seconds; a later client skips what it missed instead of sending a burst
_VARIANT_HEADER = "x-amzn-invoked-production-variant"
_UNNAMED = "unnamed"  # AWS documents the header for good answers only


class Traffic:
    """Clients that together send `rate` requests a second to one endpoint."""

    def __init__(
        self,
        client: Any,
        endpoint: str,
        prompts: Iterator[Prompt],
        rate: float,
        feedback: Feedback | None = None,
    ) -> None:
        """Prepare the clients.

        Args:
            client: of `sagemaker-runtime`, made with `CONFIG`; the threads share it.
            endpoint: its name.
            prompts: what to send.
            rate: requests a second of real time, all together.
            feedback: what users typed next is told here; None: nobody tells.
        """
        self._client = client
        self._endpoint = endpoint
        self._prompts = prompts
        self._feedback = feedback
        self._interval = 1 / rate
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._next = 0.0
        self._recorder = Recorder()
        self._threads = [
            threading.Thread(target=self._run, name=f"client-{number}", daemon=True)
            for number in range(_THREADS)
        ]

    def start(self) -> None:
        """Start sending; once only."""
        self._next = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float = 10.0) -> ClientTotals:
        """Stop sending, wait for the answers still under way, and return the totals.

        Args:
            patience: seconds to wait for all of them together; a client that hangs longer is
                left behind and can't delay the end.
        """
        self._stopped.set()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        return self.snapshot()

    def snapshot(self) -> ClientTotals:
        """All that was counted so far."""
        return self._recorder.totals()

    def seconds(self) -> list[Second]:
        """The last hour, second by second."""
        return self._recorder.seconds()

    def _run(self) -> None:
        while (turn := self._turn()) is not None:
            at, prompt = turn
            if self._stopped.wait(max(0.0, at - time.monotonic())):
                return
            self._recorder.add(self._send(prompt))

    def _turn(self) -> tuple[float, Prompt] | None:
        """When the next request is due, and what to send; None once stopped."""
        with self._lock:
            if self._stopped.is_set():
                return None
            self._next = max(self._next, time.monotonic() - _MOST_BEHIND)
            at = self._next
            self._next += self._interval
            return at, next(self._prompts)

    def _send(self, prompt: Prompt) -> Outcome:
        about = {"CustomAttributes": f"segment={prompt.segment}"} if prompt.segment else {}
        inference_id = self._feedback.inference_id() if self._feedback else ""
        if inference_id:
            about["InferenceId"] = inference_id
        answer, error = b"", None
        started = time.monotonic()
        try:
            response = self._client.invoke_endpoint(
                EndpointName=self._endpoint,
                ContentType="application/json",
                Body=json.dumps({"context": prompt.context}),
                **about,
            )
            variant = response["InvokedProductionVariant"]
            answer = response["Body"].read()
        except ClientError as refusal:
            code = refusal.response["Error"]["Code"]
            headers = refusal.response["ResponseMetadata"].get("HTTPHeaders", {})
            variant = headers.get(_VARIANT_HEADER, _UNNAMED)
            error = "model" if code == "ModelError" else code
        except BotoCoreError as failure:
            variant, error = _UNNAMED, type(failure).__name__
        seconds = time.monotonic() - started
        if self._feedback is not None and error is None:
            correct = _is_right(answer, prompt)
            self._feedback.add(Answered(inference_id, variant, prompt.segment, correct))
        return Outcome(variant, error, seconds)


def _is_right(answer: bytes, prompt: Prompt) -> bool:
    """Whether any of the suggestions is what the user typed next."""
    try:
        suggestions = [one["token"] for one in json.loads(answer)["completions"]]
    except (ValueError, KeyError, TypeError):
        return False  # nothing that the user could have chosen
    return any(prompt.goes_on_with(token) for token in suggestions if isinstance(token, str))
