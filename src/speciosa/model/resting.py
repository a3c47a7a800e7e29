"""A model without what stands still in given people: states that are empty and stay empty are left out.

A person who takes no opioid every day has no habitual opioid at any receptor; after a drug that acts at none, nothing of what
follows from receptors moves. Which states those are is read from the equations: the most that are 0 at the start, receive no
dose and have the rate 0 while all of them are 0. What is left gives the same outputs, to rounding, from fewer equations.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache

import sympy

from speciosa.model.equations import Equations
from speciosa.model.extremes import undecided
from speciosa.model.records import Formula, Parameter

_NONE = sympy.Integer(0)


@lru_cache(maxsize=64)
def without_resting(equations: Equations, zeros: frozenset[str] = frozenset()) -> Equations:
    """The same model in fewer equations, for people in whom some covariates are 0.

    Parameters and covariates stay, so that the same tables of patients fit. A model in which nothing moves is left as it is, and
    so is one with events, which may set off what rests.

    Args:
        equations: a checked model.
        zeros: names of covariates that are 0 in everybody, at all times.

    Example:
        >>> from speciosa.model import Model
        >>> m = Model("a drug, and one taken before")
        >>> use, k = m.covariate("use", 0, "mg"), m.parameter("k", 0.1, "1/h")
        >>> now, before = m.state("now", "mg"), m.state("before", "mg", use)
        >>> m.rate(now, -k * now)
        >>> m.rate(before, -k * before)
        >>> both = m.output("both", now + before, "mg")
        >>> m.dose_target("drug", now)
        >>> without_resting(m.build(), frozenset({"use"})).state_names
        ('now',)
    """
    if equations.events:
        return equations
    people = _Known(equations.parameters, zeros)
    people.keep(equations.derived_in_order)
    dosed = {target.state for target in equations.targets}
    starts = {state.name: people(state.initial) for state in equations.states}
    resting = {name for name, start in starts.items() if name not in dosed and start == 0}
    written = tuple(
        replace(formula, expression=people(formula.expression))
        for formula in equations.formulas_in_order
    )
    all_rates = [people(rate) for rate in equations.rates]
    while True:
        known = people.with_zeros(resting)
        formulas = known.keep(written)
        rates = [known(rate) for rate in all_rates]
        moving = {
            state.name
            for state, rate in zip(equations.states, rates, strict=True)
            if state.name in resting and rate != 0
        }
        if not moving:
            break
        resting -= moving
    left = [i for i, state in enumerate(equations.states) if state.name not in resting]
    if len(left) in (0, len(equations.states)):
        return equations
    return replace(
        equations,
        formulas=formulas,
        states=tuple(
            replace(state, initial=starts[state.name])
            for state in (equations.states[i] for i in left)
        ),
        rates=tuple(rates[i] for i in left),
        outputs=tuple(
            replace(output, expression=known(output.expression)) for output in equations.outputs
        ),
    )


class _Known:
    """Expressions in which what is known to be 0, and all numbers that follow from it, are written as numbers."""

    def __init__(self, parameters: Sequence[Parameter], zeros: Iterable[str]) -> None:
        self._values: dict[sympy.Basic, sympy.Expr] = {}
        self._positive = {
            sympy.Symbol(p.name, real=True)
            for p in parameters
            if p.value > 0 and p.distribution != "normal"
        }
        self._set(zeros)

    def _set(self, zeros: Iterable[str]) -> None:
        self._values |= {sympy.Symbol(name, real=True): _NONE for name in zeros}

    def with_zeros(self, zeros: Iterable[str]) -> "_Known":
        """The same, and more that is known to be 0."""
        more = copy(self)
        more._values = dict(self._values)
        more._set(zeros)
        return more

    def __call__(self, expression: sympy.Expr) -> sympy.Expr:
        """An expression with the numbers in it."""
        before = undecided(expression)
        found = before.xreplace(self._values)
        if found is before:
            return found
        while empty := [p for p in found.atoms(sympy.Pow) if self._is_nothing(p)]:
            found = found.xreplace(dict.fromkeys(empty, _NONE))
        return found

    def keep(self, formulas: Sequence[Formula]) -> tuple[Formula, ...]:
        """Formulas, each after those it needs, that are no plain numbers; those that are count as known from here on."""
        left = []
        for formula in formulas:
            value = self(formula.expression)
            if value.is_number:
                self._values[sympy.Symbol(formula.name, real=True)] = value
            else:
                left.append(replace(formula, expression=value))
        return tuple(left)

    def _is_nothing(self, power: sympy.Pow) -> bool:
        """A power of 0; SymPy leaves it as it is where it does not know that the exponent is positive."""
        return bool(power.base == 0 and power.exp in self._positive)
