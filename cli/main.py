"""The `steelyard` command: what it is called with. Everything it does is in its neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli import demonstrate, local
from cli.bootstrap import bootstrap as bootstrap_model
from cli.deploy import deploy as deploy_environment
from cli.orders import order
from cli.problems import Problem, problems_told
from cli.session import LOCAL, LOCAL_STATE, Session, connect
from cli.watch import history_table, status_of
from infra.images import Image
from infra.model_file import load_model, load_models
from steelyard.rollout.observation import CommandName

_MODELS = Path(__file__).parents[1] / "models"
console = Console(highlight=False)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Weigh a new model against the one you run, and shift traffic by evidence.",
    epilog="Begin with: steelyard demo",
)
app.add_typer(local.app, name="local")

Env = Annotated[
    str, typer.Option("--env", "-e", help="local, dev or prod.", envvar="STEELYARD_ENV")
]
State = Annotated[Path, typer.Option(help="Where the local cloud keeps its state.")]
Images = Annotated[
    list[str],
    typer.Option("--image", help="MODEL=URI by digest; on the local cloud folders are used."),
]


@app.command(epilog="Example: steelyard demo --out /tmp/demo")
def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the report and summary.json.")] = Path(
        "out/demo"
    ),
    factor: Annotated[
        float, typer.Option(help="How many times faster than real time the clock runs.", min=1)
    ] = 12,
) -> None:
    """Play the main job on a local cloud: a bad update is rolled back, a good one promoted.

    Takes about three minutes and needs no account. It ends with a timeline, a report
    (OUT/report.html) and OUT/summary.json, and fails when the story did not happen as told.
    """
    with problems_told():
        raise typer.Exit(demonstrate.run(out, factor, console))


@app.command(epilog="Example: steelyard deploy --env dev --image completion=URI@sha256:...")
def deploy(
    *,
    env: Env = LOCAL,
    image: Images = [],  # noqa: B006 - typer reads it, nobody changes it
    data: Annotated[
        Path | None, typer.Option(help="Folder with a folder per channel, for first versions.")
    ] = None,
    state_dir: State = LOCAL_STATE,
) -> None:
    """Synthesize and deploy all stacks in order; train the first version where there is none.

    On AWS, credentials and region come from the environment, as for the AWS CLI, and the account
    must be bootstrapped for CDK. Refuses while a rollout is under way.
    """
    with problems_told():
        session = connect(env, state_dir)
        models = load_models(_MODELS)
        images = local.images(session, models) if env == LOCAL else _images(image)
        images = {model.name: _image_of(images, model.name) for model in models}
        where = {model.name: data for model in models if data is not None}
        deploy_environment(session, images, where, _say)


@app.command(epilog="Example: steelyard bootstrap completion --data data/v1")
def bootstrap(
    model: Annotated[str, typer.Argument(help="Name of a folder below models/.")],
    *,
    env: Env = LOCAL,
    image: Images = [],  # noqa: B006 - typer reads it, nobody changes it
    data: Annotated[
        Path | None, typer.Option(help="Folder with a folder per channel; default: the bucket's.")
    ] = None,
    state_dir: State = LOCAL_STATE,
) -> None:
    """Train and register version 1 of a model; its first endpoint will serve it.

    Needs the data and registry stacks. `steelyard deploy` does it by itself where it is due.
    """
    with problems_told():
        session = connect(env, state_dir)
        loaded = load_model(_MODELS / model)
        images = local.images(session, (loaded,)) if env == LOCAL else _images(image)
        bootstrap_model(session, loaded, _image_of(images, model), data, _say)


@app.command(epilog="Example: steelyard status completion")
def status(
    endpoint: Annotated[str | None, typer.Argument(help="One endpoint; default: all.")] = None,
    *,
    env: Env = LOCAL,
    state_dir: State = LOCAL_STATE,
) -> None:
    """Show what is stable, what is under way, and how traffic is split."""
    with problems_told():
        session = connect(env, state_dir)
        for name in _endpoints(session, endpoint):
            console.print(status_of(session, name))


@app.command(epilog="Example: steelyard history completion --all")
def history(
    endpoint: Annotated[str, typer.Argument(help="The endpoint.")],
    *,
    env: Env = LOCAL,
    everything: Annotated[bool, typer.Option("--all", help="Every look, not only moves.")] = False,
    state_dir: State = LOCAL_STATE,
) -> None:
    """List the decisions about an endpoint from the ledger, with their reasons."""
    with problems_told():
        session = connect(env, state_dir)
        entries = list(session.ledger.read(endpoint))
        if not entries:
            raise Problem(
                f"the ledger has nothing about {endpoint!r}", "`steelyard status` lists endpoints"
            )
        console.print(history_table(entries, everything=everything))


@app.command(epilog="Example: steelyard rollback completion-r2 --reason 'users complain'")
def rollback(
    rollout: Annotated[str, typer.Argument(help="Id of the rollout, such as completion-r2.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is recorded with your name.")],
    env: Env = LOCAL,
    state_dir: State = LOCAL_STATE,
) -> None:
    """Send all traffic back to stable and end the rollout.

    The command is an event like any other; it is done when the ledger has it.
    """
    with problems_told():
        entry = order(connect(env, state_dir), CommandName.ROLLBACK, rollout, reason)
        _say(f"{rollout} is {entry.decision['phase']}: {entry.decision['reason']}")


def _say(text: str) -> None:
    console.print(text, markup=False)  # reasons hold what people typed


def _endpoints(session: Session, endpoint: str | None) -> list[str]:
    if endpoint is not None:
        return [endpoint]
    return [session.model(model.name).endpoint for model in load_models(_MODELS)]


def _images(given: list[str]) -> dict[str, str]:
    pairs = dict(pair.partition("=")[::2] for pair in given)
    if not pairs or not all(pairs.values()):
        raise Problem(f"images: got {given!r}", "name each as --image MODEL=URI@sha256:...")
    return {model: Image.parse(model, uri).uri for model, uri in pairs.items()}


def _image_of(images: dict[str, str], model: str) -> str:
    if model not in images:
        raise Problem(f"no image for {model}", f"add --image {model}=URI@sha256:...")
    return images[model]
