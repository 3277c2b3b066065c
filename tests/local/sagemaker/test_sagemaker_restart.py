"""A restart of SageMaker: work on changes is lost and begun again; records and fleets stay."""

import threading

from tests.local.sagemaker.scene import Scene, answer, variant_of


def test_update_that_a_restart_interrupts_is_begun_again_and_comes_to_its_end(
    scene: Scene,
) -> None:
    scene.serving(stable=1)
    old = answer(scene.invoke())["pid"]
    scene.model("canary")
    scene.config("c2", variant_of("stable"), variant_of("canary", weight=0))
    scene.update("c2")
    assert scene.service.restart(30) == 1
    updating = scene.describe()
    assert (updating["EndpointStatus"], updating["EndpointConfigName"]) == (
        "Updating",
        "completion-1",
    )
    assert updating["PendingDeploymentSummary"]["EndpointConfigName"] == "c2"
    assert answer(scene.invoke())["pid"] == old
    described = scene.settled()
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "c2")
    assert answer(scene.invoke(target_variant="canary"))["model"] == "canary"


def test_shift_of_weights_that_a_restart_interrupts_comes_to_its_end(scene: Scene) -> None:
    scene.serving(stable=100, canary=0)
    scene.weights(stable=50, canary=50)
    assert scene.service.restart(10) == 1
    assert scene.describe()["EndpointStatus"] == "Updating"
    weights = {v["VariantName"]: v["CurrentWeight"] for v in scene.settled()["ProductionVariants"]}
    assert weights == {"stable": 50, "canary": 50}


def test_what_lost_workers_brought_up_never_takes_over(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.config("c2", variant_of("stable"))
    scene.update("c2")
    done = threading.Thread(target=scene.service.restart, args=(200,))
    done.start()
    scene.cloud.clock.sleep(120)  # twice what the lost workers needed
    assert scene.describe()["EndpointStatus"] == "Updating"
    done.join()
    assert scene.settled()["EndpointConfigName"] == "c2"
    folders = sorted((scene.cloud.state_dir / "sagemaker/endpoints/completion").iterdir())
    assert len(folders) == 3  # the first fleet, the lost one, the one that serves
    assert not list(folders[1].glob("*/code"))


def test_restart_while_nothing_is_under_way_changes_nothing(scene: Scene) -> None:
    before = scene.serving(stable=1)
    assert scene.service.restart(1) == 0
    assert scene.describe() == before
