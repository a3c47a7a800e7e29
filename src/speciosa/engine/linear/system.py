"""Linear models as matrices: x' = A x + b + infusions, with outputs y = C x + d or curved functions of x.

Which models are linear is read off the equations: every rate must be affine in the states, with coefficients made of
parameters and covariates only. The entries are evaluated for many patients at a time, so a new linear model compiles
nothing.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.engine.kernel.clock import TIME, Clock
from speciosa.engine.linear.modes import Groups, groups_of
from speciosa.engine.linear.tape import Tape
from speciosa.model import Equations

_AFTER = sympy.Symbol("time after", real=True)
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Static:
    """The numbers of a linear model in each row (a patient, between two changes of a covariate).

    Attributes:
        a, b: matrix and constant of the rates, shapes ``(rows, states, states)`` and ``(rows, states)``.
        c, d: the same of what is observed, ``(rows, observed, states)`` and ``(rows, observed)``.
        initial: shape ``(rows, states)``.
        bioavailability, lag, duration, entry_rate: of each dose target, shape ``(rows, targets)``; 0 for no duration or
            rate of its own.
    """

    a: Values
    b: Values
    c: Values
    d: Values
    initial: Values
    bioavailability: Values
    lag: Values
    duration: Values
    entry_rate: Values


@dataclass(frozen=True)
class Affine:
    """Expressions that are affine in the states: entries that are not zero, and constants."""

    slopes: dict[tuple[int, int], sympy.Expr]
    constants: dict[int, sympy.Expr]


class LinearSystem:
    """A linear model, ready to be evaluated.

    Args:
        equations: a model for which `linear_system` finds this.
        rates: its rates.
        observed: what is observed of the states: linear outputs, and states that curved outputs need.
        linear_outputs: index of each linear output among `observed`.
        curved: index and expression of each output that is not linear.
        needed: index among `observed` of each state that curved outputs need, by state.
        areas: how many states, the last ones, are areas.
    """

    def __init__(
        self,
        equations: Equations,
        rates: Affine,
        observed: Affine,
        linear_outputs: dict[int, int],
        curved: dict[int, sympy.Expr],
        needed: dict[int, int],
        areas: int = 0,
    ) -> None:
        self.equations, self.rates, self.observed = equations, rates, observed
        self.linear_outputs, self.curved, self.needed = linear_outputs, curved, needed
        self.model_states = len(equations.states) - areas
        self.observed_count = len(linear_outputs) + len(needed)
        self.states = [sympy.Symbol(name, real=True) for name in equations.state_names]
        names = [p.name for p in equations.parameters] + [c.name for c in equations.covariates]
        self.static = [sympy.Symbol(name, real=True) for name in names]
        self._derived = [
            (sympy.Symbol(formula.name, real=True), formula.expression)
            for formula in equations.derived_in_order
        ]

    @cached_property
    def blocks(self) -> list[list[int]]:
        """States in groups that act on each other, each group after those that act on it."""
        count, acts = len(self.states), self.reached
        groups: list[list[int]] = []
        for i in sorted(range(count), key=lambda i: int(acts[i].sum())):
            if not any(i in group for group in groups):
                groups.append([j for j in range(count) if acts[i, j] and acts[j, i]])
        return groups

    @cached_property
    def groups(self) -> Groups:
        """The same as arrays."""
        return groups_of(self.blocks, self.reached)

    @cached_property
    def reached(self) -> NDArray[np.bool_]:
        """Whether state j acts on state i, directly or through others: shape ``(states, states)``."""
        count = len(self.states)
        acts = np.eye(count, dtype=bool)
        for i, j in self.rates.slopes:
            acts[i, j] = True
        for k in range(count):
            acts |= np.outer(acts[:, k], acts[k])
        return acts

    def evaluate(self, static: Values) -> Static:
        """The numbers for given parameters and covariates, shape ``(parameters + covariates, rows)``."""
        rows, n, observed = static.shape[1], len(self.states), self.observed_count
        values = self._entries(*static)
        targets = self.equations.targets
        a, b = np.zeros((rows, n, n)), np.zeros((rows, n))
        c, d = np.zeros((rows, observed, n)), np.zeros((rows, observed))
        initial = np.zeros((rows, n))
        modifiers = np.zeros((4, rows, len(targets)))
        filled = iter(values)
        for array, keys in (
            (a, self.rates.slopes), (b, self.rates.constants),
            (c, self.observed.slopes), (d, self.observed.constants),
        ):  # fmt: skip
            for key in keys:
                array[(slice(None), *np.atleast_1d(key))] = next(filled)
        for i in range(n):
            initial[:, i] = next(filled)
        for array in modifiers:
            for i in range(len(targets)):
                array[:, i] = next(filled)
        return Static(a, b, c, d, initial, *modifiers)

    def curved_values(self, states: Values, static: Values, times: Values, after: Values) -> Values:
        """Outputs that are not linear, shape ``(curved, rows, times)``.

        Args:
            states: those that are needed, shape ``(needed, rows, times)``.
            static: shape ``(parameters + covariates, rows, 1)``, or one value a time.
            times: hours, of a shape that fits ``(rows, times)``.
            after: just after them, or just before: when conditions on the clock are looked at.
        """
        values = self._curved(*states, *static, times, after)
        return np.stack([np.broadcast_to(value, states.shape[1:]) for value in values])

    @cached_property
    def _entries(self) -> Tape:
        targets = self.equations.targets
        zero = sympy.Integer(0)
        expressions = [
            *self.rates.slopes.values(),
            *self.rates.constants.values(),
            *self.observed.slopes.values(),
            *self.observed.constants.values(),
            *(state.initial for state in self.equations.states),
            *(target.bioavailability for target in targets),
            *(target.lag for target in targets),
            *(zero if target.duration is None else target.duration for target in targets),
            *(zero if target.rate is None else target.rate for target in targets),
        ]
        return Tape(self.static, expressions, self._derived)

    @cached_property
    def _curved(self) -> Tape:
        states = [self.states[i] for i in self.needed]
        clock = Clock(self.equations.static_symbols)
        curved = [clock(value) for value in self.curved.values()]
        held = {
            symbol: condition.xreplace({TIME: _AFTER})
            for condition, symbol in clock.conditions.items()
        }
        written = [value.xreplace(held) for value in curved]
        return Tape([*states, *self.static, TIME, _AFTER], written, self._derived)


@lru_cache(maxsize=256)
def linear_system(equations: Equations, areas: int = 0) -> LinearSystem | None:
    """The model as matrices; None where it is not linear, or has events. The last `areas` states are areas."""
    if equations.events:
        return None
    slopes: dict[tuple[int, int], sympy.Expr] = {}
    constants: dict[int, sympy.Expr] = {}
    if _curved_as_written(equations):
        return None
    for i, rate in enumerate(equations.inlined_rates):
        row = _affine(equations, rate)
        if row is None:
            return None
        _add_row(i, row, slopes, constants)
    observed_slopes: dict[tuple[int, int], sympy.Expr] = {}
    observed_constants: dict[int, sympy.Expr] = {}
    linear_outputs: dict[int, int] = {}
    curved: dict[int, sympy.Expr] = {}
    for index, value in enumerate(equations.inlined_outputs):
        row = _affine(equations, value)
        if row is None:
            curved[index] = value
        else:
            linear_outputs[index] = len(linear_outputs)
            _add_row(linear_outputs[index], row, observed_slopes, observed_constants)
    symbols = [sympy.Symbol(name, real=True) for name in equations.state_names]
    wanted = {symbol for value in curved.values() for symbol in value.free_symbols}
    needed: dict[int, int] = {}
    for i, symbol in enumerate(symbols):
        if symbol in wanted:
            needed[i] = len(linear_outputs) + len(needed)
            observed_slopes[needed[i], i] = sympy.Integer(1)
    return LinearSystem(
        equations,
        Affine(slopes, constants),
        Affine(observed_slopes, observed_constants),
        linear_outputs,
        curved,
        needed,
        areas,
    )


def _curved_as_written(equations: Equations) -> bool:
    """Whether a rate, or a formula that one needs, is no polynomial of what moves: seen without writing anything out."""
    formulas = {sympy.Symbol(f.name, real=True): f.expression for f in equations.formulas}
    waiting, seen = list(equations.rates), set[sympy.Basic]()
    while waiting:
        expression = waiting.pop()
        moving = expression.free_symbols - equations.static_symbols
        # a choice by constants is a polynomial where each of its branches is
        if not expression.has(sympy.Piecewise) and not expression.is_polynomial(*moving):
            return True
        new = (moving & formulas.keys()) - seen
        seen |= new
        waiting += [formulas[symbol] for symbol in new]
    return False


Row = tuple[dict[int, sympy.Expr], sympy.Expr]


def _add_row(
    i: int,
    row: Row,
    slopes: dict[tuple[int, int], sympy.Expr],
    constants: dict[int, sympy.Expr],
) -> None:
    slopes.update({(i, j): slope for j, slope in row[0].items()})
    if row[1] != 0:
        constants[i] = row[1]


def _affine(equations: Equations, expression: sympy.Expr) -> Row | None:
    """Slopes by state and the constant; None where the expression is not affine with static coefficients."""
    places = {sympy.Symbol(name, real=True): i for i, name in enumerate(equations.state_names)}
    row = _split(expression, places, {})
    moving = expression.free_symbols & places.keys()
    if row is None and expression.is_polynomial(*moving):
        # powers may cancel when they are multiplied out
        row = _split(sympy.expand(expression), places, {})
    if row is None or row[1].has(sympy.oo, -sympy.oo, sympy.zoo, sympy.nan):
        return None
    return row


def _split(
    node: sympy.Basic, places: dict[sympy.Symbol, int], known: dict[sympy.Basic, Row | None]
) -> Row | None:
    """See `_affine`. A condition on states is not affine: it has no slope where it holds and none where it does not, and acts."""
    if node in places:
        return {places[node]: sympy.Integer(1)}, sympy.Integer(0)
    if not node.args:
        return None if node == TIME else ({}, node)
    if isinstance(node, sympy.Piecewise):
        return _chosen(node, places, known)
    if node not in known:
        parts = [_split(part, places, known) for part in node.args]
        known[node] = None if None in parts else _joined(node, [p for p in parts if p is not None])
    return known[node]


def _chosen(
    node: sympy.Piecewise,
    places: dict[sympy.Symbol, int],
    known: dict[sympy.Basic, Row | None],
) -> Row | None:
    """Of a choice by constants, the slopes and constants of its branches, each under its condition."""
    conditions = [condition for _, condition in node.args]
    if any(condition.free_symbols & {TIME, *places} for condition in conditions):
        return None
    rows = [_split(value, places, known) for value, _ in node.args]
    if None in rows:
        return None
    found = [row for row in rows if row is not None]

    def under(values: list[sympy.Expr]) -> sympy.Expr:
        return sympy.Piecewise(*zip(values, conditions, strict=True))

    moved = sorted({j for row in found for j in row[0]})
    zero = sympy.Integer(0)
    return {j: under([row[0].get(j, zero) for row in found]) for j in moved}, under(
        [row[1] for row in found]
    )


def _joined(node: sympy.Basic, parts: list[Row]) -> Row | None:
    moving = [part for part in parts if part[0]]
    if not moving:
        return {}, node
    if isinstance(node, sympy.Add):
        slopes: dict[int, list[sympy.Expr]] = {}
        for part in moving:
            for j, slope in part[0].items():
                slopes.setdefault(j, []).append(slope)
        return {j: sympy.Add(*some) for j, some in slopes.items()}, sympy.Add(
            *(p[1] for p in parts)
        )
    if not isinstance(node, sympy.Mul) or len(moving) > 1:
        return None
    factor = sympy.Mul(*(part[1] for part in parts if not part[0]))
    only, constant = moving[0]
    return {j: factor * slope for j, slope in only.items()}, factor * constant
