"""Decisions while running: rescue, titration, stopping, drop-out."""

import numpy as np
import pytest
import sympy

from speciosa.engine import Decision, Endpoint, Event, simulate

K = 0.1
TIMES = np.arange(0.0, 25.0)
amount = sympy.Symbol("amount", real=True)


def test_rescue_dose_when_the_level_is_low(one):
    rescue = Decision("rescue", np.arange(1.0, 24.0), amount < 50, "give", "iv", amount=40)
    result = simulate(one, "100 mg iv", times=TIMES, decisions=[rescue], method="tsit5", rtol=1e-9)
    # by hand: the amount at each whole hour decides
    level, wanted, fired = 100.0, [100.0], []
    for hour in range(1, 25):
        level *= np.exp(-K)
        if hour < 24 and level < 50:
            level += 40
            fired.append(float(hour))
        wanted.append(level)
    np.testing.assert_allclose(result["amount"][0], wanted, rtol=1e-7)
    assert result.decisions()["time_h"].to_list() == fired
    assert len(fired) >= 2


def test_titration_scales_the_doses_to_come(one):
    up = Decision("up", [12.0, 24.0, 36.0], amount < 120, "scale", "iv", amount=1.5)
    result = simulate(
        one,
        "100 mg iv every 12 h x 5",
        times=[0.0, 12.0, 24.0, 36.0, 48.0],
        decisions=[up],
        method="tsit5",
        rtol=1e-9,
    )
    # the dose of the hour is given first, then it is decided
    e, level, dose, wanted = np.exp(-K * 12), 100.0, 100.0, [100.0]
    for _ in range(4):
        level = level * e + dose
        wanted.append(level)
        if level < 120 and len(wanted) <= 4:
            dose *= 1.5
    np.testing.assert_allclose(result["amount"][0], wanted, rtol=1e-7)


def test_patients_decide_for_themselves(one):
    clearance = np.array([1.0, 5.0, 20.0])
    rescue = Decision("rescue", [6.0], amount < 70, "give", "iv", amount=100)
    result = simulate(
        one,
        "100 mg iv",
        parameters={"CL": clearance},
        times=TIMES,
        decisions=[rescue],
        method="tsit5",
    )
    np.testing.assert_array_equal(result.firings["rescue"][:, 0], [False, True, True])


def test_stop_cancels_the_doses_to_come(one):
    stop = Decision("stop", [13.0], True, "stop", "iv")
    got = simulate(
        one, "100 mg iv every 6 h x 4", times=TIMES, decisions=[stop], method="tsit5", rtol=1e-9
    )["amount"][0]
    kept = sum(100 * np.exp(-K * (TIMES - at)) * (TIMES >= at) for at in (0, 6, 12))
    np.testing.assert_allclose(got, kept, atol=1e-6)


def test_a_dose_given_stays_given_in_its_lag(one):
    stop = Decision("stop", [6.5], True, "stop", "oral")
    got = simulate(
        one,
        "100 mg oral every 6 h x 4",
        parameters={"lag": [1.0]},
        times=TIMES,
        decisions=[stop],
        method="tsit5",
        rtol=1e-9,
    )["amount"][0]
    kept = sum(100 * np.exp(-K * (TIMES - at)) * (TIMES >= at) for at in (1, 7))
    np.testing.assert_allclose(got, kept, atol=1e-6)


def test_end_of_follow_up(one):
    leave = Decision("drop-out", [4.0, 8.0, 12.0], amount < 60, "end")
    result = simulate(
        one,
        "100 mg iv",
        times=TIMES,
        decisions=[leave],
        endpoints=[Endpoint("amount", "area")],
        method="tsit5",
        rtol=1e-9,
    )
    assert result.status.tolist() == ["ok"]
    assert result.ended_h.tolist() == [8.0]
    seen = np.isfinite(result["amount"][0])
    np.testing.assert_array_equal(TIMES[seen], np.arange(9.0))
    np.testing.assert_allclose(result["amount area"], 1000 * (1 - np.exp(-0.8)), rtol=1e-7)


