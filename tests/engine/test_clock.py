"""Conditions on the clock inside equations: windows, switches and rhythms, however short and from rest."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.engine import Decision, Endpoint, Event, simulate
from speciosa.errors import InputError
from speciosa.model import Model

K, R = 0.1, 3000.0
METHODS = ["auto", "tsit5", "rodas4", "rodas5p"]
TIMES = np.linspace(0, 30, 301)
DAY = 2 * sympy.pi / 24


def model(shape, names=("a", "b"), values=(1.0, 1.5)):
    """One compartment into which R times a shape of time flows; its amount and the area of the shape."""
    m = Model("window")
    k, r, x = m.parameter("k", K, "1/h"), m.parameter("r", R, "mg/h"), m.state("x", "mg")
    constants = [m.parameter(n, v, "h") for n, v in zip(names, values, strict=True)]
    hour = m.parameter("hour", 1.0, "h")
    flow = shape(m.time, hour, *constants)
    y = m.state("y", "h")
    m.rate(x, r * flow - k * x)
    m.rate(y, flow)
    m.output("amount", x, "mg")
    m.output("total", y, "h")
    m.output("flow", flow, "1")
    m.dose_target("iv", x)
    return m


def windows(pairs, times=TIMES):
    """The amount after constant inputs in windows."""
    total = np.zeros_like(times)
    for begin, end in pairs:
        inside = np.minimum(times, end)
        part = R / K * (np.exp(-K * (times - inside)) - np.exp(-K * (times - begin)))
        total += np.where(times > begin, part, 0)
    return total


def choice(condition):
    return sympy.Piecewise((1, condition), (0, True))


WINDOWS = {
    "and": lambda t, h, a, b: choice(sympy.And(t >= a, t <= b)),
    "strict": lambda t, h, a, b: choice(sympy.And(t > a, t < b)),
    "not": lambda t, h, a, b: choice(sympy.Not(sympy.Or(t < a, t > b))),
    "xor": lambda t, h, a, b: choice(sympy.Xor(t > a, t > b)),
    "branches": lambda t, h, a, b: sympy.Piecewise((0, t < a), (1, t < b), (0, True)),
    "steps": lambda t, h, a, b: sympy.Heaviside(t - a) - sympy.Heaviside(t - b),
    "signs": lambda t, h, a, b: (sympy.sign(t - a) - sympy.sign(t - b)) / 2,
    "differences": lambda t, h, a, b: choice(sympy.And(2 * t - a > t, t / h - b / h < 0)),
    "distance": lambda t, h, a, b: choice(sympy.Abs(t - (a + b) / 2) < (b - a) / 2),
    "parabola": lambda t, h, a, b: choice((t - a) * (t - b) < 0),
    "fading": lambda t, h, a, b: choice(
        sympy.And(sympy.exp(-t / h) < sympy.exp(-a / h), sympy.exp(-t / h) > sympy.exp(-b / h))
    ),
    "rhythm": lambda t, h, a, b: choice(
        sympy.sin(2 * sympy.pi * (t - (a + b) / 2) / (300 * h) + sympy.pi / 2)
        > sympy.cos(sympy.pi * (b - a) / (300 * h))
    ),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_from_rest(name, method):
    m = model(WINDOWS[name])
    # how far a sine is from 1 is known to four digits only when it is 1e-12
    short = 0.01 if name == "rhythm" else 0.0001
    begins, ends = np.array([1.0, 7.3, 29.0, 4.0]), np.array([1.5, 7.3 + short, 29.5, 27.0])
    result = simulate(m, "none", parameters={"a": begins, "b": ends}, times=TIMES, method=method)
    assert result.ok.all()
    for i, window in enumerate(zip(begins, ends, strict=True)):
        wanted = windows([window])
        np.testing.assert_allclose(result["amount"][i], wanted, atol=2e-6 * wanted.max())


@pytest.mark.parametrize("method", METHODS)
def test_two_windows(method):
    shape = lambda t, h, a, b, c, d: choice(  # noqa: E731
        sympy.Or(sympy.And(t >= a, t <= b), sympy.And(t >= c, t <= d))
    )
    m = model(shape, "abcd", (1.0, 1.5, 2.0, 2.5))
    got = simulate(m, "none", times=TIMES, method=method, rtol=1e-8)["amount"][0]
    wanted = windows([(1.0, 1.5), (2.0, 2.5)])
    np.testing.assert_allclose(got, wanted, atol=1e-7 * wanted.max())


@pytest.mark.parametrize("level", [0.0, 0.9, 0.9999, 0.999999])
def test_a_rhythm_that_peaks_once_a_day(level):
    """Above its level for minutes or seconds a day; also after each dose, from wherever the clock stands."""
    m = model(lambda t, h, a, b: choice(sympy.sin(DAY * t / h) > a / h), values=(level, 0.0))
    times = np.arange(0, 121.0)
    doses = [Event(float(at), "iv", 1.0) for at in np.arange(0.37, 120, 7.1)]
    for given_doses in ("none", doses):
        result = simulate(m, given_doses, times=times, method="tsit5", rtol=1e-8)
        half = 24 / (2 * np.pi) * np.arccos(level)
        wanted = [
            sum(np.clip(t - (6 + 24 * d - half), 0, 2 * half) for d in range(5)) for t in times
        ]
        np.testing.assert_allclose(result["total"][0], wanted, rtol=1e-7, atol=1e-9)


def test_a_chirp_and_a_power():
    m = model(lambda t, h, a, b: choice(sympy.sin((t / h) ** 2 / 10) > 0), values=(0.0, 0.0))
    got = simulate(m, "none", times=[30.0], method="tsit5")["total"][0, 0]
    crossings = np.sqrt(10 * np.pi * np.arange(0, 30))
    ends = np.minimum(crossings[1::2], 30)
    begins = np.minimum(crossings[::2], 30)
    np.testing.assert_allclose(got, (ends - begins).sum(), rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_corners(method):
    m = model(lambda t, h, a, b: (sympy.Max(t - a, 0) - sympy.Max(t - b, 0)) / h)
    got = simulate(m, "none", times=TIMES, method=method, rtol=1e-9)["total"][0]
    ramp = lambda t: np.maximum(t, 0) ** 2 / 2  # noqa: E731
    np.testing.assert_allclose(got, ramp(TIMES - 1) - ramp(TIMES - 1.5), rtol=1e-8, atol=1e-9)


def test_a_covariate_may_move_a_window():
    m = Model("moved")
    begin, x = m.covariate("begin", 5.0, "h"), m.state("x", "h")
    m.rate(x, choice(m.time > begin))
    m.output("hours", x, "h")
    m.dose_target("iv", x)
    events = [
        Event(7.0, "begin", 9.0, kind="covariate"),
        Event(12.0, "begin", 11.0, kind="covariate"),
    ]
    for method in ("tsit5", "rodas5p"):
        got = simulate(m, events, times=[5.0, 7.0, 9.0, 12.0, 14.0], method=method)["hours"][0]
        np.testing.assert_allclose(got, [0, 2, 2, 5, 7], atol=1e-9)


def test_endpoints_of_an_output_that_jumps_by_the_clock():
    m = model(WINDOWS["and"], values=(3.0, 3.001))
    endpoints = [Endpoint("flow", kind) for kind in ("area", "peak", "time of peak", "trough")]
    result = simulate(m, "none", until=30, endpoints=endpoints, method="tsit5")
    np.testing.assert_allclose(result["flow area"], 0.001, rtol=1e-9)
    np.testing.assert_allclose(result["flow time of peak"], 3.0)
    assert (result["flow peak"][0], result["flow trough"][0]) == (1, 0)


@pytest.mark.parametrize(
    "observe, wanted", [("after", [0, 1, 1, 0, 0]), ("before", [0, 0, 1, 1, 0])]
)
def test_at_its_moment_a_switch_is_as_it_is_from_then_on(observe, wanted):
    times = [0.5, 1.0, 1.2, 1.5, 2.0]
    for name in ("and", "strict", "steps"):
        m = model(WINDOWS[name])
        plain = Model("linear")
        x = plain.state("x", "mg", initial=1)
        plain.rate(x, -plain.parameter("k", K, "1/h") * x)
        a, b = plain.parameter("a", 1.0, "h"), plain.parameter("b", 1.5, "h")
        plain.output("flow", WINDOWS[name](plain.time, plain.parameter("h", 1, "h"), a, b), "1")
        plain.dose_target("iv", x)
        for one, method in ((m, "tsit5"), (m, "rodas5p"), (plain, "closed form")):
            got = simulate(one, "none", times=times, observe=observe, method=method)["flow"][0]
            assert got.tolist() == wanted, (name, method)


def test_a_decision_takes_the_clock_as_it_is_written():
    m = model(WINDOWS["and"], values=(50.0, 60.0))
    for condition, fired in ((m.time > 8, [12.0]), (m.time >= 8, [8.0, 12.0])):
        give = Decision("give", [4.0, 8.0, 12.0], condition, "give", "iv", amount=1)
        result = simulate(m, "none", times=[20.0], decisions=[give], method="tsit5")
        assert result.decisions()["time_h"].to_list() == fired


moments = st.floats(0.0, 25.0)


@settings(max_examples=40, derandomize=True)
@given(
    begin=moments,
    length=st.floats(-9, 1).map(lambda p: 10.0**p),
    dose=st.one_of(st.none(), moments),
    method=st.sampled_from(["tsit5", "rodas5p"]),
)
def test_any_window(begin, length, dose, method):
    doses = "none" if dose is None else [Event(dose, "iv", 5.0)]
    result = simulate(
        ANY, doses, parameters={"a": [begin], "b": [begin + length]}, times=[40.0], method=method
    )
    np.testing.assert_allclose(result["total"][0, 0], length, rtol=1e-5, atol=3e-10)


ANY = model(WINDOWS["and"]).build()


def test_a_short_pulse_that_is_no_condition_needs_a_longest_step():
    pulse = lambda t, h, a, b: sympy.exp(-(((t - a) / b) ** 2))  # noqa: E731
    m = model(pulse, values=(13.7, 0.01))
    area = 0.01 * np.sqrt(np.pi)
    for method in ("tsit5", "rodas5p"):
        got = simulate(m, "none", times=[30.0], method=method, max_step="0.01 h")["total"]
        np.testing.assert_allclose(got, area, rtol=1e-5)
    with pytest.raises(InputError, match="max_step: expected a time above 0, found 0"):
        simulate(m, "none", times=[30.0], max_step=0)
