"""A local cloud with version 1 of the completion model in service. For the demo and `make up`."""

from __future__ import annotations

from pathlib import Path

from cli.demo import corpus
from cli.deploy import deploy
from cli.local_cloud import push_image
from cli.session import Session
from cli.training import Say
from infra.model_file import ModelFile, load_model

MODEL = "completion"
MODELS = Path(__file__).parents[2] / "models"
FIRST_VERSION = "first version"
FIRST_DATA = "v1"


def set_up(session: Session, work: Path, modules: corpus.Corpus, say: Say) -> ModelFile:
    """Push the image, deploy everything, train and serve version 1."""
    data = write_data(work, FIRST_DATA, modules.version_1, modules.holdout)
    image = push_image(session.url or "", MODELS / MODEL, f"steelyard/{MODEL}")
    deploy(session, {MODEL: image}, data={MODEL: data}, say=say)
    return load_model(MODELS / MODEL)


def write_data(work: Path, name: str, training: corpus.Modules, holdout: corpus.Modules) -> Path:
    """Write a training job's channels into a folder of that name; the folder."""
    folder = work / "data" / name
    corpus.write(training, folder / "training")
    corpus.write(holdout, folder / "holdout")
    return folder
