"""The larger and the smaller of two values, without SymPy's attempts to decide which one that is.

`sympy.Max` and `sympy.Min` simplify the difference of their arguments whenever an expression around them is rebuilt:
half the time of writing a large model out. These stand in for them where formulas are written out.
"""

from functools import reduce
from typing import Any

import sympy


class Larger(sympy.Function):  # type: ignore[misc]
    """The larger of two real values.

    Example:
        >>> x = sympy.Symbol("x", real=True)
        >>> Larger(x, 1), Larger(2, 1), Larger(x, 1).diff(x)
        (Larger(x, 1), 2, Heaviside(x - 1))
    """

    nargs = 2
    is_extended_real = True
    _choice: Any = max
    _numpy = "maximum"

    @classmethod
    def eval(cls, one: sympy.Expr, other: sympy.Expr) -> sympy.Expr | None:
        """The value where both are numbers."""
        return cls._choice(one, other) if one.is_number and other.is_number else None

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The derivative by an argument: 1 where the value is that argument, otherwise 0."""
        above = self.args[argindex - 1] - self.args[2 - argindex]
        return sympy.Heaviside(above if self._choice is max else -above)

    def _numpycode(self, printer: Any) -> str:
        name = printer._module_format(f"numpy.{self._numpy}")
        return f"{name}({', '.join(map(printer._print, self.args))})"


class Smaller(Larger):
    """The smaller of two real values."""

    _choice = min
    _numpy = "minimum"


def larger(one: sympy.Expr | float, other: sympy.Expr | float) -> sympy.Expr:
    """`sympy.Max` of two values as it is written: SymPy does not try to decide which one it is, unless both are numbers.

    Example:
        >>> x = sympy.Symbol("x", real=True)
        >>> larger(0, sympy.exp(x)), larger(2, 1)
        (Max(0, exp(x)), 2)
    """
    return _as_written(sympy.Max, one, other)


def smaller(one: sympy.Expr | float, other: sympy.Expr | float) -> sympy.Expr:
    """`sympy.Min` of two values as it is written; see `larger`."""
    return _as_written(sympy.Min, one, other)


def _as_written(kind: Any, one: sympy.Expr | float, other: sympy.Expr | float) -> sympy.Expr:
    values = sympy.sympify(one), sympy.sympify(other)
    return kind(*values, evaluate=all(value.is_number for value in values))


_STAND_IN = {sympy.Max: Larger, sympy.Min: Smaller}


def undecided(expression: Any) -> Any:
    """An expression with `Larger` and `Smaller` for `sympy.Max` and `sympy.Min`."""
    if not expression.has(sympy.Max, sympy.Min):
        return expression
    args = [undecided(arg) for arg in expression.args]
    kind = _STAND_IN.get(expression.func)
    return expression.func(*args) if kind is None else reduce(kind, args)