def test_limits(one):
    often = Decision(
        "often", np.arange(1.0, 24.0), amount > 0, "give", "iv", amount=1, most=3, wait_h=2.0
    )
    result = simulate(one, "100 mg iv", times=TIMES, decisions=[often], method="tsit5")
    assert result.decisions()["time_h"].to_list() == [1.0, 3.0, 5.0]


def test_series_given_by_a_decision_with_an_amount_by_formula(one):
    start = Decision("start", [2.0], True, "give", "iv", amount=amount / 2, every_h=4, count=2)
    got = simulate(one, "100 mg iv", times=TIMES, decisions=[start], method="tsit5", rtol=1e-9)[
        "amount"
    ][0]
    half = 50 * np.exp(-K * 2)
    wanted = 100 * np.exp(-K * TIMES)
    for at in (2, 6):
        wanted = wanted + half * np.exp(-K * (TIMES - at)) * (TIMES >= at)
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def infusion(start, rate, length, times=TIMES):
    """Amount in one compartment of a constant infusion."""
    since = np.maximum(times - start, 0)
    running = np.minimum(since, length)
    return rate / K * -np.expm1(-K * running) * np.exp(-K * (since - running))


METHODS = ["tsit5", "rodas4", "rodas5p"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("before", ["none", "100 mg iv", "30 mg iv over 20 h"])
def test_an_infusion_given_by_a_decision(one, before, method):
    give = Decision("give", [5.0], True, "give", "iv", amount=50, over_h=4)
    exact = simulate(one, before, times=TIMES, rtol=1e-9)["amount"][0]
    got = simulate(one, before, times=TIMES, decisions=[give], method=method, rtol=1e-9)
    np.testing.assert_allclose(got["amount"][0], exact + infusion(5, 12.5, 4), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_infusions_given_by_decisions_in_every_way(one, method):
    series = Decision("s", [3.0], True, "give", "iv", amount=20, over_h=2, every_h=5, count=3)
    own = Decision("d", [6.0], True, "give", "depot", amount=40)
    late = Decision("l", [4.5], True, "give", "oral", amount=30, over_h=3)
    got = simulate(
        one, "none", parameters={"lag": [1.5]}, times=TIMES, decisions=[series, own, late],
        method=method, rtol=1e-9,
    )["amount"][0]  # fmt: skip
    wanted = sum(infusion(at, 10, 2) for at in (3, 8, 13))
    wanted = wanted + infusion(6, 10, 4) + infusion(6, 10, 3)
    np.testing.assert_allclose(got, wanted, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_reset_ends_an_infusion_given_by_a_decision(one, method):
    give = Decision("give", [5.0], True, "give", "iv", amount=50, over_h=6)
    got = simulate(
        one, [Event(8, kind="reset")], times=TIMES, decisions=[give], method=method, rtol=1e-9
    )["amount"][0]
    wanted = np.where(TIMES < 8, infusion(5, 50 / 6, 6), 0.0)
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_endpoints_see_what_a_decision_gives(one):
    give = Decision("give", [5.0], True, "give", "iv", amount=50, over_h=4)
    result = simulate(
        one, "none", until=24, decisions=[give], method="tsit5", rtol=1e-9,
        endpoints=[Endpoint("amount", "area"), Endpoint("amount", "peak"), Endpoint("amount", "time of peak")],
    )  # fmt: skip
    peak = infusion(5, 12.5, 4, np.array([9.0]))[0]
    np.testing.assert_allclose(result["amount peak"], peak, rtol=1e-7)
    np.testing.assert_allclose(result["amount time of peak"], 9.0, rtol=1e-7)
    left = infusion(5, 12.5, 4, np.array([24.0]))[0]
    np.testing.assert_allclose(result["amount area"], (50 - left) / K, rtol=1e-7)
