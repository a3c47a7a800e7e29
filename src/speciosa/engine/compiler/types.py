"""Types of compiled functions: numbers, arrays, and records of these, taken from the arguments of a call."""

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar, Union

import numpy as np
from llvmlite import ir

from speciosa.engine.compiler.by_address import ArrayField, ByAddress, MachineCode, fields_of

R = TypeVar("R", bound=ByAddress)
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
    """A contiguous array: its element type as NumPy writes it, and its number of dimensions.

    Attributes:
        sized: whether its sizes are known when the code runs; otherwise only its elements and rows can be reached.
        across: size of the last dimension, where it is known when the code is written.
    """

    item: str
    ndim: int
    sized: bool = True
    across: int | None = None

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


@dataclass(frozen=True)
class Fields:
    """A record by its address."""

    type: type[ByAddress]

    def find(self, name: str) -> tuple["Kind", int] | None:
        """What a field is, and its first slot; None where there is no such field."""
        return _layout(self.type)[0].get(name)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Code:
    """A function in machine code."""


Kind: TypeAlias = Union[Scalar, Array, Record, Pack, Fields, Code]  # noqa: UP007
INT, FLOAT, BOOL = Scalar("int"), Scalar("float"), Scalar("bool")
_ARRAYS = {
    (np.dtype(item), ndim): Array(item, ndim)
    for item in ("f8", "i8", "i4", "i1", "b1")
    for ndim in range(1, 5)
}
_OF_TYPE: dict[type, Kind] = {bool: BOOL, np.bool_: BOOL, int: INT, float: FLOAT}


@lru_cache(maxsize=256)
def _layout(record: type) -> tuple[dict[str, tuple[Kind, int]], int]:
    """The fields of a record with their first slots, and how many slots there are."""
    found: dict[str, tuple[Kind, int]] = {}
    slot = 0
    for name, field in fields_of(record).items():
        kind: Kind
        size = 1
        if isinstance(field, ArrayField):
            kind = Array(field.item.str[1:], field.ndim, field.sized, field.across)
            size += field.ndim * field.sized
        elif issubclass(field, ByAddress):
            kind, size = Fields(field), _layout(field)[1]
        else:
            kind = Code() if field is MachineCode else _OF_TYPE[field]
        found[name] = kind, slot
        slot += size
    return found, slot


def numbered(record: type[R], first: int = 0) -> R:
    """A record whose fields hold the numbers of their slots, for who writes code that reads them."""
    numbers: dict[str, Any] = {}
    for name, (kind, slot) in _layout(record)[0].items():  # type: ignore[arg-type]
        at = first + slot
        numbers[name] = numbered(kind.type, at) if isinstance(kind, Fields) else at
    return record(**numbers)


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
    if isinstance(value, ByAddress):
        return Fields(type(value))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return Record(type(value), tuple(map(kind_of, value)))
    raise TypeError(f"Expected a number, an array or a named tuple; got {type(value).__name__}.")


def parts(kind: Kind) -> list[ir.Type]:
    """The LLVM types that a value is passed as."""
    if isinstance(kind, Scalar):
        return [kind.type]
    if isinstance(kind, Array):
        return [kind.element.as_pointer(), *[I64] * (kind.ndim * kind.sized)]
    if isinstance(kind, Fields | Code):
        return [I64]
    return [part for inner in kind.kinds for part in parts(inner)]


def flatten(value: Any, kind: Kind, into: list[Any]) -> None:
    """Appends what a value is passed as."""
    if isinstance(kind, Scalar):
        into.append(float(value) if kind is FLOAT else int(value))
    elif isinstance(kind, Array):
        into.append(value.__array_interface__["data"][0])
        into.extend(value.shape)
    elif isinstance(kind, Fields):
        into.append(value.table.ctypes.data)
    elif isinstance(kind, Code):
        into.append(value.address)
    else:
        for part, inner in zip(value, kind.kinds, strict=True):
            flatten(part, inner, into)


def c_types(kind: Kind) -> list[Any]:
    """The C types that a value is passed as."""
    if isinstance(kind, Scalar):
        return [{"int": ctypes.c_int64, "float": ctypes.c_double, "bool": ctypes.c_bool}[kind.name]]
    if isinstance(kind, Array):
        return [ctypes.c_void_p, *[ctypes.c_int64] * kind.ndim]
    if isinstance(kind, Fields | Code):
        return [ctypes.c_int64]
    return [part for inner in kind.kinds for part in c_types(inner)]
