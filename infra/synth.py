"""Synthesizes the app without the CDK CLI. Imported by `cli` and tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.errors import SynthesisFailed

_ROOT = Path(__file__).resolve().parent.parent


def synthesize(
    environment: str,
    out: Path,
    *,
    images: Mapping[str, str],
    region: str | None = None,
    models: Path | None = None,
) -> Path:
    """Write the cloud assembly of an environment to `out`, as `cdk synth` would; returns `out`.

    In a process of its own: it costs half a second, and Node's memory goes back at its end.

    Args:
        images: image URI by digest of each model that has one of its own.
        region: what it is for; needed where a model runs in an image of AWS's.
        models: folder of the models' folders; default: that of the repository.

    Raises:
        SynthesisFailed: what the app said about it.
    """
    # cdk.json's context too, as the CDK CLI does: its knobs hold for every way to deploy.
    context = json.loads((_ROOT / "cdk.json").read_text()).get("context", {})
    context |= {"environment": environment, "images": dict(images), "region": region}
    if models is not None:
        context["models"] = str(models.resolve())
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(_ROOT / "app.py")],
        cwd=_ROOT,
        # What the CDK CLI hands to an app.
        env=os.environ
        | {"CDK_OUTDIR": str(out.resolve()), "CDK_CONTEXT_JSON": json.dumps(context)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SynthesisFailed(done.stderr.strip())
    return out
