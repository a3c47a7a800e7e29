"""The closed form against matrix exponentials of SciPy, formulas and integration, over random models and schedules."""

import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from speciosa.engine.dosing import near_each
from speciosa.engine.event import Event
from speciosa.engine.linear import solve as closed_form
from speciosa.engine.linear.arrays import Grid, make_events, make_work
from speciosa.engine.linear.chunk import LinearChunk
from speciosa.engine.linear.solver import solve_common
from speciosa.engine.linear.system import linear_system
from speciosa.engine.schedule import Schedule
from speciosa.engine.simulate import simulate
from speciosa.model import Model

TIMES = np.array([0, 0.3, 1, 2, 2.5, 5, 7.77, 8, 12, 16, 16.01, 24, 30, 47.3, 48, 100])


def matrix_model(a, b=None, initial=None):
    """A model with given matrix and constant input; every state is an output and a dose target."""
    n = len(a)
    m = Model("matrix")
    states = [
        m.state(f"x{i}", "mg", initial=m.parameter(f"x0{i}", float((initial or [0] * n)[i]), "mg"))
        for i in range(n)
    ]
    for i in range(n):
        m.add_rate(states[i], m.parameter(f"b{i}", float((b or [0] * n)[i]), "mg/h"))
        for j in range(n):
            if a[i][j]:
                m.add_rate(states[i], m.parameter(f"a{i}{j}", float(a[i][j]), "1/h") * states[j])
        m.output(f"y{i}", states[i], "mg")
        m.dose_target(f"into{i}", states[i])
    return m.build()


def by_matrix_exponential(a, events, times, b=None, initial=None):
    """Events are (time, state, amount, duration); everything is one exponential of a wider matrix."""
    a, n = np.asarray(a, dtype=float), len(a)
    actions = [(0.0, np.zeros(n), np.asarray(b or [0] * n, dtype=float))]
    for time, state, amount, duration in events:
        unit = np.eye(n)[state]
        if duration:
            actions.append((time, 0 * unit, unit * amount / duration))
            actions.append((time + duration, 0 * unit, -unit * amount / duration))
        else:
            actions.append((time, unit * amount, 0 * unit))
    actions.sort(key=lambda action: action[0])
    now = min(0.0, actions[0][0])
    x, flow, found = np.asarray(initial or [0.0] * n, dtype=float), np.zeros(n), []
    queue = list(actions)

    def advance(to):
        nonlocal x, now
        wide = np.zeros((n + 1, n + 1))
        wide[:n, :n], wide[:n, n] = a, flow
        x = (expm(wide * (to - now)) @ np.append(x, 1.0))[:n]
        now = to

    for time in times:
        while queue and queue[0][0] <= time + 1e-12:
            when, bolus, change = queue.pop(0)
            advance(when)
            x, flow = x + bolus, flow + change
        advance(time)
        found.append(x)
    return np.array(found).T


def solved(equations, events, times=TIMES, **settings):
    doses = [Event(t, f"into{s}", amount, over_h=d or None) for t, s, amount, d in events]
    result = simulate(equations, doses, times=times, method="closed form", **settings)
    assert result.ok.all(), result.status
    return np.stack([result[name][0] for name in equations.output_names])


def distance(found, expected):
    return np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-300)


SPECIAL = {
    "transit chain with equal rates": [[-2, 0, 0, 0], [2, -2, 0, 0], [0, 2, -2, 0], [0, 0, 2, -0.3]],
    "oscillating": [[-0.2, -1.5], [1.5, -0.2]],
    "nearly equal rates": [[-1.0, 0, 0], [1.0, -1.0 - 1e-7, 0], [0, 1, -0.1]],
    "rates a hair apart": [[-1.0, 0], [1.0, -1.0 - 1e-12]],
    "three compartments and a gut": [
        [-1.2, 0, 0, 0], [1.2, -1.1, 0.3, 0.02], [0, 0.6, -0.3, 0], [0, 0.2, 0, -0.02],
    ],
    "amount excreted": [[-0.5, 0], [0.5, 0]],
    "excreted twice": [[-0.5, 0, 0], [0.5, 0, 0], [0, 1, 0]],
    "stiff": [[-4000, 5, 0], [4000, -5.2, 0.1], [0, 0.1, -0.1]],
    "growing": [[0.03, 0], [0.2, -0.4]],
    "one state that never changes": [[0.0]],
    "cycle of four": [[-1, 0, 0, 0.4], [1, -0.6, 0, 0], [0, 0.5, -0.7, 0], [0, 0, 0.7, -0.4]],
    "two drugs that do not meet": [[-1, 0, 0, 0], [1, -0.2, 0, 0], [0, 0, -1, 0], [0, 0, 1, -0.2]],
}  # fmt: skip


