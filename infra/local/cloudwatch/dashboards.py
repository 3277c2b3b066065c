"""Dashboards: kept, never drawn; thread-safe. Only `infra/local/cloudwatch` imports it."""

import json
import re
import threading
from dataclasses import dataclass
from datetime import datetime

from infra.local.cloudwatch.errors import not_found
from infra.local.cloudwatch.paging import page
from infra.local.cloudwatch.tags import Tags
from infra.local.ports import AwsError, Cloud, Params

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)
_PAGE = 100


@dataclass(frozen=True, slots=True)
class _Dashboard:
    body: str
    modified: datetime


class Dashboards:
    """The dashboards."""

    def __init__(self, cloud: Cloud, tags: Tags) -> None:
        """Start empty."""
        self._cloud = cloud
        self._tags = tags
        self._lock = threading.Lock()
        self._dashboards: dict[str, _Dashboard] = {}

    def arn(self, name: str) -> str:
        """Answer the ARN of a dashboard; it names no region."""
        return f"arn:aws:cloudwatch::{self._cloud.account}:dashboard/{name}"

    def exists(self, arn: str) -> bool:
        """Tell whether there is a dashboard with an ARN."""
        with self._lock:
            return any(self.arn(name) == arn for name in self._dashboards)

    def put_dashboard(self, params: Params) -> Params:
        """Create or replace a dashboard."""
        name, body = params["DashboardName"], params["DashboardBody"]
        if not _NAME.fullmatch(name):
            raise _invalid(f"The name {name!r} is not accepted: give letters, digits, - and _.")
        if not _is_object(body):
            raise _invalid("The body of a dashboard must be a JSON object.")
        with self._lock:
            new = name not in self._dashboards
            self._dashboards[name] = _Dashboard(body, self._cloud.clock.now())
        if new:
            self._tags.put(self.arn(name), params.get("Tags", []), instead=True)
        return {"DashboardValidationMessages": []}

    def get_dashboard(self, params: Params) -> Params:
        """Answer one dashboard."""
        name = params["DashboardName"]
        with self._lock:
            found = self._dashboards.get(name)
        if found is None:
            raise not_found("dashboard", name)
        return {"DashboardName": name, "DashboardArn": self.arn(name), "DashboardBody": found.body}

    def list_dashboards(self, params: Params) -> Params:
        """List dashboards by name."""
        prefix = params.get("DashboardNamePrefix", "")
        with self._lock:
            found = sorted(item for item in self._dashboards.items() if item[0].startswith(prefix))
        shown, token = page(found, _PAGE, params.get("NextToken"))
        entries = [
            {
                "DashboardName": name,
                "DashboardArn": self.arn(name),
                "LastModified": each.modified,
                "Size": len(each.body.encode()),
            }
            for name, each in shown
        ]
        return {"DashboardEntries": entries} | token

    def delete_dashboards(self, params: Params) -> Params:
        """Delete dashboards: all of them, or none when one does not exist."""
        names = params["DashboardNames"]
        with self._lock:
            for name in names:
                if name not in self._dashboards:
                    raise not_found("dashboard", name)
            for name in set(names):
                del self._dashboards[name]
        for name in names:
            self._tags.drop(self.arn(name))
        return {}


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterInput", message)


def _is_object(body: str) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False
