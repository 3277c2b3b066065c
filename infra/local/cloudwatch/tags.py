"""Tags of alarms and dashboards, by ARN; thread-safe. Only `infra/local/cloudwatch` imports it."""

import threading
from collections.abc import Callable, Iterable, Mapping

from infra.local.cloudwatch.errors import invalid_value
from infra.local.ports import AwsError, Params

_MOST = 50


class Tags:
    """The tags of everything that has an ARN here."""

    def __init__(self, exists: Callable[[str], bool]) -> None:
        """Start empty; `exists` tells whether there is something with an ARN."""
        self._exists = exists
        self._lock = threading.Lock()
        self._tags: dict[str, dict[str, str]] = {}

    def put(self, arn: str, tags: Iterable[Mapping[str, str]], *, instead: bool = False) -> None:
        """Add tags, or set them instead of those that there are."""
        with self._lock:
            known = {} if instead else self._tags.get(arn, {})
            merged = known | {tag["Key"]: tag["Value"] for tag in tags}
            if len(merged) > _MOST:
                raise invalid_value("Tags", f"{len(merged)} tags", f"at most {_MOST}")
            self._tags[arn] = merged

    def drop(self, arn: str) -> None:
        """Forget the tags of what was deleted."""
        with self._lock:
            self._tags.pop(arn, None)

    def tag_resource(self, params: Params) -> Params:
        """Answer TagResource."""
        self.put(self._known(params["ResourceARN"]), params["Tags"])
        return {}

    def untag_resource(self, params: Params) -> Params:
        """Answer UntagResource."""
        arn = self._known(params["ResourceARN"])
        with self._lock:
            for key in params["TagKeys"]:
                self._tags.get(arn, {}).pop(key, None)
        return {}

    def list_tags_for_resource(self, params: Params) -> Params:
        """Answer ListTagsForResource."""
        arn = self._known(params["ResourceARN"])
        with self._lock:
            tags = self._tags.get(arn, {})
            return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}

    def _known(self, arn: str) -> str:
        if not self._exists(arn):
            raise AwsError("ResourceNotFoundException", f"There is no resource {arn!r}.", 404)
        return arn
