"""Cases in which programs for simulation have been reported wrong: dosing records, baselines, clocks, variances.

Made from public reports to other programs (mrgsolve, RxODE and rxode2, nlmixr, PKPDsim, Torsten, PKNCA, Pumas, ferx,
campsis); right values by formula, with 50 digits or by SciPy. What windows of time, conditions, decisions and zero
clearances did here stands in the tests `clock`, `conditions`, `decisions` and `closed_systems`.
"""

import math

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import gammaln
from sympy import Max, exp, log

from speciosa.engine import Endpoint, Event, simulate
from speciosa.errors import InputError
from speciosa.model import Model

SOLVERS = ["closed form", "tsit5", "rodas5p"]
STEPPING = ["auto", "tsit5", "rodas5p"]
K = 0.15


def one_compartment():
    m = Model("one")
    clearance, volume = m.covariate("CL", 10 * K, "L/h"), m.parameter("V", 10.0, "L")
    x = m.state("x", "mg")
    m.rate(x, -clearance / volume * x)
    m.output("amount", x, "mg")
    m.dose_target("iv", x)
    return m


def absorbed(ka, k, lag=0.0):
    m = Model("oral")
    rate, loss = m.parameter("ka", ka, "1/h"), m.parameter("k", k, "1/h")
    late, half_day = m.parameter("lag", lag, "h"), m.parameter("half day", 12.0, "h")
    gut, x = m.state("gut", "mg"), m.state("x", "mg")
    m.rate(gut, -rate * gut)
    m.rate(x, rate * gut - loss * x)
    m.output("amount", x, "mg")
    m.dose_target("oral", gut, lag=late)
    m.dose_target("evening", gut, lag=half_day)
    m.dose_target("iv", x)
    return m


def bolus(since, k=K):
    return np.where(since >= 0, np.exp(-k * np.maximum(since, 0)), 0)


def infusion(since, rate, hours, k=K):
    running = np.clip(since, 0, hours)
    return rate / k * -np.expm1(-k * running) * np.exp(-k * (np.maximum(since, 0) - running))


def dose_by_mouth(since, ka, k):
    s = np.maximum(since, 0)
    return np.where(since >= 0, ka / (ka - k) * (np.exp(-k * s) - np.exp(-ka * s)), 0)


def agrees(model, doses, times, wanted, method, tolerance=1e-7, **more):
    result = simulate(model, doses, times=times, method=method, rtol=1e-9, **more)
    assert result.ok.all()
    np.testing.assert_allclose(result["amount"][0], wanted, rtol=0, atol=tolerance * np.max(wanted))


@pytest.mark.parametrize("method", SOLVERS)
@pytest.mark.parametrize("apart", [0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3])
def test_absorption_as_fast_as_elimination(apart, method):
    k = 0.39 / 30
    times = np.linspace(0, 400, 41)
    with mp.workdps(60):
        a, b = mp.mpf(k * (1 + apart)), mp.mpf(k)
        wanted = [
            float(
                100 * a * mp.mpf(t) * mp.exp(-a * t)
                if a == b
                else 100 * a / (a - b) * (mp.exp(-b * t) - mp.exp(-a * t))
            )
            for t in map(float, times)
        ]
    agrees(absorbed(k * (1 + apart), k), "100 mg oral", times, wanted, method, 1e-8)


@pytest.mark.parametrize("method", SOLVERS)
def test_a_reset_with_an_infusion_empties_runs_and_ends(method):
    times = np.linspace(0, 60, 241)
    before = infusion(times, 1, 100)
    wanted = np.where(times < 4, before, infusion(times - 4, 20, 10))
    first = Event(0, "iv", 100, rate=1)
    for way in ({"rate": 20.0}, {"over_h": 10.0}):
        again = Event(4, "iv", 200, reset_first=True, **way)
        agrees(one_compartment(), [first, again], times, wanted, method)
    series = Event(4, "iv", 200, rate=20, every_h=6, count=3, reset_first=True)
    all_three = sum(infusion(times - at, 20, 10) for at in (4, 10, 16))
    agrees(
        one_compartment(), [first, series], times, np.where(times < 4, before, all_three), method
    )


@pytest.mark.parametrize("method", SOLVERS)
def test_a_reset_and_a_steady_state_in_one_record(method):
    times = np.linspace(0, 40, 81)
    steady = 100 / -np.expm1(-K * 12)
    regimen = {"every_h": 12.0, "steady_state": True}
    m = one_compartment()
    for reset in (True, False):
        at_once = [Event(0, "iv", 100, reset_first=reset, **regimen)]
        agrees(m, at_once, times, steady * np.exp(-K * times), method)
    early = 700 * np.exp(-K * times)
    later = [Event(0, "iv", 700), Event(10, "iv", 100, reset_first=True, **regimen)]
    agrees(m, later, times, np.where(times < 10, early, steady * bolus(times - 10)), method)
    constant = [
        Event(0, "iv", 700),
        Event(10, "iv", rate=6, steady_state=True, reset_first=True),
    ]
    agrees(m, constant, times, np.where(times < 10, early, 6 / K), method)


