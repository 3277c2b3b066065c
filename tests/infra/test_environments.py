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
    image = environment_from({"environment": "dev", "images": images}).images["chat"]
    assert (image.uri, image.account, image.region) == (URI, "123456789012", "eu-west-1")
    assert image.repository == "steelyard/chat"


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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ()),
        ("a@example.org", ("a@example.org",)),
        ("a@example.org,b@example.org", ("a@example.org", "b@example.org")),
        (["a@example.org"], ("a@example.org",)),
        ({"prod": ["a@example.org"]}, ()),
        ({"dev": "a@example.org"}, ("a@example.org",)),
    ],
)
def test_addresses_come_as_text_as_a_list_or_by_environment(
    given: object, expected: tuple[str, ...]
) -> None:
    assert environment_from({"environment": "dev", "notify": given}).notify == expected


@pytest.mark.parametrize(
    "given", ["a", "a@b", "a@example.org, b@example.org", ["a@", 3], 3, [None]]
)
def test_what_is_no_address_is_refused(given: object) -> None:
    with pytest.raises(InvalidContext, match=r"context notify: got .* accepted: email addresses"):
        environment_from({"environment": "dev", "notify": given})


def test_region_comes_from_context_but_not_on_the_laptop() -> None:
    regions = {
        name: environment_from({"environment": name, "region": "us-gov-west-1"}).region
        for name in ("local", "dev", "prod")
    }
    assert regions == {"local": "eu-west-1", "dev": "us-gov-west-1", "prod": "us-gov-west-1"}


@pytest.mark.parametrize("region", ["europe", "", 3, "eu-west-1a"])
def test_what_is_no_region_is_refused(region: object) -> None:
    with pytest.raises(InvalidContext, match="context region: got"):
        environment_from({"environment": "dev", "region": region})


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
