"""Fleets as processes: draining, dying, restarting, ending with the service."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from infra.local.sagemaker.children import Children
from infra.local.sagemaker.fleet import VariantServers
from infra.local.sagemaker.router import Traffic
from tests.local.sagemaker.fake_cloud import Metric
from tests.local.sagemaker.scene import Scene, answer, until, variant_of


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_request_in_flight_during_a_swap_gets_its_answer_from_the_old_fleet(scene: Scene) -> None:
    scene.serving(stable=1)
    old = answer(scene.invoke())["pid"]
    scene.config("c2", variant_of("stable"))
    scene.update("c2")
    slow = asyncio.run_coroutine_threadsafe(scene.invoking({"sleep": 1.5}), scene.loop)
    scene.settled()
    assert answer(scene.invoke())["pid"] != old
    assert not slow.done(), "the swap took longer than the slow request: nothing was shown"
    assert answer(slow.result(10))["pid"] == old
    until(lambda: runs(old), lambda alive: not alive)


def test_request_that_meets_a_retiring_fleet_goes_to_the_next_one(scene: Scene) -> None:
    scene.serving(stable=1)
    router = scene.service._router
    now = router._traffic["completion"]
    weights = {"stable": 1.0}

    class Retiring(VariantServers):
        """Retires between the router's look at the routes and its taking an instance."""

        def acquire(self, chance: random.Random) -> None:  # noqa: ARG002
            router.route("completion", now)

    servers = now.servers("stable")
    assert servers is not None
    router.route("completion", Traffic({"stable": Retiring(servers.plan, [])}, weights))
    assert scene.invoke().status == 200
    servers.servers[0].refuse_requests()
    assert scene.invoke().status == 503


def test_no_request_fails_while_fleets_are_swapped(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.config("c2", variant_of("stable"))
    scene.config("c3", variant_of("stable", InitialInstanceCount=2))

    async def keep_asking(end: asyncio.Event) -> list[int]:
        statuses = []
        while not end.is_set():
            statuses.append((await scene.invoking({})).status)
        return statuses

    async def clients(end: asyncio.Event) -> list[list[int]]:
        return await asyncio.gather(*(keep_asking(end) for _ in range(4)))

    end = asyncio.Event()
    asking = asyncio.run_coroutine_threadsafe(clients(end), scene.loop)
    for config in ("c2", "c3"):
        scene.update(config)
        assert scene.settled()["EndpointConfigName"] == config
    scene.loop.call_soon_threadsafe(end.set)
    statuses = [status for client in asking.result(10) for status in client]
    assert len(statuses) > 50
    assert set(statuses) == {200}


def test_dead_server_fails_its_requests_and_comes_back_after_a_while(scene: Scene) -> None:
    scene.serving(stable=1)
    died = scene.invoke({"die": True})
    assert died.status == 424
    assert b'"OriginalStatusCode": 0' in died.body
    refused = until(scene.invoke, lambda reply: reply.status == 503)
    assert refused.headers["x-amzn-ErrorType"] == "ServiceUnavailable"
    assert scene.describe()["EndpointStatus"] == "InService"
    until(scene.invoke, lambda reply: reply.status == 200)
    scene.stop_service()

    def total(name: str) -> float:
        metrics: list[Metric] = scene.cloud.metrics
        return sum(sum(one.values) for one in metrics if one.name == name)

    assert total("InvocationModelErrors") >= 2
    assert total("Invocation5XXErrors") == total("InvocationModelErrors")
    assert total("Invocations") == total("InvocationModelErrors") + 1


def test_requests_go_to_the_living_instance_while_another_is_down(scene: Scene) -> None:
    scene.model("m")
    scene.config("c1", variant_of("stable", model="m", InitialInstanceCount=2))
    scene.endpoint("completion", "c1")
    scene.invoke({"die": True})
    pids = {answer(scene.invoke())["pid"] for _ in range(10)}
    assert pids
    until(lambda: {answer(scene.invoke())["pid"] for _ in range(10)}, lambda seen: len(seen) == 2)


def test_least_outstanding_requests_avoids_the_busy_instance(scene: Scene) -> None:
    scene.model("m")
    strategy = {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    scene.config(
        "c1", variant_of("stable", model="m", InitialInstanceCount=2, RoutingConfig=strategy)
    )
    scene.endpoint("completion", "c1")
    slow = asyncio.run_coroutine_threadsafe(scene.invoking({"sleep": 1}), scene.loop)
    time.sleep(0.1)
    others = {answer(scene.invoke())["pid"] for _ in range(10)}
    assert not slow.done()
    assert len(others) == 1
    assert answer(slow.result(10))["pid"] not in others


def test_stop_ends_every_child_and_thread(scene: Scene) -> None:
    scene.serving(stable=1, canary=1)
    pids = [answer(scene.invoke(target_variant=name))["pid"] for name in ("stable", "canary")]
    assert all(runs(pid) for pid in pids)
    scene.stop_service()
    assert not any(runs(pid) for pid in pids)


def test_stop_in_the_middle_of_an_update_ends_the_new_fleet_too(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.config("c2", variant_of("stable", InitialInstanceCount=2))
    scene.update("c2")
    logs = scene.cloud.state_dir / "sagemaker" / "endpoints" / "completion"
    until(lambda: len(list(logs.glob("*/*/log.txt"))), lambda count: count == 3)
    scene.stop_service()
    assert scene.service._children._running == set()


def test_children_die_with_a_server_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time\n"
        "from infra.local.sagemaker.children import Children\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "child = Children().start('serve.py', folder, {}, folder / 'log.txt')\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    (tmp_path / "serve.py").write_text("import time\ntime.sleep(60)\n")
    server = subprocess.Popen(  # noqa: S603 - the program above
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    child = int(server.stdout.readline())
    time.sleep(0.3)
    assert runs(child)
    server.send_signal(signal.SIGKILL)
    server.wait()
    server.stdout.close()
    until(lambda: runs(child), lambda alive: not alive, limit_s=5)


def test_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    (tmp_path / "serve.py").write_text(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready')\ntime.sleep(60)\n"
    )
    children = Children(polite_s=0.2)
    child = children.start("serve.py", tmp_path, {}, tmp_path / "log.txt")
    until((tmp_path / "log.txt").read_text, lambda log: "ready" in log)
    children.stop()
    assert not runs(child.pid)
    assert os.waitstatus_to_exitcode(-child.returncode) == -signal.SIGKILL
