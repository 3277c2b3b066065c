"""`steelyard judge`: counts as JSON Lines in, verdicts out, from a file or in a pipe. For `cli`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console

from cli.judging.answers import answer_of
from cli.judging.judging import Judging, begin_judging
from cli.judging.reading import BadLine, lines, read_object
from cli.judging.shape import Line, line_of
from cli.judging.terms import Terms, terms_of
from cli.policy_file import read_policy
from cli.problems import Problem, problems_told
from steelyard.evidence import VerdictKind

_STDIN = Path("-")
_NOT_JUDGED = 2  # 1 says that the canary is worse, where that is asked for
_HELP = """Judge counts of any source: a batch a line in, a verdict a line out.

The evidence is the one that rollouts are decided by, here for traffic that Steelyard does not \
steer. Lines are JSON, from FILE or standard input, and each is answered as soon as it is read. \
A line:

\b
{"t": 1700000000, "canary_percent": 5,
 "stable": {"requests": 950, "bad": {"errors": 9}},
 "canary": {"requests": 50, "bad": {"errors": 4}}}

`t` is the end of the batch in seconds, and counts are of this batch alone. Both arms may also \
have latencies, labels and segments: docs/judge.md. What is left out was not measured. Without \
--policy, what the first line measures is weighed.

It ends with exit code 2 at a line that is no such batch, and says what is accepted."""
_notes = Console(stderr=True, highlight=False)


def add_judge(app: typer.Typer) -> None:
    """Give the console the command."""
    app.command(
        "judge",
        help=_HELP,
        epilog="Example: tail -n +1 -f batches.jsonl | steelyard judge --policy policy.yaml",
        rich_help_panel="Evidence",
    )(judge)


def judge(  # noqa: PLR0913 - an argument for each option
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON Lines; - is standard input.")
    ] = _STDIN,
    *,
    policy: Annotated[
        Path | None, typer.Option(help="A model.yaml, or what stands below its key rollout.")
    ] = None,
    margin_free: Annotated[
        bool, typer.Option("--margin-free", help="Tolerate no difference: every margin is none.")
    ] = False,
    alpha: Annotated[
        float | None, typer.Option(help="Instead of the policy's: false WORSE, 0 to 0.5.")
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Pass over lines that can't be judged; count them.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 when a verdict was WORSE.")
    ] = False,
) -> None:
    """Answer each line of counts with a verdict; `_HELP` says how."""
    with problems_told(_NOT_JUDGED):
        held_to = None if policy is None else read_policy(policy)

        def terms(first: Line) -> Terms:
            return terms_of(first, held_to, margin_free=margin_free, alpha=alpha)

        run = _Run(terms, skip_bad=skip_bad)
        with _opened(file) as stream:
            run.over(stream)
    if exit_code and run.worse:
        raise typer.Exit(1)


@dataclass(slots=True)
class _Run:
    """One run of the command: what it has read, and whether any of it was WORSE.

    The first WORSE is what counts: at it a rollout ends, and alpha is promised up to it.
    """

    terms: Callable[[Line], Terms]
    skip_bad: bool
    judging: Judging | None = None
    worse: bool = False
    read: int = 0
    skipped: int = 0
    first_bad: str = ""

    def over(self, stream: BinaryIO) -> None:
        """Answer each line as it comes.

        Raises:
            Problem: a line that can't be judged, unless those are skipped.
        """
        for number, raw in lines(stream):
            self.read = number
            try:
                answer = self._answer(raw)
            except BadLine as bad:
                self._bad(f"line {number}: {bad}")
                continue
            self.worse = self.worse or answer["verdict"] == VerdictKind.WORSE
            if not _written(answer):
                return
        self._summary()

    def _answer(self, raw: bytes) -> dict[str, Any]:
        line = line_of(read_object(raw))
        before = self.judging or begin_judging(self.terms(line))
        self.judging = before.after(line)
        for metric in sorted(self.judging.ignored - before.ignored):
            _note(f"line {self.read}: {metric}: no guardrail is about it, so it is ignored")
        return answer_of(self.judging)

    def _bad(self, what: str) -> None:
        if not self.skip_bad:
            raise Problem(what, "nothing after it was read; --skip-bad passes over such lines")
        self.skipped += 1
        self.first_bad = self.first_bad or what

    def _summary(self) -> None:
        if not self.read:
            _note("no line came, so there is no verdict; `steelyard judge --help` shows a line")
        if self.skipped:
            _note(f"{self.skipped} of {self.read} lines skipped; the first: {self.first_bad}")


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if file != _STDIN:
        with file.open("rb") as stream:
            yield stream
        return
    if sys.stdin.isatty():
        _note("waiting for batches, a JSON object a line; Ctrl-D ends, --help shows a line")
    yield sys.stdin.buffer


def _written(answer: dict[str, Any]) -> bool:
    """Write a line at once; False where nobody reads any more, as behind `head`."""
    try:
        typer.echo(json.dumps(answer, allow_nan=False))  # flushes
    except BrokenPipeError:
        # What is left in the buffer would be complained about at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _note(text: str) -> None:
    _notes.print(f"steelyard: {text}", markup=False, soft_wrap=True)
