"""What people hear, order and put in charge: each check sees a run that was doctored for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.faults.deployed import DEPLOYS
from tests.faults.doctored import CANARY, appended, change, found, index_of, played, weights
from tests.faults.history import Event
from tests.faults.invariants.standing import InCharge
from tests.faults.kinds import KINDS, PAGE, SHIFT
from tests.faults.plan import Fault, Item, Plan
from tests.faults.run import Run, play
from tests.faults.sweep import STORIES

_PROMOTION = "promotion and the loser's removal"
_OVERTAKEN = [kind for kind in KINDS if kind.startswith("changed by hand")]


def test_page_that_never_went_out_is_seen() -> None:
    run = played()
    reason = run.history.entries[index_of(run, "PROMOTED")].decision["reason"]

    def doctor(run: Run) -> None:
        pages = run.cloud.topic.pages
        run.cloud.topic.pages = [page for page in pages if reason not in page[1]]
        run.checks.end()

    assert found(run, doctor) == 13
    assert run.checks.broken is not None
    assert run.checks.broken.name == "no page is lost"


@pytest.mark.parametrize("kind", ["warn", "adopt"])
def test_untold_warning_is_seen(kind: str) -> None:
    def doctor(run: Run) -> None:
        run.history.entries[-1].decision |= {"kind": kind, "reason": "the weights were changed"}
        run.checks.end()

    run = played()
    assert found(run, doctor) == 13
    assert run.checks.broken is not None
    assert run.checks.broken.name == "no page is lost"


def test_page_that_was_sent_before_the_decision_does_not_count() -> None:
    def doctor(run: Run) -> None:
        run.checks.pages_before = dict.fromkeys(run.checks.pages_before, 10_000)
        run.checks.end()

    assert found(played(), doctor) == 13


@pytest.mark.parametrize("gone", ["model", "config"])
def test_version_before_that_cannot_be_brought_back_is_seen(gone: str) -> None:
    run = played()
    standing, fake = run.checks.standing, run.cloud.sagemaker
    assert standing.before == InCharge("v1", "1", "completion-bootstrap")
    assert standing.now == InCharge(CANARY, "2", "completion-v2-r1")

    def doctor(run: Run) -> None:
        if gone == "model":
            del fake.models["completion-bootstrap"]
        else:
            fake.configs = {"completion-alone-r1": fake.configs["completion-alone-r1"]}
        state = run.history.entries[-1].state
        state["previous"] = None  # what the ledger has does not count
        run.checks.fleet()

    assert found(run, doctor) == 11


def test_canary_that_was_taken_back_was_never_in_charge() -> None:
    run = played("abort")
    assert run.checks.standing.before is None


@pytest.mark.parametrize(
    ("command", "earlier", "excuses"),
    [("rollback", False, True), ("start", False, False), ("rollback", True, False)],
)
def test_command_excuses_only_the_change_that_it_deals_with(
    command: str, *, earlier: bool, excuses: bool
) -> None:
    run = played()
    now = run.cloud.timeline.now
    outside = Event(now.replace(second=30), "outside", "weights")
    run.history.outside.append(outside)
    run.weather.seen_after[outside.at] = now
    given = outside.at + timedelta(seconds=-1 if earlier else 1)
    run.history.commands["k9"] = given
    appended(run)
    run.history.entries[-1].trigger.update(command=command, key="k9", kind="command")
    run.history.entries[-1].at = outside.at + timedelta(minutes=1)
    change(run, SHIFT, weights(v1=0, **{CANARY: 100}))
    seen = run.checks.broken is not None and run.checks.broken.number == 17
    assert seen is not excuses


def _overtaken(kind: str, phase: str, what: str) -> Plan:
    ends = "abort" if phase in ("ROLLING_BACK", "ROLLED_BACK") else _PROMOTION
    item = Item("deploy" if what in DEPLOYS else "weights", phase, 0, what, after=kind)
    plan = STORIES[ends]
    return replace(plan, items=(*plan.items, item), faults=(Fault(kind, phase),))


@pytest.mark.parametrize("kind", _OVERTAKEN)
@pytest.mark.parametrize("phase", KINDS[_OVERTAKEN[0]].phases)
def test_change_by_hand_between_record_and_call_is_told(kind: str, phase: str) -> None:
    for what in ("30", "neither"):
        result = play(_overtaken(kind, phase, what))
        assert result.broken is None
        assert (kind, phase) in result.history.hits


@pytest.mark.parametrize("kind", ["lost request", "lost response", "crash before a call"])
def test_page_is_sent_again_after(kind: str) -> None:
    plan = replace(STORIES["abort"], faults=(Fault(kind, "ROLLING_BACK", PAGE),))
    result = play(plan)
    assert result.broken is None
    assert (kind, "ROLLING_BACK") in result.history.hits
