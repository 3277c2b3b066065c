"""Stands for `awslambdaric` where that has no wheel (macOS). Run as a script by `lambda_executor`.

Imports the standard library only. Errors have the shapes and types of the real client.
"""

# ruff: noqa: S310 - the only address is the Runtime API's, on loopback

import importlib
import json
import os
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"


@dataclass(frozen=True)
class Context:
    """What a handler gets as its second argument."""

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    function_name: str = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    function_version: str = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
    memory_limit_in_mb: str = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    log_group_name: str = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
    log_stream_name: str = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]

    def get_remaining_time_in_millis(self) -> int:
        """Answer the real milliseconds until the function times out."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


def post(path: str, body: bytes) -> None:
    """Send an answer to the Runtime API."""
    urllib.request.urlopen(urllib.request.Request(f"{API}/{path}", data=body)).close()


def described(error: BaseException, error_type: str | None = None) -> bytes:
    """Answer the error as Lambda reports it."""
    frames = traceback.format_tb(error.__traceback__)[1:]
    payload = {
        "errorMessage": str(error),
        "errorType": error_type or type(error).__name__,
        "stackTrace": frames,
    }
    print(  # noqa: T201 - standard output is the function's log
        f"[ERROR] {payload['errorType']}: {error}", *frames, sep="\n", flush=True
    )
    return json.dumps(payload).encode()


def load(handler: str) -> Callable[[Any, Context], Any]:
    """Answer the function that `module.name` names; end the process when there is none."""
    module, _, name = handler.rpartition(".")
    try:
        found: Callable[[Any, Context], Any] = getattr(importlib.import_module(module), name)
    except ImportError as error:
        post("init/error", described(error, "Runtime.ImportModuleError"))
    except AttributeError as error:
        post("init/error", described(error, "Runtime.HandlerNotFound"))
    except Exception as error:  # noqa: BLE001 - whatever the module raises while it is loaded
        post("init/error", described(error))
    else:
        return found
    sys.exit(1)


def serve_one(handler: Callable[[Any, Context], Any]) -> None:
    """Take one event, run it, send the answer."""
    with urllib.request.urlopen(f"{API}/invocation/next") as response:
        headers, event = response.headers, json.loads(response.read())
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    context = Context(
        request_id,
        headers["Lambda-Runtime-Invoked-Function-Arn"],
        int(headers["Lambda-Runtime-Deadline-Ms"]),
    )
    os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
    try:
        answer = json.dumps(handler(event, context)).encode()
    except Exception as error:  # noqa: BLE001 - whatever it raises is the function's error
        post(f"invocation/{request_id}/error", described(error))
    else:
        post(f"invocation/{request_id}/response", answer)


def main() -> None:
    """Serve events until the process is killed."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.path.pop(0)  # this script's own folder
    handler = load(sys.argv[1])
    while True:
        serve_one(handler)


if __name__ == "__main__":
    main()
