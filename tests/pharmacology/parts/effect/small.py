"""One effect part in a model of its own: its inputs are states, so that a point can give them any value."""

from collections.abc import Callable, Mapping

from sympy import Expr, Integer
from tests.pharmacology.parts.points import Point, point

from speciosa.model import Equations, Model
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers

Build = Callable[[Model, EffectNumbers, dict[str, Expr]], Mapping[str, tuple[Expr, str]]]


def part(build: Build, inputs: Mapping[str, str] | None = None) -> Equations:
    """The part as a model.

    Args:
        build: adds the part; its values are outputs with their units.
        inputs: names and units of what the part takes.
    """
    m = Model("one part")
    given = {name: m.state(name, unit) for name, unit in (inputs or {}).items()}
    outputs = build(m, EffectNumbers(m), given)
    for state in given.values():
        m.rate(state, Integer(0))
    for name, (expression, unit) in outputs.items():
        m.output(name, expression, unit)
    return m.build()


def fractions(equations: Equations, seed: int, **given: float) -> Point:
    """A random point whose states are between 0.01 and 1."""
    return point(equations, seed, states=(0.01, 1.0), **given)


def numbers(at: Point) -> dict[str, float]:
    """The numbers of the effects at a point, by their names in the parameter files."""
    return {
        name.removeprefix("effects."): value
        for name, value in at.values.items()
        if name.startswith("effects.")
    }
