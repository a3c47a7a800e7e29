"""Random models of the kinds that pharmacometricians integrate, against SciPy at 1e-12."""

from dataclasses import dataclass

import numpy as np
import pytest
import sympy
from numpy.random import Generator
from scipy.integrate import solve_ivp
from sympy.core.relational import Relational

from speciosa.engine import Event, simulate
from speciosa.model import Equations, Model

KINDS = ("target-mediated", "transit", "saturable", "enterohepatic", "cell-kill")
HOURS = 96.0


@dataclass(frozen=True)
class Case:
    """A model with what is done in it."""

    kind: str
    number: int
    equations: Equations
    doses: list[Event]
    times: np.ndarray


def case(kind: str, number: int) -> Case:
    """One random case of a kind, the same for the same number."""
    draw = np.random.Generator(np.random.PCG64([KINDS.index(kind), number]))
    m = Model(kind)
    WRITERS[kind](m, draw)
    for state in m.build().states:
        m.output(f"{state.name}_", sympy.Symbol(state.name, real=True), state.unit)
    doses = [
        Event(
            float(draw.choice([0.0, 0.0, 1.0, 6.5])) + 12.0 * i * int(draw.integers(1, 3)),
            "in",
            10.0 ** draw.uniform(-1, 2),
            over_h=float(draw.choice([0.1, 0.5, 2.0])) if draw.random() < 0.4 else None,
        )
        for i in range(int(draw.integers(1, 5)))
    ]
    doses.sort(key=lambda event: event.time_h)
    times = np.unique(np.concatenate([np.linspace(0, HOURS, 65), draw.uniform(0, HOURS, 32)]))
    return Case(kind, number, m.build(), doses, times)


def constant(m: Model, draw: Generator, name: str, low: float, high: float, unit: str):
    """A parameter, uniform in its logarithm."""
    return m.parameter(name, float(np.exp(draw.uniform(np.log(low), np.log(high)))), unit)


def target_mediated(m: Model, draw: Generator) -> None:
    """Binding to a target that turns over, with or without a peripheral compartment."""
    free = m.state("L", "nmol")
    make = constant(m, draw, "ksyn", 0.02, 5, "nmol/h")
    lose = constant(m, draw, "kdeg", 0.02, 2, "1/h")
    target = m.state("R", "nmol", initial=make / lose)
    bound = m.state("C", "nmol")
    on = constant(m, draw, "kon", 0.05, 200, "1/nmol/h")
    off = constant(m, draw, "koff", 0.005, 20, "1/h")
    inside = constant(m, draw, "kint", 0.005, 1, "1/h")
    out = constant(m, draw, "kel", 0.01, 0.5, "1/h")
    binding = on * free * target - off * bound
    m.rate(free, -out * free - binding)
    m.rate(target, make - lose * target - binding)
    m.rate(bound, binding - inside * bound)
    if draw.random() < 0.5:
        there = constant(m, draw, "k12", 0.02, 1, "1/h")
        back = constant(m, draw, "k21", 0.02, 1, "1/h")
        outside = m.state("P", "nmol")
        m.add_rate(free, back * outside - there * free)
        m.rate(outside, there * free - back * outside)
    m.dose_target("in", free)


def saturable_loss(m: Model, draw: Generator, amount):
    """Elimination that saturates, with or without a linear part."""
    most = constant(m, draw, "Vmax", 0.5, 50, "nmol/h")
    half = constant(m, draw, "Km", 0.05, 20, "nmol")
    loss = most * amount / (half + amount)
    if draw.random() < 0.5:
        loss = loss + constant(m, draw, "k10", 0.01, 0.5, "1/h") * amount
    return loss


def transit(m: Model, draw: Generator) -> None:
    """Absorption through a chain of compartments, and elimination that saturates."""
    through = constant(m, draw, "ktr", 0.5, 20, "1/h")
    count = int(draw.integers(2, 13))
    chain = [m.state(f"t{i}", "nmol") for i in range(count)]
    central = m.state("central", "nmol")
    for before, here in zip([None, *chain], chain, strict=False):
        m.rate(here, (through * before if before is not None else 0) - through * here)
    m.rate(central, through * chain[-1] - saturable_loss(m, draw, central))
    m.dose_target("in", chain[0])


def saturable(m: Model, draw: Generator) -> None:
    """One or two compartments, with or without absorption, and elimination that saturates."""
    central = m.state("central", "nmol")
    m.rate(central, -saturable_loss(m, draw, central))
    entry = central
    if draw.random() < 0.5:
        entry = m.state("gut", "nmol")
        absorbed = constant(m, draw, "ka", 0.2, 10, "1/h") * entry
        m.rate(entry, -absorbed)
        m.add_rate(central, absorbed)
    if draw.random() < 0.6:
        there = constant(m, draw, "k12", 0.02, 5, "1/h")
        back = constant(m, draw, "k21", 0.02, 5, "1/h")
        outside = m.state("P", "nmol")
        m.add_rate(central, back * outside - there * central)
        m.rate(outside, there * central - back * outside)
    m.dose_target("in", entry)


