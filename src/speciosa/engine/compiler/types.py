"""Types of compiled functions: numbers, arrays and named tuples of these, taken from the arguments of a call."""

import ctypes
from dataclasses import dataclass
from typing import Any, TypeAlias, Union

import numpy as np
from llvmlite import ir

I64, DOUBLE, I1 = ir.IntType(64), ir.DoubleType(), ir.IntType(1)


@dataclass(frozen=True)
class Scalar:
    """A number."""

    name: str

    @property
    def type(self) -> ir.Type:
        """Its LLVM type."""
        return {"int": I64, "float": DOUBLE, "bool": I1}[self.name]


@dataclass(frozen=True)
class Array:
    """A contiguous array: its element type as NumPy writes it, and its number of dimensions."""

    item: str
    ndim: int

    @property
    def element(self) -> ir.Type:
        """The LLVM type of an element in memory."""
        return DOUBLE if self.item == "f8" else ir.IntType(8 * int(self.item[1:]))

    @property
    def scalar(self) -> Scalar:
        """What an element is once loaded."""
        return {"f8": FLOAT, "b1": BOOL}.get(self.item, INT)


@dataclass(frozen=True)
class Record:
    """A named tuple."""

    type: type
    kinds: tuple["Kind", ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Its fields."""
        return tuple(self.type._fields)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Pack:
    """Several values returned together."""

    kinds: tuple["Kind", ...]


Kind: TypeAlias = Union[Scalar, Array, Record, Pack]  # noqa: UP007
INT, FLOAT, BOOL = Scalar("int"), Scalar("float"), Scalar("bool")
_ARRAYS = {
    (np.dtype(item), ndim): Array(item, ndim)
    for item in ("f8", "i8", "i4", "i1", "b1")
    for ndim in range(1, 5)
}
_OF_TYPE: dict[type, Kind] = {bool: BOOL, np.bool_: BOOL, int: INT, float: FLOAT}


def kind_of(value: Any) -> Kind:
    """The kind of an argument.

    Raises:
        TypeError: anything that compiled functions do not take.
    """
    if type(value) is np.ndarray:
        array = _ARRAYS.get((value.dtype, value.ndim))
        if array is None or not value.flags.c_contiguous:
            raise TypeError(
                f"Expected a contiguous array of doubles or integers; got {value.dtype}."
            )
        return array
    if type(value) in _OF_TYPE:
        return _OF_TYPE[type(value)]
    if isinstance(value, np.integer):
        return INT
    if isinstance(value, np.floating):
        return FLOAT
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return Record(type(value), tuple(map(kind_of, value)))
    raise TypeError(f"Expected a number, an array or a named tuple; got {type(value).__name__}.")


def parts(kind: Kind) -> list[ir.Type]:
    """The LLVM types that a value is passed as."""
    if isinstance(kind, Scalar):
        return [kind.type]
    if isinstance(kind, Array):
        return [kind.element.as_pointer(), *[I64] * kind.ndim]
    return [part for inner in kind.kinds for part in parts(inner)]


def flatten(value: Any, kind: Kind, into: list[Any]) -> None:
    """Appends what a value is passed as."""
    if isinstance(kind, Scalar):
        into.append(float(value) if kind is FLOAT else int(value))
    elif isinstance(kind, Array):
        into.append(value.__array_interface__["data"][0])
        into.extend(value.shape)
    else:
        for part, inner in zip(value, kind.kinds, strict=True):
            flatten(part, inner, into)


def c_types(kind: Kind) -> list[Any]:
    """The C types that a value is passed as."""
    if isinstance(kind, Scalar):
        return [{"int": ctypes.c_int64, "float": ctypes.c_double, "bool": ctypes.c_bool}[kind.name]]
    if isinstance(kind, Array):
        return [ctypes.c_void_p, *[ctypes.c_int64] * kind.ndim]
    return [part for inner in kind.kinds for part in c_types(inner)]
