"""What a rollout may come to: invariants 5, 9, 11, 13, 14, 16 and 17. For `tests/faults`."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.history import Entry, Event, History
from tests.faults.invariants.registry import Moment, invariant
from tests.faults.kinds import SHIFT, UPDATE
from tests.faults.settings import ENDPOINT

_NOTICED = ("hand_over", "warn", "adopt", "roll_back", "pause")
_DEALS_WITH_IT = ("promote", "resume", "abort", "rollback")
_TOLD = ("hand_over", "warn")
_ROUNDING = 1e-4


def _raises(moment: Moment) -> Entry | None:
    """The newest entry, if the evidence raised the canary's share by it."""
    entry, before = moment.entry, moment.before
    if entry is None or before is None or entry.rollout.get("id") != before.rollout.get("id"):
        return None
    by_hand = entry.trigger["kind"] == "command"
    return entry if entry.share > before.share and not by_hand else None


@invariant(5, "entry")
def step_is_passed_by_proof_alone(moment: Moment) -> Iterator[str]:
    """Evidence, least samples, and the same rollout's; a promotion is the last of such steps."""
    entry, before = _raises(moment), moment.before
    if entry is None or before is None or before.phase not in ("RAMPING", "HOLDBACK"):
        return
    rollout, verdict = before.rollout, entry.decision["verdict"]
    if verdict is None or verdict["kind"] != "NOT_WORSE":
        yield f"raised to {entry.share:g} % although the evidence is {verdict}"
    least = rollout["policy"]["least_requests"]
    newest = sum(batch["canary"]["requests"] for batch in entry.seen["batches"])
    if rollout["canary_requests"] + newest < least:
        yield f"raised to {entry.share:g} % on {rollout['canary_requests'] + newest} requests"


@invariant(5, "entry")
def version_that_serves_was_approved_and_made_for_it(moment: Moment) -> Iterator[str]:
    """The canary's model is its rollout's package, and that was approved when it was made."""
    entry, sagemaker = moment.entry, moment.checks.run.cloud.sagemaker
    if entry is None or entry.phase not in ("RAMPING", "PROMOTED"):
        return
    rollout = entry.rollout
    model = sagemaker.models.get(rollout["model"])
    if model is None:  # long after its end, what nobody serves any more may have been collected
        if entry.phase == "RAMPING" or moment.before is None or moment.before.phase != "PROMOTED":
            yield f"there is no model {rollout['model']}"
        return
    package = model["PrimaryContainer"]["ModelPackageName"]
    if package != rollout["candidate"]["package_arn"]:
        yield f"{rollout['model']} is of {package}"


@invariant(5, "end")
def bad_version_is_never_promoted_by_the_evidence(moment: Moment) -> Iterator[str]:
    """Whatever goes wrong; a person may."""
    run = moment.checks.run
    for before, entry in zip(run.history.entries, run.history.entries[1:], strict=False):
        if entry.phase != "PROMOTED" or before.phase == "PROMOTED":
            continue
        by_hand = any(
            one.trigger.get("command") == "promote"
            for one in run.history.entries
            if one.rollout.get("id") == entry.rollout["id"]
        )
        truth = run.cloud.truth_of(entry.rollout["canary"])
        if run.plan.is_bad(truth) and not by_hand:
            yield f"{entry.rollout['canary']} was promoted"


@invariant(14, "entry")
def nothing_advances_on_what_was_not_read(moment: Moment) -> Iterator[str]:
    """Missing, late or unreadable data."""
    entry, before = _raises(moment), moment.before
    if entry is None or before is None:
        return
    seen = entry.seen
    if seen["unreadable"]:
        yield f"raised to {entry.share:g} % although unreadable: {seen['unreadable'][0]}"
    if seen["live"] is None or seen["live"]["status"] != "InService":
        yield f"raised to {entry.share:g} % of an endpoint that was not seen in service"
    if before.phase in ("RAMPING", "HOLDBACK") and not any(
        batch["canary"]["requests"] for batch in seen["batches"]
    ):
        yield f"raised to {entry.share:g} % without fresh counts"


