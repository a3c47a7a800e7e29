"""Translating expressions to LLVM; see `native`."""

import ast
import builtins
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, NoReturn

import numpy as np
from llvmlite import ir

from speciosa.engine.native_built_in import BUILT_IN
from speciosa.engine.native_types import (
    BOOL,
    DOUBLE,
    FLOAT,
    I1,
    I64,
    INT,
    Array,
    Kind,
    Pack,
    Record,
    Scalar,
    parts,
)

_CONTRACT = ("contract",)
_WIDTH = {BOOL: 0, INT: 1, FLOAT: 2}
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


@dataclass(frozen=True)
class Value:
    """A value while a function is written: its kind and its LLVM parts."""

    kind: Kind
    parts: list[ir.Value]

    def unpacked(self) -> list["Value"]:
        """The parts of a named tuple or of several results."""
        assert isinstance(self.kind, Record | Pack)
        values, at = [], 0
        for kind in self.kind.kinds:
            count = len(parts(kind))
            values.append(Value(kind, self.parts[at : at + count]))
            at += count
        return values


@dataclass(frozen=True)
class Known:
    """Something that exists while a function is written: a function, a module, a class."""

    object: Any


def promoted(one: Kind, other: Kind) -> Kind | None:
    """The kind that holds both; None where there is none."""
    if one == other:
        return one
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return one if _WIDTH[one] > _WIDTH[other] else other
    if isinstance(one, Pack) and isinstance(other, Pack) and len(one.kinds) == len(other.kinds):
        both = [promoted(a, b) for a, b in zip(one.kinds, other.kinds, strict=True)]
        return Pack(tuple(kind for kind in both if kind is not None)) if None not in both else None
    return None


