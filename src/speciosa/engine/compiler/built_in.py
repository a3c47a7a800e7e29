"""What compiled functions may use beside arithmetic: mathematics, the bits of numbers, vector loops."""

import builtins
import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np


def fused(x: float, y: float, z: float) -> float:
    """``x y + z``, with one rounding where compiled."""
    return x * y + z


def bits(x: float) -> int:
    """The bits of a double, as a whole number.

    Example:
        >>> bits(1.0) >> 52
        1023
    """
    return int(struct.unpack("<q", struct.pack("<d", x))[0])


def from_bits(i: int) -> float:
    """The double of these bits, of which the lowest 64 count.

    Example:
        >>> from_bits(1023 << 52)
        1.0
    """
    return float(struct.unpack("<d", struct.pack("<Q", i % 2**64))[0])


class vector_range:  # noqa: N801
    """A `range` whose turns do not depend on each other: compiled to do several at once.

    Example:
        >>> list(vector_range(3))
        [0, 1, 2]
    """

    def __init__(self, count: int) -> None:
        self._numbers = range(count)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)


BUILT_IN: dict[Any, str] = {
    builtins.max: "max",
    builtins.min: "min",
    builtins.abs: "abs",
    builtins.int: "int",
    builtins.bool: "bool",
    builtins.float: "float",
    builtins.len: "len",
    math.sqrt: "sqrt",
    math.isfinite: "isfinite",
    math.log: "log",
    np.log: "log",
    np.sqrt: "sqrt",
    np.floor: "floor",
    np.ceil: "ceil",
    fused: "fma",
    bits: "bits",
    from_bits: "from_bits",
}
