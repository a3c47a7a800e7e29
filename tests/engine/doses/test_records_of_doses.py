"""What belongs to a dose: its lag, length, rate and bioavailability are those of when it is given."""

import numpy as np
import pytest

from speciosa.engine import Decision, Event, simulate
from speciosa.model import Model

SOLVERS = ["closed form", "tsit5", "rodas5p"]
STEPPING = ["tsit5", "rodas5p"]


def kept(**modifiers):
    """A state that loses nothing: its amount is what has arrived."""
    m = Model("arrivals")
    covariates = {
        name: m.covariate(name, value, unit)
        for name, value, unit in (("F", 1.0, "1"), ("lag", 0.0, "h"), ("D", 0.0, "h"))
    }
    x = m.state("x", "mg")
    m.rate(x, -m.parameter("k", 0.0, "1/h") * x)
    m.output("amount", x, "mg")
    m.dose_target(
        "oral", x, bioavailability=covariates["F"], lag=covariates["lag"], duration=covariates["D"]
    )
    m.dose_target("now", x)
    return m


MODEL = kept().build()


def changed(time, **values):
    return [Event(time, name, value, kind="covariate") for name, value in values.items()]


def arrived(events, times, method, **more):
    result = simulate(MODEL, events, times=times, method=method, rtol=1e-9, **more)
    assert result.ok.all()
    return result["amount"][0]


@pytest.mark.parametrize("method", SOLVERS)
def test_bioavailability_of_the_record_and_not_of_the_arrival(method):
    two = [
        *changed(0, F=0.7, lag=1),
        Event(0, "oral", 100),
        *changed(0, F=0.1),
        Event(0, "oral", 200),
    ]
    np.testing.assert_allclose(arrived(two, [0.5, 1, 1.5], method), [0, 90, 90], atol=1e-9)
    later = [
        *changed(0, F=0.1, lag=1),
        Event(0, "oral", 100),
        *changed(0.5, F=1.0),
        Event(2, "oral", 100),
    ]
    np.testing.assert_allclose(
        arrived(later, [0.5, 1, 2.5, 3], method), [0, 10, 10, 110], atol=1e-9
    )


@pytest.mark.parametrize("method", SOLVERS)
def test_lag_of_each_dose_of_a_series(method):
    """Lags of 3, 1 and 2 hours: doses may overtake each other."""
    events = [
        *changed(0, lag=3),
        Event(0, "oral", 10, every_h=1, count=3),
        *changed(0.5, lag=1),
        *changed(1.5, lag=2),
    ]
    times = [1.9, 2, 2.9, 3, 3.9, 4]
    np.testing.assert_allclose(arrived(events, times, method), [0, 10, 10, 20, 20, 30], atol=1e-9)


@pytest.mark.parametrize("method", SOLVERS)
def test_length_of_each_infusion_of_a_series(method):
    """By the target's duration: 4 hours, then 1; the first still runs when the second begins, and keeps its rate."""
    events = [
        *changed(0, D=4),
        Event(0, "oral", 40, every_h=2, count=2),
        *changed(1, D=1),
    ]
    times = [1, 2, 2.5, 3, 4, 5]
    wanted = [10, 20, 45, 70, 80, 80]
    np.testing.assert_allclose(arrived(events, times, method), wanted, atol=1e-8)


@pytest.mark.parametrize("method", SOLVERS)
def test_a_duration_that_comes_and_goes(method):
    events = [
        *changed(0, D=4),
        Event(0, "oral", 40, every_h=2, count=4),
        *changed(1, D=0),
        *changed(5, D=2),
    ]
    times = [1, 2, 3, 4, 5.5, 6, 7, 8]
    wanted = [10, 60, 70, 120, 120, 120, 140, 160]
    np.testing.assert_allclose(arrived(events, times, method), wanted, atol=1e-8)


@pytest.mark.parametrize("method", SOLVERS)
def test_rate_of_an_infusion_is_kept_and_bioavailability_scales_its_time(method):
    events = [
        Event(0, "oral", 40, rate=10, every_h=6, count=2),
        *changed(1, F=0.5),
    ]
    times = [2, 4, 6, 7, 8, 9]
    np.testing.assert_allclose(arrived(events, times, method), [20, 40, 40, 50, 60, 60], atol=1e-8)


@pytest.mark.parametrize("method", SOLVERS)
def test_at_one_time_what_is_written_first_comes_first(method):
    before = [*changed(2, F=0.5), Event(2, "oral", 10)]
    after = [Event(2, "oral", 10), *changed(2, F=0.5)]
    assert arrived(before, [3.0], method)[0] == pytest.approx(5)
    assert arrived(after, [3.0], method)[0] == pytest.approx(10)


@pytest.mark.parametrize("method", SOLVERS)
def test_a_reset_cancels_what_is_on_its_way(method):
    events = [
        *changed(0, lag=3),
        Event(0, "oral", 10),
        *changed(1, lag=1),
        Event(1.5, "oral", 10),
        Event(2, kind="reset"),
        Event(2, "oral", 7),
    ]
    times = [1, 2, 2.6, 3, 5]
    np.testing.assert_allclose(arrived(events, times, method), [0, 0, 0, 7, 7], atol=1e-9)


