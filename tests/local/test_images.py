"""Images: copies of model folders, by digest."""

from pathlib import Path

import pytest

from infra.local.images import ImageStore
from infra.local.ports import AwsError


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images", "000000000000", "eu-west-1")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "completion"
    (folder / "ngram").mkdir(parents=True)
    (folder / "serve.py").write_text("print('v1')")
    (folder / "ngram" / "counts.py").write_text("N = 3")
    return folder


def test_image_keeps_its_contents_when_the_folder_changes(store: ImageStore, model: Path) -> None:
    uri = store.push(model, "steelyard/completion")
    (model / "serve.py").write_text("print('v2')")
    assert (store.folder(uri) / "serve.py").read_text() == "print('v1')"
    assert store.push(model, "steelyard/completion") != uri


def test_same_contents_have_the_same_uri_whatever_python_left_there(
    store: ImageStore, model: Path
) -> None:
    uri = store.push(model, "steelyard/completion")
    (model / "__pycache__").mkdir()
    (model / "__pycache__" / "serve.pyc").write_bytes(b"x")
    assert store.push(model, "steelyard/completion") == uri
    registry = "000000000000.dkr.ecr.eu-west-1.amazonaws.com"
    assert uri.startswith(f"{registry}/steelyard/completion@sha256:")
    assert not (store.folder(uri) / "__pycache__").exists()


def test_renamed_file_makes_another_image(store: ImageStore, model: Path) -> None:
    uri = store.push(model, "steelyard/completion")
    (model / "serve.py").rename(model / "served.py")
    assert store.push(model, "steelyard/completion") != uri


@pytest.mark.parametrize("repository", ["", "Steelyard", "../x", "a//b", "a b"])
def test_name_that_is_no_repository_is_refused(
    store: ImageStore, model: Path, repository: str
) -> None:
    with pytest.raises(AwsError, match="steelyard/completion"):
        store.push(model, repository)


def test_missing_folder_is_named(store: ImageStore, tmp_path: Path) -> None:
    with pytest.raises(AwsError, match="nowhere"):
        store.push(tmp_path / "nowhere", "steelyard/completion")


@pytest.mark.parametrize(
    "uri",
    [
        "python:3.12",
        f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:{'0' * 64}",
        f"000000000000.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:{'0' * 64}",
        "000000000000.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:../../etc",
    ],
)
def test_unknown_image_is_refused_with_its_uri(store: ImageStore, uri: str) -> None:
    with pytest.raises(AwsError, match=uri.replace(".", r"\.")):
        store.folder(uri)