def enterohepatic(m: Model, draw: Generator) -> None:
    """Bile that gathers and is emptied at meals."""
    gut, central, bile = (m.state(name, "nmol") for name in ("gut", "central", "bile"))
    ka = constant(m, draw, "ka", 0.2, 5, "1/h")
    into = constant(m, draw, "kb", 0.02, 1, "1/h")
    empty = constant(m, draw, "ke", 1, 50, "1/h")
    hour = m.parameter("hour", 1.0, "h")
    meals = [float(draw.uniform(0, 90)) for _ in range(int(draw.integers(1, 5)))]
    open_ = sympy.Or(
        *(
            sympy.And(m.time / hour > at, m.time / hour < at + float(draw.uniform(0.2, 2)))
            for at in meals
        )
    )
    flow = sympy.Piecewise((empty, open_), (0, True)) * bile
    m.rate(gut, flow - ka * gut)
    m.rate(central, ka * gut - into * central - saturable_loss(m, draw, central))
    m.rate(bile, into * central - flow)
    m.dose_target("in", gut)


def cell_kill(m: Model, draw: Generator) -> None:
    """Cells that grow to a limit and are killed by a drug that fades; some are resting."""
    drug = m.state("drug", "nmol")
    m.rate(drug, -constant(m, draw, "ke", 0.05, 1, "1/h") * drug)
    cells = m.state("cells", "1", initial=10 ** draw.uniform(3, 6))
    resting = m.state("resting", "1")
    grow = constant(m, draw, "kg", 0.1, 2, "1/h")
    limit = m.parameter("limit", 10 ** draw.uniform(6.5, 9), "1")
    kill = constant(m, draw, "Emax", 0.5, 5, "1/h")
    half = constant(m, draw, "EC50", 0.1, 20, "nmol")
    power = m.parameter("hill", float(draw.uniform(0.7, 3)), "1")
    rest = constant(m, draw, "krest", 0.0005, 0.05, "1/h")
    wake = constant(m, draw, "kwake", 0.005, 0.2, "1/h")
    level = sympy.Max(drug / half, 0)
    effect = kill * level**power / (1 + level**power)
    growth = grow * cells * (1 - (cells + resting) / limit)
    m.rate(cells, growth - effect * cells - rest * cells + wake * resting)
    m.rate(resting, rest * cells - wake * resting)
    m.dose_target("in", drug)


WRITERS = {
    "target-mediated": target_mediated,
    "transit": transit,
    "saturable": saturable,
    "enterohepatic": enterohepatic,
    "cell-kill": cell_kill,
}


def exact(one: Case) -> tuple[np.ndarray, np.ndarray]:
    """All states at the times, from break to break by LSODA at 1e-12, and their largest sizes."""
    e = one.equations
    values = {sympy.Symbol(p.name, real=True): p.value for p in e.parameters}
    states = [sympy.Symbol(s.name, real=True) for s in e.states]
    time = sympy.Symbol("time", real=True)
    rates = [rate.subs(values) for rate in e.inlined_rates]
    plain = [{"Larger": max, "Smaller": min}, "math"]
    f = sympy.lambdify([time, states], rates, plain, cse=True)
    breaks = {0.0, HOURS}
    for condition in (c for rate in rates for c in rate.atoms(Relational) if c.has(time)):
        breaks.add(float(sympy.solve(condition.lhs - condition.rhs, time)[0]))
    for dose in one.doses:
        breaks |= {dose.time_h, dose.time_h + (dose.over_h or 0.0)}
    ordered = sorted(b for b in breaks if 0 <= b <= HOURS)
    target = e.state_names.index(e.targets[0].state)
    y = np.array([float(s.initial.subs(values)) for s in e.states])
    found, peak = np.empty((len(y), len(one.times))), np.abs(y)
    for begin, end in zip(ordered, [*ordered[1:], HOURS], strict=True):
        flow = 0.0
        for dose in one.doses:
            if dose.over_h is None and dose.time_h == begin:
                y[target] += dose.amount
            elif dose.over_h and dose.time_h <= begin < dose.time_h + dose.over_h - 1e-9:
                flow += dose.amount / dose.over_h
        peak = np.maximum(peak, np.abs(y))
        here = (one.times >= begin) & ((one.times < end) | (end == HOURS))
        if end <= begin:
            found[:, here] = y[:, None]
            continue

        def rhs(_, x, middle=0.5 * (begin + end), flow=flow):
            # conditions on time are those of the middle of the piece
            slope = np.array(f(middle, x), dtype=float)
            slope[target] += flow
            return slope

        dense = begin + (end - begin) * np.concatenate(
            [np.geomspace(1e-6, 1, 60), np.linspace(0, 1, 60)]
        )
        floor = 1e-18 * max(1e-3, float(np.abs(y).max()))
        got = solve_ivp(
            rhs, (begin, end), y, "LSODA", np.unique([*one.times[here], *dense]), rtol=1e-12, atol=floor
        )  # fmt: skip
        assert got.success
        found[:, here] = got.y[:, np.isin(got.t, one.times[here])]
        peak = np.maximum(peak, np.abs(got.y).max(axis=1))
        y = got.y[:, -1].copy()
    return found, peak


