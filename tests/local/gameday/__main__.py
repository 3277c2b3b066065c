"""Hold a game day on the local cloud: `make gameday`. Nobody imports it."""

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.local.gameday import told
from tests.local.gameday.day import Plan, hold

_HELP = """\
Hold a game day on a local cloud of its own.

Clients send all along to two endpoints. In each round a bad version of each is approved, rolled
back (one by the evidence, one by its alarm), and a good one, approved meanwhile, is promoted;
people pause, resume and ask for what is over. All the while Lambda processes are killed, their
answers lost, calls of SageMaker and of the ledger lost or throttled, each event delivered twice
and many late, and SageMaker is restarted in the middle of updates.

Then it counts: requests that failed other than inside a bad version (must be 0), commands and
approvals that are neither in the ledger nor in quarantine (must be 0), and ledger entries that
replaying does not confirm (must be 0). A round takes about three minutes.

With --calm nothing strikes and only bad versions are approved, half a minute a round: the table
of rollbacks is then the benchmark of the time from the sign of harm to weights at 0. Ends with 1
if anything is not as it must be."""


def main() -> int:
    """Read the options, hold it, tell."""
    options = argparse.ArgumentParser(
        prog="python -m tests.local.gameday",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m tests.local.gameday --rounds 5 --seed 7",
    )
    options.add_argument("--rounds", type=int, default=2, help="default: %(default)s")
    options.add_argument("--seed", type=int, default=1, help="of mishaps; default: %(default)s")
    options.add_argument("--calm", action="store_true", help="no mishaps: measure")
    options.add_argument("--out", type=Path, default=Path("out/gameday"), help="for summary.json")
    chosen = options.parse_args()
    console = Console()
    plan = Plan(chosen.rounds, chosen.seed, chosen.calm)
    with tempfile.TemporaryDirectory(prefix="gameday-") as work:
        found = hold(plan, Path(work), lambda said: console.print(said, style="dim"))
    told.show(found, console)
    console.print(f"figures: {told.write(found, chosen.out)}")
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
