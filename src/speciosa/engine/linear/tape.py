"""Formulas evaluated for many patients at once with NumPy, as the kernels evaluate them.

A tape holds each distinct part of some expressions once, after its own parts, and is played on arrays. Writing one takes
no longer than reading the expressions: no code is generated. What is undefined for numbers is what it is in the
kernels (`vector`): a value below 0 counts as 0 under a root or a power, and exponents are held within 708.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from speciosa.engine.kernel.logic import JOINED, spelled_out
from speciosa.model.extremes import Larger, Smaller

Values = NDArray[np.float64]
Act = Callable[..., Any]
Definitions = Sequence[tuple[sympy.Symbol, sympy.Expr]]
_TINY = 1e-300
_WIDEST = 708.0


class Tape:
    """Some expressions, ready to be evaluated.

    Args:
        symbols: what values are given for.
        expressions: of these, and of what is defined.
        definitions: further symbols, each in terms of those before it.

    Example:
        >>> x, k = sympy.symbols("x k", real=True)
        >>> [values.tolist() for values in Tape([x, k], [k * x, sympy.exp(-x)])(np.array([0.0, 1]), 2.0)]
        [[0.0, 2.0], [1.0, 0.36787944117144233]]
    """

    def __init__(
        self,
        symbols: Sequence[sympy.Symbol],
        expressions: Sequence[sympy.Basic],
        definitions: Definitions = (),
    ) -> None:
        self._acts: list[tuple[Act, tuple[int, ...]]] = []
        self._fixed: dict[int, Any] = {}
        self._place: dict[sympy.Basic, int] = {symbol: i for i, symbol in enumerate(symbols)}
        self._inputs = len(symbols)
        for symbol, expression in definitions:
            self._place[symbol] = self._find(expression)
        self._results = [self._find(expression) for expression in expressions]
        last = {i: k for k, (_, args) in enumerate(self._acts) for i in args}
        kept = {*self._results, *self._fixed}
        self._done: list[list[int]] = [[] for _ in self._acts]
        for i, k in last.items():
            if i >= self._inputs and i not in kept:
                self._done[k].append(i)

    def __call__(self, *values: Any) -> list[Any]:
        """The values of the expressions, for numbers or arrays that fit each other, one a symbol."""
        known: dict[int, Any] = {**dict(enumerate(values)), **self._fixed}
        with np.errstate(all="ignore"):
            for place, (act, args) in enumerate(self._acts, start=self._inputs):
                if place not in self._fixed:
                    known[place] = act(*[known[i] for i in args])
                for i in self._done[place - self._inputs]:
                    del known[i]
        return [known[i] for i in self._results]

    def _put(self, act: Act, *args: int) -> int:
        self._acts.append((act, args))
        return self._inputs + len(self._acts) - 1

    def _number(self, value: Any) -> int:
        place = self._put(lambda: value)
        self._fixed[place] = value
        return place

    def _find(self, node: sympy.Basic) -> int:
        if node not in self._place:
            self._place[node] = self._write(node)
        return self._place[node]

    def _write(self, node: sympy.Basic) -> int:
        if isinstance(node, sympy.Symbol):
            raise KeyError(f"no value for {node}")
        if isinstance(node, Boolean):
            return self._condition(node)
        if node.is_number:
            return self._number(float(node))
        if isinstance(node, sympy.Mul):
            return self._mul(node)
        if isinstance(node, sympy.Pow):
            return self._pow(*node.args)
        if isinstance(node, sympy.Piecewise):
            value = self._number(np.nan)
            for branch, condition in reversed(node.args):
                value = self._put(np.where, self._find(condition), self._find(branch), value)
            return value
        return self._function(node)

    def _condition(self, node: Boolean) -> int:
        if node in (sympy.true, sympy.false):
            return self._number(node == sympy.true)
        if isinstance(node, Relational):
            return self._put(_RELATIONS[type(node)], *map(self._find, node.args))
        if not isinstance(node, JOINED):
            return self._find(spelled_out(node))
        args = [self._find(part) for part in node.args]
        if isinstance(node, sympy.Not):
            return self._put(np.logical_not, *args)
        act = np.logical_and if isinstance(node, sympy.And) else np.logical_or
        return reduce(lambda one, other: self._put(act, one, other), args)

    def _mul(self, node: sympy.Expr) -> int:
        above, below = [], []
        for factor in node.args:
            if isinstance(factor, sympy.Pow) and factor.args[1].is_number and factor.args[1] < 0:
                below.append(self._find(1 / factor))
            else:
                above.append(self._find(factor))
        product = [
            reduce(lambda one, other: self._put(np.multiply, one, other), factors)
            for factors in (above, below)
            if factors
        ]
        if not below:
            return product[0]
        return self._put(np.divide, *(product if above else [self._number(1.0), *product]))

    def _pow(self, base: sympy.Expr, exponent: sympy.Expr) -> int:
        if base == sympy.E:
            return self._put(_exp, self._find(exponent))
        if exponent.is_number:
            number = float(exponent)
            if number < 0:
                return self._put(np.divide, self._number(1.0), self._find(base ** (-exponent)))
            if number == 0.5:
                return self._put(_root, self._find(base))
            if number.is_integer():
                return self._put(np.power, self._find(base), self._number(number))
        return self._put(_power, self._find(base), self._find(exponent))

    def _function(self, node: sympy.Expr) -> int:
        act = _FUNCTIONS[node.func]
        args = [self._find(argument) for argument in node.args]
        if node.func in _OF_ONE:
            return self._put(act, *args)
        return reduce(lambda one, other: self._put(act, one, other), args)


def _exp(x: Any) -> Any:
    return np.exp(np.clip(x, -_WIDEST, _WIDEST))


def _root(x: Any) -> Any:
    return np.sqrt(np.maximum(x, 0.0))


def _power(x: Any, exponent: Any) -> Any:
    at_zero = np.where(exponent > 0.0, 0.0, np.where(exponent < 0.0, np.inf, 1.0))
    return np.where(x < _TINY, at_zero, np.power(np.maximum(x, _TINY), exponent))


def _above(x: Any) -> Any:
    return np.where(x > 0.0, 1.0, 0.0)


_OF_ONE: dict[Any, Act] = {
    sympy.exp: _exp,
    sympy.log: np.log,
    sympy.tanh: np.tanh,
    sympy.sin: np.sin,
    sympy.cos: np.cos,
    sympy.sinh: np.sinh,
    sympy.cosh: np.cosh,
    sympy.Abs: np.abs,
    sympy.sign: np.sign,
    sympy.Heaviside: _above,
    sympy.DiracDelta: lambda x: np.zeros_like(x),
}
_FUNCTIONS: dict[Any, Act] = {
    **_OF_ONE,
    sympy.Add: np.add,
    sympy.Max: np.maximum,
    Larger: np.maximum,
    sympy.Min: np.minimum,
    Smaller: np.minimum,
}
_RELATIONS: dict[Any, Act] = {
    sympy.Eq: np.equal,
    sympy.Ne: np.not_equal,
    sympy.StrictLessThan: np.less,
    sympy.LessThan: np.less_equal,
    sympy.StrictGreaterThan: np.greater,
    sympy.GreaterThan: np.greater_equal,
}
