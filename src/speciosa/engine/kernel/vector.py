"""Arithmetic on eight patients at once, as LLVM vectors.

`Vec` overloads the operators, so that generated kernels read like the formulas they come from. Vectors of eight
doubles are explicit in the code, so a kernel cannot fall back to one patient at a time: LLVM splits them where the
processor has narrower registers.
"""

from collections.abc import Callable, Sequence
from math import factorial
from typing import Any

from llvmlite import ir

from speciosa.engine.codes import WIDTH
from speciosa.engine.compiler.processor import processor

DOUBLE = ir.DoubleType()
INT64 = ir.IntType(64)
VECTOR = ir.VectorType(DOUBLE, WIDTH)
INT64S = ir.VectorType(INT64, WIDTH)
BITS = ir.VectorType(ir.IntType(1), WIDTH)
_FLAGS = ("contract", "nsz", "arcp")
_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_ROUND = 6755399441055744.0
_TINY = 1e-300
_LONG_POLYNOMIAL = 6
_ESTIMATE, _KIND = "llvm.x86.avx512.rcp14.pd.512", "llvm.x86.avx512.fpclass.pd.512"
_SPECIAL = 0x9F  # NaN, 0 and infinity, of either sign, as `vfpclasspd` has them


class Vec:
    """Eight doubles, one a patient."""

    __slots__ = ("b", "v")

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.b, self.v = builder, value

    def _lift(self, other: "Vec | float") -> ir.Value:
        return other.v if isinstance(other, Vec) else constant(float(other))

    def __add__(self, other: "Vec | float") -> "Vec":
        return Vec(self.b, self.b.fadd(self.v, self._lift(other), flags=_FLAGS))

    def __sub__(self, other: "Vec | float") -> "Vec":
        return Vec(self.b, self.b.fsub(self.v, self._lift(other), flags=_FLAGS))

    def __rsub__(self, other: float) -> "Vec":
        return Vec(self.b, self.b.fsub(constant(float(other)), self.v, flags=_FLAGS))

    def __mul__(self, other: "Vec | float") -> "Vec":
        return Vec(self.b, self.b.fmul(self.v, self._lift(other), flags=_FLAGS))

    def __truediv__(self, other: "Vec | float") -> "Vec":
        if isinstance(other, Vec) and _estimates():
            return self * other.reciprocal()
        return Vec(self.b, self.b.fdiv(self.v, self._lift(other), flags=_FLAGS))

    def __rtruediv__(self, other: float) -> "Vec":
        if _estimates():
            return self.reciprocal() * other
        return Vec(self.b, self.b.fdiv(constant(float(other)), self.v, flags=_FLAGS))

    def reciprocal(self) -> "Vec":
        """1 / x from the processor's estimate, to a unit in the last place; a division of AVX-512 keeps others waiting."""
        b, every = self.b, ir.Constant(ir.IntType(8), -1)
        call = declared(b, _ESTIMATE, VECTOR, [VECTOR, VECTOR, ir.IntType(8)])
        first = Vec(b, b.call(call, [self.v, constant(0.0), every]))
        # 1/x = r (1 + e) (1 + e^2) ... with e = 1 - x r, which is below 2^-14
        e = fused(-self, first, 1.0)
        better = fused(first, e, first)
        # where the estimate is 0, infinite or NaN, e is not a number
        call = declared(b, _KIND, BITS, [VECTOR, ir.IntType(32)])
        known = Mask(b, b.call(call, [first.v, ir.Constant(ir.IntType(32), _SPECIAL)]))
        return known.choose(first, fused(better, e * e, better))

    def __neg__(self) -> "Vec":
        return Vec(self.b, self.b.fneg(self.v))

    __radd__ = __add__
    __rmul__ = __mul__

    def compare(self, sign: str, other: "Vec | float") -> "Mask":
        """An ordered comparison: False where either side is NaN."""
        return Mask(self.b, self.b.fcmp_ordered(sign, self.v, self._lift(other)))

    def __lt__(self, other: "Vec | float") -> "Mask":
        return self.compare("<", other)

    def __le__(self, other: "Vec | float") -> "Mask":
        return self.compare("<=", other)

    def __gt__(self, other: "Vec | float") -> "Mask":
        return self.compare(">", other)

    def __ge__(self, other: "Vec | float") -> "Mask":
        return self.compare(">=", other)

    @property
    def plain(self) -> "Vec":
        """Itself; what a value with a slope is without it."""
        return self

    def choose(self, mask: "Mask", other: "Vec") -> "Vec":
        """This where `mask` is true, `other` elsewhere."""
        return mask.choose(self, other)

    def max(self, other: "Vec | float") -> "Vec":
        """The larger one; NaN where this is NaN."""
        lifted = Vec(self.b, self._lift(other))
        return (lifted > self).choose(lifted, self)

    def min(self, other: "Vec | float") -> "Vec":
        """The smaller one; NaN where this is NaN."""
        lifted = Vec(self.b, self._lift(other))
        return (lifted < self).choose(lifted, self)

    def abs(self) -> "Vec":
        """The absolute value."""
        return intrinsic(self.b, "fabs", self)

    def sqrt(self) -> "Vec":
        """The square root; values below 0 count as 0."""
        return intrinsic(self.b, "sqrt", self.max(0.0))

    def exp(self) -> "Vec":
        """The exponential to about 1e-16, without a branch; the argument is held within +-708."""
        x = self.max(-708.0).min(708.0)
        b = self.b
        t = fused(x, _LOG2E, _ROUND)
        n = _exact(b, "fsub", t, _ROUND)
        r = fused(n, -_LN2_LOW, fused(n, -_LN2_HIGH, x))
        # 1 and r come last, so that their sum is all that is rounded
        p = 1.0 + fused(r * r, polynomial(r, [1.0 / factorial(k) for k in range(2, 13)]), r)
        shifted = b.shl(b.bitcast(t.v, INT64S), int64(52))
        return Vec(b, b.bitcast(b.add(b.bitcast(p.v, INT64S), shifted), VECTOR))

    def log(self) -> "Vec":
        """The natural logarithm; -infinity at 0, NaN below."""
        value = self.log_positive()
        below = (self < 0.0).choose(fill(self.b, float("nan")), fill(self.b, float("-inf")))
        return (self > 0.0).choose(value, below)

    def log_positive(self) -> "Vec":
        """The natural logarithm of ``max(x, 1e-300)``, without a branch."""
        b, x = self.b, self.max(_TINY)
        i = b.bitcast(x.v, INT64S)
        e = b.ashr(b.sub(i, int64(0x3FE6A09E667F3BCD)), int64(52))
        m = Vec(b, b.bitcast(b.sub(i, b.shl(e, int64(52))), VECTOR))
        ef = _exact(
            b, "fsub", Vec(b, b.bitcast(b.add(e, int64(0x4338000000000000)), VECTOR)), _ROUND
        )
        f = m - 1.0
        s = f / (m + 1.0)
        z = s * s
        series = polynomial(z, [2.0 / k for k in range(3, 22, 2)])
        # log m = f - f^2/2 + s (f^2/2 + series z) loses no bits near m = 1
        half = 0.5 * (f * f)
        tail = fused(s, half + series * z, ef * _LN2_LOW)
        return fused(ef, _LN2_HIGH, f - (half - tail))

    def tanh(self) -> "Vec":
        """The hyperbolic tangent, by its series where the argument is small."""
        small = (1, -1 / 3, 2 / 15, -17 / 315, 62 / 2835, -1382 / 155925, 21844 / 6081075)
        square = self * self
        near = self * polynomial(square, [*small, -929569 / 638512875])
        far = 1.0 - 2.0 / ((self * 2.0).exp() + 1.0)
        return (self.abs() < 0.25).choose(near, far)

    def power(self, exponent: "Vec") -> "Vec":
        """x^n for x at or above 0. A value below 0, as rounding may leave in an empty state, counts as 0."""
        value = (exponent * self.log_positive()).exp()
        zero, one = fill(self.b, 0.0), fill(self.b, 1.0)
        infinite = fill(self.b, float("inf"))
        at_zero = (exponent > 0.0).choose(zero, (exponent < 0.0).choose(infinite, one))
        return (self < _TINY).choose(at_zero, value)

    def sin(self, quarter: int = 0) -> "Vec":
        """The sine of ``x + quarter * pi/2``, for arguments up to about 1e6."""
        b = self.b
        t = fused(self, 0.6366197723675814, _ROUND)
        n = _exact(b, "fsub", t, _ROUND)
        r = fused(n, -6.123233995736766e-17, fused(n, -1.5707963267948966, self))
        z = r * r
        sines = [1, -6, 120, -5040, 362880, -39916800, 6227020800]
        cosines = [1, -2, 24, -720, 40320, -3628800, 479001600, -87178291200]
        sine = r * polynomial(z, [1.0 / f for f in sines])
        cosine = polynomial(z, [1.0 / f for f in cosines])
        turn = b.add(b.bitcast(t.v, INT64S), int64(quarter))
        odd = Mask(b, b.icmp_signed("!=", b.and_(turn, int64(1)), int64(0)))
        negative = Mask(b, b.icmp_signed("!=", b.and_(turn, int64(2)), int64(0)))
        value = odd.choose(cosine, sine)
        return negative.choose(-value, value)


