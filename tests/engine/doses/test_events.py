"""What happens to patients, against short formulas for one compartment."""

import numpy as np
import pytest

from speciosa.engine import Event, simulate

K, V = 0.1, 50.0
TIMES = np.arange(0.0, 49.0, 1.0)


def bolus(t, at=0.0, amount=100.0):
    return np.where(t >= at, amount * np.exp(-K * np.clip(t - at, 0, None)), 0.0)


def infusion(t, at=0.0, amount=100.0, over=5.0):
    into = np.clip(t - at, 0, over)
    after = np.clip(t - at - over, 0, None)
    return np.where(t > at, amount / over / K * (1 - np.exp(-K * into)) * np.exp(-K * after), 0.0)


def amounts(one, doses, times=TIMES, **options):
    options = {"rtol": 1e-9, "method": "tsit5"} | options
    return simulate(one, doses, times=times, **options)["amount"][0]


CASES = {
    "bolus": ([Event(2, "iv", 100)], lambda t: bolus(t, 2)),
    "infusion by duration": ([Event(2, "iv", 100, over_h=5)], lambda t: infusion(t, 2)),
    "infusion by rate": ([Event(2, "iv", 100, rate=20)], lambda t: infusion(t, 2)),
    "series": (
        [Event(0, "iv", 100, every_h=8, count=4)],
        lambda t: sum(bolus(t, 8 * i) for i in range(4)),
    ),
    "infusions that overlap": (
        [Event(0, "iv", 100, over_h=5, every_h=2, count=6)],
        lambda t: sum(infusion(t, 2 * i) for i in range(6)),
    ),
    "duration of the target": ([Event(0, "depot", 100)], lambda t: infusion(t, 0, 100, 4)),
    "zero amounts": (
        [Event(0, "iv", 0), Event(1, "iv", 0, over_h=2), Event(3, "iv", 100)],
        lambda t: bolus(t, 3),
    ),
    "before time zero": (
        [Event(-10, "iv", 100), Event(-2, "iv", 100, over_h=5)],
        lambda t: bolus(t, -10) + infusion(t, -2),
    ),
    "reset": (
        [Event(0, "iv", 100), Event(5, kind="reset"), Event(7, "iv", 100)],
        lambda t: np.where(t < 5, bolus(t), bolus(t, 7)),
    ),
    "reset ends infusions and series": (
        [Event(0, "iv", 100, over_h=20, every_h=6, count=9), Event(8, kind="reset")],
        lambda t: np.where(t < 8, infusion(t, 0, 100, 20) + infusion(t, 6, 100, 20), 0.0),
    ),
    "only the first dose of a series resets": (
        [Event(0, "iv", 100), Event(5, "iv", 100, every_h=6, count=3, reset_first=True)],
        lambda t: np.where(t < 5, bolus(t), sum(bolus(t, 5 + 6 * i) for i in range(3))),
    ),
    "replacement": (
        [Event(0, "iv", 100), Event(5, "a", 30, kind="replace")],
        lambda t: np.where(t < 5, bolus(t), bolus(t, 5, 30)),
    ),
    "order at one time": (
        [Event(4, "iv", 100), Event(4, "a", 30, kind="replace"), Event(4, "iv", 10)],
        lambda t: bolus(t, 4, 40),
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("method", ["tsit5", "rodas5p"])
def test_formula(one, name, method):
    events, formula = CASES[name]
    got = amounts(one, events, method=method)
    np.testing.assert_allclose(got, formula(TIMES), atol=1e-6)


def test_lag_and_bioavailability(one):
    p = {"F": [0.4], "lag": [1.5]}
    got = amounts(one, [Event(0, "oral", 100, every_h=6, count=2)], parameters=p)
    wanted = bolus(TIMES, 1.5, 40) + bolus(TIMES, 7.5, 40)
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_bioavailability_scales_the_rate_or_the_time_of_an_infusion(one):
    p = {"F": [0.5]}
    by_duration = amounts(one, [Event(0, "oral", 100, over_h=5)], parameters=p)
    np.testing.assert_allclose(by_duration, infusion(TIMES, 0, 50, 5), atol=1e-6)
    by_rate = amounts(one, [Event(0, "oral", 100, rate=20)], parameters=p)
    np.testing.assert_allclose(by_rate, infusion(TIMES, 0, 50, 2.5), atol=1e-6)


def test_reset_cancels_a_dose_in_its_lag(one):
    got = amounts(one, [Event(0, "oral", 100), Event(1, kind="reset")], parameters={"lag": [3.0]})
    np.testing.assert_array_equal(got, 0.0)


def test_observation_at_the_time_of_a_dose(one):
    events = [Event(0, "iv", 100), Event(6, "iv", 100)]
    after = amounts(one, events, times=[0.0, 6.0])
    before = amounts(one, events, times=[0.0, 6.0], observe="before")
    kept = 100 * np.exp(-0.6)
    np.testing.assert_allclose(after, [100, kept + 100], atol=1e-6)
    np.testing.assert_allclose(before[1], kept, atol=1e-6)


def test_times_that_differ_by_rounding_are_the_same(one):
    events = [Event(0, "iv", 100, every_h=0.1, count=4)]
    got = amounts(one, events, times=[0.3, 0.1 * 3])
    assert got[0] == got[1]
    np.testing.assert_allclose(got[0], sum(bolus(np.array(0.1 * 3), 0.1 * i) for i in range(4)))


def test_covariate_that_changes_in_time(one):
    events = [Event(0, "iv", 100), Event(10, "weight", 140.0, kind="covariate")]
    got = amounts(one, events)
    wanted = (
        100 * np.exp(-K * np.minimum(TIMES, 10)) * np.exp(-2 * K * np.clip(TIMES - 10, 0, None))
    )
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_each_patient_has_its_own_schedule(one):
    doses = ["100 mg iv", "none", "50 mg iv at 3 h", "100 mg iv over 5 h"]
    result = simulate(one, doses, patients=4, parameters={"CL": [5.0] * 4}, times=TIMES, rtol=1e-9)
    for row, wanted in enumerate([bolus(TIMES), 0 * TIMES, bolus(TIMES, 3, 50), infusion(TIMES)]):
        np.testing.assert_allclose(result["amount"][row], wanted, atol=1e-6)
    by_number = simulate(one, {2: "50 mg iv at 3 h"}, patients=4, times=TIMES)
    assert (by_number["amount"][[0, 1, 3]] == 0).all()
    assert by_number["amount"][2].max() > 40


def test_regimen_text_converts_units(one):
    got = amounts(one, "0.1 g iv at 2 h")
    np.testing.assert_allclose(got, bolus(TIMES, 2), atol=1e-6)
