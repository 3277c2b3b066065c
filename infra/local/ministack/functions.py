"""Lambda inside MiniStack: its API and event sources, but our executor.

Used by the adapter only.
"""

# ruff: noqa: SLF001 - MiniStack has no public names; `names` checks at start that each is there

import json
import time
from collections.abc import Callable
from typing import Any

from infra.local.lambda_executor import LambdaExecutor, Outcome
from infra.local.lambda_function import Function
from infra.local.ministack.names import Names
from infra.local.ports import AwsError, Params

Record = Callable[[str, str, float, str, dict[str, str]], None]


class Functions:
    """Replaces MiniStack's choice among its executors."""

    def __init__(self, names: Names, executor: LambdaExecutor, record_metric: Record) -> None:
        self._service = names["services.lambda_svc"]
        self._credentials = names["core.lambda_runtime"].execution_credentials
        self._executor = executor
        self._record_metric = record_metric
        self._service._execute_function_dispatch = self._dispatch
        self._service._emit_lambda_metrics = self._count_throttle

    def invoke(self, function_arn: str, payload: Params) -> None:
        """Invoke asynchronously, with AWS's retries and the function's dead-letter queue.

        Raises:
            AwsError: there is no such function.
        """
        record, config, _ = self._service._get_func_record_for_ref(function_arn)
        if not record:
            raise AwsError("ResourceNotFoundException", f"Function not found: {function_arn}", 404)
        at_version = self._service._execution_record_for_config(record, config)
        self._service.invoke_async_with_retry(at_version, payload)

    def _dispatch(
        self, func: Params, config: Params, event: Any, request_id: str, _started: float
    ) -> Params:
        """Stand in for MiniStack's dispatch; all kinds of invocation pass through here.

        MiniStack's start is virtual time; the code takes real time, so its duration is real.
        """
        begun = time.monotonic()
        outcome = self._run(func, config, event, request_id)
        duration_ms = outcome.duration_ms or (time.monotonic() - begun) * 1000
        self._service._emit_lambda_logs(
            func, request_id, outcome.log, outcome.failed, int(duration_ms)
        )
        self._count(config["FunctionName"], int(outcome.failed), duration_ms)
        result: Params = {"body": json.loads(outcome.payload or b"null"), "log": outcome.log}
        if outcome.failed:
            result |= {"error": True, "function_error": "Unhandled"}
        return result

    def _run(self, func: Params, config: Params, event: Any, request_id: str) -> Outcome:
        runtime = str(config.get("Runtime", ""))
        if config.get("PackageType", "Zip") != "Zip" or not runtime.startswith("python"):
            problem = (
                f"the local cloud runs zips for a python runtime, and not"
                f" {config.get('PackageType')} for {runtime!r}"
            )
            payload = {"errorType": "NotEmulated", "errorMessage": problem}
            return Outcome(json.dumps(payload).encode(), failed=True, log=problem, duration_ms=0)
        return self._executor.invoke(
            self._described(func, config), json.dumps(event).encode(), request_id
        )

    def _described(self, func: Params, config: Params) -> Function:
        layers = [self._service._resolve_layer_zip(layer) for layer in config.get("Layers") or []]
        environment = (config.get("Environment") or {}).get("Variables") or {}
        credentials = self._credentials(config)
        return Function(
            name=config["FunctionName"],
            version=config.get("Version", "$LATEST"),
            arn=config["FunctionArn"],
            handler=config["Handler"],
            runtime=config["Runtime"],
            timeout_s=int(config.get("Timeout", 3)),
            memory_mb=int(config.get("MemorySize", 128)),
            environment={name: str(value) for name, value in environment.items()},
            credentials={name: value for name, value in credentials.items() if value},
            code=func["code_zip"],
            layers=tuple(layer for layer in layers if layer),
        )

    def _count(self, function: str, errors: int, duration_ms: float) -> None:
        dimensions = {"FunctionName": function}
        self._record_metric("AWS/Lambda", "Invocations", 1, "Count", dimensions)
        self._record_metric("AWS/Lambda", "Errors", errors, "Count", dimensions)
        self._record_metric("AWS/Lambda", "Duration", duration_ms, "Milliseconds", dimensions)

    def _count_throttle(self, function_name: str, **what: float) -> None:
        """MiniStack counts direct invocations only; all but throttles are counted above."""
        if what["throttle"]:
            dimensions = {"FunctionName": function_name}
            self._record_metric("AWS/Lambda", "Throttles", 1, "Count", dimensions)
