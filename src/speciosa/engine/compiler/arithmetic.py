"""Arithmetic of expressions in LLVM; see `native`."""

import ast
import math
from typing import Any, NoReturn

import numpy as np
from llvmlite import ir

from speciosa.engine.compiler.types import BOOL, DOUBLE, FLOAT, I1, I64, INT, Kind, Pack, Scalar
from speciosa.engine.compiler.value import Value, promoted

_CONTRACT = ("contract",)


class Arithmetic:
    """What a function needs to compute with numbers."""

    b: ir.IRBuilder
    function: ir.Function

    def fail(self, node: ast.AST, why: str) -> NoReturn:
        """Refuses what cannot be compiled."""
        raise NotImplementedError

    def constant(self, value: Any) -> Value:
        """A number written in the source."""
        if isinstance(value, bool | np.bool_):
            return Value(BOOL, [ir.Constant(I1, int(value))])
        if isinstance(value, int | np.integer):
            return Value(INT, [ir.Constant(I64, int(value))])
        return Value(FLOAT, [ir.Constant(DOUBLE, float(value))])

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

    def truth(self, value: Value) -> ir.Value:
        """Whether a number is not 0."""
        if value.kind is BOOL:
            return value.parts[0]
        if value.kind is INT:
            return self.b.icmp_signed("!=", value.parts[0], ir.Constant(I64, 0))
        return self.b.fcmp_unordered("!=", value.parts[0], ir.Constant(DOUBLE, 0.0))

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

    def compared(self, sign: str, one: Value, other: Value) -> ir.Value:
        """A comparison of two numbers; `sign` as in Python."""
        kind = promoted(promoted(one.kind, other.kind) or one.kind, INT)
        assert isinstance(kind, Scalar)
        x, y = self.cast(one, kind).parts[0], self.cast(other, kind).parts[0]
        if kind is INT:
            return self.b.icmp_signed(sign, x, y)
        compare = self.b.fcmp_unordered if sign == "!=" else self.b.fcmp_ordered
        return compare(sign, x, y)

    def built_in(self, node: ast.Call, name: str, arguments: list[Value]) -> Value:
        """A function of `BUILT_IN`, by its name there."""
        if name in ("max", "min"):
            result = arguments[0]
            for other in arguments[1:]:
                result = self._extreme(node, name, result, other)
            return result
        if name == "len":
            if len(arguments[0].parts) < 2:
                self.fail(node, "the length of this array is not known")
            return Value(INT, [arguments[0].parts[1]])
        if name == "abs" and arguments[0].kind is INT:
            negative = self.b.icmp_signed("<", arguments[0].parts[0], ir.Constant(I64, 0))
            x = arguments[0].parts[0]
            return Value(INT, [self.b.select(negative, self.b.neg(x), x)])
        if name == "int":
            return self._to_int(arguments[0])
        if name == "bool":
            return Value(BOOL, [self.truth(arguments[0])])
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

    def _extreme(self, node: ast.Call, name: str, one: Value, other: Value) -> Value:
        kind = promoted(one.kind, other.kind)
        if not isinstance(kind, Scalar):
            self.fail(node, "not numbers")
        x, y = self.cast(one, kind), self.cast(other, kind)
        better = self.compared(">" if name == "max" else "<", y, x)
        return Value(kind, [self.b.select(better, y.parts[0], x.parts[0])])

    def _to_int(self, value: Value) -> Value:
        if value.kind is FLOAT:
            return Value(INT, [self.b.fptosi(value.parts[0], I64)])
        return self.cast(value, INT)

    def _intrinsic(self, name: str, numbers: list[ir.Value]) -> ir.Value:
        kind = ir.FunctionType(DOUBLE, [DOUBLE] * len(numbers))
        function = self.function.module.declare_intrinsic(f"llvm.{name}", [DOUBLE], kind)
        return self.b.call(function, numbers)
