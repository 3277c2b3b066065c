"""One instance of a variant: a `serve.py` in its own folder, and the requests in its hands."""

import http.client
import shutil
import subprocess
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.sagemaker.artifacts import Artifacts, unpack
from infra.local.sagemaker.children import Children
from infra.local.sagemaker.invocations import Cadence
from infra.local.sagemaker.model_client import ModelClient

_PING_TIMEOUT_S = 2.0
"""Real seconds that a container has to answer GET /ping (SageMaker's container contract)."""


@dataclass(frozen=True)
class Plan:
    """What every instance of one variant runs."""

    variant: str
    image: str
    model_data: str | None
    archive: bytes | None
    environment: Mapping[str, str]
    startup_timeout_s: float
    """Virtual seconds until GET /ping must have answered 200."""
    least_outstanding: bool
    cadence: Cadence


class ModelServer:
    """A running model server. It takes requests until `refuse_requests`."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        deadline: float,
        children: Children,
        artifacts: Artifacts,
    ) -> None:
        """Lay out the folder as the container contract says, and start the process.

        Args:
            deadline: the virtual monotonic second until which GET /ping must have answered.

        Raises:
            ArtifactMissing: the image or the model data is not there or not readable.
        """
        self.plan = plan
        self.instance_id = f"i-{uuid.uuid4().hex[:17]}"
        self.deadline = deadline
        self.log = folder / "log.txt"
        self._folder = folder
        self._children = children
        artifacts.copy_image(plan.image, folder / "code")
        (folder / "base" / "model").mkdir(parents=True)
        if plan.archive is not None:
            unpack(plan.archive, folder / "base" / "model", str(plan.model_data))
        self._port = children.free_port()
        self._process: subprocess.Popen[bytes] = children.start(
            "serve.py",
            folder / "code",
            {
                **plan.environment,
                "SAGEMAKER_BASE_DIR": str(folder / "base"),
                "SAGEMAKER_BIND_TO_PORT": str(self._port),
            },
            self.log,
        )
        self.client = ModelClient(self._port)
        self._in_flight = 0
        self._refusing = False
        self._lock = threading.Lock()

    @property
    def exit_code(self) -> int | None:
        """The process's exit code; None while it runs."""
        return self._process.poll()

    @property
    def in_flight(self) -> int:
        """Requests in hand."""
        return self._in_flight

    def answers_ping(self) -> bool:
        """Ask GET /ping once; blocks up to 2 real seconds."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PING_TIMEOUT_S)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def acquire(self) -> bool:
        """Take a request in hand; False when the server takes no more."""
        with self._lock:
            if self._refusing:
                return False
            self._in_flight += 1
            return True

    def release(self) -> None:
        """Let go of a request that `acquire` took."""
        with self._lock:
            self._in_flight -= 1

    def refuse_requests(self) -> None:
        """Take no more requests; `in_flight` only falls from now on."""
        with self._lock:
            self._refusing = True

    def end(self) -> None:
        """End the process, whatever it has in hand, and remove its files; a second time is free."""
        self.refuse_requests()
        self.client.close()
        self._children.end(self._process, self._port)
        for part in ("code", "base"):  # the log stays for whoever asks why
            shutil.rmtree(self._folder / part, ignore_errors=True)
