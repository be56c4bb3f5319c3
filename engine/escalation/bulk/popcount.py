"""The one operation of the generated kernels that numba does not offer: how many bits of a word are set."""

from typing import Any

from numba import types
from numba.extending import intrinsic

__all__ = ["popcount"]


@intrinsic
def popcount(typingctx: Any, word: Any) -> Any:
    """The number of bits set in a 64-bit word, as an int64; for use in compiled code only."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.int64), generate
