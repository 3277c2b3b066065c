"""What the ledger must be like: invariants 3, 5 to 8, 10, 15 and 18. For `tests/faults`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from steelyard.errors import IllegalTransition
from tests.faults.history import Change, Entry
from tests.faults.invariants.registry import Moment, invariant
from tests.faults.invariants.replay import decided_again
from tests.faults.kinds import CREATE, DELETE, SHIFT, UPDATE

_STALE = timedelta(seconds=60)  # a stale read, and what a look takes in bad weather
_ROUNDING = 1e-6
_GENESIS = "0" * 64
_OVER = ("PROMOTED", "ROLLED_BACK")
_BODY = ("trigger", "seen", "decision", "state")
_SIDE_EFFECTS = (*CREATE, *DELETE, UPDATE, SHIFT, "PutMetricAlarm", "DeleteAlarms")


@invariant(18, "entry")
def versions_rise_by_one(moment: Moment) -> Iterator[str]:
    """Nothing is ever written over, or left out."""
    if moment.entry is None:
        return
    expected = moment.before.version + 1 if moment.before else 1
    if moment.entry.version != expected:
        yield f"version {moment.entry.version} after {expected - 1}"


@invariant(15, "entry")
def each_hash_covers_its_entry_and_the_one_before(moment: Moment) -> Iterator[str]:
    """The chain verifies, by a calculation of our own."""
    if moment.entry is None:
        return
    item = moment.entry.item
    previous = moment.before.item["hash"]["S"] if moment.before else _GENESIS
    if item["previous"]["S"] != previous:
        yield f"entry {moment.entry.version} does not name the hash of the one before it"
    if item["hash"]["S"] != digest(item):
        yield f"entry {moment.entry.version} has another hash than its text"


def digest(item: Mapping[str, Any]) -> str:
    """The hash that an item must have."""
    body = {
        "endpoint": item["endpoint"]["S"],
        "version": int(item["version"]["S"]),
        "form": int(item["form"]["N"]),
        "at": item["at"]["S"],
        **{key: json.loads(item[key]["S"]) for key in _BODY},
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{item['previous']['S']}{text}".encode()).hexdigest()


@invariant(6, "entry")
def rollout_ends_once(moment: Moment) -> Iterator[str]:
    """A terminal phase is never left, and no rollout comes again."""
    entry, before = moment.entry, moment.before
    if entry is None or before is None or not before.rollout:
        return
    if entry.rollout["id"] != before.rollout["id"]:
        if before.phase not in _OVER:
            yield f"{before.rollout['id']} was left in {before.phase}"
        if entry.rollout["epoch"] <= before.rollout["epoch"]:
            yield f"{entry.rollout['id']} came after {before.rollout['id']}"
    elif before.phase in _OVER and entry.phase != before.phase:
        yield f"{entry.rollout['id']} went from {before.phase} to {entry.phase}"


@invariant(7, "entry")
def open_intent_is_confirmed_or_superseded(moment: Moment) -> Iterator[str]:
    """At most one at a time: another one comes only with a decision that moves the rollout."""
    entry, before = moment.entry, moment.before
    if entry is None or before is None:
        return
    old, new = before.rollout.get("intent"), entry.rollout.get("intent")
    if not old or not new or old["actions"] == new["actions"]:
        return
    if entry.phase == before.phase and entry.decision["kind"] == "hold":
        yield f"in {entry.phase} the intent changed without a decision"
    if entry.rollout["id"] != before.rollout["id"]:
        yield f"{before.rollout['id']} left an open intent"


@invariant(7, "entry")
def what_is_confirmed_was_so(moment: Moment) -> Iterator[str]:
    """Config, weights, counts and alarms, all of them, a moment ago at the latest."""
    entry, before, cloud = moment.entry, moment.before, moment.checks.run.cloud
    if entry is None or before is None or "confirmed by Describe" not in entry.decision["reason"]:
        return
    intent = before.rollout.get("intent")
    if not intent:
        return
    taken_out = before.rollout["canary"] if before.phase == "ROLLING_BACK" else ""
    lately = list(cloud.since(cloud.timeline.now - _STALE))
    if not any(_shows(shown, intent) or _lacks(shown, taken_out) for shown in lately):
        yield f"confirmed was {intent['config']} with {intent['weights']}, which nothing shows"
    names = [name for name in cloud.cloudwatch.alarms if f"/{before.rollout['canary']}/" in name]
    if intent["alarms"] is not None and intent["alarms"] is not bool(names):
        yield f"confirmed was alarms {intent['alarms']}, there are {names}"


def _lacks(shown: Mapping[str, Any], canary: str) -> bool:
    """Whether somebody took the canary out, which leaves a rollback nothing to do."""
    names = [variant["VariantName"] for variant in shown.get("ProductionVariants", ())]
    return bool(canary) and shown["EndpointStatus"] == "InService" and canary not in names


def _shows(shown: Mapping[str, Any], intent: Mapping[str, Any]) -> bool:
    if intent["config"] is not None and shown["EndpointConfigName"] != intent["config"]:
        return False
    wanted = intent["weights"]
    if not wanted:
        return True
    weights = {v["VariantName"]: v["CurrentWeight"] for v in shown["ProductionVariants"]}
    total, meant = sum(weights.values()), sum(wanted.values())
    counted = all(
        v["CurrentInstanceCount"] == v["DesiredInstanceCount"] for v in shown["ProductionVariants"]
    )
    return (
        shown["EndpointStatus"] == "InService"
        and counted
        and all(
            abs(weights.get(name, 0) / total - wanted.get(name, 0) / meant) < _ROUNDING
            for name in {*weights, *wanted}
        )
    )


@invariant(8, "change")
def side_effect_has_an_earlier_intent(moment: Moment) -> Iterator[str]:
    """No call without an entry that was written before it was sent."""
    change = moment.change
    if change is None or change.operation not in _SIDE_EFFECTS:
        return
    for entry in reversed(moment.checks.run.history.entries[: change.known]):
        intent = entry.rollout.get("intent")
        if intent and any(_is_meant(action, change) for action in intent["actions"]):
            return
    yield f"{change.operation} {dict(change.params)} is no intent's"


def _is_meant(action: Mapping[str, Any], change: Change) -> bool:
    params = change.params
    match change.operation, action["kind"]:
        case ("CreateModel", "create_model") | ("DeleteModel", "delete_model"):
            return bool(params["ModelName"] == action["model"])
        case ("CreateEndpointConfig", "create_config") | ("DeleteEndpointConfig", "delete_config"):
            return bool(params["EndpointConfigName"] == action["config"])
        case ("UpdateEndpoint", "update_endpoint"):
            return bool(params["EndpointConfigName"] == action["config"])
        case ("UpdateEndpointWeightsAndCapacities", "set_weights"):
            wanted = params["DesiredWeightsAndCapacities"]
            exact = {w["VariantName"]: w["DesiredWeight"] for w in wanted} == action["weights"]
            return exact and not any("DesiredInstanceCount" in w for w in wanted)
        case ("PutMetricAlarm", "put_alarms"):
            return f"/{action['variant']}/" in params["AlarmName"]
        case ("DeleteAlarms", "delete_alarms"):
            return all(f"/{action['variant']}/" in name for name in params["AlarmNames"])
    return False


@invariant(10, "end")
def each_command_is_in_the_ledger_quarantine_or_dead(moment: Moment) -> Iterator[str]:
    """Nothing that was accepted vanishes."""
    run = moment.checks.run
    kept = {entry.trigger.get("key") for entry in run.history.entries}
    kept |= {key for entry in run.history.entries for key in entry.state["done_keys"]}
    texts = [message["body"] for message in run.cloud.quarantine.messages]
    texts += [message.body for message in run.queue.dead]
    for key in run.history.commands:
        if key not in kept and not any(f'"{key}"' in text for text in texts):
            yield f"command {key} is nowhere"


@invariant(10, "end")
def no_message_dies_without_a_reason(moment: Moment) -> Iterator[str]:
    """Only what a fault killed, or what an outage kept from being handled."""
    run = moment.checks.run
    if run.worker.strange:
        yield f"an error of no tree: {run.worker.strange[0]}"
    hits = {kind for kind, _ in run.history.hits}
    fatal = ("dead letter", "dynamodb", "ssm", "newer code", "crash", "access denied", "sqs")
    if run.queue.dead and not any(kind.startswith(fatal) for kind in hits):
        yield f"{run.queue.dead[0].kind} is a dead letter"


@invariant(15, "end")
def replaying_gives_the_same_decisions(moment: Moment) -> Iterator[str]:
    """Each entry decided again, of what was seen."""
    before: Entry | None = None
    for entry in moment.checks.run.history.entries:
        try:
            decision, state = decided_again(before, entry)
        except IllegalTransition as error:
            yield f"entry {entry.version} is refused now: {error}"
            return
        if state != entry.state or decision != entry.decision:
            yield f"entry {entry.version} is decided otherwise"
            return
        before = entry
