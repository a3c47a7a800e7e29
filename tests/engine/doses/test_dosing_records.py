"""Dosing records that other programs got wrong, against formulas of one compartment with absorption.

Doses superpose, so that every expected value is a sum of single-dose formulas; a steady state is the sum over a
thousand doses before. Each case runs in closed form and by integration.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from speciosa.engine.event import Event
from speciosa.engine.simulate import simulate
from speciosa.errors import InputError
from speciosa.model import Model

KA, K, F, LAG, DURATION = 1.3, 0.21, 0.6, 0.7, 4.0
TIMES = np.unique(np.concatenate([np.arange(0, 60, 0.5), [0.7, 8.7, 59.99, 23.999999]]))
PAST = 1000
METHODS = ["closed form", "tsit5"]


def model() -> Model:
    m = Model("one compartment")
    ka, k = m.parameter("ka", KA, "1/h"), m.parameter("k", K, "1/h")
    f = m.parameter("F", F, "1")
    lag, duration = m.parameter("lag", LAG, "h"), m.parameter("duration", DURATION, "h")
    factor = m.covariate("clearance factor", 1.0, "1")
    gut, central = m.state("gut", "mg"), m.state("central", "mg")
    m.rate(gut, -ka * gut)
    m.rate(central, ka * gut - k * factor * central)
    m.output("amount", central, "mg")
    m.dose_target("oral", gut, bioavailability=f, lag=lag)
    m.dose_target("iv", central)
    m.dose_target("depot", gut, bioavailability=f, duration=duration)
    m.dose_target("both", gut)
    m.dose_target("both", central, bioavailability=f)
    return m


MODEL = model().build()


@dataclass(frozen=True)
class Dose:
    """What is expected of one dose: when and where it enters, and over how long."""

    at: float
    amount: float
    state: str = "central"
    over: float = 0.0

    def left(self, t):
        """Amount in the central compartment."""
        since = np.maximum(t - self.at, 0.0)
        given = t >= self.at - 1e-9
        if self.over > 0:
            rate = self.amount / self.over
            begun = self._flow(since)
            ended = self._flow(np.maximum(since - self.over, 0.0))
            return np.where(given, rate * (begun - ended), 0.0)
        if self.state == "gut":
            one = KA / (KA - K) * (np.exp(-K * since) - np.exp(-KA * since))
        else:
            one = np.exp(-K * since)
        return np.where(given, self.amount * one, 0.0)

    def _flow(self, since):
        direct = -np.expm1(-K * since) / K
        if self.state == "central":
            return direct
        return direct - (np.exp(-K * since) - np.exp(-KA * since)) / (KA - K)


def total(doses, t=TIMES):
    return sum((dose.left(t) for dose in doses), np.zeros(len(t)))


def endless(dose, every, count):
    """A dose, all before it in the regimen, and those after it: `count` in all from the first."""
    return [
        Dose(dose.at + i * every, dose.amount, dose.state, dose.over) for i in range(-PAST, count)
    ]


def after(time, doses, t=TIMES):
    return np.where(t >= time, total(doses, t), 0.0)


def oral(at, amount, lag=LAG):
    return Dose(at + lag, F * amount, "gut")


CASES = {
    "a lag delays every dose": (
        [Event(0, "oral", 100, every_h=8, count=3)],
        total([oral(t, 100) for t in (0, 8, 16)]),
    ),
    "bioavailability scales the rate of an infusion by duration": (
        [Event(1, "oral", 50, over_h=3)],
        total([Dose(1 + LAG, F * 50, "gut", 3)]),
    ),
    "bioavailability scales the length of an infusion by rate": (
        [Event(1, "oral", 50, rate=10)],
        total([Dose(1 + LAG, F * 50, "gut", F * 50 / 10)]),
    ),
    "a target's own duration": (
        [Event(2, "depot", 80, every_h=12, count=2)],
        total([Dose(2, F * 80, "gut", DURATION), Dose(14, F * 80, "gut", DURATION)]),
    ),
    "a duration in the record wins over the target's": (
        [Event(2, "depot", 80, over_h=1)],
        total([Dose(2, F * 80, "gut", 1)]),
    ),
    "one dose into two states": (
        [Event(3, "both", 40)],
        total([Dose(3, 40, "gut"), Dose(3, F * 40)]),
    ),
    "an observation at the time of a dose comes after it": (
        [Event(5, "iv", 30), Event(5, "iv", 20)],
        total([Dose(5, 50)]),
    ),
    "zero amounts change nothing": (
        [Event(0, "oral", 0), Event(3, "iv", 0, over_h=2), Event(4, "iv", 0), Event(6, "iv", 9)],
        total([Dose(6, 9)]),
    ),
    "doses before time zero": (
        [Event(-20, "oral", 100, every_h=8, count=4), Event(-1, "iv", 50, over_h=3)],
        total([oral(t, 100) for t in (-20, -12, -4, 4)] + [Dose(-1, 50, over=3)]),
    ),
    "overlapping infusions add up": (
        [Event(0, "iv", 60, over_h=10, every_h=4, count=4)],
        total([Dose(t, 60, over=10) for t in (0, 4, 8, 12)]),
    ),
    "records out of order": (
        [Event(9, "iv", 10), Event(2, "iv", 20), Event(5, "oral", 30)],
        total([Dose(9, 10), Dose(2, 20), oral(5, 30)]),
    ),
    "steady state of boluses": (
        [Event(0, "iv", 100, every_h=12, count=3, steady_state=True)],
        total(endless(Dose(0, 100), 12, 3)),
    ),
    "steady state with lag": (
        [Event(0, "oral", 100, every_h=8, count=4, steady_state=True)],
        total(endless(oral(0, 100), 8, 4)),
    ),
    "steady state, lag longer than the interval": (
        [Event(1, "oral", 100, every_h=0.5, count=3, steady_state=True)],
        after(1, endless(oral(1, 100), 0.5, 3)),
    ),
    "steady state of infusions": (
        [Event(0, "iv", 100, over_h=3, every_h=8, count=2, steady_state=True)],
        total(endless(Dose(0, 100, over=3), 8, 2)),
    ),
    "steady state, infusion longer than the interval": (
        [Event(0, "iv", 100, over_h=19, every_h=8, count=3, steady_state=True)],
        total(endless(Dose(0, 100, over=19), 8, 3)),
    ),
    "steady state, infusion twice as long as the interval": (
        [Event(0, "iv", 100, over_h=16, every_h=8, count=1, steady_state=True)],
        total(endless(Dose(0, 100, over=16), 8, 1)),
    ),
    "steady state, long infusion with lag": (
        [Event(0, "oral", 100, over_h=10.5, every_h=8, count=2, steady_state=True)],
        total(endless(Dose(LAG, F * 100, "gut", 10.5), 8, 2)),
    ),
    "steady state of infusions by rate": (
        [Event(0, "oral", 90, rate=9, every_h=12, count=2, steady_state=True)],
        total(endless(Dose(LAG, F * 90, "gut", F * 10), 12, 2)),
    ),
    "steady state of a target with duration": (
        [Event(0, "depot", 90, every_h=3, count=2, steady_state=True)],
        total(endless(Dose(0, F * 90, "gut", DURATION), 3, 2)),
    ),
    "a constant infusion at steady state": (
        [Event(0, "iv", 0, rate=5, steady_state=True), Event(10, "iv", 7)],
        5 / K + total([Dose(10, 7)]),
    ),
    "a regimen of two drugs' records at steady state": (
        [
            Event(0, "oral", 100, every_h=12, count=2, steady_state=True),
            Event(0, "iv", 40, every_h=12, count=2, steady_state=True),
        ],
        total(endless(oral(0, 100), 12, 2) + endless(Dose(0, 40), 12, 2)),
    ),
    "steady state, then a reset and further doses": (
        [
            Event(0, "oral", 100, every_h=8, count=10, steady_state=True),
            Event(20, kind="reset"),
            Event(24, "oral", 50, every_h=8, count=2),
        ],
        np.where(TIMES < 20, total(endless(oral(0, 100), 8, 10)), 0)
        + total([oral(24, 50), oral(32, 50)]),
    ),
    "steady state after a reset": (
        [
            Event(0, "iv", 500),
            Event(10, kind="reset"),
            Event(10, "iv", 100, every_h=6, count=2, steady_state=True),
        ],
        np.where(
            TIMES < 10, total([Dose(0, 500)]), total(endless(Dose(10, 100), 6, 2))
        ),
    ),
    "a later steady state ends what went before": (
        [
            Event(0, "iv", 100, over_h=30),
            Event(9.6, "oral", 70),
            Event(10, "iv", 100, every_h=8, count=3, steady_state=True),
        ],
        np.where(
            TIMES < 10, total([Dose(0, 100, over=30), oral(9.6, 70)]), total(endless(Dose(10, 100), 8, 3))
        ),
    ),
    "long infusions at a steady state that begins later": (
        [Event(2, "iv", 30), Event(9, "iv", 100, over_h=19, every_h=8, count=2, steady_state=True)],
        np.where(
            TIMES < 9, total([Dose(2, 30)]), total(endless(Dose(9, 100, over=19), 8, 2))
        ),
    ),
    "a reset ends infusions, doses in their lag and running series": (
        [
            Event(0, "iv", 100, over_h=20),
            Event(9.5, "oral", 80),
            Event(0, "iv", 10, every_h=3, count=20),
            Event(10, kind="reset"),
        ],
        np.where(
            TIMES < 10, total([Dose(0, 100, over=20), *(Dose(t, 10) for t in (0, 3, 6, 9))]), 0
        ),
    ),
    "additional doses after a reset": (
        [Event(0, "iv", 100), Event(10, "iv", 30, every_h=6, count=3, reset_first=True)],
        np.where(TIMES < 10, total([Dose(0, 100)]), total([Dose(t, 30) for t in (10, 16, 22)])),
    ),
    "a dose written before a reset of its time is lost, one written after it counts": (
        [Event(6, "iv", 11), Event(6, kind="reset"), Event(6, "iv", 13)],
        total([Dose(6, 13)]),
    ),
    "a state is replaced": (
        [Event(0, "iv", 100), Event(7, "central", 25, kind="replace"), Event(9, "iv", 5)],
        np.where(TIMES < 7, total([Dose(0, 100)]), total([Dose(7, 25), Dose(9, 5)])),
    ),
    "a covariate changes": (
        [Event(0, "iv", 100), Event(5, "clearance factor", 0.0, kind="covariate")],
        100 * np.exp(-K * np.minimum(TIMES, 5)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_against_the_formula(case, method):
    doses, expected = CASES[case]
    result = simulate(MODEL, doses, times=TIMES, method=method, rtol=1e-10)
    assert result.status.tolist() == ["ok"]
    assert np.abs(result["amount"][0] - expected).max() <= 1e-9 * expected.max()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("every", [(12.0, 8.0), (5.0, 2.0), (24.0, 7.0)])
def test_series_of_different_intervals_share_a_steady_state(method, every):
    doses = [
        Event(0, "oral", 100, every_h=every[0], count=2, steady_state=True),
        Event(0, "iv", 40, every_h=every[1], count=3, over_h=1.5, steady_state=True),
    ]
    expected = total(
        endless(oral(0, 100), every[0], 2) + endless(Dose(0, 40, over=1.5), every[1], 3)
    )
    found = simulate(MODEL, doses, times=TIMES, method=method, rtol=1e-10)["amount"][0]
    assert np.abs(found - expected).max() <= 1e-9 * expected.max()


def test_intervals_without_a_common_multiple_have_no_steady_state_to_run_in():
    doses = [
        Event(0, "oral", 100, every_h=12, count=2, steady_state=True),
        Event(0, "iv", 40, every_h=np.pi, count=3, steady_state=True),
    ]
    assert simulate(MODEL, doses, times=[0, 1], method="closed form").ok.all()
    result = simulate(MODEL, doses, times=[0, 1], method="tsit5")
    assert result.status.tolist() == ["no steady state"]


@pytest.mark.parametrize("method", METHODS)
def test_observed_before_the_dose_of_the_same_time(method):
    found = simulate(
        MODEL, "10 mg iv every 6 h x 3", times=[0, 6, 12], observe="before", method=method
    )["amount"][0]
    left = np.exp(-K * 6)
    assert np.allclose(found, [0, 10 * left, 10 * (left + left**2)], rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_many_patients_with_schedules_of_their_own(method):
    each = [[Event(i, "iv", 10 + i)] if i % 3 else "none" for i in range(9)]
    found = simulate(MODEL, each, patients=9, times=TIMES, method=method)["amount"]
    for i in range(9):
        expected = total([Dose(i, 10 + i)] if i % 3 else [])
        assert np.abs(found[i] - expected).max() <= 1e-6 * 20


def test_what_grows_without_end_has_no_steady_state():
    m = Model("collects")
    k = m.parameter("k", 0.2, "1/h")
    central, urine = m.state("central", "mg"), m.state("urine", "mg")
    m.rate(central, -k * central)
    m.rate(urine, k * central)
    m.output("amount", central, "mg")
    m.dose_target("iv", central)
    doses = Event(0, "iv", 10, every_h=8, count=2, steady_state=True)
    for method in METHODS:
        result = simulate(m, doses, times=[0, 1], method=method)
        assert result.status.tolist() == ["no steady state"]
        assert np.isnan(result["amount"]).all()


def test_a_schedule_for_a_patient_who_is_not_there_is_named():
    with pytest.raises(InputError, match="patient 7"):
        simulate(MODEL, {7: "10 mg iv"}, patients=3, times=[0, 1])
