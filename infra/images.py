"""A container image: ours by digest, or one of AWS's by tag. Imported by `infra` and `cli`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.errors import InvalidContext, InvalidModelFile

_REPOSITORY = (
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<repository>[a-z0-9]+(?:[._/-][a-z0-9]+)*)"
)
_BY_DIGEST = re.compile(rf"{_REPOSITORY}@sha256:[0-9a-f]{{64}}")
_BY_TAG = re.compile(rf"{_REPOSITORY}:[\w][\w.-]{{0,127}}")


@dataclass(frozen=True, slots=True)
class Image:
    """An image in ECR: where it lies, and its full URI."""

    uri: str
    account: str
    region: str
    repository: str

    @classmethod
    def parse(cls, model: str, uri: object) -> Image:
        """Read an image URI.

        Raises:
            InvalidContext: no ECR URI, or one by tag: a tag can be moved, so it names no version.
        """
        match = _BY_DIGEST.fullmatch(uri) if isinstance(uri, str) else None
        if match is None:
            raise InvalidContext(
                f"context images.{model}: got {uri!r}, accepted: "
                "<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hex digits>"
            )
        return cls(match[0], match["account"], match["region"], match["repository"])

    @classmethod
    def published(cls, uri: str) -> Image:
        """Read the URI of an image that AWS publishes: by tag, since it tells no digests.

        Raises:
            InvalidModelFile: no ECR URI.
        """
        match = _BY_TAG.fullmatch(uri)
        if match is None:
            raise InvalidModelFile(f"image: got {uri!r}, accepted: an image in ECR, by tag")
        return cls(match[0], match["account"], match["region"], match["repository"])
