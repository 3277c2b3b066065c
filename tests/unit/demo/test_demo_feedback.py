"""cli/demo/feedback.py: labels come late, in batches, and each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from cli.demo.feedback import DELAY, Answered, Feedback
from cli.labels import Told
from cli.problems import Problem

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FakeIntake:
    """Takes batches, or fails at so many of them first; refuses reports of an unknown variant."""

    def __init__(self, refusals: int = 0) -> None:
        self.batches: list[Sequence[Mapping[str, object]]] = []
        self.refusals = refusals

    def inference_id(self, now: datetime) -> str:
        return f"id-{now:%H%M}"

    def report(self, reports: Sequence[Mapping[str, object]]) -> Told:
        if self.refusals:
            self.refusals -= 1
            raise Problem("the intake is not there", "wait")
        self.batches.append(reports)
        refused = tuple(
            {"index": index, "why": "unknown variant"}
            for index, report in enumerate(reports)
            if report["variant"] == "gone"
        )
        return Told(len(reports) - len(refused), refused=refused)


class Clock:
    """Goes when it is told to."""

    now = START

    def __call__(self) -> datetime:
        return self.now


def answered(number: int = 0) -> Answered:
    return Answered(f"id{number}", "v1", "text", number % 2 == 0)


def test_ids_are_issued_at_the_clouds_time() -> None:
    assert Feedback(FakeIntake(), Clock()).inference_id() == "id-0900"


def test_label_is_reported_when_it_is_due_and_not_before() -> None:
    intake, clock = FakeIntake(), Clock()
    feedback = Feedback(intake, clock)
    feedback.add(answered())

    assert not feedback._report(everything=False)
    clock.now = START + DELAY
    assert feedback._report(everything=False)

    expected = {"inference_id": "id0", "variant": "v1", "segment": "text", "correct": True}
    assert intake.batches == [[expected]]
    assert (feedback.told().labels, feedback.told().wrong) == (1, 0)


def test_stopping_reports_all_that_is_left_in_batches_of_500() -> None:
    intake = FakeIntake()
    feedback = Feedback(intake, Clock())
    for number in range(1_201):
        feedback.add(answered(number))

    told = feedback.stop()

    assert [len(batch) for batch in intake.batches] == [500, 500, 201]
    ids = [report["inference_id"] for batch in intake.batches for report in batch]
    assert len(set(ids)) == 1_201
    assert (told.labels, told.wrong, told.errors) == (1_201, 600, {})


def test_batch_that_was_not_taken_is_told_and_sent_again() -> None:
    intake = FakeIntake(refusals=1)
    feedback = Feedback(intake, Clock())
    feedback.add(answered())

    assert not feedback._report(everything=True)
    assert feedback.told().errors == {"Problem": 1}
    told = feedback.stop()

    assert [len(batch) for batch in intake.batches] == [1]
    assert (told.labels, told.errors) == (1, {"Problem": 1})


def test_report_that_was_refused_is_told_and_not_sent_again() -> None:
    intake = FakeIntake()
    feedback = Feedback(intake, Clock())
    feedback.add(Answered("id1", "gone", "text", correct=False))
    feedback.add(answered())

    told = feedback.stop()

    assert [len(batch) for batch in intake.batches] == [2]
    assert (told.labels, told.wrong, told.errors) == (1, 0, {"unknown variant": 1})


def test_thread_reports_by_itself() -> None:
    intake, clock = FakeIntake(), Clock()
    feedback = Feedback(intake, clock, every=0.01)
    feedback.add(answered())
    clock.now += timedelta(hours=1)
    feedback.start()
    for _ in range(500):
        if intake.batches:
            break
        feedback._stopped.wait(0.01)

    assert feedback.stop().labels == 1
    assert len(intake.batches) == 1
