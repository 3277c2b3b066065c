"""Endpoints: creation, refusals, deletion, lists, events."""

from datetime import UTC, datetime

from tests.local.sagemaker.refusal import refused
from tests.local.sagemaker.scene import DIES, NEVER_PINGS, Scene, answer, until, variant_of

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:endpoint/completion"


def test_created_endpoint_goes_from_creating_to_in_service_after_a_virtual_minute(
    scene: Scene,
) -> None:
    scene.model("stable")
    scene.config("c1", variant_of("stable"))
    began = scene.cloud.clock.monotonic()
    made = scene.api("CreateEndpoint", EndpointName="completion", EndpointConfigName="c1")
    assert made == {"EndpointArn": ARN}
    creating = scene.describe()
    assert creating["EndpointStatus"] == "Creating"
    assert creating["PendingDeploymentSummary"]["EndpointConfigName"] == "c1"
    assert scene.invoke().status == 400
    described = scene.settled()
    assert scene.cloud.clock.monotonic() - began >= 60
    assert described["EndpointStatus"] == "InService"
    assert "FailureReason" not in described
    assert "PendingDeploymentSummary" not in described
    [variant] = described["ProductionVariants"]
    assert (variant["CurrentWeight"], variant["CurrentInstanceCount"]) == (1.0, 1)
    assert variant["DeployedImages"][0]["SpecifiedImage"].startswith("000000000000.dkr.ecr.")
    assert answer(scene.invoke())["model"] == "stable"


def test_create_that_never_answers_ping_is_failed_and_says_why(scene: Scene) -> None:
    scene.model("mute", serve=NEVER_PINGS)
    scene.config("c1", variant_of("mute", ContainerStartupHealthCheckTimeoutInSeconds=60))
    scene.api("CreateEndpoint", EndpointName="completion", EndpointConfigName="c1")
    described = scene.settled()
    assert described["EndpointStatus"] == "Failed"
    assert (
        "production variant mute did not pass the ping health check" in described["FailureReason"]
    )
    with refused("ValidationException", f'Cannot update in-progress endpoint "{ARN}".'):
        scene.update("c1")
    scene.api("DeleteEndpoint", EndpointName="completion")
    until(lambda: scene.api("ListEndpoints"), lambda listed: listed == {"Endpoints": []})


def test_create_whose_process_dies_is_failed_with_the_end_of_its_log(scene: Scene) -> None:
    scene.model("broken", serve=DIES)
    scene.config("c1", variant_of("broken"))
    began = scene.cloud.clock.monotonic()
    scene.api("CreateEndpoint", EndpointName="completion", EndpointConfigName="c1")
    described = scene.settled()
    assert scene.cloud.clock.monotonic() - began < 1800, "it waited for the startup timeout"
    assert described["EndpointStatus"] == "Failed"
    assert "exit code 1" in described["FailureReason"]
    assert "no weights in this archive" in described["FailureReason"]


def test_unknown_and_repeated_names_are_refused_in_awss_words(scene: Scene) -> None:
    with refused("ValidationException", f'Could not find endpoint "{ARN}".'):
        scene.describe()
    with refused("ValidationException", "Could not find endpoint configuration"):
        scene.api("CreateEndpoint", EndpointName="completion", EndpointConfigName="c9")
    scene.serving(stable=1)
    with refused("ValidationException", f'Cannot create already existing endpoint "{ARN}".'):
        scene.api("CreateEndpoint", EndpointName="COMPLETION", EndpointConfigName="completion-1")


def test_deleted_endpoint_is_deleting_and_then_gone(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.api("DeleteEndpoint", EndpointName="completion")
    assert scene.describe()["EndpointStatus"] == "Deleting"
    assert scene.invoke().status == 400
    until(lambda: scene.api("ListEndpoints"), lambda listed: listed == {"Endpoints": []})
    with refused("ValidationException", "Could not find endpoint"):
        scene.describe()
    assert scene.service._children._running == set()


def test_every_state_change_is_an_event_in_the_documented_shape(scene: Scene) -> None:
    scene.serving("Completion", stable=1)
    scene.weights("Completion", stable=4)
    scene.settled("Completion")
    scene.api("DeleteEndpoint", EndpointName="Completion")
    events = until(
        lambda: scene.cloud.events("SageMaker Endpoint State Change"), lambda seen: len(seen) == 5
    )
    assert [event.detail["EndpointStatus"] for event in events] == [
        "CREATING",
        "IN_SERVICE",
        "UPDATING",
        "IN_SERVICE",
        "DELETING",
    ]
    event = events[3]
    assert event.source == "aws.sagemaker"
    assert event.resources == [ARN]
    now = datetime.now(UTC).timestamp() * 1000
    assert abs(event.detail.pop("CreationTime") - now) < 3_600_000
    assert abs(event.detail.pop("LastModifiedTime") - now) < 3_600_000
    assert event.detail == {
        "EndpointName": "Completion",
        "EndpointArn": ARN,
        "EndpointConfigName": "Completion-1",
        "ProductionVariants": [{"DesiredWeight": 4.0, "DesiredInstanceCount": 1.0}],
        "EndpointStatus": "IN_SERVICE",
        "Tags": {},
    }


def test_broken_event_bus_does_not_stop_an_endpoint(scene: Scene) -> None:
    scene.cloud.bus_broken = True
    assert scene.serving(stable=1)["EndpointStatus"] == "InService"


def test_endpoints_are_listed_newest_first_in_pages(scene: Scene) -> None:
    scene.model("stable")
    scene.config("c1", variant_of("stable"))
    for name in ("one", "two", "three"):
        scene.api("CreateEndpoint", EndpointName=name, EndpointConfigName="c1")
    first = scene.api("ListEndpoints", MaxResults=2)
    rest = scene.api("ListEndpoints", MaxResults=2, NextToken=first["NextToken"])
    names = [one["EndpointName"] for one in first["Endpoints"] + rest["Endpoints"]]
    assert names == ["three", "two", "one"]
    assert "NextToken" not in rest
    assert scene.api("ListEndpoints", StatusEquals="InService")["Endpoints"] == []
    with refused("ValidationException", "NextToken 'junk'"):
        scene.api("ListEndpoints", NextToken="junk")
