"""Runs a script of a model's folder as a child that dies with the local cloud.

Only `children` starts it, as `python launch.py <parent's pid> <script>` in the folder. It is a
program of its own because the alternative, a `preexec_fn`, may deadlock in a threaded parent.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then become the script."""
    parent, script = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        sys.exit(f"the local cloud {parent} is gone")
    os.execv(sys.executable, [sys.executable, "-u", script])  # noqa: S606 - no shell is meant


main()
