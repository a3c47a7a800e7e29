"""Records that compiled functions take by their address: typed fields instead of places in memory.

Passing dozens of arrays to every function of a loop would cost more than the loop does. A frozen dataclass that inherits
from `ByAddress` is passed as the address of a table instead, with a slot of eight bytes for each number and each array.
Functions read `c.records.every[k]`, and both the type checker and the translator know the field and what it holds.
"""

import ctypes
import struct
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, Protocol, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.codes import WIDTH


class Floats(Protocol):
    """Doubles, one after another."""

    def __getitem__(self, i: int, /) -> float: ...  # noqa: D105
    def __setitem__(self, i: int, value: float, /) -> None: ...  # noqa: D105


class Integers(Protocol):
    """64-bit integers, one after another."""

    def __getitem__(self, i: int, /) -> int: ...  # noqa: D105
    def __setitem__(self, i: int, value: int, /) -> None: ...  # noqa: D105


class LaneFloats(Protocol):
    """Rows of doubles, one for each patient of a group: by row and lane."""

    def __getitem__(self, at: tuple[int, int], /) -> float: ...  # noqa: D105
    def __setitem__(self, at: tuple[int, int], value: float, /) -> None: ...  # noqa: D105


class LaneIntegers(Protocol):
    """Rows of integers, one for each patient of a group: by row and lane."""

    def __getitem__(self, at: tuple[int, int], /) -> int: ...  # noqa: D105
    def __setitem__(self, at: tuple[int, int], value: int, /) -> None: ...  # noqa: D105


@dataclass(frozen=True)
class ArrayField:
    """What an array of a record looks like.

    Attributes:
        item: type of an element.
        ndim: dimensions.
        across: size of the last of two dimensions, where it is always the same. Only arrays of more dimensions with
            no such size keep their sizes in the table.
    """

    item: np.dtype[Any]
    ndim: int
    across: int | None = None

    @property
    def sized(self) -> bool:
        """Whether its sizes are in the table."""
        return self.ndim > 1 and self.across is None


_ARRAYS: dict[Any, ArrayField] = {
    Floats: ArrayField(np.dtype("f8"), 1),
    Integers: ArrayField(np.dtype("i8"), 1),
    LaneFloats: ArrayField(np.dtype("f8"), 2, WIDTH),
    LaneIntegers: ArrayField(np.dtype("i8"), 2, WIDTH),
}


@dataclass(frozen=True)
class MachineCode:
    """A function in machine code.

    Attributes:
        address: where it begins.
    """

    address: int

    def __call__(self, *given: "NDArray[Any] | ByAddress | int") -> int:
        """Calls it with addresses of arrays and records, and whole numbers."""
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * len(given))
        result: int = kind(self.address)(*map(_number, given))
        return result


class ByAddress:
    """What a frozen dataclass inherits that compiled functions take by the address of its fields.

    Its fields are numbers, arrays (those above, or NumPy's with the dimensions in `Annotated` where there are more than
    one), machine code, and other such records, which lie in the same table.
    """

    @cached_property
    def table(self) -> NDArray[np.int64]:
        """The fields, eight bytes a slot.

        Raises:
            TypeError: an array that is not as its field says.
        """
        slots: list[int] = []
        paths, kinds, values_of = _leaves(type(self))  # type: ignore[arg-type]
        for path, kind, value in zip(paths, kinds, values_of(self), strict=True):
            if isinstance(kind, ArrayField):
                _add_array(path, kind, value, slots)
            elif kind is MachineCode:
                slots.append(value.address)
            else:
                slots.append(_bits(value) if kind is float else int(value))
        return np.array(slots, dtype=np.int64)

    def __getstate__(self) -> dict[str, Any]:
        """Copies and other processes have addresses of their own."""
        return {name: value for name, value in self.__dict__.items() if name != "table"}


@lru_cache(maxsize=256)
def fields_of(record: type) -> dict[str, Any]:
    """The fields of a record: number types, `ArrayField`, `MachineCode`, other records."""
    hints = get_type_hints(record, include_extras=True)
    return {field.name: _field(hints[field.name]) for field in fields(record)}


def _field(hint: Any) -> Any:
    ndim = 1
    if hasattr(hint, "__metadata__"):
        (ndim,) = hint.__metadata__
        hint = hint.__origin__
    if get_origin(hint) is np.ndarray:
        (item,) = get_args(get_args(hint)[1])
        return ArrayField(np.dtype(item), ndim)
    return _ARRAYS.get(hint, hint)


@lru_cache(maxsize=256)
def _leaves(record: type) -> tuple[list[str], list[Any], Callable[[Any], tuple[Any, ...]]]:
    """Where in a record its numbers, arrays and code are, what they are, and what takes them all from it."""
    paths: list[str] = []
    kinds: list[Any] = []
    for name, field in fields_of(record).items():
        if isinstance(field, ArrayField) or not issubclass(field, ByAddress):
            paths.append(name)
            kinds.append(field)
            continue
        inner, their, _ = _leaves(field)
        paths += [f"{name}.{path}" for path in inner]
        kinds += their
    take = attrgetter(*paths)
    return paths, kinds, take if len(paths) > 1 else lambda one: (take(one),)


def _bits(value: float) -> int:
    whole: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return whole


def _add_array(path: str, field: ArrayField, value: NDArray[Any], slots: list[int]) -> None:
    fits = value.dtype == field.item and value.ndim == field.ndim and value.flags.c_contiguous
    if not fits or (field.across is not None and value.shape[-1] != field.across):
        wanted = f"a contiguous array of {field.item} with {field.ndim} dimensions"
        raise TypeError(f"{path}: expected {wanted}; got {value.dtype}, shape {value.shape}.")
    slots.append(value.ctypes.data)
    if field.sized:
        slots.extend(value.shape)


def _number(given: "NDArray[Any] | ByAddress | int") -> int:
    if isinstance(given, ByAddress):
        given = given.table
    return given if isinstance(given, int) else int(given.__array_interface__["data"][0])
