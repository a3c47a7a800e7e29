"""Translating expressions to LLVM; see `native`."""

import ast
import builtins
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from llvmlite import ir

from speciosa.engine.compiler.arithmetic import Arithmetic
from speciosa.engine.compiler.built_in import BUILT_IN
from speciosa.engine.compiler.types import (
    BOOL,
    DOUBLE,
    FLOAT,
    I1,
    I64,
    INT,
    Array,
    Code,
    Fields,
    Kind,
    Pack,
    Record,
    Scalar,
)
from speciosa.engine.compiler.value import Known, Value, promoted

_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class Expressions(Arithmetic):
    """What a function needs to write expressions."""

    names: dict[str, Any]
    slots: dict[str, tuple[Kind, list[ir.Value]]]
    fixed: dict[str, Value]

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
        if isinstance(of.kind, Fields):
            return self.slot(node, of.kind, of.parts[0])
        if isinstance(of.kind, Array) and of.kind.sized and node.attr == "shape":
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

    def slot(self, node: ast.Attribute, record: Fields, address: ir.Value) -> Value:
        """A field of a record at an address."""
        found = record.find(node.attr)
        if found is None:
            self.fail(node, "no such field")
        kind, slot = found
        if isinstance(kind, Fields):
            return Value(kind, [self.b.add(address, ir.Constant(I64, 8 * slot), flags=("nsw",))])
        first = self.b.inttoptr(address, I64.as_pointer())
        count = 1 + kind.ndim * kind.sized if isinstance(kind, Array) else 1
        held = []
        for i in range(slot, slot + count):
            held.append(self.b.load(self.b.gep(first, [ir.Constant(I64, i)])))
        if isinstance(kind, Array):
            held[0] = self.b.inttoptr(held[0], kind.element.as_pointer())
        elif kind is FLOAT:
            held[0] = self.b.bitcast(held[0], DOUBLE)
        elif kind is BOOL:
            held[0] = self.b.icmp_signed("!=", held[0], ir.Constant(I64, 0))
        return Value(kind, held)

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
        if not of.kind.sized:
            unknown = ir.Constant(I64, ir.Undefined)
            sizes = [unknown, ir.Constant(I64, of.kind.across or 0)][: of.kind.ndim]
        if len(indices) > len(sizes):
            self.fail(node, "more indices than dimensions")
        for index in indices:
            inner = sizes[1:]
            if isinstance(index, ast.Slice):
                begin = self.integer(index.lower) if index.lower else ir.Constant(I64, 0)
                end = self.integer(index.upper) if index.upper else sizes[0]
                if not index.upper and not of.kind.sized:
                    self.fail(node, "the end of this array is not known")
                if inner or index.step or len(indices) != of.kind.ndim:
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

    def integer(self, node: ast.expr) -> ir.Value:
        """A whole number."""
        value = self.value(node)
        if value.kind not in (INT, BOOL):
            self.fail(node, "not a whole number")
        return self.cast(value, INT).parts[0]

    def find_BinOp(self, node: ast.BinOp) -> Value:  # noqa: D102, N802
        return self.operate(node, node.op, self.value(node.left), self.value(node.right))

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
            single = self.compared(_SIGNS[type(op)], one, other)
            whole = single if whole is None else self.b.and_(whole, single)
        return Value(BOOL, [whole])

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

    def call_code(self, node: ast.expr, code: ir.Value, arguments: list[Value]) -> Value:
        """Calls machine code with addresses of arrays and records, and whole numbers."""
        numbers = []
        for argument in arguments:
            if argument.kind is not INT and not isinstance(argument.kind, Array | Fields):
                self.fail(node, "machine code takes addresses and whole numbers")
            number = argument.parts[0]
            if isinstance(argument.kind, Array):
                number = self.b.ptrtoint(number, I64)
            numbers.append(number)
        kind = ir.FunctionType(I64, [I64] * len(numbers))
        return Value(INT, [self.b.call(self.b.inttoptr(code, kind.as_pointer()), numbers)])

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
            return self.built_in(node, name, arguments)
        if isinstance(target, type) and hasattr(target, "_fields"):
            kind = Record(target, tuple(a.kind for a in arguments))
            return Value(kind, [part for a in arguments for part in a.parts])
        if isinstance(target, FunctionType):
            return self.call_function(target, arguments)
        if isinstance(called, Value) and isinstance(called.kind, Code):
            return self.call_code(node, called.parts[0], arguments)
        self.fail(node, "this cannot be called from compiled code")
