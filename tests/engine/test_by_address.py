"""Records that compiled functions take by their address are what they are uncompiled."""

import copy
import ctypes
import pickle
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest
from numpy.typing import NDArray

from speciosa.engine.compiler.by_address import (
    ByAddress,
    Floats,
    Integers,
    LaneFloats,
    LaneIntegers,
    MachineCode,
)
from speciosa.engine.compiler.native import native


@dataclass(frozen=True)
class Inner(ByAddress):
    amount: Floats
    rate: float
    narrow: NDArray[np.int8]


@dataclass(frozen=True)
class Outer(ByAddress):
    count: int
    times: Integers
    inner: Inner
    cube: Annotated[NDArray[np.float64], 3]
    rows: LaneFloats
    marks: LaneIntegers
    add: MachineCode
    on: bool
    last: float


def add_seven(first, number):
    ctypes.c_double.from_address(first).value += 7
    return number + 1


ADD = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(add_seven)
ADDRESS = ctypes.cast(ADD, ctypes.c_void_p).value


def outer(**changes):
    fields = {
        "count": 3,
        "times": np.array([5, 6, 7]),
        "inner": Inner(np.array([1.0, 2.0, 4.0]), 0.5, np.array([-1, 2, -3], dtype=np.int8)),
        "cube": np.arange(24.0).reshape(2, 3, 4),
        "rows": np.arange(16.0).reshape(2, 8),
        "marks": np.zeros((2, 8), dtype=np.int64),
        "add": MachineCode(ADDRESS),
        "on": True,
        "last": 0.25,
    }
    return Outer(**{**fields, **changes})


def scale(i: Inner, k: int, by: float) -> None:
    i.amount[k] *= by + i.rate


def work(c: Outer, by: float) -> float:
    inner, total = c.inner, 0.0
    for k in range(c.count):
        scale(inner, k, by)
        c.times[k] += inner.narrow[k]
        total += c.inner.amount[k]
    c.cube[1, 2, 3] = c.cube[0, 1, 2] + c.last
    c.rows[1, 5] += c.rows[0, 7]
    c.marks[1, 2] = c.add(c.cube, 41) if c.on else 0
    for row in (c.rows[1], c.cube[0, 0]):
        row[0] -= 1.0
    return total


def test_compiled_functions_read_and_write_what_uncompiled_ones_do():
    one, other = outer(), outer()
    assert native(work)(one, 2.0) == work(other, 2.0) == 7 * 2.5
    for name in ("times", "cube", "rows", "marks"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert np.array_equal(one.inner.amount, other.inner.amount)
    assert one.times.tolist() == [4, 8, 4] and one.marks[1, 2] == 42
    assert one.cube[0, 0, 0] == 6 and one.cube[1, 2, 3] == 6.25 and one.rows[1, 5] == 20
    assert native(work)(outer(on=False), 2.0) == 17.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("times", np.array([5.0])),
        ("cube", np.zeros((3, 4))),
        ("cube", np.zeros((2, 3, 8))[:, :, ::2]),
        ("rows", np.zeros((2, 7))),
        ("marks", np.zeros((2, 8), dtype=np.int32)),
    ],
)
def test_an_array_that_is_not_as_its_field_says_is_refused_by_name(name, value):
    with pytest.raises(TypeError, match=f"{name}: expected a contiguous array"):
        native(work)(outer(**{name: value}), 2.0)


def reads_another(c: Outer) -> float:
    return c.inner.speed  # type: ignore[attr-defined]


def asks_for_its_length(c: Outer) -> int:
    return len(c.times)  # type: ignore[arg-type]


def sets_a_number(c: Outer) -> None:
    c.count = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (reads_another, "no such field: c.inner.speed"),
        (asks_for_its_length, "length of this array is not known: len(c.times)"),
        (sets_a_number, "this target cannot be compiled: c.count"),
    ],
)
def test_what_a_record_does_not_hold_is_refused_with_its_place(function, message):
    with pytest.raises(TypeError) as error:
        native(function)(outer())
    assert message in str(error.value)


def test_copies_have_addresses_of_their_own():
    inner = outer().inner
    assert inner.table[0] == inner.amount.ctypes.data
    for other in (copy.deepcopy(inner), pickle.loads(pickle.dumps(inner))):
        assert other.amount.tolist() == [1.0, 2.0, 4.0]
        assert other.table[0] == other.amount.ctypes.data != inner.table[0]
