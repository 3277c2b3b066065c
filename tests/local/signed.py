"""Requests to an HTTP API, signed as a client signs them. Used by the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from tests.local.running_cloud import REGION, RunningCloud


@dataclass(frozen=True)
class Caller:
    """A user of the account, and the keys that requests are signed with."""

    name: str
    key: str
    secret: str

    def post(self, url: str, body: bytes = b"{}") -> tuple[int, str]:
        """Status and body of the answer."""
        request = AWSRequest("POST", url, headers={"Content-Type": "application/json"}, data=body)
        credentials = Credentials(self.key, self.secret)
        SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
        answer = URLLib3Session().send(request.prepare())
        return answer.status_code, answer.text


def user(cloud: RunningCloud, name: str, *policies: str) -> Caller:
    """A new user with managed policies."""
    iam = cloud.client("iam")
    iam.create_user(UserName=name)
    for arn in policies:
        iam.attach_user_policy(UserName=name, PolicyArn=arn)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Caller(name, made["AccessKeyId"], made["SecretAccessKey"])


def unsigned(url: str) -> tuple[int, str]:
    """Status and body of the answer to a request without a signature."""
    request = AWSRequest("POST", url, headers={"Content-Type": "application/json"}, data=b"{}")
    answer = URLLib3Session().send(request.prepare())
    return answer.status_code, answer.text