@pytest.mark.parametrize("name", SPECIAL)
def test_special_matrices(name):
    a = SPECIAL[name]
    n = len(a)
    events = [
        (0, 0, 100, 0),
        (1, n - 1, 20, 0),
        (2, 0, 50, 3.0),
        (16, 0, 100, 0),
        (30, 0, 10, 40.0),
    ]
    constant, initial = [0.7] + [0.0] * (n - 1), [3.0] * n
    found = solved(matrix_model(a, constant, initial), events)
    expected = by_matrix_exponential(a, events, TIMES, constant, initial)
    assert distance(found, expected) < 1e-10


random_matrices = st.integers(1, 5).flatmap(
    lambda n: st.lists(
        st.lists(
            st.sampled_from([0.0, 0.0, 0.01, 0.1, 0.5, 0.50001, 1.0, 3.0, 20.0]),
            min_size=n,
            max_size=n,
        ),
        min_size=n,
        max_size=n,
    )
)
random_events = st.lists(
    st.tuples(
        st.sampled_from([-5.0, 0.0, 0.3, 1.0, 2.0, 7.77, 8.0, 16.005, 23.0]),
        st.integers(0, 4),
        st.sampled_from([0.0, 1.0, 70.0]),
        st.sampled_from([0.0, 0.0, 0.5, 6.0, 30.0]),
    ),
    max_size=5,
)


def compartments(entries):
    """A matrix of exchanging and losing compartments: off the diagonal the rates, on it what leaves."""
    rates = np.array(entries)
    off = rates * (1 - np.eye(len(rates)))
    return (off - np.diag(off.sum(axis=0) + np.diag(rates))).tolist()


@settings(max_examples=60, deadline=None)
@given(entries=random_matrices, events=random_events)
@example(entries=[[1.0, 0.5], [1.0, 0.5]], events=[(0.0, 0, 70.0, 0.0), (0.3, 1, 70.0, 6.0)])
def test_random_compartments_and_doses(entries, events):
    a = compartments(entries)
    events = [(t, s % len(a), amount, d) for t, s, amount, d in events]
    expected = by_matrix_exponential(a, events, TIMES)
    assert distance(solved(matrix_model(a), events), expected) < 1e-9 or not expected.any()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(2, 5))
def test_any_stable_matrix(seed, size):
    generator = np.random.default_rng(seed)
    a = generator.normal(size=(size, size))
    a -= (np.linalg.eigvals(a).real.max() + 0.1) * np.eye(size)
    events = [(0.0, 0, 10, 0), (2.0, size - 1, 5, 4.0)]
    expected = by_matrix_exponential(a, events, TIMES)
    assert distance(solved(matrix_model(a.tolist()), events), expected) < 1e-9


@settings(max_examples=40, deadline=None)
@given(
    entries=random_matrices,
    every=st.sampled_from([0.5, 6.0, 12.0, 24.0]),
    over=st.sampled_from([None, 1.0, 6.0, 25.0]),
)
def test_steady_state_is_where_a_long_run_ends(entries, every, over):
    a = np.array(compartments(entries)) - 0.05 * np.eye(len(entries))
    equations = matrix_model(a.tolist(), b=[0.3] * len(a))
    times = np.linspace(0, 3 * every, 13)
    count = int(900 / every) + 1
    # what the body makes is at steady state too after so long
    long = [Event(-count * every, "into0", 10, over_h=over, every_h=every, count=count + 3)]
    short = [Event(0, "into0", 10, over_h=over, every_h=every, count=3, steady_state=True)]
    run, formula = (
        simulate(equations, doses, times=times, method="closed form") for doses in (long, short)
    )
    assert run.ok.all() and formula.ok.all()
    for name in equations.output_names:
        peak = max(np.abs(run[name]).max(), 1e-9)
        assert np.abs(run[name] - formula[name]).max() <= 1e-8 * peak


doses_strategy = st.lists(
    st.tuples(
        # times that differ by less than 1e-10 of themselves are one moment
        st.floats(0, 30).map(lambda hours: round(hours, 6)),
        st.sampled_from(["first", "second"]),
        st.floats(0, 100),
        st.sampled_from([None, 2.5, 14.0]),
    ),
    min_size=1,
    max_size=4,
).map(lambda rows: [Event(t, target, amount, over_h=d) for t, target, amount, d in rows])
rates_strategy = st.lists(st.sampled_from([0.0, 0.02, 0.3, 0.9, 4.0]), min_size=9, max_size=9)


