"""Lambda on the local cloud: event sources, logs, metrics, retries."""

import json
from collections.abc import Callable

from tests.local.running_cloud import RunningCloud, arn_of, receive


def test_queue_feeds_a_function_and_failed_items_come_back_until_they_are_dead(
    local_cloud: RunningCloud, queue: Callable[..., str]
) -> None:
    dead = queue("dead.fifo")
    redrive = json.dumps({"deadLetterTargetArn": arn_of(dead), "maxReceiveCount": 2})
    url = queue("work.fifo", VisibilityTimeout="30", RedrivePolicy=redrive)
    source = (
        "def handler(event, context):\n"
        "    bad = [r for r in event['Records'] if r['body'] == 'bad']\n"
        "    return {'batchItemFailures': [{'itemIdentifier': r['messageId']} for r in bad]}\n"
    )
    local_cloud.function("worker", source, "sqs:*")
    local_cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=arn_of(url),
        FunctionName="worker",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    for group, body in (("a", "good"), ("b", "bad")):
        local_cloud.client("sqs").send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group)
    (message, *more) = local_cloud.until(lambda: receive(local_cloud, dead))
    assert (message["Body"], more) == ("bad", [])
    metrics = local_cloud.client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"]
    assert {"Invocations", "Errors", "Duration"} <= {metric["MetricName"] for metric in metrics}


def test_output_is_in_the_functions_log_group(local_cloud: RunningCloud) -> None:
    local_cloud.function("talker", "def handler(event, context):\n    print('hello', event)\n")
    local_cloud.call("talker", 42)
    found = local_cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/talker")
    messages = [event["message"] for event in found["events"]]
    assert "hello 42" in messages
    assert messages[0].startswith("START RequestId: ")


def test_asynchronous_failure_is_tried_again_and_then_buried(
    local_cloud: RunningCloud, queue: Callable[..., str]
) -> None:
    dead = queue("dead")
    settings = {"DeadLetterConfig": {"TargetArn": arn_of(dead)}}
    local_cloud.function("fails", "def handler(event, context):\n    1 / 0\n", **settings)
    local_cloud.client("lambda").invoke(
        FunctionName="fails", InvocationType="Event", Payload=b'{"n":1}'
    )
    (message, *_) = local_cloud.until(lambda: receive(local_cloud, dead))
    assert json.loads(message["Body"])["requestPayload"] == {"n": 1}


def test_function_in_another_language_is_refused(local_cloud: RunningCloud) -> None:
    local_cloud.function("node", "// nothing")
    local_cloud.client("lambda").update_function_configuration(
        FunctionName="node", Runtime="nodejs22.x"
    )
    assert local_cloud.call("node")["errorType"] == "NotEmulated"
