"""Conditions on the clock: known beforehand, so solving stops where they change and holds them fixed in between.

``Piecewise((r, time < stop), (0, True))`` with `stop` a constant of the patient has a jump at a time that can be found
before it comes. A solver that only looks at the ends of its steps may pass over a window altogether when it comes from
rest. Here each comparison of time with constants becomes a symbol that the driver sets, as if it were a covariate;
what has a corner or a jump there (`Max`, `Min`, `Abs`, `sign`, `Heaviside`) is written as such a comparison first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

import sympy
from sympy.core.relational import Relational

from speciosa.model.extremes import Larger, Smaller

TIME = sympy.Symbol("time", real=True)
_TURNS = (sympy.sin, sympy.cos)
_FADES = (sympy.exp, sympy.tanh, sympy.sinh, sympy.cosh)
# a quarter turn holds about sixteen of these
_SHARE_OF_A_RADIAN = sympy.Float(0.1)


@dataclass
class Clock:
    """The conditions on time of a model, collected while they are taken out of its expressions.

    Attributes:
        static: symbols that are constant between events.
        conditions: each condition with the symbol that stands for it: 1 where it holds, 0 elsewhere.
    """

    static: frozenset[sympy.Symbol]
    conditions: dict[Relational, sympy.Symbol] = field(default_factory=dict)
    _seen: dict[sympy.Basic, sympy.Basic] = field(default_factory=dict)

    def __call__(self, expression: sympy.Expr) -> sympy.Expr:
        """An expression with symbols for its conditions on time."""
        if TIME not in expression.free_symbols:
            return expression
        if expression not in self._seen:
            self._seen[expression] = self._find(expression)
        return self._seen[expression]

    def _find(self, expression: sympy.Expr) -> sympy.Expr:
        if isinstance(expression, Relational):
            return self._symbol(expression) if self._known(expression.args) else expression
        args = [self(arg) if arg.args else arg for arg in expression.args]
        choice = self._choice(expression.func, expression.args, args)
        if choice is not None:
            return choice
        return expression.func(*args) if args else expression

    def _known(self, parts: Iterable[sympy.Expr]) -> bool:
        """Whether some parts hold nothing but the clock and constants."""
        symbols = set().union(*(part.free_symbols for part in parts))
        return TIME in symbols and symbols - {TIME} <= self.static

    def _symbol(self, condition: Relational) -> sympy.Symbol:
        if condition not in self.conditions:
            name = f"_w{len(self.conditions)}"
            self.conditions[condition] = sympy.Symbol(name, real=True)
        return self.conditions[condition]

    def _choice(
        self, kind: type[sympy.Basic], given: tuple[sympy.Expr, ...], args: list[sympy.Expr]
    ) -> sympy.Expr | None:
        """What has a corner or a jump at a time that is known, as a choice by the clock."""
        if kind not in _EDGES or not self._known(given):
            return None
        x = args[0]
        if kind in (sympy.Heaviside, sympy.sign, sympy.Abs):
            yes, no = {
                sympy.Heaviside: (sympy.Integer(1), sympy.Integer(0)),
                sympy.sign: (sympy.Integer(1), sympy.Integer(-1)),
                sympy.Abs: (x, -x),
            }[kind]
            return self._either(given[0], yes, no)
        for one, other in zip(args[1:], given[1:], strict=True):
            # of more than two, the best so far need not be a function of the clock alone: compare in turn
            gap = given[0] - other
            if len(args) > 2 or not self._known([gap]):
                return None
            yes, no = (x, one) if kind in (sympy.Max, Larger) else (one, x)
            x = self._either(gap, yes, no)
        return x

    def _either(self, gap: sympy.Expr, yes: sympy.Expr, no: sympy.Expr) -> sympy.Expr:
        condition = gap > 0
        if not isinstance(condition, Relational):
            return yes if condition else no
        return sympy.Piecewise((yes, self._symbol(condition)), (no, True))

    @property
    def symbols(self) -> list[sympy.Symbol]:
        """The symbols of the conditions, in order."""
        return list(self.conditions.values())


_EDGES = (
    sympy.Heaviside,
    sympy.sign,
    sympy.Abs,
    sympy.Max,
    sympy.Min,
    Larger,
    Smaller,
)


def gap_of(condition: Relational) -> sympy.Expr:
    """By how much the left side of a condition exceeds the right one."""
    return condition.lhs - condition.rhs


def spacing_of(condition: Relational) -> sympy.Expr | None:
    """How closely a condition is looked at for where it changes; None where it changes once, by a straight line.

    A number of hours in which no part turns by much; 0 where nothing says how fast it changes; below 0 where all that
    changes fades, so that one may look ever more rarely.
    """
    gap = gap_of(condition)
    if TIME not in sympy.diff(gap, TIME).free_symbols:
        return None
    turning: list[sympy.Expr] = []
    fading: list[sympy.Expr] = []
    for node in sympy.preorder_traversal(gap):
        if isinstance(node, _TURNS + _FADES) and TIME in node.free_symbols:
            slope = sympy.diff(node.args[0], TIME)
            if TIME in slope.free_symbols:
                return sympy.Integer(0)
            (turning if isinstance(node, _TURNS) else fading).append(sympy.Abs(slope))
    if turning:
        return _SHARE_OF_A_RADIAN / _largest([*turning, *fading])
    return -_SHARE_OF_A_RADIAN / _largest(fading) if fading else sympy.Integer(0)


def _largest(values: list[sympy.Expr]) -> sympy.Expr:
    return reduce(Larger, values)