class Mask:
    """Eight truth values."""

    __slots__ = ("b", "v")

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.b, self.v = builder, value

    def choose(self, yes: Vec, no: Vec) -> Vec:
        """`yes` where true, `no` elsewhere."""
        return Vec(self.b, self.b.select(self.v, yes.v, no.v))

    def __and__(self, other: "Mask") -> "Mask":
        return Mask(self.b, self.b.and_(self.v, other.v))

    def __or__(self, other: "Mask") -> "Mask":
        return Mask(self.b, self.b.or_(self.v, other.v))

    def __invert__(self) -> "Mask":
        return Mask(self.b, self.b.not_(self.v))

    def number(self) -> Vec:
        """1 where true, 0 elsewhere."""
        return self.choose(fill(self.b, 1.0), fill(self.b, 0.0))

    def bits(self) -> ir.Value:
        """The truth values as the low bits of a 64-bit integer."""
        return self.b.zext(self.b.bitcast(self.v, ir.IntType(WIDTH)), INT64)


def constant(value: float) -> ir.Constant:
    """The same number eight times."""
    return ir.Constant(VECTOR, [value] * WIDTH)


def int64(value: int) -> ir.Constant:
    """The same integer eight times."""
    return ir.Constant(INT64S, [value] * WIDTH)


