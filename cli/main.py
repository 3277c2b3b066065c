"""The `steelyard` command: what it is called with. Everything it does is in its neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli import demonstrate, local
from cli.bootstrap import bootstrap as bootstrap_model
from cli.commands import add_commands
from cli.demo.scenes import SCENES
from cli.deploy import deploy as deploy_environment
from cli.judge import add_judge
from cli.looks import add_looks
from cli.options import Env, State
from cli.problems import Problem, problems_told
from cli.session import LOCAL, LOCAL_STATE, connect
from cli.simulate import add_simulate
from infra.images import Image
from infra.model_file import ModelFile, load_model, load_models

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

Images = Annotated[
    list[str],
    typer.Option("--image", help="MODEL=URI by digest; on the local cloud folders are used."),
]


@app.command(epilog="Example: steelyard demo --scene lost-subject")
def demo(
    *,
    scene: Annotated[
        str | None, typer.Option(metavar="NAME", help="Play this scene instead of the main story.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the scenes, and play none.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the report and summary.json.")] = Path(
        "out/demo"
    ),
    factor: Annotated[
        float, typer.Option(help="How many times faster than real time the clock runs.", min=1)
    ] = 12,
) -> None:
    """Play the main job on a local cloud: a bad update is rolled back, a good one promoted.

    Takes about four minutes and needs no account. It ends with a timeline, a report
    (OUT/report.html) and OUT/summary.json, and fails when the story did not happen as told.
    The same holds for each of the shorter scenes that --list names.
    """
    with problems_told():
        if list_:
            console.print(demonstrate.scenes_table())
            return
        if scene is None:
            raise typer.Exit(demonstrate.run(out, factor, console))
        if scene not in SCENES:
            raise Problem(f"no scene {scene!r}", f"accepted: {', '.join(SCENES)}")
        raise typer.Exit(demonstrate.run_scene(SCENES[scene], out, factor, console))


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
        for model in models:
            _has_image(images, model)
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
        _has_image(images, loaded)
        bootstrap_model(session, loaded, images, data, _say)


add_looks(app)
add_judge(app)
add_simulate(app)
add_commands(app)


def _say(text: str) -> None:
    console.print(text, markup=False)  # reasons hold what people typed


def _images(given: list[str]) -> dict[str, str]:
    pairs = dict(pair.partition("=")[::2] for pair in given)
    if not all(pairs.values()):
        raise Problem(f"images: got {given!r}", "name each as --image MODEL=URI@sha256:...")
    return {model: Image.parse(model, uri).uri for model, uri in pairs.items()}


def _has_image(images: dict[str, str], model: ModelFile) -> None:
    """Refuse, before anything is asked of AWS, a model that has no image at all."""
    if model.name not in images and model.image is None:
        raise Problem(
            f"no image for {model.name}",
            f"add --image {model.name}=URI@sha256:..., or name one of AWS's in its file",
        )