@pytest.mark.parametrize("method", SOLVERS)
@pytest.mark.parametrize("grid", ["after", "at", "just before", "even"])
def test_a_steady_state_with_a_lag_whatever_is_observed(grid, method):
    ka, k, lag = 1.0, 0.05, 1.0
    times = {
        "after": np.array([338.0, 340, 344]),
        "at": np.array([336.0, 338, 340, 344]),
        "just before": np.array([335.999, 336.0, 336.0, 338.0]),
        "even": np.arange(0, 400, 2.0),
    }[grid]
    doses = [
        Event(0, "oral", 100),
        Event(168, "oral", 100),
        Event(336, "oral", 100, every_h=24, steady_state=True),
    ]
    single = [100 * dose_by_mouth(times - at - lag, ka, k) for at in (0, 168)]
    endless = sum(100 * dose_by_mouth(times - 336 - lag + 24 * i, ka, k) for i in range(200))
    agrees(absorbed(ka, k, lag), doses, times, np.where(times < 336, sum(single), endless), method)


@pytest.mark.parametrize("method", SOLVERS)
def test_clearance_that_changes_during_an_infusion_and_before_time_zero(method):
    """The end of an infusion is no record of the covariate; times before 0 are times."""
    pieces = {-48: (0.2, 0, 100), -30: (0.05, 0, 0), -20: (0.05, 2, 0), 6: (0.3, 2, 0), 10: (0.3, 0, 0)}  # fmt: skip
    times = np.array([-50, -48, -40, -30, -25, -20, -10, -1, 0, 5, 6, 9.9, 10, 15, 24])
    begins = [*pieces, math.inf]
    wanted = np.zeros(len(times))
    for j, time in enumerate(times):
        x = 0.0
        for begin, end in zip(begins, begins[1:], strict=False):
            k, rate, jump = pieces[begin]
            if time >= begin:
                x += jump
                x = rate / k + (x - rate / k) * math.exp(-k * (min(time, end) - begin))
        wanted[j] = x
    doses = [
        Event(-48, "iv", 100),
        Event(-30, "CL", 0.5, kind="covariate"),
        Event(-20, "iv", 60, over_h=30),
        Event(6, "CL", 3.0, kind="covariate"),
    ]
    agrees(one_compartment(), doses, times, wanted, method, parameters={"CL": [2.0]})


@pytest.mark.parametrize("method", SOLVERS)
def test_an_infusion_that_has_run_for_ever(method):
    times = np.linspace(0, 24, 25)
    m = one_compartment()
    for every in (None, 10.0, 1000.0):
        forever = Event(0, "iv", rate=10, every_h=every, steady_state=True)
        agrees(m, [forever], times, np.full(25, 10 / K), method)
    later = [forever, Event(6, "iv", 50, every_h=12, steady_state=True)]
    steady = 50 / -np.expm1(-K * 12)
    agrees(m, later, times, np.where(times < 6, 10 / K, steady * bolus(times - 6)), method)
    with pytest.raises(InputError):
        simulate(m, [Event(0, "iv", over_h=10, steady_state=True)], times=times)


@pytest.mark.parametrize("method", STEPPING)
@pytest.mark.parametrize("cells", [1e5, 1e-12])
def test_bacteria_that_grow_while_a_drug_fades(cells, method):
    m = Model("growth")
    fade, grow, die = (m.parameter(*p, "1/h") for p in (("ke", 0.2), ("kg", 1.4), ("kd", 0.2)))
    most, half = m.parameter("Emax", 3.0, "1/h"), m.parameter("EC50", 10.0, "mg")
    drug, bugs = m.state("drug", "mg", initial=100), m.state("bugs", "1", initial=cells)
    m.rate(drug, -fade * drug)
    m.rate(bugs, grow * bugs - (die + most * drug / (half + drug)) * bugs)
    m.output("amount", bugs, "1")
    m.dose_target("iv", drug)
    times = np.linspace(0, 24, 49)
    killed = 15 * np.log(110 / (10 + 100 * np.exp(-0.2 * times)))
    right = cells * np.exp(1.2 * times - killed)
    result = simulate(m, "none", times=times, method=method, rtol=1e-8)
    np.testing.assert_allclose(result["amount"][0], right, rtol=1e-3)


