"""A model without what stands still: the same outputs from fewer equations, and nothing left out that moves."""

import numpy as np
import pytest
import sympy

from speciosa.engine import Endpoint, simulate
from speciosa.model import Model
from speciosa.model.resting import without_resting
from speciosa.pharmacology.assembly import system


def drug_and_history() -> Model:
    """A drug by mouth; what was taken before; an adaptation to both with a memory of a power of it."""
    m = Model("drug and history")
    use = m.covariate("use", 0, "mg")
    k, ka, slope = (
        m.parameter("k", 0.3, "1/h"),
        m.parameter("ka", 1.1, "1/h"),
        m.parameter("g", 1.7, "1"),
    )
    early = m.derived("early", use / (m.parameter("half", 20, "mg") + use), "1")
    gut, body, before = m.state("gut", "mg"), m.state("body", "mg"), m.state("before", "mg", use)
    adapted, memory = m.state("adapted", "1", early), m.state("memory", "1", early**slope)
    m.rate(gut, -ka * gut)
    m.rate(body, ka * gut - k * body)
    m.rate(before, -k * before)
    old = m.formula("old share", before / (m.parameter("half again", 20, "mg") + before), "1")
    m.rate(adapted, k * (old - adapted))
    m.rate(memory, k * (sympy.Max(0, adapted) ** slope - memory))
    m.output("amount", body + before, "mg")
    m.output("felt", (1 - adapted) * (1 + memory) * body, "mg")
    m.dose_target("drug", gut, bioavailability=1 - early / 2)
    return m


def test_what_follows_from_nothing_is_left_out():
    whole = drug_and_history().build()
    less = without_resting(whole, frozenset({"use"}))
    assert less.state_names == ("gut", "body")
    times = np.linspace(0, 24, 13)
    one, other = (
        simulate(e, "50 mg drug every 8 h x 2", times=times, rtol=1e-10) for e in (whole, less)
    )
    for name in whole.output_names:
        np.testing.assert_allclose(other[name], one[name], rtol=1e-8, atol=1e-9)


def test_what_may_be_there_stays():
    whole = drug_and_history().build()
    assert without_resting(whole) is whole
    people = {"use": np.array([0.0, 40.0])}
    found = simulate(without_resting(whole), "50 mg drug", parameters=people, times=[6.0])
    assert found["amount"][1, 0] > found["amount"][0, 0] > 0


@pytest.mark.parametrize(
    "distribution, left", [("fixed", False), ("lognormal", False), ("normal", True)]
)
def test_a_power_of_nothing_is_nothing_where_its_exponent_is_positive(distribution, left):
    m = Model("power")
    g = m.parameter(
        "g",
        2.5,
        "1",
        distribution=distribution,
        between_patient_sd=0.2 if distribution != "fixed" else None,
    )
    k, dosed, empty, raised = (
        m.parameter("k", 1, "1/h"),
        m.state("dosed", "1"),
        m.state("empty", "1"),
        m.state("raised", "1"),
    )
    m.rate(dosed, -k * dosed)
    m.rate(empty, -k * empty)
    m.rate(raised, k * (empty**g - raised))
    m.output("all", dosed + empty + raised, "1")
    m.dose_target("drug", dosed)
    assert ("raised" in without_resting(m.build()).state_names) is left


def test_a_source_a_dose_and_a_start_above_nothing_move():
    m = Model("movers")
    k, source = m.parameter("k", 1, "1/h"), m.parameter("source", 2, "mg/h")
    made, dosed, begun, rest = (
        m.state(name, "mg", 1 if name == "begun" else 0)
        for name in ("made", "dosed", "begun", "rest")
    )
    for state, more in ((made, source), (dosed, 0), (begun, 0), (rest, 0)):
        m.rate(state, more - k * state)
    m.output("sum", made + dosed + begun + rest, "mg")
    m.dose_target("drug", dosed)
    assert without_resting(m.build()).state_names == ("made", "dosed", "begun")


def test_a_model_in_which_nothing_moves_is_left_as_it_is():
    m = Model("still")
    m.rate(m.state("nothing", "1"), sympy.Integer(0))
    m.output("clock", m.time * m.parameter("pace", 1, "1/h"), "1")
    whole = m.build()
    assert without_resting(whole) is whole


def test_people_without_opioids_before_have_no_habitual_opioid():
    equations = system(
        ("morphine",), ("morphine", "cows", "pain_nrs", "ventilation_fraction")
    ).build()
    less = without_resting(equations, frozenset({"opioid_history"}))
    assert set(equations.state_names) - set(less.state_names) == {
        "habitual_opioid",
        "habitual_opioid_site",
    }
    endpoints = [
        Endpoint(name, kind, 0, 48)
        for name in ("cows", "pain_nrs", "ventilation_fraction")
        for kind in ("peak", "mean")
    ]
    target = less.target_names[0]
    one, other = (
        simulate(
            e,
            f"30000 nmol {target} every 6 h x 6",
            endpoints=endpoints,
            until=48,
            rtol=1e-8,
            trajectories=False,
        )
        for e in (equations, less)
    )
    for name in one.endpoints:
        np.testing.assert_allclose(other.endpoints[name], one.endpoints[name], rtol=1e-6, atol=1e-9)
