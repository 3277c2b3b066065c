"""Files that models need: image folders, objects of S3, and tar archives that come out the same."""

import gzip
import io
import shutil
import tarfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.images import ImageStore
from infra.local.sagemaker.context import Context


class ArtifactMissing(Exception):
    """An object of S3 or an archive is not there or not readable."""


class Artifacts:
    """Reads and writes S3 and finds images. Every method blocks: not for the event loop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        cloud = context.cloud
        self._images = ImageStore(cloud.state_dir / "images", cloud.account, cloud.region)

    @cached_property
    def _s3(self) -> Any:
        return self._context.cloud.client("s3")

    def check_image(self, image: str) -> None:
        """Refuse an image that was never pushed (AwsError, as AWS's CreateModel does)."""
        self._images.folder(image)

    def copy_image(self, image: str, target: Path) -> None:
        """Copy an image's folder, so that what runs there cannot change the image.

        Raises:
            AwsError: the image was never pushed.
        """
        shutil.copytree(self._images.folder(image), target)

    def read(self, uri: str) -> bytes:
        """Answer an object of S3."""
        bucket, key = _split(uri)
        try:
            content: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise ArtifactMissing(f"Could not access model data at {uri}: {error}") from error
        return content

    def keys(self, uri: str) -> Iterator[tuple[str, str]]:
        """Yield (uri, path below the prefix) of each object under a prefix or of one object.

        A prefix that ends inside a name counts from that name's folder, as in training input.
        """
        bucket, prefix = _split(uri)
        folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
        above = prefix[: prefix.rfind("/") + 1]
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        except (ClientError, BotoCoreError) as error:
            raise ArtifactMissing(f"Could not list {uri}: {error}") from error
        for key in keys:
            if not key.endswith("/"):
                path = key.removeprefix(folder if key.startswith(folder) else above)
                yield f"s3://{bucket}/{key}", path

    def write(self, uri: str, content: bytes) -> None:
        """Put an object into S3."""
        bucket, key = _split(uri)
        try:
            self._s3.put_object(Bucket=bucket, Key=key, Body=content)
        except (ClientError, BotoCoreError) as error:
            raise ArtifactMissing(f"Could not write {uri}: {error}") from error


def unpack(archive: bytes, target: Path, uri: str) -> None:
    """Unpack a model.tar.gz; only folders and files that stay below the target are taken.

    By hand, since the first releases of Python 3.11 have no extraction filters (PEP 706).
    """
    target.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                _unpack_member(tar, member, target)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ArtifactMissing(f"{uri} is not a readable .tar.gz: {error}") from error


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    path = (target / member.name).resolve()
    if not path.is_relative_to(target.resolve()) or not (member.isfile() or member.isdir()):
        raise tarfile.ExtractError(f"{member.name!r} is no file or folder below the archive's root")
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    if source is not None:
        with source, path.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def pack(folder: Path) -> bytes:
    """Pack a folder so that equal contents give equal bytes: sorted, no times, no owners."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, path.relative_to(folder).as_posix(), recursive=False, filter=_anonymous)
    return gzip.compress(raw.getvalue(), mtime=0)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def _split(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri, allow_fragments=False)
    if parts.scheme != "s3" or not parts.netloc:
        raise ArtifactMissing(f"{uri!r} is not accepted: give s3://<bucket>/<key>")
    return parts.netloc, parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
