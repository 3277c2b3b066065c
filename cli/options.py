"""Options that several commands of the console take. For `cli` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Env = Annotated[
    str, typer.Option("--env", "-e", help="local, dev or prod.", envvar="STEELYARD_ENV")
]
State = Annotated[Path, typer.Option(help="Where the local cloud keeps its state.")]
RolloutId = Annotated[
    str, typer.Argument(help="Id of the rollout, such as completion-r2; `steelyard status` has it.")
]
