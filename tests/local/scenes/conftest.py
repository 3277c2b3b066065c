"""All scenes share one cloud and one deployment; each has an endpoint of its own."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cli.demo.traffic import Traffic
from cli.deploy import deploy
from cli.local_cloud import push_image
from cli.session import LOCAL, Session, connect
from infra.local import process
from tests.local.running_cloud import RunningCloud, arn_of, policy, statement
from tests.local.scenes.models import SCENES, write_models
from tests.local.scenes.stage import Stage

FACTOR = 20.0
"""A virtual minute takes three seconds: a tick of each endpoint fits in even when we're busy."""


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A cloud of its own, since clocks of scenes and of contract tests differ."""
    work = tmp_path_factory.mktemp("scenes")
    running = process.up(work / "cloud", FACTOR)
    try:
        cloud = RunningCloud(running.url, running.pid, running.factor, work / "cloud")
        session = connect(LOCAL, work / "cloud")
        _deploy(session, work)
        yield Stage(cloud, session, work / "models", work, _subscribe(cloud, session))
    finally:
        process.down(work / "cloud")


@pytest.fixture(scope="session")
def silent(stage: Stage) -> str:
    """The rollout that the fault strikes. It strikes the next update, so it has to come first."""
    stage.cloud.post("faults", {"fault": "silent-rollback"})
    rollout = stage.release("silent", "good")
    stage.until("silent", "ROLLING_BACK")
    return rollout


@pytest.fixture(scope="session")
def clients_of_mute(stage: Stage) -> Iterator[Traffic]:
    """Users from before the update on: it is over before a test could bring any."""
    with stage.traffic("mute", 4.0) as traffic:
        stage.cloud.until(lambda: traffic.snapshot().answered, 10)
        yield traffic


@pytest.fixture(scope="session")
def rollouts(stage: Stage, silent: str, clients_of_mute: Traffic) -> Mapping[str, str]:
    """The id of each scene's rollout. All begin at once, since they wait far more than they do."""
    assert clients_of_mute.snapshot().answered
    updates = {
        "by-evidence": "bad",
        "by-alarm": "bad",
        "forced": "good",
        "mute": "mute",
        "good": "good",
        "operator": "good",
        "paused": "good",
        "waiting": "good",
        "by-hand": "good",
        "late": "bad",
        "kept": "good",
        "garbage": "garbage",
    }
    return {"silent": silent, **{name: stage.release(name, u) for name, u in updates.items()}}


def _deploy(session: Session, work: Path) -> None:
    write_models(work / "models")
    (work / "data/training").mkdir(parents=True)
    (work / "data/training/rule.txt").write_text("capitals\n")
    images = {
        name: push_image(session.url or "", work / "models" / name, f"steelyard/{name}")
        for name in SCENES
    }
    data = dict.fromkeys(SCENES, work / "data")
    said: list[str] = []
    deploy(session, images, data, said.append, models=work / "models", out=work / "out")


def _subscribe(cloud: RunningCloud, session: Session) -> str:
    may = statement("sqs:SendMessage", Principal={"Service": "sns.amazonaws.com"}, Resource="*")
    url = str(
        cloud.client("sqs").create_queue(
            QueueName="told", Attributes={"Policy": json.dumps(policy(may))}
        )["QueueUrl"]
    )
    topics = cloud.client("sns").list_topics()["Topics"]
    (topic,) = [t["TopicArn"] for t in topics if t["TopicArn"].endswith(session.names.pages)]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn_of(url))
    return url
