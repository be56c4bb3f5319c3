"""Where the records of a CSV text begin, found at the speed of memory.

A file is rated in parts that may be done in any order and by any process, so it has to be known where each part starts
without reading what comes before it. A line break ends a record unless it stands between quotes, and a quote counts
only where a cell starts with one: so the text is looked through once, byte by byte, by a compiled function.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, NamedTuple

import numpy as np
from numba import njit

from escalation.bulk.rows import Ints

__all__ = ["BLOCK_BYTES", "LONGEST", "Records", "records_of"]

BLOCK_BYTES = 1 << 23
"""Bytes looked at together: some tens of thousands of rows."""
LONGEST = 1 << 20
"""Bytes of one record at most. A quote that is not closed by then is taken as never closed."""
_QUOTE, _BREAK, _RETURN = ord('"'), ord("\n"), ord("\r")


class Records(NamedTuple):
    """Whole records of a CSV text, one after the other, and how many bytes of `data` they are.

    `starts` is where each begins in `data`, `lines` the line on which it does (counted from 0 at the start of `data`),
    `cells` how many cells it has. Empty lines are no records. `breaks` is how many line breaks all of it holds.
    `open` says that nothing more of the text can be read, since a quote is never closed.
    """

    data: bytes
    size: int
    starts: Ints
    lines: Ints
    cells: Ints
    breaks: int
    open: bool = False


def records_of(file: IO[bytes], size: int | None, delimiter: str) -> Iterator[Records]:
    """The records in the next `size` bytes of a file (None: in all that is left of it), block by block."""
    rest, left = b"", size
    while True:
        wanted = BLOCK_BYTES if left is None else min(BLOCK_BYTES, left)
        block = file.read(wanted) if wanted else b""
        left = None if left is None else left - len(block)
        data = rest + block
        ended = not block
        if ended and data and not data.endswith(b"\n"):
            data += b"\n"  # the last line of a file may lack its end
        if not data:
            return
        found = _records(data, delimiter)
        rest = data[found.size :]
        if found.size:
            yield found
        if rest and (ended or len(rest) > LONGEST):
            none = np.empty(0, dtype=np.int64)
            yield Records(rest, len(rest), none, none, none, rest.count(b"\n"), True)
            return
        if ended:
            return


def _records(data: bytes, delimiter: str) -> Records:
    most = data.count(b"\n") + data.count(b"\r") + 1
    starts, lines, cells = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    number, size, breaks = _scan(np.frombuffer(data, np.uint8), ord(delimiter), starts, lines, cells)
    return Records(data, int(size), starts[:number], lines[:number], cells[:number], int(breaks))


@njit(cache=True, nogil=True)
def _scan(data: Ints, delimiter: int, starts: Ints, lines: Ints, cells: Ints) -> tuple[int, int, int]:
    """Fill in the records; returns how many there are, where the last one ends, and the line breaks up to there."""
    number = size = breaks = seen = 0
    start, line, count = 0, 0, 1
    fresh, quoted = True, False  # at the start of a cell; between quotes
    closed = -2  # where the last quote was closed
    for i in range(len(data)):
        c = data[i]
        if quoted:
            if c == _QUOTE:
                quoted, closed = False, i  # of two in a row, which stand for one, the second opens again
            elif c == _BREAK:
                seen += 1
        elif c == _QUOTE:
            if fresh or closed == i - 1:
                quoted = True
            fresh = False
        elif c == delimiter:
            count += 1
            fresh = True
        elif c in (_BREAK, _RETURN):
            if c == _RETURN and (i + 1 == len(data) or data[i + 1] == _BREAK):
                continue  # the line break is the next byte
            seen += 1
            if i - start > LONGEST:
                break
            if i > start and not (i == start + 1 and data[start] == _RETURN):
                starts[number], lines[number], cells[number] = start, line, count
                number += 1
            start, line, count, fresh = i + 1, seen, 1, True
            size, breaks = i + 1, seen
        else:
            fresh = False
    return number, size, breaks
