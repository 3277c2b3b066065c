"""Every name of MiniStack that this adapter touches, and the check at start that each is there.

MiniStack moves fast and its names are private, so a new version is tried here first.
"""

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from types import ModuleType
from typing import Any

KNOWN_VERSION = "1.5.33"

READ_OR_REPLACED: Mapping[str, tuple[str, ...]] = {
    "app": ("AUTH", "SERVICE_HANDLERS", "_MAIN_LOOP"),
    "core.iam_actions": ("SERVICE_TO_IAM_NAMESPACE",),
    "core.router": ("SERVICE_PATTERNS",),
    "services.apigateway": ("_apis",),
    "services.cloudformation.provisioners": ("_RESOURCE_HANDLERS",),
    "services.dynamodb": ("_tables",),
    "services.lambda_svc": ("_dynamodb_stream_positions", "_esm_backoff_until", "_esm_inflight"),
    "services.s3": ("_bucket_object_lock",),
    "services.sqs": ("_Err",),
}

# The parameters are part of the contract: a new one may change what a call means.
CALLED_OR_REPLACED: Mapping[str, tuple[str, ...]] = {
    "app._enforce_execute_api": (
        "api_id",
        "stage",
        "method",
        "execute_path",
        "headers",
        "query_params",
        "iam_action",
    ),
    "app.app": ("scope", "receive", "send"),
    "core.iam_actions.extract_resource_arn": (
        "service",
        "method",
        "path",
        "headers",
        "body",
        "query_params",
        "region",
        "account_id",
    ),
    "core.iam_actions.request_tag_context": ("service", "iam_action", "body", "params"),
    "core.iam_actions.s3_service_context": ("iam_action", "query_params", "path", "headers"),
    "core.iam_evaluator.enforce": (
        "access_key_id",
        "iam_action",
        "service",
        "region",
        "resource_arn",
        "service_context",
    ),
    "core.iam_evaluator.is_root_access_key": ("access_key_id",),
    "core.iam_evaluator.pin_request_origin": ("source_ip", "secure_transport"),
    "core.iam_evaluator.pin_signed_body": ("body",),
    "core.iam_evaluator.pin_signed_request": (
        "method",
        "raw_path",
        "query_params",
        "raw_headers",
        "handshake",
    ),
    "core.lambda_runtime.execution_credentials": ("config",),
    "core.responses.set_request_account_id": ("access_key_id",),
    "core.responses.set_request_region": ("region",),
    "core.router.extract_access_key_id": ("headers", "query_params"),
    "services.cloudformation.stacks._runs_on_worker_thread": ("resource_type",),
    "services.cloudwatch.record_metric": (
        "namespace",
        "metric_name",
        "value",
        "unit",
        "dimensions",
    ),
    "services.dynamodb.stream_records_since": (
        "table_name",
        "position",
        "limit",
        "account_id",
        "region",
    ),
    "services.dynamodb.stream_start_position": ("table_name", "account_id", "region"),
    "services.eventbridge._dispatch_to_sqs": ("spec", "payload", "sqs_parameters"),
    "services.eventbridge._invoke_target": ("target", "event", "rule", "view"),
    "services.eventbridge._put_events": ("data", "allow_aws_source"),
    "services.eventbridge._tick_scheduled_rules": (),
    "services.eventbridge._validate_target_arn": ("target",),
    "services.lambda_svc._apply_filter_criteria": ("records", "esm"),
    "services.lambda_svc._dispatch_esm_batch": ("esm_id", "fn", "args"),
    "services.lambda_svc._emit_lambda_logs": (
        "func",
        "request_id",
        "log_text",
        "error",
        "duration_ms",
        "log_source",
    ),
    "services.lambda_svc._emit_lambda_metrics": (
        "function_name",
        "duration_ms",
        "error",
        "throttle",
    ),
    "services.lambda_svc._execute_function_dispatch": (
        "func",
        "config",
        "event",
        "request_id",
        "started",
    ),
    "services.lambda_svc._execute_function": ("func", "event"),
    "services.lambda_svc._execution_record_for_config": ("func", "config"),
    "services.lambda_svc._get_func_record_for_ref": ("function_ref",),
    "services.lambda_svc._get_func_record_for_qualifier": ("name", "qualifier"),
    "services.lambda_svc._iter_all_esms": (),
    "services.lambda_svc._poll_dynamodb_streams": (),
    "services.lambda_svc._resolve_layer_zip": ("attachment",),
    "services.lambda_svc._send_ddb_stream_failure_record": (
        "esm",
        "func_rec",
        "batch",
        "stream_arn",
        "result",
        "condition",
    ),
    "services.lambda_svc.invoke_async_with_retry": ("func", "event"),
    "services.scheduler._tick_schedules": (),
    "services.sqs._act_send_message": ("data", "qurl"),
    "services.sqs._queue_by_arn": ("arn",),
    "services.sqs.queue_policy_allows": (
        "queue_arn",
        "service",
        "source_arn",
        "source_account",
    ),
}


class UnknownMiniStack(RuntimeError):
    """The installed MiniStack is not one that this adapter fits."""


@dataclass(frozen=True)
class Names:
    """MiniStack's modules by the names that are used here."""

    modules: Mapping[str, ModuleType]

    def __getitem__(self, name: str) -> Any:
        """Answer a module, such as `services.sqs`."""
        return self.modules[name]


def load() -> Names:
    """Import what is needed and check every name.

    Raises:
        UnknownMiniStack: a name is missing or a function's parameters differ.
    """
    wanted = {*READ_OR_REPLACED, *(name.rpartition(".")[0] for name in CALLED_OR_REPLACED)}
    modules = {name: _module(name) for name in sorted(wanted)}
    for name, attributes in READ_OR_REPLACED.items():
        for attribute in attributes:
            _attribute(modules[name], attribute)
    for name, parameters in CALLED_OR_REPLACED.items():
        module, _, function = name.rpartition(".")
        _check_parameters(name, _attribute(modules[module], function), parameters)
    return Names(modules)


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"ministack.{name}")
    except ImportError as error:
        raise _unfit(f"can't import `ministack.{name}` ({error})") from error


def _attribute(module: ModuleType, attribute: str) -> Any:
    if not hasattr(module, attribute):
        raise _unfit(f"has no `{module.__name__}.{attribute}`")
    return getattr(module, attribute)


def _check_parameters(name: str, function: Any, expected: tuple[str, ...]) -> None:
    found = tuple(inspect.signature(function).parameters)
    if found != expected:
        raise _unfit(f"`ministack.{name}` takes {found}, and not {expected}")


def _unfit(what: str) -> UnknownMiniStack:
    installed = version("ministack")
    return UnknownMiniStack(
        f"MiniStack {installed} {what}; this local cloud was written for {KNOWN_VERSION}"
    )