@invariant(11, "fleet")
def live_and_previous_config_and_model_exist(moment: Moment) -> Iterator[str]:
    """What serves, what the ledger has for stable, and what a rollback would need."""
    run = moment.checks.run
    sagemaker = run.cloud.sagemaker
    needed = {run.cloud.endpoint.fleet.config}
    if run.history.entries:
        state = run.history.entries[-1].state
        needed |= {one["config"] for one in (state["stable"], state.get("previous")) if one}
        if run.history.phase not in ("NONE", "PENDING", "PROMOTED", "ROLLED_BACK"):
            needed.add(state["rollout"]["stable"]["config"])
    for name in needed:
        config = sagemaker.configs.get(name)
        if config is None:
            yield f"config {name} is gone"
            return
        for variant in config["ProductionVariants"]:
            if variant["ModelName"] not in sagemaker.models:
                yield f"model {variant['ModelName']} is gone"


@invariant(16, "end")
def autoscaling_is_restored(moment: Moment) -> Iterator[str]:
    """Stable scales as its file says, and nothing else does."""
    run = moment.checks.run
    state = run.history.entries[-1].state if run.history.entries else {}
    if not run.plan.scaled or run.history.phase not in ("PROMOTED", "ROLLED_BACK"):
        return
    stable = f"endpoint/{ENDPOINT}/variant/{state['stable']['variant']}"
    if set(run.cloud.autoscaling.targets) != {stable}:
        yield f"targets are {sorted(run.cloud.autoscaling.targets)}, not {stable} alone"
    elif any(run.cloud.autoscaling.targets[stable]["SuspendedState"].values()):
        yield f"{stable} is still suspended"


@invariant(17, "change")
def change_from_outside_is_never_overwritten_unseen(moment: Moment) -> Iterator[str]:
    """What somebody else set is told first, unless users must be saved from the canary."""
    change, run = moment.change, moment.checks.run
    if change is None or change.error or change.operation not in (UPDATE, SHIFT):
        return
    for outside in run.history.outside:
        seen = run.weather.seen_after.get(outside.at)
        if seen is None or seen > change.at or change.at == outside.at:
            continue  # nobody could know yet
        since = [entry for entry in run.history.entries if entry.at >= seen.replace(microsecond=0)]
        told = [
            entry
            for entry in since
            if entry.decision["kind"] in _NOTICED or _deals_with(outside, entry, run.history)
        ]
        if not told and not run.history.entries[-1].rollout.get("latched"):
            yield f"{change.operation} after {outside.what}, which nothing tells of"


def _deals_with(outside: Event, entry: Entry, history: History) -> bool:
    """Whether a person, after the change, ordered what becomes of it."""
    given = history.commands.get(entry.trigger.get("key", ""))
    ordered = entry.trigger.get("command") in _DEALS_WITH_IT
    return ordered and given is not None and given >= outside.at


@invariant(13, "end")
def endpoint_is_as_the_ledger_says(moment: Moment) -> Iterator[str]:
    """At the end of a rollout: traffic, config, alarms and intents."""
    run = moment.checks.run
    if run.history.phase not in ("PROMOTED", "ROLLED_BACK"):
        return
    state = run.history.entries[-1].state
    stable, canary = state["stable"]["variant"], state["rollout"]["canary"]
    if run.cloud.share(stable) < 100 - _ROUNDING and not state["warned"]:
        yield f"{stable} has {run.cloud.share(stable):.4g} % of the traffic"
    left = [name for name in run.cloud.cloudwatch.alarms if f"/{canary}/" in name]
    told = [e for e in run.history.entries if e.decision["kind"] in _TOLD]
    if left and not any("delete_alarms" in e.decision["reason"] for e in told):
        yield f"{left[0]} was left, and nobody was told"
    if state["rollout"]["intent"] is not None:
        yield "an intent is open"
