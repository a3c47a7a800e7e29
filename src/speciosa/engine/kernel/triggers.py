"""Conditions that set events off, taken apart: comparisons of what changes, each with the symbol by which the driver holds it.

``(x > 1) & (time < 5)`` becomes ``_e0 & _w0``. What `_w0` is changes at times known beforehand (`clock`); `_e0` is held until
the driver sees the gap ``x - 1`` change its sign within a step, and steps exactly there. So a condition changes at one moment
only, whatever rounding makes of the gap at that moment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import sympy
from sympy.core.relational import Relational

from speciosa.engine.kernel.clock import Clock, gap_of
from speciosa.engine.kernel.logic import spelled_out
from speciosa.engine.kernel.lower import sign_of
from speciosa.model import Equations
from speciosa.model.records import StateEvent

LAST = sympy.Float(-1e300)
"""The priority of an event without one."""
SIGNS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True)
class Triggers:
    """What a kernel evaluates for the events of a model.

    Attributes:
        comparisons: of what changes, by the symbol that holds each.
        rows: for each event in turn its condition as 0 or 1, its priority, its delay, and what each of its states becomes.
    """

    comparisons: dict[Relational, sympy.Symbol]
    rows: tuple[tuple[sympy.Expr, ...], ...]

    @staticmethod
    def of(equations: Equations, clock: Clock) -> "Triggers":
        """Takes the conditions of all events apart; those on time are added to the clock."""
        comparisons: dict[Relational, sympy.Symbol] = {}

        def held(node: sympy.Basic) -> sympy.Basic:
            if isinstance(node, Relational):
                if node.free_symbols <= equations.static_symbols:
                    return node
                comparisons.setdefault(node, sympy.Symbol(f"_e{len(comparisons)}", real=True))
                return comparisons[node]
            if not node.args:
                return node
            return spelled_out(node).func(*map(held, spelled_out(node).args))

        rows = [
            _row(event, equations, lambda when: held(clock(when))) for event in equations.events
        ]
        return Triggers(comparisons, tuple(rows))

    @property
    def gaps(self) -> list[sympy.Expr]:
        """By how much the left side of each comparison exceeds the right one."""
        return [gap_of(comparison) for comparison in self.comparisons]

    @property
    def signs(self) -> list[int]:
        """How each comparison is written, as its place in `SIGNS`."""
        return [SIGNS.index(sign_of(comparison)) for comparison in self.comparisons]

    @property
    def values(self) -> list[sympy.Expr]:
        """All rows, one after another."""
        return [value for row in self.rows for value in row]


def _row(
    event: StateEvent, equations: Equations, held: Callable[[sympy.Basic], sympy.Basic]
) -> tuple[sympy.Expr, ...]:
    when = held(equations.inline(event.when))
    truth = sympy.Piecewise((sympy.Integer(1), when), (sympy.Integer(0), True))
    priority = LAST if event.priority is None else equations.inline(event.priority)
    after = (equations.inline(value) for _, value in event.then)
    return (truth, priority, equations.inline(event.delay), *after)


@lru_cache(maxsize=256)
def triggers_of(equations: Equations) -> Triggers:
    """The conditions of a model's events, for whoever needs their number and kind."""
    return Triggers.of(equations, Clock(equations.static_symbols))
