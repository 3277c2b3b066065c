"""A model's archive is unpacked below its folder, and nowhere else."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from infra.local.sagemaker.artifacts import ArtifactMissing, unpack


def archive(*members: tarfile.TarInfo) -> bytes:
    """A .tar.gz of these members; files hold four letters."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for member in members:
            member.size = 4 if member.isfile() else 0
            tar.addfile(member, io.BytesIO(b"text"))
    return target.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    """One member."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "elsewhere"
    return info


def test_files_and_folders_are_unpacked(tmp_path: Path) -> None:
    content = archive(member("code", tarfile.DIRTYPE), member("model.json"), member("a/b/c"))
    unpack(content, tmp_path / "model", "s3://bucket/model.tar.gz")
    assert (tmp_path / "model/model.json").read_text() == "text"
    assert (tmp_path / "model/a/b/c").read_text() == "text"
    assert (tmp_path / "model/code").is_dir()


@pytest.mark.parametrize(
    "bad",
    [
        member("../outside"),
        member("a/../../outside"),
        member("/tmp/outside"),  # noqa: S108 - must not be written
        member("link", tarfile.SYMTYPE),
        member("link", tarfile.LNKTYPE),
        member("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda bad: f"{bad.name}-{bad.type.decode()}",
)
def test_member_that_is_no_file_below_the_root_is_refused(
    tmp_path: Path, bad: tarfile.TarInfo
) -> None:
    with pytest.raises(ArtifactMissing, match="is no file or folder below the archive's root"):
        unpack(archive(bad), tmp_path / "model", "s3://bucket/model.tar.gz")
    assert sorted(tmp_path.iterdir()) == [tmp_path / "model"]


def test_bytes_that_are_no_archive_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match=r"not a readable \.tar\.gz"):
        unpack(b"no archive", tmp_path / "model", "s3://bucket/model.tar.gz")