def index(value: int) -> ir.Constant:
    """One integer."""
    return ir.Constant(INT64, value)


def fill(builder: ir.IRBuilder, value: float) -> Vec:
    """The same number eight times, as a `Vec`."""
    return Vec(builder, constant(value))


def spread(builder: ir.IRBuilder, number: ir.Value) -> Vec:
    """One double, eight times."""
    first = ir.Constant(ir.IntType(32), 0)
    one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), number, first)
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return Vec(builder, builder.shuffle_vector(one, one, lanes))


def _estimates() -> bool:
    """Whether the processor estimates eight reciprocals at once."""
    return "+avx512dq" in processor().features


def intrinsic(builder: ir.IRBuilder, name: str, *arguments: Vec) -> Vec:
    """Calls one of LLVM's functions on vectors."""
    function = declared(builder, f"llvm.{name}.v{WIDTH}f64", VECTOR, [VECTOR] * len(arguments))
    return Vec(builder, builder.call(function, [argument.v for argument in arguments]))


def declared(
    builder: ir.IRBuilder, name: str, result: ir.Type, arguments: Sequence[ir.Type]
) -> ir.Function:
    """A function of LLVM, declared once a module."""
    known = builder.module.globals.get(name)
    return known or ir.Function(builder.module, ir.FunctionType(result, arguments), name)


def fused(x: Vec, factor: Vec | float, term: Vec | float) -> Vec:
    """X * factor + term, rounded once where the processor can."""
    lift: Callable[[Vec | float], Vec] = lambda v: v if isinstance(v, Vec) else fill(x.b, v)  # noqa: E731
    return intrinsic(x.b, "fmuladd", x, lift(factor), lift(term))


def polynomial(x: Vec, coefficients: Sequence[float]) -> Vec:
    """The polynomial with the given coefficients, lowest power first; even and odd powers go side by side."""
    if len(coefficients) < _LONG_POLYNOMIAL:
        return _horner(x, coefficients)
    square = x * x
    return fused(x, _horner(square, coefficients[1::2]), _horner(square, coefficients[::2]))


def _horner(x: Vec, coefficients: Sequence[float]) -> Vec:
    value = fill(x.b, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = fused(value, x, coefficient)
    return value


def _exact(builder: ir.IRBuilder, operation: str, x: Vec, value: float) -> Vec:
    """An operation that may not be contracted or reordered."""
    act: Any = getattr(builder, operation)
    return Vec(builder, act(x.v, constant(value)))
