"""HTTP requests to the services of ours, in each wire protocol that clients use."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from infra.local.ports import AwsError, Params, ResourceType
from infra.local.protocol import ServiceFront

AT = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
WIRES = ["json", "smithy-rpc-v2-cbor", "query"]
DATUM = {
    "MetricName": "Evidence",
    "Dimensions": [{"Name": "EndpointName", "Value": "completion"}],
    "Timestamp": AT,
    "Values": [1.5, 2.0],
    "Counts": [1.0, 3.0],
    "StorageResolution": 60,
}


class Recorder:
    """A service that remembers what it was asked and answers what it was told to."""

    def __init__(self, name: str, answer: Params | Exception) -> None:
        self.name = name
        self.asked: list[tuple[str, Params]] = []
        self._answer = answer

    def call(self, operation: str, params: Params) -> Params:
        self.asked.append((operation, params))
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def resources(self) -> Mapping[str, ResourceType]:
        return {}

    def start(self) -> None: ...

    def stop(self) -> None: ...


def send(front: ServiceFront, path: str, headers: Mapping[str, str], body: bytes) -> Any:
    lowered = {name.lower(): str(value) for name, value in headers.items()}
    return asyncio.run(front("POST", path, lowered, body, {}))


def exchange(service: Recorder, wire: str, operation: str, params: Params) -> Params:
    """Send a request as botocore would, and read the response as botocore would."""
    model = (
        botocore.session.get_session().get_service_model(service.name).operation_model(operation)
    )
    request = create_serializer(wire).serialize_to_request(params, model)
    body = request["body"]
    if isinstance(body, dict):
        prepared = botocore.awsrequest.AWSRequest("POST", "http://x/", data=body).prepare()
        body, request["headers"] = prepared.body, {**request["headers"], **prepared.headers}
    encoded = body.encode() if isinstance(body, str) else bytes(body)
    status, headers, answer = send(
        ServiceFront(service), request["url_path"], request["headers"], encoded
    )
    response = {"status_code": status, "headers": lower(headers), "body": answer}
    shape: Any = model.output_shape
    parsed: Params = create_parser(wire).parse(response, shape)
    return parsed


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize("wire", WIRES)
def test_request_arrives_as_botocores_users_wrote_it(wire: str) -> None:
    service = Recorder("cloudwatch", {})
    exchange(service, wire, "PutMetricData", {"Namespace": "Steelyard", "MetricData": [DATUM]})
    assert service.asked == [
        ("PutMetricData", {"Namespace": "Steelyard", "MetricData": [DATUM]}),
    ]


@pytest.mark.parametrize("wire", WIRES)
def test_answer_reaches_the_client_as_the_service_gave_it(wire: str) -> None:
    results = [{"Id": "m1", "Timestamps": [AT], "Values": [0.25], "StatusCode": "Complete"}]
    service = Recorder("cloudwatch", {"MetricDataResults": results})
    asked = {"StartTime": AT, "EndTime": AT, "MetricDataQueries": []}
    answer = exchange(service, wire, "GetMetricData", asked)
    (found,) = answer["MetricDataResults"]
    assert found["Values"] == [0.25]
    assert found["StatusCode"] == "Complete"
    assert [moment.timestamp() for moment in found["Timestamps"]] == [AT.timestamp()]


@pytest.mark.parametrize("wire", WIRES)
def test_error_of_the_service_reaches_the_client_with_code_message_and_status(wire: str) -> None:
    service = Recorder("cloudwatch", AwsError("ResourceNotFound", "no alarm <x>", 404))
    answer = exchange(service, wire, "DeleteAlarms", {"AlarmNames": ["x"]})
    assert answer["Error"]["Code"] == "ResourceNotFound"
    assert answer["Error"]["Message"] == "no alarm <x>"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize("wire", WIRES)
def test_service_that_breaks_answers_500_and_keeps_its_secrets(wire: str) -> None:
    service = Recorder("cloudwatch", ZeroDivisionError("a detail"))
    answer = exchange(service, wire, "DeleteAlarms", {"AlarmNames": ["x"]})
    assert answer["Error"]["Code"] == "InternalFailure"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "a detail" not in answer["Error"]["Message"]


def test_operation_without_output_answers_an_empty_object() -> None:
    service = Recorder("sagemaker", {})
    answer = exchange(service, "json", "DeleteModel", {"ModelName": "completion"})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert service.asked == [("DeleteModel", {"ModelName": "completion"})]


def weights(value: object) -> str:
    desired = [{"VariantName": "canary", "DesiredWeight": value}]
    return json.dumps({"EndpointName": "completion", "DesiredWeightsAndCapacities": desired})


def test_whole_number_is_taken_where_a_fraction_belongs() -> None:
    service = Recorder("sagemaker", {"EndpointArn": "arn:aws:sagemaker:eu-west-1:0:endpoint/x"})
    refusal = post(service, "UpdateEndpointWeightsAndCapacities", weights(99))
    assert refusal == (200, None)
    assert service.asked[0][1]["DesiredWeightsAndCapacities"][0]["DesiredWeight"] == 99.0


REFUSED = [
    ("Nothing", "{}", "UnknownOperationException", "Nothing"),
    ("DescribeEndpoint", "{}", "ValidationException", "EndpointName"),
    ("DescribeEndpoint", "[", "SerializationException", "JSON"),
    ("DescribeEndpoint", "[]", "SerializationException", "[]"),
    ("DescribeEndpoint", '{"EndpointName": 7}', "SerializationException", "7"),
    ("DescribeEndpoint", '{"EndpointName": "a_b"}', "ValidationException", "a_b"),
    ("DescribeEndpoint", '{"EndpointName": "../x"}', "ValidationException", "../x"),
    ("DescribeEndpoint", '{"EndpointName": "%s"}' % ("a" * 64), "ValidationException", "63"),
    ("DescribeEndpoint", '{"EndpointName": "µ"}', "ValidationException", "µ"),
    ("DescribeEndpoint", "[" * 1001 + "]" * 1001, "SerializationException", "recursion"),
    ("ListEndpoints", '{"MaxResults": true}', "SerializationException", "True"),
    ("ListEndpoints", '{"MaxResults": 101}', "ValidationException", "100"),
    ("ListEndpoints", '{"SortBy": "Age"}', "ValidationException", "CreationTime"),
    ("ListEndpoints", '{"CreationTimeAfter": "soon"}', "SerializationException", "soon"),
    ("UpdateEndpointWeightsAndCapacities", weights(-0.1), "ValidationException", "-0.1"),
    ("UpdateEndpointWeightsAndCapacities", weights(value=True), "SerializationException", "True"),
    ("UpdateEndpointWeightsAndCapacities", weights("1"), "SerializationException", "'1'"),
    ("UpdateEndpointWeightsAndCapacities", weights(float("nan")), "SerializationException", "NaN"),
    ("UpdateEndpointWeightsAndCapacities", weights(float("inf")), "SerializationException", "Inf"),
]


@pytest.mark.parametrize(("operation", "body", "code", "shown"), REFUSED)
def test_malformed_request_is_refused_before_the_service_sees_it(
    operation: str, body: str, code: str, shown: str
) -> None:
    service = Recorder("sagemaker", {})
    status, error = post(service, operation, body)
    assert status == 400
    assert error is not None
    assert error["__type"] == code
    assert shown in error["message"]
    assert service.asked == []


def test_broken_cbor_is_refused() -> None:
    headers = {"smithy-protocol": "rpc-v2-cbor"}
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    front = ServiceFront(Recorder("cloudwatch", {}))
    status, answered, _ = send(front, path, headers, b"\xbf\x61")
    assert (status, answered["X-Amzn-Errortype"]) == (400, "SerializationException")


def test_caller_without_permission_never_reaches_the_service() -> None:
    service = Recorder("sagemaker", {})

    def nobody_may(operation: str, params: Params, headers: Mapping[str, str]) -> None:
        raise AwsError("AccessDeniedException", f"{operation} {params} {headers['who']}", 403)

    status, _, body = send(
        ServiceFront(service, nobody_may),
        "/",
        {"X-Amz-Target": "SageMaker.DescribeEndpoint", "Who": "a role"},
        b'{"EndpointName": "completion"}',
    )
    assert status == 403
    assert "a role" in json.loads(body)["message"]
    assert service.asked == []


def post(service: Recorder, operation: str, body: str) -> tuple[int, Params | None]:
    headers = {"X-Amz-Target": f"SageMaker.{operation}"}
    status, _, answer = send(ServiceFront(service), "/", headers, body.encode())
    return status, None if status == 200 else json.loads(answer)