@pytest.mark.parametrize("method", STEPPING)
def test_scaling_keeps_what_was_written_and_what_was_given(method):
    half = Decision("half", [3.0], True, "scale", target="oral", amount=0.5)
    by_time = [Event(0, "oral", 60, over_h=2, every_h=6, count=2)]
    by_rate = [Event(0, "oral", 60, rate=30, every_h=6, count=2)]
    times = [1, 2, 6, 7, 7.5, 8, 9]
    got = arrived(by_time, times, method, decisions=[half])
    np.testing.assert_allclose(got, [30, 60, 60, 75, 82.5, 90, 90], atol=1e-8)
    got = arrived(by_rate, times, method, decisions=[half])
    np.testing.assert_allclose(got, [30, 60, 60, 90, 90, 90, 90], atol=1e-8)
    # given at 0 and 2, arrives at 4 and 6: not scaled
    late = [*changed(0, lag=4), Event(0, "oral", 60, every_h=2, count=3)]
    got = arrived(late, [3.9, 4, 6, 8], method, decisions=[half])
    np.testing.assert_allclose(got, [0, 60, 120, 150], atol=1e-8)


@pytest.mark.parametrize("method", STEPPING)
def test_a_running_infusion_goes_on_while_later_ones_are_scaled_or_stopped(method):
    for action, wanted in (("scale", [60, 75, 90, 90]), ("stop", [60, 60, 60, 60])):
        change = Decision("d", [1.0], True, action, target="oral", amount=0.5)
        series = [Event(0, "oral", 60, rate=20, every_h=6, count=2)]
        got = arrived(series, [3, 6.75, 7.5, 9], method, decisions=[change])
        np.testing.assert_allclose(got, wanted, atol=1e-8)


def linear():
    m = Model("regimen")
    lag, share = m.covariate("lag", 0.0, "h"), m.covariate("F", 1.0, "1")
    x = m.state("x", "mg")
    m.rate(x, -m.parameter("k", 0.1, "1/h") * x)
    m.output("amount", x, "mg")
    m.dose_target("oral", x, lag=lag, bioavailability=share)
    return m


@pytest.mark.parametrize("method", SOLVERS)
def test_a_steady_state_has_the_lag_and_bioavailability_of_its_moment(method):
    events = [
        *changed(0, lag=1, F=0.2),
        *changed(5, lag=3, F=0.8),
        Event(10, "oral", 100, every_h=8, count=2, steady_state=True),
        *changed(12, lag=2, F=0.4),
    ]
    times = np.array([10, 12.9, 13, 19.9, 20, 30])
    result = simulate(linear(), events, times=times, method=method, rtol=1e-9)
    past = sum(80 * np.exp(-0.1 * (times - 13 + 8 * i)) * (times >= 13 - 8 * i) for i in range(200))
    last = 40 * np.exp(-0.1 * (times - 20)) * (times >= 20)
    np.testing.assert_allclose(result["amount"][0], past + last, rtol=1e-7)


@pytest.mark.parametrize("method", STEPPING)
def test_a_decision_reaches_a_regimen_that_has_not_begun(method):
    regimen = [Event(10, "oral", 100, every_h=8, count=2, steady_state=True)]
    half = Decision("half", [5.0], True, "scale", target="oral", amount=0.5)
    never = Decision("never", [5.0], True, "stop", target="oral")
    times = np.array([9.0, 11, 17, 19])
    whole = simulate(linear(), regimen, times=times, method="closed form")["amount"][0]
    got = simulate(linear(), regimen, times=times, decisions=[half], method=method, rtol=1e-9)
    np.testing.assert_allclose(got["amount"][0], whole / 2, rtol=1e-7)
    got = simulate(linear(), regimen, times=times, decisions=[never], method=method)
    np.testing.assert_array_equal(got["amount"][0], 0)


def test_occasions_change_lag_duration_and_bioavailability():
    m = Model("occasions")
    f = m.parameter("F", 0.5, "1", between_occasion_sd=0.4)
    lag = m.parameter("lag", 2.0, "h", between_occasion_sd=0.4)
    length = m.parameter("D", 3.0, "h", between_occasion_sd=0.4)
    x, y = m.state("x", "mg"), m.state("y", "mg")
    m.rate(x, 0)
    m.rate(y, 0)
    for name, value, unit in (("x_", x, "mg"), ("y_", y, "mg"), ("F_", f, "1"), ("lag_", lag, "h"), ("D_", length, "h")):  # fmt: skip  # noqa: E501
        m.output(name, value, unit)
    m.dose_target("oral", x, bioavailability=f, lag=lag)
    m.dose_target("patch", y, duration=length)
    times = np.arange(0, 96, 0.01)
    result = simulate(
        m, "100 mg oral every 24 h x 4; 100 mg patch every 24 h x 4", patients=3, seed=3, times=times,
        occasions_h=[0, 24, 48, 72], method="tsit5",
    )  # fmt: skip
    for day in range(4):
        here = slice(2400 * day, 2400 * (day + 1))
        start = 2400 * day
        for patient in range(3):
            x_ = result["x_"][patient, here] - (result["x_"][patient, start - 1] if day else 0)
            y_ = result["y_"][patient, here] - (result["y_"][patient, start - 1] if day else 0)
            late, long = (result[name][patient, start] for name in ("lag_", "D_"))
            since = times[here] - 24 * day
            assert since[np.argmax(x_ > 1)] == pytest.approx(late, abs=0.011)
            assert x_[-1] == pytest.approx(100 * result["F_"][patient, start], rel=1e-9)
            assert since[np.argmax(y_ > 100 - 1e-6)] == pytest.approx(long, abs=0.011)
    for name in ("F_", "lag_", "D_"):
        assert (np.ptp(result[name][:, ::2400], axis=1) > 0.01).all()
