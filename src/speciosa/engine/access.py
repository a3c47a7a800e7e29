"""Reading and writing the driver's data from inside compiled functions; see `context`."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from speciosa.engine.field import WORKSPACE

P = ParamSpec("P")
R = TypeVar("R")
_INT64 = ir.IntType(64)


def _address(builder: ir.IRBuilder, table: ir.Value, field: ir.Value) -> ir.Value:
    """The number in a field of the table."""
    place = builder.add(table, builder.mul(field, ir.Constant(_INT64, 8)))
    return builder.load(builder.inttoptr(place, _INT64.as_pointer()))


def _element(builder: ir.IRBuilder, kind: ir.Type, args: Any) -> ir.Value:
    """A pointer to an element of the array of a field."""
    start = _address(builder, args[0], args[1])
    place = builder.add(start, builder.mul(args[2], ir.Constant(_INT64, 8)))
    return builder.inttoptr(place, kind.as_pointer())


def _number(_typing: Any, _table: Any, _field: Any) -> Any:
    """A plain number of the table."""

    def generate(_context: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> Any:
        return _address(builder, *args)

    return types.int64(types.int64, types.int64), generate


def _real(_typing: Any, _table: Any, _field: Any, _index: Any) -> Any:
    """One double of an array."""

    def generate(_context: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> Any:
        return builder.load(_element(builder, ir.DoubleType(), args))

    return types.float64(types.int64, types.int64, types.int64), generate


def _whole(_typing: Any, _table: Any, _field: Any, _index: Any) -> Any:
    """One integer of an array."""

    def generate(_context: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> Any:
        return builder.load(_element(builder, _INT64, args))

    return types.int64(types.int64, types.int64, types.int64), generate


def _put(_typing: Any, _table: Any, _field: Any, _index: Any, _value: Any) -> Any:
    """Sets one double of an array."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> Any:
        builder.store(args[3], _element(builder, ir.DoubleType(), args))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.float64), generate


def _put_whole(_typing: Any, _table: Any, _field: Any, _index: Any, _value: Any) -> Any:
    """Sets one integer of an array."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> Any:
        builder.store(args[3], _element(builder, _INT64, args))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), generate


def _call(_typing: Any, _table: Any, _field: Any) -> Any:
    """Calls a function of the kernel on the workspace."""

    def generate(_context: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(_INT64, [_INT64])
        function = builder.inttoptr(_address(builder, *args), kind.as_pointer())
        space = _address(builder, args[0], ir.Constant(_INT64, WORKSPACE))
        return builder.call(function, [space])

    return types.int64(types.int64, types.int64), generate


def _plain(_typing: Any, _value: Any) -> Any:
    """A constant as an ordinary integer: Numba compiles a function once more for each constant it is given."""

    def generate(_context: Any, _builder: ir.IRBuilder, _signature: Any, args: Any) -> Any:
        return args[0]

    return types.int64(types.int64), generate


number: Callable[[int, int], int] = intrinsic(_number)
real: Callable[[int, int, int], float] = intrinsic(_real)
whole: Callable[[int, int, int], int] = intrinsic(_whole)
put: Callable[[int, int, int, float], None] = intrinsic(_put)
put_whole: Callable[[int, int, int, int], None] = intrinsic(_put_whole)
call: Callable[[int, int], int] = intrinsic(_call)
plain: Callable[[int], int] = intrinsic(_plain)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """A part of the driver, compiled with what calls it; it cannot be called from Python."""
    translated: Callable[P, R] = njit(
        error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)
    return translated
