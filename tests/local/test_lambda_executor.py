"""The Lambda executor: real zips in real processes, without the rest of the local cloud."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.lambda_executor import LambdaExecutor, Outcome
from infra.local.lambda_function import Function
from infra.local.lambda_runtime import RuntimeNotBuilt, runtime_directory
from tests.local.running_cloud import zip_of

ECHO = "import os\ndef handler(event, context):\n    return {'event': event, 'pid': os.getpid()}\n"


@pytest.fixture(params=[True, False], ids=["awslambdaric", "bootstrap"])
def executor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LambdaExecutor]:
    made = LambdaExecutor(
        tmp_path / "lambda",
        runtime_directory(),
        "eu-west-1",
        "http://127.0.0.1:9",
        real_client=request.param,
    )
    yield made
    made.stop()


def function(source: str, **changes: Any) -> Function:
    fixed: dict[str, Any] = {
        "name": "reconcile",
        "version": "$LATEST",
        "arn": "arn:aws:lambda:eu-west-1:000000000000:function:reconcile",
        "handler": "app.handler",
        "runtime": "python3.12",
        "timeout_s": 5,
        "memory_mb": 256,
        "environment": {"TABLE": "ledger"},
        "credentials": {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "secret"},
        "code": zip_of(app=source),
        "layers": (),
    }
    return Function(**(fixed | changes))


def run(executor: LambdaExecutor, what: Function, event: Any = None) -> Any:
    outcome = executor.invoke(what, json.dumps(event).encode(), "request-1")
    assert not outcome.failed, outcome
    return json.loads(outcome.payload)


def fail(executor: LambdaExecutor, what: Function) -> tuple[Outcome, Any]:
    outcome = executor.invoke(what, b"{}", "request-1")
    assert outcome.failed, outcome
    return outcome, json.loads(outcome.payload)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_second_event_is_served_by_the_same_process(executor: LambdaExecutor) -> None:
    first = run(executor, function(ECHO), {"n": 1})
    second = run(executor, function(ECHO), {"n": 2})
    assert (first["event"], second["event"]) == ({"n": 1}, {"n": 2})
    assert first["pid"] == second["pid"]


def test_new_code_replaces_the_process(executor: LambdaExecutor) -> None:
    old = run(executor, function(ECHO))
    new = run(executor, function(ECHO + "# changed\n"))
    assert new["pid"] != old["pid"]
    assert is_gone(old["pid"])


def test_function_sees_what_lambda_gives_it_and_nothing_of_this_project(
    executor: LambdaExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("STEELYARD_SECRET", "of the person at the machine")
    source = (
        "import os, sys, importlib.util as u\n"
        "def handler(event, context):\n"
        "    found = [n for n in ('pytest', 'moto', 'infra', 'boto3') if u.find_spec(n)]\n"
        "    return {'environment': dict(os.environ), 'found': found, 'cwd': os.getcwd(),\n"
        "            'left': context.get_remaining_time_in_millis(),\n"
        "            'arn': context.invoked_function_arn, 'id': context.aws_request_id}\n"
    )
    seen = run(executor, function(source))
    environment = seen["environment"]
    assert seen["found"] == ["boto3"]
    assert environment["TABLE"] == "ledger"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert environment["AWS_ACCESS_KEY_ID"] == "ASIA"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "reconcile"
    assert environment["LAMBDA_TASK_ROOT"] == environment["HOME"] == seen["cwd"]
    assert {"AWS_PROFILE", "STEELYARD_SECRET", "VIRTUAL_ENV"}.isdisjoint(environment)
    assert 0 < seen["left"] <= 5000
    assert seen["arn"].endswith("function:reconcile")
    assert seen["id"] == "request-1"


def test_layer_is_importable(executor: LambdaExecutor) -> None:
    layer = zip_of(python__extra="VALUE = 42\n")
    source = "import extra\ndef handler(event, context):\n    return extra.VALUE\n"
    assert run(executor, function(source, layers=(layer,))) == 42


def test_output_of_an_invocation_is_its_log_and_not_the_next_ones(
    executor: LambdaExecutor,
) -> None:
    source = "def handler(event, context):\n    print('saw', event)\n"
    first = executor.invoke(function(source), b'"one"', "request-1")
    second = executor.invoke(function(source), b'"two"', "request-2")
    assert "saw one" in first.log
    assert "saw two" in second.log
    assert "saw one" not in second.log


def test_raised_error_is_reported_with_type_message_and_trace(executor: LambdaExecutor) -> None:
    source = "def handler(event, context):\n    raise KeyError('rollout')\n"
    outcome, error = fail(executor, function(source))
    assert error["errorType"] == "KeyError"
    assert error["errorMessage"] == "'rollout'"
    assert "app.py" in "".join(error["stackTrace"])
    assert "KeyError" in outcome.log


def test_process_survives_an_error(executor: LambdaExecutor) -> None:
    source = (
        "import os\ndef handler(event, context):\n"
        "    if event == 'bad':\n        raise ValueError(os.getpid())\n    return os.getpid()\n"
    )
    before = run(executor, function(source))
    fail_outcome = executor.invoke(function(source), b'"bad"', "request-2")
    assert fail_outcome.failed
    assert run(executor, function(source)) == before


@pytest.mark.parametrize(
    ("source", "error_type"),
    [
        ("import nothing_like_it\n", "Runtime.ImportModuleError"),
        ("def other(event, context): ...\n", "Runtime.HandlerNotFound"),
        ("raise OSError('at import')\n", "OSError"),
        ("import os\nos._exit(3)\n", "Runtime.ExitError"),
    ],
)
def test_handler_that_cannot_be_loaded_is_reported_by_its_cause(
    executor: LambdaExecutor, source: str, error_type: str
) -> None:
    _, error = fail(executor, function(source))
    assert error["errorType"] == error_type


def test_process_that_exits_while_serving_is_reported_and_replaced(
    executor: LambdaExecutor,
) -> None:
    source = (
        "import os\ndef handler(event, context):\n"
        "    return os.getpid() if event else os._exit(7)\n"
    )
    outcome = executor.invoke(function(source), b'""', "request-1")
    error = json.loads(outcome.payload)
    assert error["errorType"] == "Runtime.ExitError"
    assert "exit status 7" in error["errorMessage"]
    assert run(executor, function(source), "again")


def test_function_that_takes_too_long_is_killed_and_reported(
    executor: LambdaExecutor, tmp_path: Path
) -> None:
    told = tmp_path / "pid"
    source = (
        "import os, time\ndef handler(event, context):\n"
        f"    open({str(told)!r}, 'w').write(str(os.getpid()))\n    time.sleep(60)\n"
    )
    _, error = fail(executor, function(source, timeout_s=1))
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert is_gone(int(told.read_text()))


def test_stop_ends_warm_processes(executor: LambdaExecutor) -> None:
    pid = run(executor, function(ECHO))["pid"]
    executor.stop()
    assert is_gone(pid)


def test_runtime_that_cannot_be_installed_says_what_pip_said(tmp_path: Path) -> None:
    lock = tmp_path / "runtime.txt"
    lock.write_text("./no-such-folder\n")
    with pytest.raises(RuntimeNotBuilt, match="no-such-folder"):
        runtime_directory(lock, tmp_path / "built")
    assert list((tmp_path / "built").iterdir()) == []
