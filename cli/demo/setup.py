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


def set_up(session: Session, work: Path, modules: corpus.Corpus, say: Say) -> ModelFile:
    """Write the corpus, push the image, deploy everything, train and serve version 1."""
    for name, training in (("v1", modules.version_1), ("v3", modules.version_3)):
        corpus.write(training, work / "data" / name / "training")
        corpus.write(modules.holdout, work / "data" / name / "holdout")
    image = push_image(session.url or "", MODELS / MODEL, f"steelyard/{MODEL}")
    deploy(session, {MODEL: image}, data={MODEL: work / "data" / "v1"}, say=say)
    return load_model(MODELS / MODEL)