@pytest.mark.parametrize("method", SOLVERS)
def test_urine_collected_in_intervals(method):
    m = Model("urine")
    k, on = m.parameter("k", K, "1/h"), m.covariate("on", 1.0, "1")
    x, urine = m.state("x", "mg"), m.state("urine", "mg")
    m.rate(x, -k * x)
    m.rate(urine, on * k * x)
    m.output("amount", urine, "mg")
    m.dose_target("iv", x)
    times = np.array([0, 1, 5.999, 6, 7, 11.999, 12, 18, 23.999, 24])
    left = lambda t: 100 * np.exp(-K * t)  # noqa: E731
    since = np.where(times < 6, 0, np.where(times < 12, 6, 12))
    emptied = [Event(h, "urine", 0, kind="replace") for h in (6, 12)]
    agrees(m, [Event(0, "iv", 100), *emptied], times, left(since) - left(times), method)
    off = [Event(6, "on", 0, kind="covariate"), Event(12, "on", 1, kind="covariate")]
    closed = np.where(times < 12, 0, left(12) - left(times))
    wanted = np.where(times < 6, left(0) - left(times), closed)
    agrees(m, [Event(0, "iv", 100), *off, emptied[0]], times, wanted, method)


@pytest.mark.parametrize("method", SOLVERS)
def test_a_reset_returns_to_each_patients_baseline_of_that_moment(method):
    m = Model("baseline")
    weight, share = m.covariate("weight", 70.0, "kg"), m.parameter("share", 10.0, "mg/kg")
    x = m.state("x", "mg", initial=share * weight)
    m.rate(x, -m.parameter("k", K, "1/h") * x)
    m.output("amount", x, "mg")
    m.dose_target("iv", x)
    times = np.array([0, 2, 6, 8, 9, 12.0])
    doses = [Event(4, "iv", 100), Event(8, kind="reset")]
    start = np.array([700.0, 350.0])[:, None]
    found = simulate(m, doses, parameters={"weight": [70, 35]}, times=times, method=method, rtol=1e-9)  # fmt: skip  # noqa: E501
    late = np.where(times < 8, times, times - 8)
    wanted = start * np.exp(-K * late) + np.where(times < 8, 100 * bolus(times - 4), 0)
    np.testing.assert_allclose(found["amount"], wanted, rtol=1e-8)
    heavier = [*doses, Event(5, "weight", 50.0, kind="covariate")]
    wanted = np.where(times < 8, wanted[0], 500 * np.exp(-K * late))
    agrees(m, heavier, times, wanted, method)


@pytest.mark.parametrize("method", SOLVERS)
def test_endpoints_at_the_end_of_an_infusion(method):
    kinds = [("peak", None, None), ("time of peak", None, None), ("area", None, None), ("trough", 5, 24), ("peak", 12, 24)]  # fmt: skip  # noqa: E501
    endpoints = [Endpoint("amount", kind, a, b, name=f"{kind} {a}") for kind, a, b in kinds]
    endpoints.append(Endpoint("amount", "time above", threshold=30.0, name="above"))
    result = simulate(
        one_compartment(), "100 mg iv over 10 h; 500 mg iv at 24 h", until=24, endpoints=endpoints,
        trajectories=False, method=method, rtol=1e-9,
    )  # fmt: skip
    top, last = (float(infusion(np.array(t), 10, 10)) for t in (10.0, 24.0))
    rises, falls = -math.log1p(-30 * K / 10) / K, 10 + math.log(top / 30) / K
    low = min(last, float(infusion(np.array(5.0), 10, 10)))
    found = [result[e.label][0] for e in endpoints]
    wanted = [top, 10.0, (100 - last) / K, low, top * math.exp(-2 * K), falls - rises]
    np.testing.assert_allclose(found, wanted, rtol=1e-7)


@pytest.mark.parametrize("method", SOLVERS)
def test_morning_and_evening_doses_at_steady_state(method):
    """10 mg in the morning and 20 mg in the evening; and two compartments dosed at one time."""
    ka, k = 1.1, 0.08
    times = np.linspace(0, 47.5, 96)
    daily = {"every_h": 24.0, "count": 2, "steady_state": True}
    days = [times - 24 * i for i in range(-200, 2)]
    wanted = sum(10 * dose_by_mouth(t, ka, k) + 20 * dose_by_mouth(t - 12, ka, k) for t in days)
    m = absorbed(ka, k)
    agrees(m, [Event(0, "oral", 10, **daily), Event(0, "evening", 20, **daily)], times, wanted, method)  # fmt: skip  # noqa: E501
    wanted = sum(150 * dose_by_mouth(t, ka, k) + 20 * bolus(t, k) for t in days)
    agrees(m, [Event(0, "oral", 150, **daily), Event(0, "iv", 20, **daily)], times, wanted, method)