class Expressions:
    """What a function needs to write expressions."""

    b: ir.IRBuilder
    names: dict[str, Any]
    slots: dict[str, tuple[Kind, list[ir.Value]]]
    fixed: dict[str, Value]
    function: ir.Function

    def fail(self, node: ast.AST, why: str) -> NoReturn:
        """Refuses what cannot be compiled."""
        raise NotImplementedError

    def call_function(self, source: Callable[..., Any], arguments: list[Value]) -> Value | None:
        """Calls another function."""
        raise NotImplementedError

    def value(self, node: ast.expr) -> Value:
        """The value of an expression."""
        found = self.find(node)
        if isinstance(found, Value):
            return found
        if isinstance(found.object, bool | int | float | np.integer | np.floating):
            return self.constant(found.object)
        self.fail(node, "not a value")

    def find(self, node: ast.expr) -> Value | Known:
        """The value of an expression, or the thing that it names."""
        method = getattr(self, f"find_{type(node).__name__}", None)
        if method is None:
            self.fail(node, "this expression cannot be compiled")
        found: Value | Known = method(node)
        return found

    def constant(self, value: Any) -> Value:
        """A number written in the source."""
        if isinstance(value, bool | np.bool_):
            return Value(BOOL, [ir.Constant(I1, int(value))])
        if isinstance(value, int | np.integer):
            return Value(INT, [ir.Constant(I64, int(value))])
        return Value(FLOAT, [ir.Constant(DOUBLE, float(value))])

    def find_Constant(self, node: ast.Constant) -> Value:  # noqa: D102, N802
        if not isinstance(node.value, bool | int | float):
            self.fail(node, "not a number")
        return self.constant(node.value)

    def find_Name(self, node: ast.Name) -> Value | Known:  # noqa: D102, N802
        if node.id in self.fixed:
            return self.fixed[node.id]
        if node.id in self.slots:
            kind, slots = self.slots[node.id]
            return Value(kind, [self.b.load(slot) for slot in slots])
        if node.id in self.names:
            return Known(self.names[node.id])
        if hasattr(builtins, node.id):
            return Known(getattr(builtins, node.id))
        self.fail(node, "no such name")

    def find_Attribute(self, node: ast.Attribute) -> Value | Known:  # noqa: D102, N802
        if isinstance(node.value, ast.Name):
            field = self.field(node.value.id, node.attr)
            if field is not None:
                return field
        of = self.find(node.value)
        if isinstance(of, Known):
            return Known(getattr(of.object, node.attr))
        if isinstance(of.kind, Record) and node.attr in of.kind.names:
            return of.unpacked()[of.kind.names.index(node.attr)]
        if isinstance(of.kind, Array) and node.attr == "shape":
            sizes = of.parts[1:]
            return Value(Pack((INT,) * len(sizes)), sizes)
        self.fail(node, "no such attribute")

    def field(self, name: str, attribute: str) -> Value | None:
        """One field of a variable that holds a named tuple, without loading the others."""
        if name in self.fixed:
            kind, held = self.fixed[name].kind, self.fixed[name].parts
        elif name in self.slots:
            kind, held = self.slots[name]
        else:
            return None
        if not (isinstance(kind, Record) and attribute in kind.names):
            return None
        part = Value(kind, held).unpacked()[kind.names.index(attribute)]
        if name in self.fixed:
            return part
        return Value(part.kind, [self.b.load(slot) for slot in part.parts])

    def find_Subscript(self, node: ast.Subscript) -> Value:  # noqa: D102, N802
        of = self.value(node.value)
        if isinstance(of.kind, Pack):
            if not (isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int)):
                self.fail(node, "only a written number picks one of several values")
            return of.unpacked()[node.slice.value]
        if not isinstance(of.kind, Array):
            self.fail(node, "not an array")
        view = self.view(node, of)
        return self.load(view.kind, view) if view.kind.ndim == 0 else view  # type: ignore[union-attr]

    def view(self, node: ast.Subscript, of: Value) -> Value:
        """Part of an array, as an array of fewer dimensions; of none for an element."""
        assert isinstance(of.kind, Array)
        indices = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        pointer, sizes = of.parts[0], list(of.parts[1:])
        if len(indices) > len(sizes):
            self.fail(node, "more indices than dimensions")
        for index in indices:
            inner = sizes[1:]
            if isinstance(index, ast.Slice):
                begin = self.integer(index.lower) if index.lower else ir.Constant(I64, 0)
                end = self.integer(index.upper) if index.upper else sizes[0]
                if inner or index.step or len(indices) != len(of.parts) - 1:
                    self.fail(node, "only the last dimension can be sliced")
                pointer = self.b.gep(pointer, [begin])
                return Value(Array(of.kind.item, 1), [pointer, self.b.sub(end, begin)])
            offset = self.integer(index)
            for size in inner:
                offset = self.b.mul(offset, size, flags=("nsw",))
            pointer = self.b.gep(pointer, [offset], inbounds=True)
            sizes = inner
        return Value(Array(of.kind.item, len(sizes)), [pointer, *sizes])

    def place(self, node: ast.Subscript) -> tuple[Kind, Value]:
        """The element that is assigned to."""
        of = self.value(node.value)
        if not isinstance(of.kind, Array):
            self.fail(node, "not an array")
        view = self.view(node, of)
        if not (isinstance(view.kind, Array) and view.kind.ndim == 0):
            self.fail(node, "only elements can be assigned")
        return view.kind, view

    def load(self, kind: Kind, place: Value) -> Value:
        """The element at a place."""
        assert isinstance(kind, Array)
        value = self.b.load(place.parts[0])
        if kind.item == "b1":
            value = self.b.icmp_unsigned("!=", value, ir.Constant(kind.element, 0))
        elif kind.scalar is INT and kind.item != "i8":
            value = self.b.sext(value, I64)
        return Value(kind.scalar, [value])

    def put(self, kind: Kind, place: Value, value: Value) -> None:
        """Writes the element at a place."""
        assert isinstance(kind, Array)
        number = self.cast(value, kind.scalar).parts[0]
        if kind.item == "b1":
            number = self.b.zext(number, kind.element)
        elif kind.scalar is INT and kind.item != "i8":
            number = self.b.trunc(number, kind.element)
        self.b.store(number, place.parts[0])

    def cast(self, value: Value, wanted: Kind) -> Value:
        """The same value in a wider kind."""
        if value.kind == wanted:
            return value
        if isinstance(wanted, Pack) and isinstance(value.kind, Pack):
            cast = [
                self.cast(part, kind)
                for part, kind in zip(value.unpacked(), wanted.kinds, strict=True)
            ]
            return Value(wanted, [p for part in cast for p in part.parts])
        if not (isinstance(wanted, Scalar) and isinstance(value.kind, Scalar)):
            raise TypeError(f"{value.kind} is not a {wanted}")
        (number,) = value.parts
        if value.kind is BOOL:
            number = self.b.zext(number, I64)
        if wanted is FLOAT:
            return Value(FLOAT, [self.b.sitofp(number, DOUBLE)])
        if wanted is INT and value.kind is BOOL:
            return Value(INT, [number])
        raise TypeError(f"a {value.kind.name} is not a {wanted.name}")

    def integer(self, node: ast.expr) -> ir.Value:
        """A whole number."""
        value = self.value(node)
        if value.kind not in (INT, BOOL):
            self.fail(node, "not a whole number")
        return self.cast(value, INT).parts[0]

    def truth(self, value: Value) -> ir.Value:
        """Whether a number is not 0."""
        if value.kind is BOOL:
            return value.parts[0]
        if value.kind is INT:
            return self.b.icmp_signed("!=", value.parts[0], ir.Constant(I64, 0))
        return self.b.fcmp_unordered("!=", value.parts[0], ir.Constant(DOUBLE, 0.0))

    def find_BinOp(self, node: ast.BinOp) -> Value:  # noqa: D102, N802
        return self.operate(node, node.op, self.value(node.left), self.value(node.right))

    def operate(self, node: ast.AST, op: ast.operator, one: Value, other: Value) -> Value:
        """One operation on two numbers."""
        if one.kind is BOOL and other.kind is BOOL and isinstance(op, ast.BitOr | ast.BitAnd):
            both = self.b.or_ if isinstance(op, ast.BitOr) else self.b.and_
            return Value(BOOL, [both(one.parts[0], other.parts[0])])
        kind = promoted(promoted(one.kind, other.kind) or one.kind, INT)
        if isinstance(op, ast.Div):
            kind = FLOAT
        if not isinstance(kind, Scalar) or not isinstance(other.kind, Scalar):
            self.fail(node, "not numbers")
        if isinstance(op, ast.Pow):
            return self._power(node, one, other)
        x, y = self.cast(one, kind).parts[0], self.cast(other, kind).parts[0]
        result = self._float(op, x, y) if kind is FLOAT else self._whole(op, x, y)
        if result is None:
            self.fail(node, "this operation cannot be compiled")
        return Value(kind, [result])

    def _float(self, op: ast.operator, x: ir.Value, y: ir.Value) -> ir.Value | None:
        match op:
            case ast.Add():
                return self.b.fadd(x, y, flags=_CONTRACT)
            case ast.Sub():
                return self.b.fsub(x, y, flags=_CONTRACT)
            case ast.Mult():
                return self.b.fmul(x, y, flags=_CONTRACT)
            case ast.Div():
                return self.b.fdiv(x, y)
        return None

    def _whole(self, op: ast.operator, x: ir.Value, y: ir.Value) -> ir.Value | None:
        match op:
            case ast.Add():
                return self.b.add(x, y, flags=("nsw",))
            case ast.Sub():
                return self.b.sub(x, y, flags=("nsw",))
            case ast.Mult():
                return self.b.mul(x, y, flags=("nsw",))
            case ast.FloorDiv() | ast.Mod():
                return self._divided(op, x, y)
            case ast.LShift():
                return self.b.shl(x, y)
            case ast.RShift():
                return self.b.ashr(x, y)
            case ast.BitAnd():
                return self.b.and_(x, y)
            case ast.BitOr():
                return self.b.or_(x, y)
            case ast.BitXor():
                return self.b.xor(x, y)
        return None

    def _divided(self, op: ast.operator, x: ir.Value, y: ir.Value) -> ir.Value:
        """Division rounded down, as in Python."""
        b, zero = self.b, ir.Constant(I64, 0)
        quotient, rest = b.sdiv(x, y), b.srem(x, y)
        off = b.and_(b.icmp_signed("!=", rest, zero), b.icmp_signed("<", b.xor(rest, y), zero))
        if isinstance(op, ast.FloorDiv):
            return b.sub(quotient, b.zext(off, I64))
        return b.add(rest, b.select(off, y, zero))

    def _power(self, node: ast.AST, one: Value, other: Value) -> Value:
        exponent = other.parts[0]
        if other.kind is not INT or not isinstance(exponent, ir.Constant):
            self.fail(node, "only powers of a written whole number are compiled")
        result = one
        for _ in range(int(exponent.constant) - 1):
            result = self.operate(node, ast.Mult(), result, one)
        return result

    def find_UnaryOp(self, node: ast.UnaryOp) -> Value:  # noqa: D102, N802
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return Value(BOOL, [self.b.not_(self.truth(value))])
        if isinstance(node.op, ast.USub) and isinstance(value.parts[0], ir.Constant):
            return self.constant(-value.parts[0].constant)
        if isinstance(node.op, ast.USub) and value.kind is FLOAT:
            return Value(FLOAT, [self.b.fneg(value.parts[0])])
        whole = self.cast(value, INT).parts[0]
        if isinstance(node.op, ast.USub):
            return Value(INT, [self.b.neg(whole)])
        return Value(INT, [self.b.not_(whole)])

    def find_Compare(self, node: ast.Compare) -> Value:  # noqa: D102, N802
        values = [self.value(part) for part in (node.left, *node.comparators)]
        whole: ir.Value | None = None
        for op, one, other in zip(node.ops, values, values[1:], strict=False):
            if type(op) not in _SIGNS:
                self.fail(node, "this comparison cannot be compiled")
            single = self._compared(_SIGNS[type(op)], one, other)
            whole = single if whole is None else self.b.and_(whole, single)
        return Value(BOOL, [whole])

    def _compared(self, sign: str, one: Value, other: Value) -> ir.Value:
        kind = promoted(promoted(one.kind, other.kind) or one.kind, INT)
        assert isinstance(kind, Scalar)
        x, y = self.cast(one, kind).parts[0], self.cast(other, kind).parts[0]
        if kind is INT:
            return self.b.icmp_signed(sign, x, y)
        compare = self.b.fcmp_unordered if sign == "!=" else self.b.fcmp_ordered
        return compare(sign, x, y)

    def find_BoolOp(self, node: ast.BoolOp) -> Value:  # noqa: D102, N802
        """`and`, `or`: what follows is computed only where it matters."""
        stops_at = int(isinstance(node.op, ast.Or))
        after = self.function.append_basic_block("after")
        ends = []
        for part in node.values[:-1]:
            truth = self.truth(self.value(part))
            following = self.function.append_basic_block("more")
            ends.append(self.b.block)
            self.b.cbranch(truth, *((after, following) if stops_at else (following, after)))
            self.b.position_at_end(following)
        last = self.truth(self.value(node.values[-1]))
        final = self.b.block
        self.b.branch(after)
        self.b.position_at_end(after)
        joined = self.b.phi(I1)
        for end in ends:
            joined.add_incoming(ir.Constant(I1, stops_at), end)
        joined.add_incoming(last, final)
        return Value(BOOL, [joined])

    def find_IfExp(self, node: ast.IfExp) -> Value:  # noqa: D102, N802
        then, otherwise, after = (
            self.function.append_basic_block(name) for name in ("then", "else", "after")
        )
        self.b.cbranch(self.truth(self.value(node.test)), then, otherwise)
        self.b.position_at_end(then)
        one = self.value(node.body)
        one_end = self.b.block
        self.b.position_at_end(otherwise)
        other = self.value(node.orelse)
        kind = promoted(one.kind, other.kind)
        if not isinstance(kind, Scalar):
            self.fail(node, "values of different kinds")
        other_part = self.cast(other, kind).parts[0]
        other_end = self.b.block
        self.b.branch(after)
        self.b.position_at_end(one_end)
        one_part = self.cast(one, kind).parts[0]
        self.b.branch(after)
        self.b.position_at_end(after)
        joined = self.b.phi(kind.type)
        joined.add_incoming(one_part, one_end)
        joined.add_incoming(other_part, other_end)
        return Value(kind, [joined])

    def find_Call(self, node: ast.Call) -> Value:  # noqa: D102, N802
        value = self.call(node)
        if value is None:
            self.fail(node, "it returns nothing")
        return value

    def call(self, node: ast.expr) -> Value | None:
        """A call, as a statement or for its result."""
        if not isinstance(node, ast.Call) or node.keywords:
            self.fail(node, "only plain calls are compiled")
        called = self.find(node.func)
        target = called.object if isinstance(called, Known) else None
        target = getattr(target, "function", target)
        arguments = [self.value(argument) for argument in node.args]
        name = BUILT_IN.get(target) if target.__hash__ else None
        if name is not None:
            return self._built_in(node, name, arguments)
        if isinstance(target, type) and hasattr(target, "_fields"):
            kind = Record(target, tuple(a.kind for a in arguments))
            return Value(kind, [part for a in arguments for part in a.parts])
        if isinstance(target, FunctionType):
            return self.call_function(target, arguments)
        self.fail(node, "this cannot be called from compiled code")

    def _built_in(self, node: ast.Call, name: str, arguments: list[Value]) -> Value | None:
        if name in ("max", "min"):
            result = arguments[0]
            for other in arguments[1:]:
                result = self._extreme(node, name, result, other)
            return result
        if name == "len":
            return Value(INT, [arguments[0].parts[1]])
        if name == "abs" and arguments[0].kind is INT:
            negative = self.b.icmp_signed("<", arguments[0].parts[0], ir.Constant(I64, 0))
            x = arguments[0].parts[0]
            return Value(INT, [self.b.select(negative, self.b.neg(x), x)])
        if name == "int":
            return self._to_int(arguments[0])
        if name == "bool":
            return Value(BOOL, [self.truth(arguments[0])])
        if name.startswith(("load", "store", "call")):
            return self._at_address(name, arguments)
        if name == "from_bits":
            return Value(FLOAT, [self.b.bitcast(arguments[0].parts[0], DOUBLE)])
        numbers = [self.cast(argument, FLOAT).parts[0] for argument in arguments]
        if name == "float":
            return Value(FLOAT, numbers)
        if name == "bits":
            return Value(INT, [self.b.bitcast(numbers[0], I64)])
        if name == "isfinite":
            size = self._intrinsic("fabs", numbers)
            return Value(BOOL, [self.b.fcmp_ordered("<", size, ir.Constant(DOUBLE, math.inf))])
        result_value = self._intrinsic({"abs": "fabs"}.get(name, name), numbers)
        return Value(FLOAT, [result_value])

    def _at_address(self, name: str, arguments: list[Value]) -> Value | None:
        """Memory at an address, and code."""
        b, numbers = self.b, [argument.parts[0] for argument in arguments]
        if name == "call_address":
            kind = ir.FunctionType(I64, [I64])
            return Value(INT, [b.call(b.inttoptr(numbers[0], kind.as_pointer()), [numbers[1]])])
        scalar = FLOAT if name.endswith("real") else INT
        start = b.inttoptr(numbers[0], scalar.type.as_pointer())
        place = b.gep(start, [numbers[1]])
        if name.startswith("load"):
            return Value(scalar, [b.load(place)])
        b.store(self.cast(arguments[2], scalar).parts[0], place)
        return None

    def _extreme(self, node: ast.Call, name: str, one: Value, other: Value) -> Value:
        kind = promoted(one.kind, other.kind)
        if not isinstance(kind, Scalar):
            self.fail(node, "not numbers")
        x, y = self.cast(one, kind), self.cast(other, kind)
        better = self._compared(">" if name == "max" else "<", y, x)
        return Value(kind, [self.b.select(better, y.parts[0], x.parts[0])])

    def _to_int(self, value: Value) -> Value:
        if value.kind is FLOAT:
            return Value(INT, [self.b.fptosi(value.parts[0], I64)])
        return self.cast(value, INT)

    def _intrinsic(self, name: str, numbers: list[ir.Value]) -> ir.Value:
        kind = ir.FunctionType(DOUBLE, [DOUBLE] * len(numbers))
        function = self.function.module.declare_intrinsic(f"llvm.{name}", [DOUBLE], kind)
        return self.b.call(function, numbers)
