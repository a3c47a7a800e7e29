"""What a kernel computes, worked out from the equations before any code is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy

from speciosa.engine.codes import FAR
from speciosa.engine.kernel.clock import TIME as TIME
from speciosa.engine.kernel.clock import Clock, gap_of, spacing_of
from speciosa.engine.kernel.lower import Hoist, count_operations
from speciosa.engine.kernel.slopes import Definitions, Place, derivative, jacobian
from speciosa.engine.kernel.triggers import Triggers
from speciosa.model import Equations
from speciosa.model.extremes import Larger


@dataclass(frozen=True)
class Block:
    """Expressions with their common parts taken out: first `shared`, in order, then `values`."""

    shared: Definitions
    values: list[sympy.Expr]

    @staticmethod
    def of(expressions: Sequence[sympy.Basic], prefix: str) -> "Block":
        """Takes out what occurs more than once."""
        symbols = sympy.numbered_symbols(prefix, real=True)
        shared, values = sympy.cse(list(expressions), symbols=symbols, order="none")
        return Block(shared, values)

    def by_user(self) -> list[tuple[int, Definitions, list[tuple[int, sympy.Expr]]]]:
        """The block in parts by which values need them, as bits of `value_bit`: those that most values need first."""
        users: dict[sympy.Symbol, int] = {symbol: 0 for symbol, _ in self.shared}
        for i, value in enumerate(self.values):
            for symbol in value.free_symbols & users.keys():
                users[symbol] |= value_bit(i)
        for symbol, expression in reversed(self.shared):
            for other in expression.free_symbols & users.keys():
                users[other] |= users[symbol]
        masks = {*users.values(), *(value_bit(i) for i in range(len(self.values)))}
        return [
            (
                mask,
                [(symbol, e) for symbol, e in self.shared if users[symbol] == mask],
                [(i, value) for i, value in enumerate(self.values) if value_bit(i) == mask],
            )
            for mask in sorted(masks, key=lambda mask: (-mask.bit_count(), mask))
        ]

    @property
    def operations(self) -> int:
        """How many operations it takes."""
        return count_operations([*(value for _, value in self.shared), *self.values])


@dataclass(frozen=True)
class Jacobian:
    """Derivatives of rates by states: rate and state of each, their block, and whether each depends on states or time."""

    places: list[Place]
    block: Block
    curved: list[bool]


def value_bit(i: int) -> int:
    """The bit by which value `i` of a block is asked for; beyond 62 values, some share one."""
    return int(1 << i % 62)


class Plan:
    """The hoisted equations of a model.

    Args:
        equations: a checked model.
        extra: further expressions of states to evaluate beside the outputs: conditions of decisions (as 0 or 1) and
            their amounts.
    """

    def __init__(self, equations: Equations, extra: Sequence[sympy.Expr] = ()) -> None:
        self.equations = equations
        self.states = [sympy.Symbol(name, real=True) for name in equations.state_names]
        self.parameters = [p.name for p in equations.parameters]
        self.covariates = [c.name for c in equations.covariates]
        self.output_count = len(equations.outputs)
        self.clock = Clock(equations.static_symbols)
        self._rates = [self.clock(rate) for rate in equations.inlined_rates]
        # decisions are taken at a moment, to which a condition on the clock applies as it is written
        self._outputs = [
            *(self.clock(value) for value in equations.inlined_outputs),
            *map(equations.inline, extra),
        ]
        self.triggers = Triggers.of(equations, self.clock)
        self.first_gap = len(self._outputs)
        self._outputs += [*map(self.clock, self.triggers.gaps), *self.triggers.values]
        self._hoist = Hoist(equations.static_symbols | set(self.clock.symbols))
        self.gaps = Block.of([self._hoist(gap_of(c)) for c in self.clock.conditions], "_g")
        self.rates = Block.of([self._hoist(rate) for rate in self._rates], "_r")
        self.outputs = Block.of([self._hoist(value) for value in self._outputs], "_o")
        names = equations.state_names
        self.infused = sorted({names.index(target.state) for target in equations.targets})

    @property
    def constants(self) -> dict[sympy.Symbol, sympy.Expr]:
        """Patient constants that the blocks asked for so far."""
        return self._hoist.constants

    @property
    def slope_count(self) -> int:
        """Values whose slopes are kept: those of outputs, then those of the gaps of comparisons that set events off."""
        return self.output_count + len(self.triggers.comparisons)

    def value_of_slope(self, i: int) -> int:
        """Which value of `outputs` slope `i` belongs to."""
        return i if i < self.output_count else self.first_gap + i - self.output_count

    def slope_of_value(self, i: int) -> int | None:
        """Which slope belongs to value `i` of `outputs`; None where none is kept."""
        if i < self.output_count:
            return i
        gap = i - self.first_gap
        return self.output_count + gap if 0 <= gap < len(self.triggers.comparisons) else None

    @property
    def timed(self) -> bool:
        """Whether a rate depends on time itself."""
        return any(TIME in rate.free_symbols for rate in self._rates)

    @property
    def spacings(self) -> list[sympy.Expr]:
        """How closely each condition on time is looked at for where it changes, hours; infinity for a straight line."""
        found = [spacing_of(condition) for condition in self.clock.conditions]
        return [sympy.Float(FAR) if spacing is None else spacing for spacing in found]

    @cached_property
    def poles(self) -> Block:
        """Denominators of rates that hold states: a solution does not pass through where one is 0, nor may a step.

        Those are left out that are above 0 whatever the states are.
        """
        symbols, seen = set(self.states), set()
        found: dict[sympy.Expr, None] = {}

        def visit(node: sympy.Basic) -> None:
            if node in seen or symbols.isdisjoint(node.free_symbols):
                return
            seen.add(node)
            if isinstance(node, sympy.Pow) and node.args[1].is_number and node.args[1] < 0:
                if not _is_positive(node.args[0]):
                    found[node.args[0]] = None
            for argument in node.args:
                visit(argument)

        for rate in self._rates:
            visit(self._hoist(rate))
        return Block.of(list(found), "_d")

    @cached_property
    def observed(self) -> list[int]:
        """States that outputs and conditions depend on: only these are interpolated."""
        symbols = set().union(*(value.free_symbols for value in self._outputs))
        return [i for i, state in enumerate(self.states) if state in symbols]

    @cached_property
    def jacobian(self) -> Jacobian:
        """Derivatives of rates by states, where they are not zero everywhere."""
        more, entries = jacobian(self.rates.shared, self.rates.values, self.states, self._hoist)
        definitions = [*self.rates.shared, *more]
        symbols = sympy.numbered_symbols("_j", real=True)
        common, found = sympy.cse(
            [*(part for _, part in definitions), *entries.values()], symbols=symbols, order="none"
        )
        names = [symbol for symbol, _ in definitions]
        known = {**dict(common), **dict(zip(names, found, strict=False))}
        values = found[len(names) :]
        shared = _needed(values, known)
        moving = {TIME, *self.states}
        for symbol, part in shared:
            if part.free_symbols & moving:
                moving.add(symbol)
        curved = [bool(value.free_symbols & moving) for value in values]
        return Jacobian(list(entries), Block(shared, values), curved)

    @cached_property
    def time_slopes(self) -> dict[int, sympy.Expr]:
        """Derivatives of rates by time, where they are not zero everywhere."""
        slopes = {i: derivative(self._hoist(rate), TIME) for i, rate in enumerate(self._rates)}
        return {i: self._hoist(slope) for i, slope in slopes.items() if slope != 0}


def _is_positive(node: sympy.Basic) -> bool:
    """Whether a value is seen to be above 0: an exponential, or a sum of what is not below 0 with what is above."""
    if node.is_number:
        return bool(node > 0)
    if isinstance(node, sympy.Add):
        return any(map(_is_positive, node.args)) and all(map(_is_not_negative, node.args))
    return isinstance(node, sympy.exp)


def _is_not_negative(node: sympy.Basic) -> bool:
    if isinstance(node, sympy.Pow):
        return _is_not_negative(node.args[0])
    if isinstance(node, sympy.Mul):
        return all(map(_is_not_negative, node.args))
    if isinstance(node, sympy.Max) or node.func is Larger:
        return any(argument.is_number and argument >= 0 for argument in node.args)
    return bool(node.is_number and node >= 0) or _is_positive(node)


def _needed(values: Sequence[sympy.Basic], known: dict[sympy.Symbol, sympy.Expr]) -> Definitions:
    """The definitions that values need, each after those it needs itself."""
    ordered: dict[sympy.Symbol, sympy.Expr] = {}

    def visit(expression: sympy.Basic) -> None:
        for symbol in sorted(expression.free_symbols & known.keys(), key=str):
            if symbol not in ordered:
                visit(known[symbol])
                ordered[symbol] = known[symbol]

    for value in values:
        visit(value)
    return list(ordered.items())
