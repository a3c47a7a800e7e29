"""The last dose in equations: absorption through transit compartments without their chain."""

import numpy as np
import pytest
import sympy

import speciosa as sp
from speciosa.engine import Decision, Event, simulate
from speciosa.model import log_gamma

N, K, KA = 3, 2.0, 1.0
TIMES = np.arange(0.25, 72.0, 0.25)


def written(lag=0.0):
    m = sp.Model("transit, as a function of the last dose")
    n, k, ka = m.parameter("n", N, "1"), m.parameter("k", K, "1/h"), m.parameter("ka", KA, "1/h")
    gut = m.state("gut", "mg")
    m.dose_target("oral", gut, bioavailability=0)
    amount, since = m.last_dose("oral")
    late = sympy.Max(since - m.parameter("lag", lag, "h"), 0)
    entry = amount * k * (k * late) ** n * sympy.exp(-k * late - log_gamma(n + 1))
    m.rate(gut, entry - ka * gut)
    m.output("gut", gut, "mg")
    m.output("amount", amount, "mg")
    return m


def chain(lag=0.0):
    m = sp.Model("transit, as a chain")
    k, ka = m.parameter("k", K, "1/h"), m.parameter("ka", KA, "1/h")
    states = [m.state(f"transit {i}", "mg") for i in range(N + 1)]
    gut = m.state("gut", "mg")
    for one, before in zip(states, [None, *states], strict=False):
        m.rate(one, (k * before if before is not None else 0) - k * one)
    m.rate(gut, k * states[-1] - ka * gut)
    m.output("gut", gut, "mg")
    m.dose_target("oral", states[0], lag=lag)
    return m


def agree(doses, lag=0.0, patients=None, **settings):
    ours = simulate(written(lag), doses, times=TIMES, rtol=1e-8, patients=patients, **settings)[
        "gut"
    ]
    other = simulate(chain(lag), doses, times=TIMES, rtol=1e-9, patients=patients)["gut"]
    np.testing.assert_allclose(ours, other, atol=3e-7 * other.max())


@pytest.mark.parametrize("method", ["tsit5", "rodas5p"])
def test_a_function_of_the_last_dose_is_the_chain_it_stands_for(method):
    agree("100 mg oral every 24 h x 3", method=method)


def test_a_lag_of_the_equations_counts_from_when_a_dose_is_given():
    agree("100 mg oral every 36 h x 2", lag=1.5)


def test_doses_of_other_sizes_and_each_patient_his_own():
    one = [Event(0, "oral", 100), Event(30, "oral", 40)]
    agree([one, "70 mg oral"], patients=2)


def test_a_reset_leaves_no_dose_and_none_of_a_series():
    doses = [Event(0, "oral", 100, every_h=20, count=4), Event(45, kind="reset")]
    agree(doses)
    amount = simulate(written(), doses, times=[0, 19, 44, 45, 71])["amount"]
    assert amount.tolist() == [[100, 100, 100, 0, 0]]
    again = [Event(0, "oral", 100), Event(25, "oral", 30, reset_first=True)]
    agree(again)


def test_before_the_first_dose_there_is_none():
    amount = simulate(written(), [Event(10, "oral", 5)], times=[0, 9, 10, 11])["amount"]
    assert amount.tolist() == [[0, 0, 5, 5]]


def test_included_models_keep_their_last_dose():
    m = sp.Model("two")
    m.include(written(), "a")
    m.include(written(), "b")
    found = simulate(m, [Event(0, "a.oral", 3), Event(1, "b.oral", 7)], times=[2.0])
    assert found["a.amount"] == 3 and found["b.amount"] == 7


def test_what_it_cannot_be_given_is_refused():
    dose = Event(0, "oral", 100, every_h=12, steady_state=True)
    with pytest.raises(sp.InputError, match="no steady state in a model whose equations hold"):
        simulate(written(), [dose], times=[1.0])
    m = written()
    rescue = Decision(
        "rescue", at_h=[1.0], when=m["gut"] < 1, action="give", target="oral", amount=5
    )
    with pytest.raises(sp.InputError, match="only decisions that end"):
        simulate(m, "100 mg oral", times=[2.0], decisions=[rescue])
    other = sp.Model("no target")
    other.last_dose("oral")
    with pytest.raises(sp.SpeciosaError, match="a dose target declared before"):
        other.build()
