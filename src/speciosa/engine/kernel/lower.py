"""From SymPy expressions to vector code.

`Hoist` moves everything that is constant in a patient out of the step: each largest part made of parameters and
covariates becomes one numbered constant, computed when the patient is loaded. `Emitter` turns expressions into
vectors, each distinct subexpression once.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import sympy
from llvmlite import ir
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from speciosa.engine.codes import WIDTH
from speciosa.engine.kernel.dual import Dual
from speciosa.engine.kernel.logic import JOINED, spelled_out
from speciosa.engine.kernel.vector import BITS, Mask, Vec, fill
from speciosa.model.extremes import Larger

_MOST_DISTRIBUTED = 3
V = TypeVar("V", Vec, Dual)


def _itself(value: Vec) -> Any:
    return value


class Hoist:
    """Collects patient constants: `constants` holds the expression of each symbol ``_p<k>``, in terms of those before it."""

    def __init__(self, static: Iterable[sympy.Symbol]) -> None:
        self._static = frozenset(static)
        self.constants: dict[sympy.Symbol, sympy.Expr] = {}
        self._index: dict[sympy.Expr, sympy.Symbol] = {}
        self._seen: dict[sympy.Basic, sympy.Basic] = {}
        self._known: dict[sympy.Basic, bool] = {}

    def __call__(self, node: sympy.Basic) -> sympy.Basic:
        """`node` with its constant parts replaced by their symbols."""
        if node not in self._seen:
            self._seen[node] = self._find(node)
        return self._seen[node]

    def _constant(self, node: sympy.Basic) -> bool:
        if node not in self._known:
            if isinstance(node, sympy.Symbol):
                self._known[node] = node in self._static or node in self.constants
            else:
                self._known[node] = all(map(self._constant, node.args))
        return self._known[node]

    def _register(self, node: sympy.Expr) -> sympy.Expr:
        if node.is_number or node in self.constants:
            return node
        if node not in self._index:
            symbol = sympy.Symbol(f"_p{len(self.constants)}", real=True)
            self._index[node], self.constants[symbol] = symbol, node
        return self._index[node]

    def _find(self, node: sympy.Basic) -> sympy.Basic:
        if isinstance(node, sympy.Expr) and self._constant(node):
            return self._register(node)
        if isinstance(node, sympy.Add):
            return self._sum(node)
        if isinstance(node, sympy.Mul):
            coefficient, rest = self._split(node)
            return self._register(coefficient) * sympy.Mul(*map(self, rest))
        if not node.args:
            return node
        return node.func(*[self(argument) for argument in node.args])

    def _split(self, term: sympy.Expr) -> tuple[sympy.Expr, list[sympy.Expr]]:
        factors = sympy.Mul.make_args(term)
        constant = [factor for factor in factors if self._constant(factor)]
        return sympy.Mul(*constant), [f for f in factors if not self._constant(f)]

    def _sum(self, node: sympy.Expr) -> sympy.Expr:
        """Collects the constant coefficient of each varying part: CL/V*x + Q/V*x is one product."""
        coefficients: dict[sympy.Expr, sympy.Expr] = {}
        for term in self._terms(node):
            coefficient, rest = self._split(term)
            key = sympy.Mul(*map(self, rest))
            coefficients[key] = coefficients.get(key, sympy.Integer(0)) + coefficient
        return sympy.Add(*[self._register(c) * key for key, c in coefficients.items()])

    def _terms(self, node: sympy.Expr) -> Iterable[sympy.Expr]:
        for term in node.args:
            coefficient, rest = self._split(term)
            if len(rest) == 1 and self._is_short_linear(rest[0]):
                yield from (coefficient * inner for inner in rest[0].args)
            else:
                yield term

    def _is_short_linear(self, node: sympy.Expr) -> bool:
        if not isinstance(node, sympy.Add) or len(node.args) > _MOST_DISTRIBUTED:
            return False
        return all(
            all(isinstance(factor, sympy.Symbol) for factor in rest) and len(rest) <= 1
            for _, rest in map(self._split, node.args)
        )


def count_operations(expressions: Iterable[sympy.Basic]) -> int:
    """How many distinct operations a list of expressions takes; decides the shape of a kernel."""
    seen: set[sympy.Basic] = set()

    def visit(node: sympy.Basic) -> None:
        if node in seen or not node.args:
            return
        seen.add(node)
        for argument in node.args:
            visit(argument)

    for expression in expressions:
        visit(expression)
    return len(seen)


class Emitter(Generic[V]):
    """Turns expressions into vectors, or into values with slopes.

    `symbol` gives the value of a symbol, which is asked for once; `number` makes a value of what does not change.
    """

    def __init__(
        self,
        builder: ir.IRBuilder,
        symbol: Callable[[sympy.Symbol], V],
        number: Callable[[Vec], Any] = _itself,
    ) -> None:
        self._b = builder
        self._symbol: Callable[[sympy.Symbol], V] = symbol
        self._number = number
        self._seen: dict[sympy.Basic, V] = {}

    def _constant(self, value: float) -> V:
        constant: V = self._number(fill(self._b, value))
        return constant

    def __call__(self, node: sympy.Basic) -> V:
        """The vector of an expression."""
        if node not in self._seen:
            self._seen[node] = self._find(node)
        return self._seen[node]

    def bind(self, values: Mapping[sympy.Symbol, V]) -> None:
        """Gives symbols their vectors."""
        self._seen.update(values)

    def _find(self, node: sympy.Basic) -> V:
        if isinstance(node, sympy.Symbol):
            return self._symbol(node)
        if node.is_number:
            return self._constant(float(node))
        if isinstance(node, sympy.Add):
            return self._add(node)
        if isinstance(node, sympy.Mul):
            return self._mul(node)
        if isinstance(node, sympy.Pow):
            return self._pow(*node.args)
        if isinstance(node, sympy.Piecewise):
            return self._piecewise(node)
        if isinstance(node, sympy.Max | sympy.Min | Larger):
            name = "max" if isinstance(node, sympy.Max) or node.func is Larger else "min"
            value = self(node.args[0])
            for other in node.args[1:]:
                larger: V = getattr(value, name)(self(other))
                value = larger
            return value
        if isinstance(node, Boolean):
            truth: V = self._number(self.condition(node).number())
            return truth
        return self._function(node)

    def _add(self, node: sympy.Expr) -> V:
        plus = [term for term in node.args if not _negative(term)]
        minus = [-term for term in node.args if _negative(term)]
        value = self(plus[0]) if plus else -self(minus.pop(0))
        for term in plus[1:]:
            value = value + self(term)
        for term in minus:
            value = value - self(term)
        return value

    def _mul(self, node: sympy.Expr) -> V:
        if _negative(node):
            return -self(-node)
        above, below = [], []
        for factor in node.args:
            if (
                isinstance(factor, sympy.Pow)
                and factor.args[1].is_number
                and -1 <= factor.args[1] < 0
            ):
                below.append(1 / factor)
            else:
                above.append(factor)
        value = self._product(above)
        if not below:
            return value if value is not None else self._constant(1.0)
        divisor = self._product(below)
        assert divisor is not None
        return 1.0 / divisor if value is None else value / divisor

    def _product(self, factors: list[sympy.Expr]) -> V | None:
        value: V | None = None
        for factor in factors:
            value = self(factor) if value is None else value * self(factor)
        return value

    def _pow(self, base: sympy.Expr, exponent: sympy.Expr) -> V:
        if exponent.is_number:
            number = float(exponent)
            if number < -1 and exponent.is_integer:
                # its inverse is there, as a rule: the slope of 1/x is made of it
                return self._halves(1 / base, round(-2 * number))
            if number < 0:
                return 1.0 / self(base ** (-exponent))
            if (2 * number).is_integer() and number <= 16:
                return self._halves(base, round(2 * number))
        if base == sympy.E:
            return self(exponent).exp()
        return self(base).power(self(exponent))

    def _halves(self, base: sympy.Expr, halves: int) -> V:
        value = self(base).sqrt() if halves % 2 else None
        square, left = self(base), halves // 2
        while left:
            if left % 2:
                value = square if value is None else value * square
            left //= 2
            if left:
                square = square * square
        return value if value is not None else self._constant(1.0)

    def _piecewise(self, node: sympy.Basic) -> V:
        value = self._constant(float("nan"))
        for branch, condition in reversed(node.args):
            value = self(branch).choose(self.condition(condition), value)
        return value

    def condition(self, node: sympy.Basic) -> Mask:
        """The truth of a condition in each patient."""
        if node in (sympy.true, sympy.false):
            return Mask(self._b, ir.Constant(BITS, [int(node == sympy.true)] * WIDTH))
        if isinstance(node, Relational):
            left, right = self(node.lhs).plain, self(node.rhs).plain
            return left.compare(sign_of(node), right)
        if isinstance(node, sympy.Symbol):
            # A condition that occurs more than once has been taken out and is held as 0 or 1.
            return self(node).plain > 0.5
        if not isinstance(node, JOINED):
            return self.condition(spelled_out(node))
        if isinstance(node, sympy.Not):
            return ~self.condition(node.args[0])
        parts = [self.condition(part) for part in node.args]
        value = parts[0]
        for part in parts[1:]:
            value = value & part if isinstance(node, sympy.And) else value | part
        return value

    def _function(self, node: sympy.Basic) -> V:
        x = self(node.args[0])
        one, zero = self._constant(1.0), self._constant(0.0)
        simple: dict[type[sympy.Basic], Callable[[], V]] = {
            sympy.exp: x.exp,
            sympy.log: x.log,
            sympy.tanh: x.tanh,
            sympy.sin: x.sin,
            sympy.cos: lambda: x.sin(1),
            sympy.Abs: x.abs,
            sympy.sinh: lambda: (x.exp() - (-x).exp()) * 0.5,
            sympy.cosh: lambda: (x.exp() + (-x).exp()) * 0.5,
            sympy.Heaviside: lambda: one.choose(x.plain > 0.0, zero),
            sympy.sign: lambda: one.choose(x.plain > 0.0, (-one).choose(x.plain < 0.0, zero)),
            sympy.DiracDelta: lambda: zero,
        }
        return simple[type(node)]()


_RELATIONS: dict[type[sympy.Basic], str] = {
    sympy.Eq: "==",
    sympy.Ne: "!=",
    sympy.StrictLessThan: "<",
    sympy.LessThan: "<=",
    sympy.StrictGreaterThan: ">",
    sympy.GreaterThan: ">=",
}


def sign_of(comparison: Relational) -> str:
    """How a comparison is written."""
    return _RELATIONS[type(comparison)]


def _negative(term: sympy.Expr) -> bool:
    return bool(term.could_extract_minus_sign() and term.as_coeff_Mul()[0].is_negative)
