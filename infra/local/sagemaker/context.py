"""What all parts of this SageMaker share: the cloud, the one lock, the delays, names, waiting."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.ports import Cloud
from infra.local.sagemaker.delays import Delays
from infra.local.sagemaker.scaling import Scaling

_POLL_S = 0.02
"""Real seconds between two looks at something that another process does."""


class Stopped(Exception):
    """The service is stopping; background work ends here."""


@dataclass(frozen=True)
class Context:
    """Shared by all parts; `lock` guards every record that more than one thread can change."""

    cloud: Cloud
    delays: Delays
    scaling: Scaling
    lock: threading.RLock = field(default_factory=threading.RLock)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def root(self) -> Path:
        """Where this service keeps its files."""
        return self.cloud.state_dir / "sagemaker"

    def arn(self, kind: str, name: str) -> str:
        """Answer the ARN; SageMaker lower-cases names in ARNs (its own events show it)."""
        return f"arn:aws:sagemaker:{self.cloud.region}:{self.cloud.account}:{kind}/{name.lower()}"

    def wait(self, virtual_seconds: float) -> None:
        """Wait so many virtual seconds.

        Raises:
            Stopped: the service is stopping.
        """
        if self.stopping.wait(self.cloud.clock.real_seconds(virtual_seconds)):
            raise Stopped

    def pause(self) -> None:
        """Wait a moment of real time before looking again at what another process does.

        Raises:
            Stopped: the service is stopping.
        """
        if self.stopping.wait(_POLL_S):
            raise Stopped
