"""All benchmarks with a target, in one table: `python -m tests.benchmarks` (or one part: `cold`, `warm`, `bulk`).

Times are milliseconds of the processor's time, of bulk runs nanoseconds of it for a row. They depend on the machine and
mean little by themselves; the ratios are what is claimed. What is compared is measured side by side in one
run, in turns, and medians are taken. `shares.py` is a benchmark of its own.
"""

import sys

from tests.benchmarks import bulk, cold, warm
from tests.benchmarks.table import Row

PARTS = {"cold": cold.rows, "warm": warm.rows, "bulk": bulk.rows}


def main() -> None:
    """Print the rows of the parts named on the command line, or of all."""
    write = sys.stdout.write
    write(f"{'what':62} {'median':>9} {'ratio':>6} {'target':>7}\n")
    for name in sys.argv[1:] or PARTS:
        for row in PARTS[name]():
            write(_line(row) + "\n")
            sys.stdout.flush()


def _line(row: Row) -> str:
    ratio = f"{row.ratio:6.2f}" if row.ratio is not None else " " * 6
    if row.target is None or row.ratio is None:
        return f"{row.what:62} {row.milliseconds:9.3f} {ratio}"
    reached = row.ratio >= row.target if row.more else row.ratio <= row.target
    verdict = "reached" if reached else "missed"
    return f"{row.what:62} {row.milliseconds:9.3f} {ratio} {row.target:7.2f} {verdict}"


if __name__ == "__main__":
    main()