def chain_amounts(chain, rates, doses, times, method, **settings):
    names = [f"k{i}{j}" for i in range(3) for j in range(3)]
    table = {name: np.array([rate]) for name, rate in zip(names, rates, strict=True)}
    table |= {"lag": np.array([settings.pop("lag", 0.0)]), "F": np.array([0.7])}
    result = simulate(chain, doses, parameters=table, times=times, method=method, rtol=1e-10)
    assert result.ok.all()
    return np.stack([result[name][0] for name in chain.output_names])


@settings(max_examples=30, deadline=None)
@given(rates=rates_strategy, doses=doses_strategy, lag=st.sampled_from([0.0, 1.7]))
def test_closed_form_and_integration_agree(chain, rates, doses, lag):
    times = np.linspace(0, 60, 61)
    exact, integrated = (
        chain_amounts(chain, rates, doses, times, method, lag=lag)
        for method in ("closed form", "tsit5")
    )
    assert np.abs(exact - integrated).max() <= 1e-9 * max(exact.max(), 1e-6)


@pytest.mark.parametrize("method", ["closed form", "tsit5"])
@settings(max_examples=15, deadline=None)
@given(
    rates=rates_strategy,
    doses=doses_strategy,
    others=doses_strategy,
    factor=st.floats(0.1, 30),
    shift=st.floats(0.25, 50),
)
def test_linearity_superposition_and_time_shift(chain, method, rates, doses, others, factor, shift):
    times = np.linspace(0, 60, 31)
    tolerance = 1e-10 if method == "closed form" else 1e-8

    def run(events, at=times):
        return chain_amounts(chain, rates, events, at, method)

    def changed(event, scale=1.0, later=0.0):
        return Event(event.time_h + later, event.target, event.amount * scale, over_h=event.over_h)

    one, other = run(doses), run(others)
    size = max(one.max(), other.max(), 1e-6)
    scaled = run([changed(event, scale=factor) for event in doses])
    assert np.abs(scaled - factor * one).max() <= tolerance * size * max(factor, 1)
    assert np.abs(run(doses + others) - one - other).max() <= tolerance * 2 * size
    later = run([changed(event, later=shift) for event in doses], times + shift)
    assert np.abs(later - one).max() <= tolerance * size


def test_which_models_are_linear():
    def with_rate(write):
        m = Model("m")
        k, km = m.parameter("k", 0.1, "1/h"), m.parameter("km", 2, "mg")
        x = m.state("x", "mg")
        m.rate(x, write(k, km, x, m.time, m.parameter("h", 1, "h")))
        m.output("x", x, "mg")
        return closed_form.supports(m.build())

    assert with_rate(lambda k, km, x, t, h: -k * x)
    assert with_rate(lambda k, km, x, t, h: k * (km - x))
    assert with_rate(lambda k, km, x, t, h: -k * sympy.exp(km / km) * x * km / (km + km))
    assert with_rate(lambda k, km, x, t, h: k * ((x + km) ** 2 - x**2 - km**2) / km)
    assert with_rate(lambda k, km, x, t, h: sympy.Integer(0))
    assert not with_rate(lambda k, km, x, t, h: -k * x / (1 + x / km))
    assert not with_rate(lambda k, km, x, t, h: -k * x * x / km)
    assert not with_rate(lambda k, km, x, t, h: -k * x * t / h)
    assert not with_rate(lambda k, km, x, t, h: -k * sympy.Max(x, km))


def effect_model():
    m = Model("effect")
    k, ec50 = m.parameter("k", 0.2, "1/h"), m.parameter("EC50", 3, "mg")
    scale = m.covariate("scale", 1.0, "1")
    day = m.parameter("day", 24, "h")
    x = m.state("x", "mg")
    m.rate(x, -k * scale * x)
    m.output("amount", x, "mg")
    m.output("effect", scale * x**2 / (ec50**2 + x**2), "1")
    m.output("rhythm", x * (1 + sympy.sin(2 * sympy.pi * m.time / day) / 2), "mg")
    m.dose_target("iv", x)
    return m.build()


