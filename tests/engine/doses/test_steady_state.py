"""Steady state by running in, against formulas and against long runs."""

import numpy as np
import pytest
import sympy

from speciosa.engine import Event, simulate
from speciosa.model import Model

K = 0.1
TIMES = np.linspace(0.0, 24.0, 49)


def run(one, events, method="tsit5", times=TIMES, **parameters):
    result = simulate(
        one,
        events,
        times=times,
        method=method,
        rtol=1e-10,
        parameters={name: [value] for name, value in parameters.items()},
    )
    assert result.ok.all()
    return result["amount"][0]


def long_run(one, event, first, **parameters):
    """The same regimen begun so long ago that nothing of its begin is left."""
    count = int(round((event.time_h - first) / event.every_h))
    early = Event(
        first,
        event.target,
        event.amount,
        over_h=event.over_h,
        every_h=event.every_h,
        count=count + event.count,
    )
    return run(one, [early], **parameters)


@pytest.mark.parametrize("method", ["tsit5", "rodas5p"])
def test_bolus_by_formula(one, method):
    got = run(one, [Event(0, "iv", 100, every_h=8, steady_state=True)], method)
    np.testing.assert_allclose(got, 100 / (1 - np.exp(-K * 8)) * np.exp(-K * TIMES), rtol=1e-8)


def test_constant_infusion_by_formula(one):
    got = run(one, [Event(0, "iv", 0, rate=20, steady_state=True)])
    np.testing.assert_allclose(got, 20 / K, rtol=1e-8)


@pytest.mark.parametrize("over_h", [3.0, 8.0, 20.0])
@pytest.mark.parametrize("lag", [0.0, 2.5, 9.0])
def test_infusion_and_lag_against_a_long_run(one, over_h, lag):
    event = Event(0, "oral", 100, over_h=over_h, every_h=8, count=2, steady_state=True)
    got = run(one, [event], lag=lag)
    wanted = long_run(one, event, -480.0, lag=lag)
    np.testing.assert_allclose(got, wanted, rtol=1e-8)


def test_series_goes_on_from_the_steady_state(one):
    event = Event(0, "iv", 100, every_h=6, count=4, steady_state=True)
    got = run(one, [event], times=np.array([0.0, 6.0, 12.0, 18.0]))
    np.testing.assert_allclose(got, got[0], rtol=1e-8)


def test_steady_state_replaces_what_was_before(one):
    event = Event(0, "iv", 100, every_h=8, steady_state=True)
    before = Event(-5, "iv", 999, over_h=50)
    np.testing.assert_allclose(run(one, [before, event]), run(one, [event]), rtol=1e-9)


def test_reset_after_a_steady_state(one):
    event = Event(0, "oral", 100, over_h=20, every_h=8, count=3, steady_state=True)
    got = run(one, [event, Event(10, kind="reset"), Event(12, "iv", 50)])
    assert (got[(TIMES >= 10) & (TIMES < 12)] == 0).all()
    np.testing.assert_allclose(
        got[TIMES >= 12], 50 * np.exp(-K * (TIMES[TIMES >= 12] - 12)), rtol=1e-7
    )


def test_two_drugs_of_one_regimen(chain):
    parameters = {f"k{i}{j}": [0.05 + 0.03 * i + 0.02 * j] for i in range(3) for j in range(3)}
    times = np.linspace(0, 12, 25)

    def run_chain(events):
        return simulate(
            chain, events, parameters=parameters, times=times, method="tsit5", rtol=1e-10
        )["x2"][0]

    steady = [
        Event(0, "first", 100, every_h=12, steady_state=True),
        Event(0, "second", 40, over_h=3, every_h=12, steady_state=True),
    ]
    early = [
        Event(-600, "first", 100, every_h=12, count=51),
        Event(-600, "second", 40, over_h=3, every_h=12, count=51),
    ]
    np.testing.assert_allclose(run_chain(steady), run_chain(early), rtol=1e-8)


def test_slow_nonlinear_model_reaches_it_quickly(benchmark):
    model = benchmark("B")
    times = np.arange(0.0, 7.0)
    settings = dict(times=times, method="tsit5", rtol=1e-8)
    steady = simulate(
        model.equations, [Event(0, "oral", 190, every_h=6, steady_state=True)], **settings
    )
    # tolerance has a half-life of 69 h: three months leave 1e-9 of it
    late = simulate(model.equations, [Event(-2400, "oral", 190, every_h=6, count=401)], **settings)
    for name in steady.outputs:
        np.testing.assert_allclose(steady[name], late[name], rtol=2e-7)
    assert steady.steps[0] < late.steps[0] / 4


