"""Bad input through the Lambda behind the queue; numbers are those of docs/inputs.md."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from steelyard.aws.ledger import Entry, Ledger
from steelyard.rollout.model import Phase
from tests.functional.events import ERRORS, PACKAGE, TICK, about, alarm, approved, command
from tests.functional.lambda_queue import Queue, event, record
from tests.functional.operator import CANARY, Operator
from tests.functional.world import MINUTE, START, World

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


@dataclass
class Scene:
    """A rollout at its first step, and the Lambda that looks after it."""

    queue: Queue
    ledger: Ledger
    world: World
    operator: Operator

    def send(self, *bodies: str, sent: datetime | None = None) -> None:
        """Messages now; none comes again."""
        records = (record(body, sent=sent or self.world.now) for body in bodies)
        assert self.queue.send(*records) == []

    @property
    def last(self) -> Entry:
        """The latest entry."""
        entry = self.ledger.latest("completion")
        assert entry is not None
        return entry

    @property
    def facts(self) -> tuple[int, list[str], float]:
        """What a refused message must leave as it is."""
        return self.last.version, self.world.changes(), self.world.share(CANARY)


@pytest.fixture
def scene(queue: Queue, ledger: Ledger, world: World, operator: Operator) -> Scene:
    """The canary has ten percent, confirmed."""
    operator.ramping()
    return Scene(queue, ledger, world, operator)


REFUSED: dict[str, tuple[str, str]] = {
    "1 not JSON": ("{'alarmName': 'x'}", "not JSON"),
    "1 empty": ("", "not JSON"),
    "1 no object": ("[]", "got list, accepted: an object"),
    "2 alarm without state": (
        event(**{"detail-type": "CloudWatch Alarm State Change", "detail": {"alarmName": ERRORS}}),
        "state.value: got None",
    ),
    "3 unknown state": (alarm(state="PANIC"), "state.value: got 'PANIC', accepted: OK, ALARM"),
    "4 account": (alarm(account="999999999999"), "account: got '999999999999'"),
    "4 package": (approved(PACKAGE.format("eu-west-1", "9" * 12)), "ModelPackageArn: got"),
    "5 region": (alarm(region="us-east-1"), "region: got 'us-east-1'"),
    "6 alarm of another endpoint": (alarm("steelyard/chat/v1/errors"), "alarmName: got"),
    "18 unknown variant": (command(variant="v9", rollout="completion-r9"), "completion-r9"),
    "20 name of 64 letters": (about("e" * 64), "EndpointName: got"),
    "20 name that climbs out": (about("../completion"), "EndpointName: got"),
    "20 name in unicode": (about("complétion"), "EndpointName: got"),
    "24 two megabytes": ("x" * 2_000_000, "2000000 characters"),
    "25 too deep": (TICK.replace("{}", '{"x": ' + "[" * 1000 + "]" * 1000 + "}"), ""),
    "28 older epoch": (command(rollout="completion-r0"), "completion-r0"),
    "28 not legal": (command("start"), "start is not legal"),
    "31 two values": (TICK[:-1] + ', "account": "999999999999"}', "'account' has two values"),
    "32 NaN": (TICK.replace("{}", '{"x": NaN}'), "not JSON: NaN"),
    "32 5,000 digits": (TICK.replace("{}", '{"x": ' + "9" * 5000 + "}"), "not JSON"),
    "33 huge account": (event(account="9" * 200_000), "account: got '999"),
    "33 huge kind": (event(**{"detail-type": "\U0001f984" * 20_000}), "detail-type: got"),
    "34 half a character": (command(reason="\ud83d"), "reason: got"),
    "34 reason that steers terminals": (command(reason="\x1b[2J"), "reason: got"),
    "35 unknown command": (command("explode"), "command: got 'explode'"),
    "35 command without reason": (command(reason=""), "reason: got ''"),
    "36 unknown kind": (event(**{"detail-type": "EC2"}), "detail-type: got 'EC2'"),
}


def test_refused_messages_are_in_quarantine_and_did_nothing(scene: Scene) -> None:
    """One scene for all: nothing of one message stays for the next."""
    before = scene.facts
    for name, (body, reason) in REFUSED.items():
        scene.send(body)
        (kept,) = scene.queue.quarantined()
        assert reason in kept["reason"], name
        assert len(kept["reason"]) < 1000, name
        assert kept["sha256"] == hashlib.sha256(body.encode()).hexdigest(), name
        assert kept["length"] == len(body), name
        assert scene.facts == before, name


def test_foreign_event_raises_an_alert_of_its_own(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """Number 4: none can come by our rules, so somebody sent it."""
    scene.send(alarm(account="999999999999"))
    scene.send(alarm(state="PANIC"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    told = [(line["Quarantined"], line["ForeignEvents"]) for line in lines]
    assert told == [([1.0], [1.0]), ([1.0], [0.0])]


def test_event_that_comes_again_is_looked_at_and_changes_nothing(scene: Scene) -> None:
    """Number 7."""
    _, changes, share = scene.facts
    scene.send(*[TICK, alarm(), about("completion")] * 3)
    assert scene.facts[1:] == (changes, share)
    assert scene.queue.quarantined() == []


def test_command_that_comes_again_is_recorded_and_done_once(scene: Scene) -> None:
    """Number 7."""
    scene.send(command("pause"))
    scene.send(command("resume"))
    scene.send(command("pause"))
    assert scene.last.decision["reason"].startswith("done already; ")
    assert scene.last.decision["phase"] == "RAMPING"


def test_ok_before_its_alarm_is_read_again_and_the_latch_stays(scene: Scene) -> None:
    """Number 8."""
    scene.world.serve({CANARY: 0.25}, requests=40)
    scene.world.cloudwatch.force(ERRORS, "ALARM")
    scene.send(alarm(state="OK"))
    assert scene.operator.rollout.phase is Phase.ROLLING_BACK
    scene.world.cloudwatch.force(ERRORS, "OK")
    scene.send(alarm(), alarm(state="OK"))
    scene.world.now += MINUTE
    assert (scene.operator.rollout.latched, scene.world.share(CANARY)) == (True, 0)


def test_events_own_time_moves_nothing(scene: Scene) -> None:
    """Numbers 9 and 10: months old, minutes ahead, or no time at all."""
    _, changes, share = scene.facts
    for time in ("2025-12-01T09:00:00Z", "2026-03-02T09:30:00Z", "yesterday", None, 7):
        scene.send(alarm(time=time), event(time=time))
    scene.send(approved(PACKAGE.format("eu-west-1", "0" * 12)))
    assert scene.facts[1:] == (changes, share)
    assert scene.queue.quarantined() == []


def test_replayed_command_of_a_rollout_that_is_over_is_refused(scene: Scene) -> None:
    """Number 9."""
    scene.send(command("rollback"))
    scene.operator.until(Phase.ROLLED_BACK)
    scene.world.now += timedelta(days=91)
    scene.send(command("promote", key="another"))
    assert "completion-r1 is ROLLED_BACK" in scene.queue.quarantined()[0]["reason"]
    assert scene.world.share(CANARY) == 0


def test_alarm_without_enough_data_holds(scene: Scene) -> None:
    """Number 11."""
    scene.world.cloudwatch.force(ERRORS, "INSUFFICIENT_DATA")
    scene.send(alarm(state="INSUFFICIENT_DATA"))
    assert scene.operator.rollout.phase is Phase.RAMPING


def test_forged_alarm_pauses_and_calls_people(scene: Scene) -> None:
    """Number 12."""
    scene.world.cloudwatch.force(ERRORS, "ALARM")
    scene.send(alarm())
    assert scene.operator.rollout.phase is Phase.PAUSED
    assert "forced by hand" in scene.operator.reasons()[-2]
    assert scene.last.decision["reason"].startswith("people were told; ")
    assert scene.world.share(CANARY) == pytest.approx(10)


def test_canary_without_a_sample_is_held_until_the_deadline_and_rolled_back(scene: Scene) -> None:
    """Number 23."""
    scene.world.cloudwatch.samples.clear()
    for _ in range(28):
        scene.send(TICK)
        assert scene.operator.rollout.phase is Phase.RAMPING
        scene.world.now += MINUTE
    for _ in range(4):
        scene.world.now += MINUTE
        scene.send(TICK)
    assert scene.operator.rollout.latched
    assert scene.world.share(CANARY) == 0


def test_rollback_to_a_deleted_config_takes_the_traffic_back_first(scene: Scene) -> None:
    """Number 30."""
    del scene.world.sagemaker.configs["completion-bootstrap"]
    scene.send(command("rollback"))
    scene.world.now += MINUTE
    assert scene.world.share(CANARY) == 0
    scene.operator.until(Phase.ROLLED_BACK)


def test_package_that_is_no_longer_approved_becomes_no_model(
    queue: Queue, ledger: Ledger, world: World
) -> None:
    """Number 29, as far as the registry knows: digests are not compared yet."""
    queue.send(record(TICK))
    package = world.approve(2)
    withdrawn = [lambda: world.sagemaker.packages[package].update(ModelApprovalStatus="Rejected")]
    world.after["ListModelPackages"] = [lambda: None, *withdrawn]
    for _ in range(6):
        world.serve()
        assert queue.send(record(TICK, sent=world.now)) == []
    entry = ledger.latest("completion")
    assert entry is not None
    assert "CreateModel" not in world.changes()
    assert entry.state["rollout"]["phase"] == "ROLLED_BACK"


@pytest.mark.parametrize("sent", [None, "", "soon", "9" * 30, "9" * 5000])
def test_message_sent_at_no_time_is_quarantined(queue: Queue, sent: str | None) -> None:
    """Number 37."""
    odd = record(TICK)
    odd["attributes"]["SentTimestamp"] = sent
    assert queue.send(odd) == []
    assert queue.quarantined()[0]["reason"].startswith("SentTimestamp: got")


def test_message_without_a_body_is_in_quarantine_and_the_others_are_processed(
    queue: Queue, ledger: Ledger
) -> None:
    """Number 37: SQS always sends one; should it not, nothing is lost."""
    bare = record(TICK, group="bare")
    del bare["body"]
    assert queue.send(bare, record(TICK, sent=START)) == []
    assert ledger.latest("completion") is not None
    assert [kept["endpoint"] for kept in queue.quarantined()] == ["bare"]
