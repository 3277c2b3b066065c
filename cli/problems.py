"""What the console says when something can't be done. For `cli` alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from steelyard.errors import SteelyardError

_OF_AWS = (BotoCoreError, ClientError)
_ABOUT_AWS = "are credentials and region set, and is the environment deployed?"
_complaints = Console(stderr=True, highlight=False)


class Problem(Exception):
    """Something that the user can mend: what is wrong, and what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


@contextmanager
def problems_told(code: int = 1) -> Iterator[None]:
    """Say what is wrong and what to do, without a traceback, and exit with that code."""
    try:
        yield
    except Problem as problem:
        _tell(problem.what, problem.remedy)
        raise typer.Exit(code) from problem
    except SteelyardError as error:
        _tell(str(error), _ABOUT_AWS if isinstance(error.__cause__, _OF_AWS) else "")
        raise typer.Exit(code) from error
    except _OF_AWS as error:
        _tell(str(error), _ABOUT_AWS)
        raise typer.Exit(code) from error
    except OSError as error:  # a folder that can't be written, a local cloud that has just ended
        _tell(str(error))
        raise typer.Exit(code) from error


def _tell(what: str, remedy: str = "") -> None:
    # As text: what a user typed may look like markup.
    text = Text.assemble(("steelyard: ", "bold red"), what, f"\n  {remedy}" if remedy else "")
    _complaints.print(text, soft_wrap=True)