def test_outputs_that_are_not_linear_follow_time_and_covariates():
    equations = effect_model()
    times = np.array([0.0, 1, 4, 5, 9])
    doses = [Event(0, "iv", 10), Event(4, "scale", 2.0, kind="covariate")]
    result = simulate(equations, doses, times=times, method="closed form")
    scale = np.where(times < 4, 1.0, 2.0)
    amount = 10 * np.exp(-0.2 * (np.minimum(times, 4) + 2 * np.maximum(times - 4, 0)))
    assert np.allclose(result["amount"][0], amount, rtol=1e-12)
    assert np.allclose(result["effect"][0], scale * amount**2 / (9 + amount**2), rtol=1e-12)
    wave = 1 + np.sin(2 * np.pi * times / 24) / 2
    assert np.allclose(result["rhythm"][0], amount * wave, rtol=1e-12)


def test_a_patient_whose_numbers_make_no_sense_is_reported_and_not_zero(one):
    table = {"CL": np.array([5.0, 0.0, 5.0]), "V": np.array([50.0, 0.0, 0.0])}
    result = simulate(
        one, "10 mg iv", patients=3, parameters=table, times=[0, 1], method="closed form"
    )
    assert result.status.tolist() == ["ok", "not finite", "not finite"]
    assert np.isnan(result["c"][1:]).all() and np.isfinite(result["c"][0]).all()


def test_the_same_patients_whatever_the_chunk_and_the_threads(chain):
    rng = np.random.default_rng(0)
    table = {f"k{i}{j}": rng.lognormal(-1, 0.5, 40) for i in range(3) for j in range(3)}
    doses = [[Event(float(i % 7), "first", 10, every_h=5.5, count=i % 4 + 1)] for i in range(40)]

    def run(**settings):
        return simulate(
            chain, doses, parameters=table, times=TIMES, method="closed form", **settings
        )["x0"]

    whole = run(threads=1)
    for settings_ in ({"chunk": 8, "threads": 2}, {"chunk": 16, "threads": 1}, {"chunk": 40}):
        assert (run(**settings_) == whole).all()


MANY_KINDS = [
    Event(0, "first", 10, every_h=8, count=3, steady_state=True),
    Event(3, "second", 5, over_h=4),
    Event(30, kind="reset"),
    Event(33, "second", 2),
]
PLAIN = [Event(0.3 + 1.7 * i, "first", 10 + i) for i in range(11)]


@pytest.mark.parametrize("doses", [MANY_KINDS, PLAIN], ids=["many kinds", "plain"])
@pytest.mark.parametrize("times", [TIMES, np.arange(40.0)], ids=["uneven", "even"])
def test_compiled_and_uncompiled_solvers_agree(chain, doses, times):
    table = np.full((len(chain.parameters), 2), 0.2)
    names = [p.name for p in chain.parameters]
    table[names.index("lag")], table[names.index("F")] = 0.5, 0.8
    # in the second row rates coincide, so that the matrix exponential takes over
    for i in range(3):
        for j in range(3):
            table[names.index(f"k{i}{j}"), 0] = 0.1 + 0.13 * i + 0.31 * j
            table[names.index(f"k{i}{j}"), 1] = 0.5 if j == i or j == i + 1 else 0.0
    schedule = Schedule.of(doses, chain, 2)
    chunk = LinearChunk.of(chain, schedule, np.zeros(2, dtype=np.int32), table, np.empty((0, 2)))
    version, static = chunk.versions()
    numbers = chunk.numbers(static)
    assert numbers.good.tolist() == [True, False]
    steps, step = np.unique(np.diff(times, prepend=0.0), return_inverse=True)
    even = len(steps) == 2
    guess = np.zeros(0, dtype=np.int64)
    grid = Grid(times, times + near_each(times), step, steps, 0, guess, 0.0, even)
    room = chunk.room(version, numbers)
    found = []
    for solve in (solve_common, solve_common.function):
        out, codes = np.zeros((3, 2, len(times))), np.zeros(2, dtype=np.int64)
        work = make_work(3, len(steps), len(times), room)
        solve(
            chunk.records, chunk.of_row, version, numbers, chunk.begins, grid, work, make_events(room),
            out, 0, codes,
        )  # fmt: skip
        assert (codes == 0).all()
        found.append(out)
    assert np.allclose(found[0], found[1], rtol=1e-11, atol=1e-12)


def test_model_a_reaches_its_reference(benchmark):
    model = benchmark("A")
    times, reference = model.reference()
    result = simulate(
        model.equations, model.regimen, parameters=model.named(), times=times, method="closed form"
    )
    for name, values in reference.items():
        assert np.abs(result[name] - values).max() <= 1e-11 * values.max()


def test_blocks_are_sorted_by_what_acts_on_what():
    system = linear_system(matrix_model(SPECIAL["three compartments and a gut"]))
    assert system is not None
    assert [sorted(block) for block in system.blocks] == [[0], [1, 2, 3]]
