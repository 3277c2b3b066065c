"""What a Lambda function is to the executor, and what its process may know.

Used by `lambda_executor` and the MiniStack adapter.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Function:
    """A version of a function, with all that its process depends on."""

    name: str
    version: str
    arn: str
    handler: str
    runtime: str
    timeout_s: int
    memory_mb: int
    environment: Mapping[str, str]
    credentials: Mapping[str, str]
    code: bytes = field(repr=False)
    layers: tuple[bytes, ...] = field(repr=False)

    @cached_property
    def key(self) -> str:
        """Answer a digest that changes with anything that calls for a new process."""
        parts = [self.name, self.version, self.handler, self.runtime, str(self.timeout_s)]
        parts += [str(self.memory_mb), json.dumps(dict(self.environment), sort_keys=True)]
        parts += [json.dumps(dict(self.credentials), sort_keys=True)]
        parts += [hashlib.sha256(blob).hexdigest() for blob in (self.code, *self.layers)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def process_environment(function: Function, paths: Sequence[Path]) -> dict[str, str]:
    """Answer what AWS gives a function's process, less what depends on where the cloud is.

    Args:
        function: whose process it is.
        paths: where Python looks besides its standard library; code, layers, runtime.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    given = {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"[{function.version}]",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "LAMBDA_TASK_ROOT": str(paths[0]),
        "LAMBDA_RUNTIME_DIR": str(paths[-1]),
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
        "_HANDLER": function.handler,
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
        # Else the SDK reads the configuration of the person at the machine.
        "HOME": str(paths[0]),
    }
    if "LD_LIBRARY_PATH" in os.environ:  # some builds of Python don't start without theirs
        given["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return {**function.environment, **given, **function.credentials}
