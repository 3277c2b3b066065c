"""Context chooses the environment and brings the images."""

from __future__ import annotations

import json

import pytest

from infra.environments import environment_from
from infra.errors import InvalidContext

DIGEST = "a" * 64
URI = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/steelyard/chat@sha256:{DIGEST}"


@pytest.mark.parametrize("images", [{"chat": URI}, json.dumps({"chat": URI})])
def test_images_come_as_a_mapping_or_as_json(images: object) -> None:
    image = environment_from({"environment": "dev", "images": images}).image("chat")
    assert (image.uri, image.account, image.region) == (URI, "123456789012", "eu-west-1")
    assert image.repository == "steelyard/chat"


def test_missing_image_is_told_with_how_to_give_it() -> None:
    environment = environment_from({"environment": "dev"})
    with pytest.raises(InvalidContext, match="environment dev: no image for model chat, accepted"):
        environment.image("chat")


@pytest.mark.parametrize("name", [None, "", "staging", 3])
def test_unknown_environment_is_refused_with_those_there_are(name: object) -> None:
    with pytest.raises(InvalidContext, match="accepted: local, dev, prod"):
        environment_from({"environment": name})


@pytest.mark.parametrize(
    "uri",
    [
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/chat:latest",
        f"docker.io/library/chat@sha256:{DIGEST}",
        f"{URI}0",
        URI.replace("a" * 64, "a" * 63),
        "",
        None,
    ],
)
def test_image_that_is_not_named_by_digest_in_ecr_is_refused(uri: object) -> None:
    with pytest.raises(InvalidContext, match=r"context images\.chat: got .* accepted: <account>"):
        environment_from({"environment": "dev", "images": {"chat": uri}})


@pytest.mark.parametrize("images", ["chat", "[1]", 3])
def test_images_that_are_no_mapping_are_refused(images: object) -> None:
    with pytest.raises(InvalidContext, match="context images: got"):
        environment_from({"environment": "dev", "images": images})


def test_only_the_laptop_has_a_fixed_account_and_region() -> None:
    known = {}
    for name in ("local", "dev", "prod"):
        environment = environment_from({"environment": name})
        known[name] = (environment.account, environment.region)
    assert known == {
        "local": ("000000000000", "eu-west-1"),
        "dev": (None, None),
        "prod": (None, None),
    }
