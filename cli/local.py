"""`steelyard local`: the local cloud itself. For `cli` alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.local_cloud import push_image, read_clock
from cli.problems import Problem, problems_told
from cli.session import LOCAL, LOCAL_STATE, Session, connect
from infra.local import process
from infra.model_file import ModelFile

_MODELS = Path(__file__).parents[1] / "models"
console = Console(highlight=False)
app = typer.Typer(no_args_is_help=True, help="Start, stop and look at the local cloud.")
State = Annotated[Path, typer.Option(help="Where the local cloud keeps its state.")]


@app.command(epilog="Example: steelyard local up --factor 30")
def up(
    *,
    state_dir: State = LOCAL_STATE,
    factor: Annotated[
        float, typer.Option(help="How many times faster than real time the clock runs.", min=1)
    ] = 12,
    empty: Annotated[bool, typer.Option("--empty", help="Deploy nothing.")] = False,
) -> None:
    """Start the local cloud with the completion model in service, and print its URL."""
    with problems_told():
        running = process.up(state_dir, factor)
        if not empty:
            _serve(state_dir)
    console.print(f"\nThe local cloud is up: [bold]{running.url}[/]  (stop it: make down)\n")
    console.print("Ordinary clients work against it; docs/aws-cli.md has a session:", style="dim")
    for line in _exports(running.url):
        console.print(f"  export {line}", soft_wrap=True)


@app.command(epilog="Example: steelyard local down")
def down(*, state_dir: State = LOCAL_STATE) -> None:
    """Stop the local cloud and everything that it started."""
    console.print("stopped" if process.down(state_dir) else "the local cloud is not up")


@app.command(epilog="Example: steelyard local status")
def status(*, state_dir: State = LOCAL_STATE) -> None:
    """Say whether the local cloud is up, where, and what time it is there."""
    running = process.status(state_dir)
    if running is None:
        console.print("the local cloud is not up")
        raise typer.Exit(1)
    now, factor = read_clock(running.url)
    console.print(
        f"up at {running.url}, {now:%Y-%m-%d %H:%M:%S} UTC there, {factor:g} times real time"
    )


def images(session: Session, models: Iterable[ModelFile]) -> dict[str, str]:
    """Make an image of each model's folder."""
    if session.url is None:
        raise Problem("only the local cloud makes images of folders", "use --image")
    return {
        model.name: push_image(session.url, _MODELS / model.name, f"steelyard/{model.name}")
        for model in models
    }


def _serve(state_dir: Path) -> None:
    # Imported here: the demo's parts are not needed to stop a cloud.
    from cli.demo import corpus  # noqa: PLC0415
    from cli.demo.setup import set_up  # noqa: PLC0415

    try:
        set_up(connect(LOCAL, state_dir), state_dir / "work", corpus.load(), console.print)
    except BaseException:
        process.down(state_dir)
        raise


def _exports(url: str) -> list[str]:
    return [
        f"AWS_ENDPOINT_URL={url}",
        "AWS_ACCESS_KEY_ID=000000000000 AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=eu-west-1",
    ]
