"""What compiled functions may use beside arithmetic: mathematics, the bits of numbers, addresses, vector loops."""

import builtins
import ctypes
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


def load_float64(address: int, i: int) -> float:
    """Element `i` of the doubles at an address."""
    return ctypes.c_double.from_address(address + 8 * i).value


def load_int64(address: int, i: int) -> int:
    """Element `i` of the 64-bit integers at an address."""
    return ctypes.c_int64.from_address(address + 8 * i).value


def store_float64(address: int, i: int, value: float) -> None:
    """Sets element `i` of the doubles at an address."""
    ctypes.c_double.from_address(address + 8 * i).value = value


def store_int64(address: int, i: int, value: int) -> None:
    """Sets element `i` of the 64-bit integers at an address."""
    ctypes.c_int64.from_address(address + 8 * i).value = value


def call_address(function: int, argument: int) -> int:
    """Calls the machine code at an address, which takes an integer and gives one."""
    result: int = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(function)(argument)
    return result


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
    load_float64: "load_float64",
    load_int64: "load_int64",
    store_float64: "store_float64",
    store_int64: "store_int64",
    call_address: "call_address",
}
