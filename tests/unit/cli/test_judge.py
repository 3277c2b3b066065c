"""`steelyard judge`: a verdict a line at once, bad lines, options, exit codes."""

from __future__ import annotations

import io
import json
import os
import selectors
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import app
from tests.unit.cli.judged import START, Object, arm, judged, line, written

EQUAL = arm(100, 1)


class Terminal:
    """Somebody who types nothing."""

    buffer = io.BytesIO()

    def isatty(self) -> bool:
        return True


def test_each_verdict_comes_before_the_next_line_is_there() -> None:
    """In a pipe: a line is written, and nothing more until it is answered."""
    command = [sys.executable, "-c", "from cli.main import app; app()", "judge"]
    first, second, last = (json.dumps(line(n, EQUAL, EQUAL)).encode() for n in range(3))
    pipe = subprocess.PIPE
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=env) as process:  # noqa: S603 - ours
        assert process.stdin is not None
        assert process.stdout is not None
        ready = selectors.DefaultSelector()
        ready.register(process.stdout, selectors.EVENT_READ)
        for part in (first[:20], first[20:] + b"\n" + second[:30], second[30:] + b"\n"):
            process.stdin.write(part)
            process.stdin.flush()
            if b"\n" in part:
                assert ready.select(timeout=60), "no verdict within a minute"
                assert json.loads(process.stdout.readline())["verdict"] == "INCONCLUSIVE"
        process.stdout.close()  # as `head` does
        process.stdin.write(last + b"\n")
        process.stdin.close()
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (line(0, EQUAL, EQUAL), f"line 2: t: got {START}, accepted: more than {START}, the t of"),
        (line(-1, EQUAL, EQUAL), f"line 2: t: got {START - 60}, accepted: more than {START}"),
        (
            line(1, EQUAL, arm(9, 0, latency_us=[[6, 9]])),
            "line 2: canary.latency_us: got other bounds than before, accepted: the same in all",
        ),
        (line(1, arm(-1), EQUAL), "line 2: stable.requests: got -1, accepted: a whole number"),
        (b"\xff\n", "line 2: got byte 0xff at 1, accepted: UTF-8"),
        (b"x" * 2**21 + b"\n", "line 2: got more than 1048576 bytes"),
    ],
)
def test_bad_line_stops_or_is_skipped_as_if_it_had_never_come(
    bad: Object | bytes, said: str
) -> None:
    first = line(0, arm(90, 0, latency_us=[[5, 90]]), arm(9, 0, latency_us=[[5, 9]]))
    last = line(3, EQUAL, arm(9, 2))
    stopped = judged([first, bad, last])
    assert (stopped.code, len(stopped.verdicts)) == (2, 1)
    assert said in stopped.said
    assert "nothing after it was read" in stopped.said
    skipped = judged([first, bad, last], "--skip-bad")
    assert skipped.code == 0
    assert skipped.verdicts == judged([first, last]).verdicts
    assert f"1 of 3 lines skipped; the first: {said}" in skipped.said


def test_bounds_are_remembered_over_lines_without_latencies() -> None:
    timed = [arm(9, 0, latency_us=[[bound, 9]]) for bound in (5, 6)]
    run = judged([line(0, timed[0], timed[0]), line(1, EQUAL, EQUAL), line(2, timed[1], timed[1])])
    assert (run.code, len(run.verdicts)) == (2, 2)
    assert "line 3: stable.latency_us: got other bounds than before" in run.said


def test_bad_first_line_does_not_say_what_is_weighed() -> None:
    nothing = line(0, arm(9), arm(9))
    good = line(1, arm(9, 0), arm(9, 0))
    assert judged([nothing, good], "--skip-bad").verdicts == judged([good]).verdicts


def test_exit_code_says_worse_where_it_is_asked_for() -> None:
    worse = [line(n, arm(950, 5), arm(50, 25)) for n in range(3)]
    assert judged(worse).code == 0
    assert judged(worse, "--exit-code").code == 1
    assert judged([line(0, EQUAL, EQUAL)], "--exit-code").code == 0


def test_exit_code_says_worse_also_where_the_evidence_waned() -> None:
    """By parts of stable that differ; without them a threshold that was reached stays reached."""
    parts = [{"requests": 450, "bad": {"errors": errors}} for errors in (0, 20, 250)]
    worse = [line(n, arm(950, 20, parts=parts[:2]), arm(50, 45)) for n in range(4)]
    equal = [parts[2], parts[2]]
    better = [line(n, arm(950, 500, parts=equal), arm(50, 0)) for n in range(4, 12)]
    run = judged([*worse, *better], "--exit-code")
    assert "WORSE" in [one["verdict"] for one in run.verdicts]
    assert (run.code, run.last["verdict"] == "WORSE") == (1, False)


def test_who_types_is_told_what_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    app(["judge"], standalone_mode=False)
    assert "waiting for batches, a JSON object a line; Ctrl-D ends" in capsys.readouterr().err


def test_nothing_to_read_is_told() -> None:
    run = judged([])
    assert (run.code, run.verdicts) == (0, [])
    assert "no line came, so there is no verdict" in run.said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--policy", "none.yaml"), "none.yaml: No such file"),
        (("--alpha", "0.7"), "alpha: got 0.7, accepted: more than 0, less than 0.5"),
    ],
)
def test_mistake_in_an_option_is_told_before_any_verdict(
    options: tuple[str, ...], said: str
) -> None:
    run = judged([line(0, EQUAL, EQUAL)], *options)
    assert (run.code, run.verdicts) == (2, [])
    assert said in run.said


def test_mistake_in_the_policy_names_its_line(tmp_path: Path) -> None:
    run = judged([], "--policy", written(tmp_path, "alpha: 0.01\nbetta: 0.1\n"))
    assert run.code == 2
    assert "policy.yaml:2: betta: unknown key (did you mean beta?)" in run.said
