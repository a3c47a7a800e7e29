"""The Jacobian by the chain rule against derivatives of the rates written out."""

import random

import pytest
import sympy

from speciosa.engine.kernel.plan import Plan
from speciosa.model import Model
from speciosa.pharmacology.assembly import system

x, y, z, p, g = sympy.symbols("x y z p g", real=True)
RATES = [
    p * x / (1 + p * x + y) - z,
    (x / (1 + x + y)) ** g - p * z,
    sympy.exp(-p * x * y) * (x + y) / (1 + x + y) ** 2,
    sympy.sqrt(x + y) + sympy.log(1 + x * y) - 1 / (x + y),
    sympy.Max(0, x - y) ** 2 + sympy.Max(0, x - y) * z,
    sympy.Piecewise((x * y, x + y > 2), ((x + y) / z, True)) + (x + y) / z,
]


def value(block, by):
    """Every value of a block at a point, each definition after those before it."""
    known = dict(by)
    for symbol, part in block.shared:
        known[symbol] = part.subs(known)
    return [sympy.sympify(entry).subs(known) for entry in block.values]


def model(rates) -> Model:
    m = Model("slopes")
    m.parameter("p", 0.7, "1/h")
    m.parameter("g", 1.6, "1")
    for name in ("x", "y", "z"):
        m.state(name, "1")
    for state, rate in zip((x, y, z), rates, strict=True):
        m.rate(state, rate)
    m.output("x", x, "1")
    return m


@pytest.mark.parametrize("first", range(len(RATES)))
def test_jacobian_is_that_of_the_rates(first):
    rates = [RATES[(first + k) % len(RATES)] for k in range(3)]
    draft = model(rates)._draft
    draft.faults.clear()
    equations = _unchecked(draft)
    plan = Plan(equations)
    slopes = plan.jacobian
    draw = random.Random(first)
    for _ in range(5):
        point = {s: sympy.Float(draw.uniform(0.3, 3)) for s in (x, y, z)}
        constants = {p: sympy.Float(0.7), g: sympy.Float(1.6)}
        held = {}
        for symbol, constant in plan.constants.items():
            held[symbol] = constant.subs(held).subs(constants)
        found = dict(zip(slopes.places, value(slopes.block, point | held), strict=True))
        for i, rate in enumerate(equations.inlined_rates):
            for j, state in enumerate((x, y, z)):
                expected = float(sympy.diff(rate, state).subs(point | constants))
                assert float(found.get((i, j), 0)) == pytest.approx(expected, rel=1e-12, abs=1e-14)


def _unchecked(draft):
    from speciosa.model.equations import Equations

    return Equations(
        "slopes", tuple(draft.parameters.values()), (), (), (), tuple(draft.states.values()),
        tuple(sympy.Add(*draft.rates[s]) for s in draft.states), tuple(draft.outputs.values()), (),
    )  # fmt: skip


def test_states_that_share_a_receptor_cost_little_each():
    plan = Plan(system(("mitragynine",), ("cows", "pain_nrs", "liking_vas")).build())
    written_out = 0
    for rate in plan.rates.values:
        written_out += len(rate.free_symbols)
    slopes = plan.jacobian
    assert (
        len(slopes.places)
        == len(set(slopes.places))
        == len(slopes.block.values)
        == len(slopes.curved)
    )
    assert slopes.block.operations < 8 * len(slopes.places)
