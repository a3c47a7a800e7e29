"""Random points at which a built model is compared with formulas written out by hand.

A point gives a number to every parameter, covariate and state of a model. `rates`, `outputs`, `initial` and `targets`
are the model's own answers there; the tests of the parts compute the same from the docstrings.
"""

from dataclasses import dataclass, field

import numpy as np
import sympy

from speciosa.model import Equations

KEPT = ("unit_", "full_filtration", "effects.unit", "age ")
"""Constants that stand for units or definitions, not for quantities."""
RANGES = {
    "weight": (45.0, 130.0),
    "age": (18.0, 95.0),
    "female": (0.0, 1.0),
    "bmi": (18.0, 40.0),
    "egfr": (5.0, 150.0),
    "hepatic": (0.2, 1.3),
    "food": (0.0, 1.0),
    "cyp2d6": (0.0, 3.0),
    "cyp2b6": (0.4, 4.0),
    "cyp2c9": (0.1, 1.0),
    "cyp2c19": (0.0, 1.6),
    "cyp3a": (0.3, 2.0),
    "opioid_history": (0.0, 200.0),
    "condition": (1.0, 4.0),
    "surgery": (1.0, 2.0),
    "rescue": (1.0, 2.0),
}


@dataclass
class Point:
    """A model with a number for every symbol of it."""

    equations: Equations
    values: dict[str, float]
    states: dict[str, float]
    time: float = 0.0
    _numbers: dict[sympy.Symbol, float] = field(default_factory=dict)
    _known: tuple[object, dict[sympy.Symbol, float]] | None = None

    def __post_init__(self) -> None:
        self._numbers = {_symbol(name): value for name, value in self.values.items()}
        for formula in self.equations.derived_in_order:
            self._numbers[_symbol(formula.name)] = float(formula.expression.xreplace(self._numbers))

    def of(self, expression: sympy.Expr) -> float:
        """The number that an expression of the model has here."""
        return float(sympy.sympify(expression).xreplace(self._here()))

    def _here(self) -> dict[sympy.Symbol, float]:
        """Every symbol, each formula after those that it needs; anew where states or time have changed."""
        key = (tuple(self.states.items()), self.time)
        if self._known is None or self._known[0] != key:
            numbers = self._numbers | {_symbol(n): v for n, v in self.states.items()}
            numbers[_symbol("time")] = self.time
            waiting = list(self.equations.formulas)
            while waiting:
                ready = [f for f in waiting if f.expression.free_symbols <= numbers.keys()]
                for formula in ready:
                    found = float(formula.expression.xreplace(numbers))
                    numbers[_symbol(formula.name)] = found
                waiting = [f for f in waiting if f not in ready]
            self._known = (key, numbers)
        return self._known[1]

    @property
    def rates(self) -> dict[str, float]:
        """Rate of every state, per hour."""
        return {
            name: self.of(rate)
            for name, rate in zip(self.equations.state_names, self.equations.rates, strict=True)
        }

    @property
    def outputs(self) -> dict[str, float]:
        """Every output."""
        return {output.name: self.of(output.expression) for output in self.equations.outputs}

    @property
    def initial(self) -> dict[str, float]:
        """Every state before the first dose."""
        return {state.name: self.of(state.initial) for state in self.equations.states}

    @property
    def derived(self) -> dict[str, float]:
        """What is computed once a patient."""
        return {f.name: self._numbers[_symbol(f.name)] for f in self.equations.derived}

    @property
    def targets(self) -> dict[tuple[str, str], tuple[float, float, float | None]]:
        """Bioavailability, lag and duration by dose target and state."""
        return {
            (target.name, target.state): (
                self.of(target.bioavailability),
                self.of(target.lag),
                None if target.duration is None else self.of(target.duration),
            )
            for target in self.equations.targets
        }


def point(
    equations: Equations,
    seed: int,
    states: tuple[float, float] = (1.0, 1e4),
    spread: float = 0.4,
    **given: float,
) -> Point:
    """A random point: parameters about their typical values, covariates over their range, states log-uniform."""
    rng = np.random.default_rng(seed)
    values = {}
    for record in equations.parameters:
        moved = record.value * float(np.exp(spread * rng.standard_normal()))
        if record.distribution == "logitnormal":
            odds = record.value / (1 - record.value) * np.exp(spread * rng.standard_normal())
            moved = float(odds / (1 + odds))
        values[record.name] = record.value if record.name.startswith(KEPT) else moved
    for covariate in equations.covariates:
        values[covariate.name] = float(rng.uniform(*RANGES.get(covariate.name, (0.0, 1.0))))
    low, high = np.log(states)
    amounts = {name: float(np.exp(rng.uniform(low, high))) for name in equations.state_names}
    values |= {name: value for name, value in given.items() if name not in amounts}
    amounts |= {name: value for name, value in given.items() if name in amounts}
    return Point(equations, values, amounts)


def _symbol(name: str) -> sympy.Symbol:
    return sympy.Symbol(name, real=True)
