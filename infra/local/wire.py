"""AWS's wire protocols for the services of ours: JSON, Query, and CBOR. Used by `protocol` only.

Requests are read more strictly than botocore writes them: a boolean or a string where a number
belongs is refused here, as AWS does, and not turned into one.
"""

import base64
import json
from binascii import Error as BadBase64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.parsers import ResponseParserError, RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer
from botocore.utils import parse_timestamp
from moto.core.model import OperationModel, ServiceModel, Shape
from moto.core.parse import QueryParser
from moto.core.serialize import JSONSerializer, QuerySerializer
from werkzeug.datastructures import MultiDict

from infra.local.ports import AwsError, Params

Headers = dict[str, str]
Response = tuple[int, Headers, bytes]

_WHOLE = {"integer", "long"}
_FRACTIONAL = {"float", "double"}
_CBOR_HEADERS = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
_EMPTY_MAP, _MAP_OF_TWO = b"\xa0", b"\xa2"


@dataclass(frozen=True)
class Request:
    """An HTTP request; header names are in lower case."""

    path: str
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Wire:
    """One protocol.

    Attributes:
        operation: the name of the operation that a request asks for, or ''.
        params: its parameters; raises AwsError, SerializationException, when there are none.
        success, failure: the response.
    """

    operation: Callable[[Request], str]
    params: Callable[[OperationModel, bytes], Params]
    success: Callable[[OperationModel, Params], Response]
    failure: Callable[[ServiceModel, AwsError], Response]


def wire_of(headers: Headers) -> Wire:
    """Answer the protocol that a request's headers say it uses."""
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _CBOR
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return _QUERY
    return _JSON


def _json_operation(request: Request) -> str:
    return request.headers.get("x-amz-target", "").rpartition(".")[2]


def _json_params(model: OperationModel, body: bytes) -> Params:
    try:
        value = json.loads(body or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _malformed(f"the body is not JSON: {error}") from error
    return _input(model, value)


def _json_success(model: OperationModel, result: Params) -> Response:
    written = JSONSerializer(model).serialize(result)
    body = written["body"] if model.output_shape is not None else "{}"
    return written["status_code"], dict(written["headers"]), _encoded(body)


def _json_failure(model: ServiceModel, error: AwsError) -> Response:
    kind = f"application/x-amz-json-{model.metadata['jsonVersion']}"
    body = {"__type": error.code, "message": error.message}
    headers = {"Content-Type": kind, **_error_headers(model, error)}
    return error.status, headers, json.dumps(body).encode()


def _cbor_operation(request: Request) -> str:
    return request.path.rpartition("/operation/")[2]


def _cbor_params(model: OperationModel, body: bytes) -> Params:
    parser = RpcV2CBORParser()
    stream = parser.get_peekable_stream_from_bytes(body or _EMPTY_MAP)
    try:
        value = parser.parse_data_item(stream)
    except (ResponseParserError, ValueError, RecursionError) as error:
        raise _malformed(f"the body is not CBOR: {error}") from error
    return _input(model, value)


def _cbor_success(model: OperationModel, result: Params) -> Response:
    body = bytearray()
    if model.output_shape is not None:
        _cbor_writer()._serialize_data_item(body, result, model.output_shape)  # noqa: SLF001
    return 200, dict(_CBOR_HEADERS), bytes(body or _EMPTY_MAP)


def _cbor_failure(model: ServiceModel, error: AwsError) -> Response:
    body = bytearray(_MAP_OF_TWO)
    for text in ("__type", error.code, "message", error.message):
        _cbor_writer()._serialize_type_string(body, text, None, None)  # noqa: SLF001
    return error.status, _CBOR_HEADERS | _error_headers(model, error), bytes(body)


def _cbor_writer() -> Any:
    """Botocore writes CBOR requests only; a response is made of the same items."""
    return RpcV2CBORSerializer()


def _query_operation(request: Request) -> str:
    return dict(parse_qsl(request.body.decode(errors="replace"))).get("Action", "")


def _query_params(model: OperationModel, body: bytes) -> Params:
    fields = MultiDict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    parser: Any = QueryParser(model, timestamp_parser=_timestamp)
    try:
        read: Params = parser.parse({"values": fields})
    except ValueError as error:
        raise _malformed(f"a field has the wrong type: {error}") from error
    return read


def _query_success(model: OperationModel, result: Params) -> Response:
    written = QuerySerializer(model).serialize(result)
    return written["status_code"], dict(written["headers"]), _encoded(written["body"])


def _query_failure(model: ServiceModel, error: AwsError) -> Response:
    text = (
        f'<ErrorResponse xmlns="{model.metadata.get("xmlNamespace", "")}"><Error>'
        f"<Type>{_fault(error)}</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error></ErrorResponse>"
    )
    return error.status, {"Content-Type": "text/xml"}, text.encode()


_JSON = Wire(_json_operation, _json_params, _json_success, _json_failure)
_CBOR = Wire(_cbor_operation, _cbor_params, _cbor_success, _cbor_failure)
_QUERY = Wire(_query_operation, _query_params, _query_success, _query_failure)


def _error_headers(model: ServiceModel, error: AwsError) -> Headers:
    headers = {"X-Amzn-Errortype": error.code}
    if "awsQueryCompatible" in model.metadata:
        headers["x-amzn-query-error"] = f"{error.code};{_fault(error)}"
    return headers


def _fault(error: AwsError) -> str:
    return "Sender" if error.status < 500 else "Receiver"


def _encoded(body: str | bytes) -> bytes:
    return body if isinstance(body, bytes) else body.encode()


def _malformed(message: str) -> AwsError:
    return AwsError("SerializationException", message)


def _refuse_constant(literal: str) -> float:
    raise ValueError(f"{literal} is no JSON number")


def _timestamp(value: Any) -> datetime:
    try:
        parsed = value if isinstance(value, datetime) else parse_timestamp(value)
    except (ValueError, OverflowError) as error:
        raise _malformed(f"{value!r} is no timestamp: {error}") from error
    return parsed.astimezone(UTC)


def _input(model: OperationModel, value: Any) -> Params:
    shape: Any = model.input_shape
    return {} if shape is None else _read(shape, value, "the body")


def _read(shape: Any, value: Any, where: str) -> Any:
    """Turn parsed JSON or CBOR into what botocore's users see; unknown members are left out."""
    kind = shape.type_name
    if kind == "structure":
        given = _expect(dict, value, where)
        return {
            name: _read(member, given[name], f"{where}.{name}")
            for name, member in shape.members.items()
            if given.get(name) is not None
        }
    if kind == "list":
        items = enumerate(_expect(list, value, where))
        return [_read(shape.member, item, f"{where}[{number}]") for number, item in items]
    if kind == "map":
        entries = _expect(dict, value, where).items()
        return {key: _read(shape.value, item, f"{where}.{key}") for key, item in entries}
    return _scalar(shape, value, where)


def _scalar(shape: Shape, value: Any, where: str) -> Any:
    kind = shape.type_name
    if kind in _WHOLE:
        return _expect(int, value, where)
    if kind in _FRACTIONAL:
        return float(_expect((int, float), value, where))
    if kind == "boolean":
        return _expect(bool, value, where)
    if kind == "timestamp":
        return _timestamp(_expect((datetime, int, float, str), value, where))
    if kind == "blob":
        return value if isinstance(value, bytes) else _decoded(_expect(str, value, where), where)
    return _expect(str, value, where)


def _expect(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _malformed(f"{where} has the value {value!r}, which is of the wrong type")
    return value


def _decoded(value: str, where: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except BadBase64 as error:
        raise _malformed(f"{where} is not base64: {error}") from error