@pytest.mark.parametrize("method", STEPPING)
def test_transit_compartments_of_any_number(method):
    """Savic's absorption through 20.1 compartments, twice: a clock and the last dose are states that dosing sets."""
    values = {"CL": 17.2, "V": 45.1, "ka": 0.38, "MTT": 0.37, "n": 20.1, "lgamma": gammaln(21.1)}
    units = ("L/h", "L", "1/h", "h", "1", "1")
    m = Model("transit")
    cl, v, ka, mtt, n, lg = (m.parameter(*pair, u) for pair, u in zip(values.items(), units, strict=True))  # fmt: skip  # noqa: E501
    gut, x = m.state("gut", "mg"), m.state("x", "mg")
    clock, last = m.state("clock", "h"), m.state("last", "mg")
    ktr = (n + 1) / mtt
    flow = last * ktr * exp(n * log(Max(ktr * clock, 1e-300)) - ktr * clock - lg)
    m.rate(clock, 1)
    m.rate(last, 0)
    m.rate(gut, flow - ka * gut)
    m.rate(x, ka * gut - cl / v * x)
    m.output("amount", x, "mg")
    m.dose_target("oral", gut)
    doses = [
        event
        for at, mg in ((0, 20.0), (5, 30.0))
        for event in (Event(at, "clock", 0, kind="replace"), Event(at, "last", mg, kind="replace"))
    ]
    times = np.linspace(0, 12, 121)
    rate = 21.1 / 0.37

    def slopes(s, y, at, mg):
        u = max(rate * (s - at), 1e-300)
        into = mg * rate * math.exp(20.1 * math.log(u) - u - gammaln(21.1))
        return [into - 0.38 * y[0], 0.38 * y[0] - 17.2 / 45.1 * y[1]]

    tight = {"rtol": 1e-11, "atol": 1e-13, "max_step": 0.02, "method": "DOP853"}
    one = solve_ivp(slopes, (0, 5), [0, 0], args=(0, 20.0), t_eval=times[times <= 5], **tight)
    two = solve_ivp(
        slopes, (5, 12), one.y[:, -1], args=(5, 30.0), t_eval=times[times >= 5], **tight
    )
    right = np.concatenate([one.y[1], two.y[1][1:]])
    result = simulate(m, doses, times=times, method=method)
    assert np.abs(result["amount"][0] - right).max() < 3e-6 * right.max()


def test_a_volume_that_shrinks_with_time_and_samples():
    m = Model("evaporates")
    cl, v0, kv = (m.parameter(*p) for p in (("CL", 25.0, "mL/h"), ("V", 1800.0, "mL"), ("kv", 0.9, "mL/h")))  # fmt: skip  # noqa: E501
    x, taken = m.state("x", "mg", initial=1000), m.state("taken", "mL")
    m.rate(x, -cl * x / (v0 - kv * m.time - taken))
    m.rate(taken, 0)
    m.output("amount", x, "mg")
    m.dose_target("sample", taken)
    times = np.arange(0, 120, 3.0)
    wanted, volume, amount, begin = np.empty(len(times)), 1800.0, 1000.0, 0.0
    for end in (24.0, 48.0, 72.0, 120.0):
        here = (times >= begin) & (times < end)
        left = lambda t, v=volume, b=begin: (v - 0.9 * (t - b)) / v  # noqa: E731
        wanted[here] = amount * left(times[here]) ** (25 / 0.9)
        amount *= left(end) ** (25 / 0.9)
        volume, begin = volume * left(end) - 20, end
    samples = [Event(h, "sample", 20.0) for h in (24, 48, 72)]
    for method in STEPPING:
        agrees(m, samples, times, wanted, method)


def test_variances_between_patients_and_occasions_stay_apart():
    m = Model("occasions")
    a = m.parameter("a", 1.0, "1/h", between_patient_sd=0.3, between_occasion_sd=0.1)
    b = m.parameter("b", 2.0, "1/h", between_patient_sd=0.5, between_occasion_sd=0.7)
    d = m.parameter("d", 5.0, "1/h", between_occasion_sd=0.2, distribution="normal")
    x = m.state("x", "mg")
    m.rate(x, -(a + b) * x)
    for name, symbol in (("A", a), ("B", b), ("D", d)):
        m.output(name, symbol, "1/h")
    m.dose_target("iv", x)
    result = simulate(m, "none", patients=20_000, seed=2, times=[1.0, 25, 49], occasions_h=[0, 24, 48])  # fmt: skip  # noqa: E501
    for name, between, within in (("A", 0.3, 0.1), ("B", 0.5, 0.7), ("D", 0.0, 0.2)):
        values = result[name] if name == "D" else np.log(result[name])
        assert math.sqrt(values.var(axis=1, ddof=1).mean()) == pytest.approx(within, rel=0.03)
        shared = np.cov(values[:, 0], values[:, 1])[0, 1]
        assert math.sqrt(max(shared, 0)) == pytest.approx(between, abs=0.02)
