"""The unit of an expression, from the units of its symbols.

Rules: terms of a sum, branches and compared sides agree; the arguments of ``exp``, ``log``, ``tanh`` and the like and
every exponent that is not a number are dimensionless. A number written in an equation is dimensionless; 0 and
infinity fit any unit. An initial value, lag or duration that is only a number is in its own unit.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom, BooleanFunction

from speciosa.model.unit import ONE, Unit

_PURE = (
    sympy.exp,
    sympy.log,
    sympy.tanh,
    sympy.sinh,
    sympy.cosh,
    sympy.sin,
    sympy.cos,
)
_SAME = (sympy.Max, sympy.Min, sympy.Abs)
_SIGN = (sympy.sign, sympy.Heaviside)
KNOWN_FUNCTIONS = (
    "exp, log, sqrt, tanh, sinh, cosh, sin, cos, Abs, Max, Min, sign, Heaviside, Piecewise"
)


class UnitMismatch(ValueError):
    """Two parts of an expression whose units do not fit; the text says which."""


def unit_of(expression: sympy.Basic, units: Mapping[sympy.Symbol, Unit]) -> Unit | None:
    """The unit of `expression`; None where any unit fits (0 or infinity).

    Raises:
        UnitMismatch: names the part that does not fit.

    Example:
        >>> cl, v, a = sympy.symbols("CL V A")
        >>> units = {cl: Unit.read("L/h"), v: Unit.read("L"), a: Unit.read("mg")}
        >>> str(unit_of(cl / v * a, units))
        'mg/h'
    """
    return _Checker(units).unit(expression)


class _Checker:
    """Remembers the unit of every subexpression, so that shared parts are looked at once."""

    def __init__(self, units: Mapping[sympy.Symbol, Unit], plain: bool = False) -> None:
        self._units = units
        self._plain = plain
        self._seen: dict[sympy.Basic, Unit | None] = {}

    def unit(self, node: sympy.Basic) -> Unit | None:
        if node not in self._seen:
            self._seen[node] = self._find(node)
        return self._seen[node]

    def _find(self, node: sympy.Basic) -> Unit | None:
        if isinstance(node, sympy.Symbol):
            return self._units[node]
        if isinstance(node, sympy.Expr) and not node.args:
            return None if node.is_zero or node.is_infinite else ONE
        if isinstance(node, sympy.Mul):
            return self._product(node)
        if isinstance(node, sympy.Pow):
            return self._power(node)
        if isinstance(node, sympy.Add | sympy.Max | sympy.Min | sympy.Abs):
            return self._agree(node.args, node)
        if isinstance(node, _PURE):
            self._need_pure(node.args, type(node).__name__)
            return ONE
        if isinstance(node, _SIGN):
            self.unit(node.args[0])
            return ONE
        if isinstance(node, sympy.Piecewise):
            for _, condition in node.args:
                self._condition(condition)
            return self._agree([value for value, _ in node.args], node)
        raise UnitMismatch(
            f"{type(node).__name__} is not a function of models; known: {KNOWN_FUNCTIONS}"
        )

    def _product(self, node: sympy.Basic) -> Unit | None:
        total = ONE
        for factor in node.args:
            unit = self.unit(factor)
            if unit is None:
                return None
            total = total * unit
        return total

    def _power(self, node: sympy.Basic) -> Unit | None:
        base, exponent = node.args
        unit = self.unit(base)
        if exponent.is_number:
            if unit is None:
                return None
            return unit ** Fraction(float(exponent)).limit_denominator(10_000)
        self._need_pure([exponent], "an exponent")
        if unit is not None and not unit.dimensionless:
            raise UnitMismatch(f"{base} has unit {unit} and cannot be raised to {exponent}")
        return ONE

    def _need_pure(self, arguments: Iterable[sympy.Basic], name: str) -> None:
        for argument in arguments:
            unit = self.unit(argument)
            if unit is not None and not unit.dimensionless:
                raise UnitMismatch(f"{name} needs a dimensionless argument, {argument} has {unit}")

    def _agree(self, terms: Iterable[sympy.Basic], whole: sympy.Basic) -> Unit | None:
        found: Unit | None = None
        first: sympy.Basic | None = None
        for term in terms:
            unit = self.unit(term)
            if unit is None:
                continue
            if found is None:
                found, first = unit, term
            elif not found.same(unit):
                raise UnitMismatch(f"{first} has {found}, but {term} has {unit}")
        return found

    def _condition(self, node: sympy.Basic) -> None:
        if isinstance(node, Relational):
            sides = [side for side in node.args if not (self._plain and side.is_number)]
            self._agree(sides, node)
        elif isinstance(node, BooleanFunction):
            for part in node.args:
                self._condition(part)
        elif not isinstance(node, BooleanAtom):
            raise UnitMismatch(f"{node} is not a condition of models")

    def condition(self, node: sympy.Basic) -> None:
        """Checks the two sides of every comparison in a condition."""
        self._condition(node)


def check_condition(condition: sympy.Basic, units: Mapping[sympy.Symbol, Unit]) -> None:
    """Checks the units in a condition such as ``pain > 6``; a number is in the unit of what it is compared with.

    Raises:
        UnitMismatch: names the comparison that does not fit.
    """
    _Checker(units, plain=True).condition(condition)
