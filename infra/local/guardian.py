"""Ends the local cloud's processes when its server dies, however that happens. Run as a script.

The server holds the only writing end of this process's standard input. When that closes without
a word, the server is dead, and the rest of its process group follows. PR_SET_PDEATHSIG would not
do: it exists on Linux only, and fires when the *thread* ends that started a child.
"""

import os
import signal
import sys
import time

_POLITE_S = 0.3


def main() -> None:
    """Wait for the end of the server."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read():  # a word: the server has tidied up by itself
        return
    group = os.getpgrp()
    os.killpg(group, signal.SIGTERM)
    time.sleep(_POLITE_S)
    os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
