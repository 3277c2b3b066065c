"""Images on the local cloud: copies of model folders, named by digest. Server and SageMaker use it.

It stands for `docker build` and `docker push`: the local cloud runs a folder's entry points as
processes instead of containers.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.local.ports import AwsError

_URI = re.compile(r"(?P<registry>[^/]+)/[a-z0-9/_.-]+@sha256:(?P<digest>[0-9a-f]{64})")
_REPOSITORY = re.compile(r"[a-z0-9]+([/_.-][a-z0-9]+)*")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".git")


class ImageStore:
    """Keeps images below one folder; equal contents are kept once."""

    def __init__(self, folder: Path, account: str, region: str) -> None:
        self._folder = folder
        self._registry = f"{account}.dkr.ecr.{region}.amazonaws.com"

    def push(self, folder: Path, repository: str) -> str:
        """Copy a model's folder and answer the image's URI, by digest.

        Raises:
            AwsError: the folder does not exist, or the repository's name is not one.
        """
        if not folder.is_dir():
            raise AwsError("InvalidParameterException", f"there is no folder {str(folder)!r}")
        if _REPOSITORY.fullmatch(repository) is None:
            raise AwsError(
                "InvalidParameterException",
                f"{repository!r} is no repository name: lower case, such as 'steelyard/completion'",
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="partial-", dir=self._folder) as partial:
            copied = shutil.copytree(folder, Path(partial) / "image", ignore=_LEFT_OUT)
            digest = _digest(copied)
            if not (self._folder / digest).is_dir():
                copied.rename(self._folder / digest)
        return f"{self._registry}/{repository}@sha256:{digest}"

    def folder(self, uri: str) -> Path:
        """Answer the folder of an image.

        Raises:
            AwsError: no such image; the message shows the URI and what would be accepted.
        """
        parts = _URI.fullmatch(uri)
        found = self._folder / parts["digest"] if parts else None
        if found is None or parts is None or parts["registry"] != self._registry:
            raise AwsError(
                "ValidationException",
                f"{uri!r} is no image of the local cloud: push a folder and use the URI that it"
                f" answers ({self._registry}/<repository>@sha256:<digest>)",
            )
        if not found.is_dir():
            raise AwsError("ValidationException", f"image {uri!r} was never pushed")
        return found


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for name, contents in _files(folder):
        total.update(f"{len(name.encode())}:{name}:{len(contents)}:".encode())
        total.update(contents)
    return total.hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.relative_to(folder).as_posix(), path.read_bytes()
