"""Reports what users really wanted to the labels intake, as a client's own backend does.

Imported by `cli` alone; docs/labels.md shows the same with curl.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session

from cli.problems import Problem
from cli.session import Session
from steelyard.labels.ids import NOISE_BYTES, issue
from steelyard.labels.reports import MOST_REPORTS

_SIGNED_FOR = "execute-api"
_ATTEMPTS = 3  # each id is counted once, so sending again is safe
_PAUSE = 0.3  # seconds, longer with each attempt
_PASSING = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Told:
    """What the intake made of reports.

    Attributes:
        counted: each for the first time.
        duplicates: reports whose inference id had been counted before.
        other_segment: of those counted, how many named a segment that no rollout weighs alone.
        refused: what was not counted: `index` among the reports, and `why`.
    """

    counted: int = 0
    duplicates: int = 0
    other_segment: int = 0
    refused: tuple[Mapping[str, Any], ...] = ()


class LabelClient:
    """Issues inference ids for an endpoint, and reports labels. Thread-safe."""

    def __init__(self, session: Session, endpoint: str) -> None:
        self._session = session
        self._endpoint = endpoint
        self._http = URLLib3Session(timeout=(5, 30))

    def inference_id(self, now: datetime) -> str:
        """An id for one request: goes into InvokeEndpoint's InferenceId, and into its report.

        Args:
            now: aware; of the cloud's clock, which may be faster than the machine's.
        """
        return issue(self._key, self._endpoint, now, secrets.token_bytes(NOISE_BYTES))

    def report(self, reports: Sequence[Mapping[str, object]]) -> Told:
        """Send reports: `inference_id`, `variant`, `segment`, `correct`. Any number of them.

        Raises:
            Problem: the intake refused a whole batch, or could not be reached for a while; the
                batches before it are counted, and all may be sent again.
        """
        told = Told()
        for start in range(0, len(reports), MOST_REPORTS):
            answer = self._send(list(reports[start : start + MOST_REPORTS]))
            refused = (dict(one, index=start + one["index"]) for one in answer["refused"])
            told = Told(
                told.counted + answer["counted"],
                told.duplicates + answer["duplicates"],
                told.other_segment + answer["other_segment"],
                (*told.refused, *refused),
            )
        return told

    @cached_property
    def _key(self) -> bytes:
        name = self._session.names.labels_key
        secret = self._session.client("secretsmanager").get_secret_value(SecretId=name)
        return str(secret["SecretString"]).encode()

    @cached_property
    def _url(self) -> str:
        return f"{self._session.labels_url}/endpoints/{quote(self._endpoint, safe='')}/labels"

    def _send(self, batch: Sequence[Mapping[str, object]]) -> dict[str, Any]:
        body = json.dumps({"reports": batch}).encode()
        said = ""
        for attempt in range(_ATTEMPTS):
            time.sleep(_PAUSE * attempt)
            try:
                answer = self._http.send(self._signed(body).prepare())
            except HTTPClientError as error:
                said = str(error)
                continue
            if answer.status_code == 200:
                taken: dict[str, Any] = json.loads(answer.content)
                return taken
            said = f"{answer.status_code}: {answer.text:.500}"
            if answer.status_code not in _PASSING:
                break
        raise Problem(f"the labels intake did not take {len(batch)} reports: {said}", _REMEDY)

    def _signed(self, body: bytes) -> AWSRequest:
        """Signed anew for each attempt: a signature holds for minutes only."""
        headers = {"Content-Type": "application/json"}
        request = AWSRequest("POST", self._url, headers=headers, data=body)
        SigV4Auth(self._session.credentials, _SIGNED_FOR, self._session.region).add_auth(request)
        return request


_REMEDY = "may these credentials invoke it? docs/labels.md says what they need"
