"""The local cloud's own paths for game days, over HTTP."""

import json
import urllib.request
from urllib.error import HTTPError

import pytest

from tests.local.gameday.venue import Controls
from tests.local.running_cloud import RunningCloud

# ruff: noqa: S310 - the only address is that of the local cloud


def refused(cloud: RunningCloud, path: str, body: bytes) -> str:
    with pytest.raises(HTTPError) as refusal:
        urllib.request.urlopen(f"{cloud.url}/_steelyard/{path}", data=body)
    return str(json.load(refusal.value)["message"])


def test_restart_is_counted_and_sagemaker_answers_again_afterwards(
    local_cloud: RunningCloud,
) -> None:
    controls = Controls(local_cloud.url)
    controls.weather({})
    assert controls.restart_sagemaker(5) == 0
    local_cloud.wait(1)
    assert local_cloud.client("sagemaker").list_endpoints()["Endpoints"] == []
    assert controls.report()["struck"] == {
        "outage": 1,
        "restart": 1,
        "change begun again": 0,
    }


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{}", "restart: KeyError('seconds')"),
        (b'{"seconds": 601}', "restart: got 601.0, accepted: from 0 to 600"),
        (b'{"seconds": NaN}', "restart: got nan, accepted: from 0 to 600"),
        (b"[", "restart: JSONDecodeError"),
    ],
)
def test_restart_that_makes_no_sense_is_refused(
    local_cloud: RunningCloud, body: bytes, said: str
) -> None:
    assert said in refused(local_cloud, "restart", body)


def test_unknown_path_is_told_what_there_is(local_cloud: RunningCloud) -> None:
    assert "PUT chaos, GET chaos, POST restart" in refused(local_cloud, "storm", b"{}")