def test_all_series_of_a_regimen_text(one):
    got = simulate(one, "100 mg iv every 8 h x 3", times=[0.0], method="tsit5", steady_state=True)
    np.testing.assert_allclose(got["amount"][0], 100 / (1 - np.exp(-0.8)), rtol=1e-6)


def test_no_steady_state_is_reported():
    from speciosa.model import Model

    m = Model("nothing leaves")
    a = m.state("a", "mg")
    m.rate(a, 0 * a)
    m.output("a", a, "mg")
    m.dose_target("iv", a)
    result = simulate(
        m, [Event(0, "iv", 1, every_h=8, steady_state=True)], times=[0.0], method="tsit5"
    )
    assert result.status.tolist() == ["no steady state"]
    assert np.isnan(result["a"]).all()


DAY = 2 * sympy.pi / 24
CLOCKS = {
    "a rhythm of a day": lambda t: 1 + 0.8 * sympy.sin(DAY * t),
    "of half a day": lambda t: 1 + 0.5 * sympy.cos(2 * DAY * t),
    "by night only": lambda t: sympy.Piecewise((2, sympy.sin(DAY * t) > 0.3), (1, True)),
    "a short window a day": lambda t: sympy.Piecewise((50, sympy.sin(DAY * t) > 0.9999), (1, True)),
    "from now on": lambda t: sympy.Piecewise((1, t < 9), (3, True)),
    "rising from 9 h on": lambda t: 1 + sympy.Max(t - 9, 0) / 10,
}


def with_clock(shape):
    """Elimination by a shape of time, and a second compartment."""
    m = Model("clock")
    k, hour = m.parameter("k", 0.1, "1/h"), m.parameter("hour", 1.0, "h")
    x, y = m.state("x", "mg"), m.state("y", "mg")
    m.rate(x, -k * shape(m.time / hour) * x - k * x + k * y)
    m.rate(y, k * x - k * y)
    m.output("x_", x, "mg")
    m.dose_target("iv", x)
    return m


@pytest.mark.parametrize("method", ["tsit5", "rodas5p"])
@pytest.mark.parametrize("every", [6, 7, 24, 36])
@pytest.mark.parametrize("name", CLOCKS)
def test_a_steady_state_in_step_with_a_clock(name, every, method):
    """The state that the same series leaves when it has been given for months."""
    m, begin = with_clock(CLOCKS[name]), 9.0
    times = np.arange(begin, begin + 60, 3.0)
    series = [Event(begin, "iv", 10, every_h=every, count=3, steady_state=True)]
    found = simulate(m, series, times=times, method=method, rtol=1e-8)
    before = 2016 // every
    past = [Event(begin - before * every, "iv", 10, every_h=every, count=before + 3)]
    wanted = simulate(m, past, times=times, method="tsit5", rtol=1e-9)["x_"][0]
    assert found.status.tolist() == ["ok"]
    np.testing.assert_allclose(found["x_"][0], wanted, rtol=1e-6)


@pytest.mark.parametrize("method", ["tsit5", "rodas5p"])
@pytest.mark.parametrize(
    "shape",
    [
        lambda t: 1 + sympy.exp(-t / 20),
        lambda t: 1 + t / 100,
        lambda t: 1 + 0.5 * sympy.sin(t) + 0.2 * sympy.sin(sympy.sqrt(2) * t),
        lambda t: sympy.Piecewise((5, sympy.And(t > 3, t < 3.001)), (1, True)),
    ],
)
def test_a_clock_without_a_period_has_no_steady_state(shape, method):
    series = [Event(9.0, "iv", 10, every_h=8, count=3, steady_state=True)]
    found = simulate(with_clock(shape), series, times=[10.0], method=method)
    assert found.status.tolist() == ["no steady state"]


def test_a_constant_infusion_in_step_with_a_clock():
    m = with_clock(CLOCKS["a rhythm of a day"])
    forever = [Event(9.0, "iv", rate=2.0, steady_state=True)]
    long = [Event(9.0 - 2016, "iv", 2.0 * 3000, rate=2.0)]
    times = np.arange(9, 50.0)
    found = simulate(m, forever, times=times, method="tsit5", rtol=1e-8)["x_"][0]
    wanted = simulate(m, long, times=times, method="tsit5", rtol=1e-9)["x_"][0]
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
