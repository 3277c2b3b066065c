"""Faults on demand, as far as the local cloud alone has them: events, requests, the end."""

from tests.local.sagemaker.refusal import refused
from tests.local.sagemaker.scene import Scene, until, variant_of


def statuses(scene: Scene) -> list[str]:
    """What events said of the endpoint, oldest first."""
    events = scene.cloud.events("SageMaker Endpoint State Change")
    return [event.detail["EndpointStatus"] for event in events]


def test_imposed_status_is_told_by_events_when_it_comes_and_when_it_goes(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.service.set_fault("status", endpoint="completion", status="SystemUpdating", seconds=30)
    until(lambda: statuses(scene), lambda seen: len(seen) == 4)
    assert statuses(scene)[2:] == ["SYSTEM_UPDATING", "IN_SERVICE"]


def test_shift_that_is_undone_is_told_by_events_and_loses_no_request(scene: Scene) -> None:
    scene.serving(stable=1, canary=0)
    scene.service.set_fault("weights-roll-back")
    scene.weights(stable=1, canary=1)
    replies = []
    while scene.describe()["EndpointStatus"] != "InService":
        replies.append(scene.invoke().status)
    assert set(replies) == {200}
    until(lambda: statuses(scene), lambda seen: len(seen) == 5)
    assert statuses(scene)[2:] == ["UPDATING", "ROLLING_BACK", "IN_SERVICE"]


def test_fleet_that_stops_half_way_loses_no_request_and_leaves_no_process(scene: Scene) -> None:
    scene.model("old")
    scene.model("new")
    for model in ("old", "new"):
        scene.config(model, variant_of("stable", model=model, InitialInstanceCount=3))
    scene.endpoint("completion", "old")
    scene.service.set_fault("update-rollback-failed")
    scene.update("new")
    replies = []
    while scene.describe()["EndpointStatus"] == "Updating":
        replies.append(scene.invoke().status)
    assert set(replies) == {200}
    assert scene.describe()["EndpointStatus"] == "UpdateRollbackFailed"
    until(lambda: len(scene.service._children._running), lambda running: running == 3)
    scene.api("DeleteEndpoint", EndpointName="completion")
    until(lambda: len(scene.service._children._running), lambda running: running == 0)


def test_denial_names_the_endpoint_or_any_resource(scene: Scene) -> None:
    for operation, params, resource in (
        ("DeleteEndpoint", {"EndpointName": "E9"}, ":endpoint/e9 because"),
        ("ListModels", {}, "on resource: * because"),
    ):
        scene.service.set_fault("access-denied", operation=operation)
        with refused("AccessDeniedException", f"sagemaker:{operation}", resource):
            scene.api(operation, **params)


def test_late_call_ends_with_the_service(scene: Scene) -> None:
    scene.service.set_fault("delay", operation="ListModels", seconds=100_000)
    with refused("InternalFailure"):
        scene.api("ListModels")
    scene.stop_service()
    assert not any(thread.is_alive() for thread in scene.service._struck._threads)
