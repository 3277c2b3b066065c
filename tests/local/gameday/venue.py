"""Where a game day takes place: a local cloud of its own with the endpoints deployed."""

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.deploy import deploy
from cli.local_cloud import push_image
from cli.session import LOCAL, Session, connect
from infra.local import process
from tests.local.gameday.models import ENDPOINTS, write_models
from tests.local.running_cloud import RunningCloud, arn_of, policy, statement
from tests.local.scenes.stage import Stage

Say = Callable[[str], None]

FACTOR = 20.0
"""A virtual minute takes three seconds: a tick of each endpoint fits in even on a busy machine."""

STORM: Mapping[str, float] = {
    "kill": 0.15,
    "kill_within": 0.4,
    "drop_answer": 0.06,
    "lose_request": 0.03,
    "lose_response": 0.03,
    "cut_off": 0.02,
    "throttle": 0.03,
    "duplicate": 1.0,
    "delay": 0.3,
    "delay_up_to": 60.0,
}
CALM: Mapping[str, float] = dict.fromkeys(STORM, 0.0)


class Controls:
    """The local cloud's own paths for game days."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_steelyard"

    def weather(self, weather: Mapping[str, float]) -> None:
        """Let it be so from now on; what struck before is forgotten."""
        self._ask("POST", "chaos", weather)

    def clear_up(self) -> None:
        """Let nothing strike from now on; what struck stays counted."""
        self._ask("PUT", "chaos", CALM)

    def restart_sagemaker(self, virtual_seconds: float) -> int:
        """Let SageMaker lose its workers and be away for a while; how many changes they had."""
        return int(self._ask("POST", "restart", {"seconds": virtual_seconds})["changes"])

    def report(self) -> Mapping[str, Any]:
        """What struck how often, and all calls that functions made."""
        found: dict[str, Any] = self._ask("GET", "chaos")
        return found

    def _ask(self, method: str, path: str, body: Mapping[str, float] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self._url}/{path}", data=data, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            return json.load(answer)


@contextmanager
def venue(work: Path, say: Say) -> Iterator[tuple[Stage, Controls]]:
    """A local cloud with both endpoints in service, as long as the game day goes on."""
    running = process.up(work / "cloud", FACTOR)
    try:
        cloud = RunningCloud(running.url, running.pid, running.factor, work / "cloud")
        session = connect(LOCAL, work / "cloud")
        _deploy(session, work, say)
        stage = Stage(cloud, session, work / "models", work, _subscribe(cloud, session))
        yield stage, Controls(running.url)
    finally:
        process.down(work / "cloud")


def _deploy(session: Session, work: Path, say: Say) -> None:
    write_models(work / "models")
    (work / "data/training").mkdir(parents=True)
    (work / "data/training/rule.txt").write_text("capitals\n")
    images = {
        name: push_image(session.url or "", work / "models" / name, f"steelyard/{name}")
        for name in ENDPOINTS
    }
    data = dict.fromkeys(ENDPOINTS, work / "data")
    deploy(session, images, data, say, models=work / "models", out=work / "out")


def _subscribe(cloud: RunningCloud, session: Session) -> str:
    """A queue that hears everything that people are told."""
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