def worst_error(one: Case, method: str, right: np.ndarray, peak: np.ndarray) -> float:
    """The largest error of a state over its peak; 0 where the patient is said to have failed."""
    result = simulate(one.equations, one.doses, times=one.times, method=method, most_steps=500_000)
    if not result.ok.all():
        return 0.0
    found = np.array([result[f"{s.name}_"][0] for s in one.equations.states])
    return float((np.abs(found - right).max(axis=1) / np.where(peak > 0, peak, 1)).max())


def judge(kind: str, numbers: range) -> None:
    errors = {}
    for number in numbers:
        one = case(kind, number)
        right, peak = exact(one)
        for method in ("auto", "tsit5", "rodas5p"):
            errors[number, method] = worst_error(one, method, right, peak)
    assert max(errors.values()) <= 1e-6, {k: v for k, v in errors.items() if v > 1e-6}


@pytest.mark.parametrize("kind", KINDS)
def test_some_models(kind):
    judge(kind, range(3))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_forty_models_of_each_kind(kind):
    judge(kind, range(40))


@pytest.mark.parametrize("method", ["auto", "tsit5", "rodas5p"])
@pytest.mark.parametrize("most, dose", [(2.0, 100.0), (3.0, 100.0)])
def test_cells_that_fall_by_ten_powers_and_grow_back(most, dose, method):
    """From a million to 7e-5 or 2e-16 and back beyond: whatever is lost at the bottom is magnified on the way up."""
    m = Model("regrowth")
    fade, grow = m.parameter("ke", 0.1, "1/h"), m.parameter("kg", 0.8, "1/h")
    kill, half = m.parameter("Emax", most, "1/h"), m.parameter("EC50", 5.0, "mg")
    drug, cells = m.state("drug", "mg", initial=dose), m.state("cells", "1", initial=1e6)
    m.rate(drug, -fade * drug)
    m.rate(cells, grow * cells - kill * drug / (half + drug) * cells)
    m.output("cells_", cells, "1")
    m.dose_target("iv", drug)
    times = np.linspace(0, 120, 121)
    killed = most / 0.1 * np.log((5 + dose) / (5 + dose * np.exp(-0.1 * times)))
    right = 1e6 * np.exp(0.8 * times - killed)
    assert right.min() < 1e-4 and right.max() > 1e8
    result = simulate(m, "none", times=times, method=method)
    np.testing.assert_allclose(result["cells_"][0], right, rtol=3e-6)
    rough = simulate(m, "none", times=times, method="robust", rtol=5e-4)
    np.testing.assert_allclose(rough["cells_"][0], right, rtol=0.05)


@pytest.mark.parametrize("method", ["tsit5", "rodas4", "rodas5p"])
@pytest.mark.parametrize("rtol", [1e-2, 1e-3, 1e-4, 1e-6])
def test_no_step_passes_through_a_pole(rtol, method):
    """Half-saturation far below the tolerance's share of the dose: a step that undershoots lands beyond -Km."""
    m = Model("saturable")
    most, half = m.parameter("Vmax", 20.0, "mg/h"), m.parameter("Km", 0.05, "mg")
    x = m.state("x", "mg")
    m.rate(x, -most * x / (half + x))
    m.output("amount", x, "mg")
    m.dose_target("iv", x)
    doses = np.geomspace(1, 1000, 16)
    result = simulate(
        m, [[Event(0, "iv", dose)] for dose in doses], parameters={"Km": np.full(16, 0.05)},
        times=np.linspace(0, 96, 200), method=method, rtol=rtol,
    )  # fmt: skip
    assert result.ok.all()
    # in between ends of steps the interpolant may undershoot
    assert (result["amount"] / doses[:, None]).min() > -0.01
    left = np.maximum(doses[:, None] - 20 * result.times, 0)
    assert (np.abs(result["amount"] - left) / doses[:, None]).max() < 0.4
