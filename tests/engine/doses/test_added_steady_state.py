"""Steady states on top of what is there, halts, and targets that let doses in at a rate of their own."""

from dataclasses import replace

import numpy as np
import pytest

from speciosa.engine import Event, simulate
from speciosa.errors import InputError
from speciosa.model import Model

SOLVERS = ["closed form", "tsit5", "rodas5p"]
STEPPING = ["tsit5", "rodas5p"]
TIMES = np.linspace(0, 60, 121)


def one_compartment(saturable=False, baseline=0.0):
    m = Model("one compartment")
    ka, cl, v = (
        m.parameter("ka", 1.5, "1/h"),
        m.parameter("CL", 1.1, "L/h"),
        m.parameter("V", 20.0, "L"),
    )
    km = m.parameter("Km", 3.0, "mg/L")
    gut, central = m.state("gut", "mg"), m.state("central", "mg", initial=baseline)
    m.rate(gut, -ka * gut)
    concentration = central / v
    m.rate(central, ka * gut - cl * concentration / (1 + concentration / km * int(saturable)))
    m.output("concentration", concentration, "mg/L")
    m.dose_target("oral", gut)
    m.dose_target("iv", central)
    m.dose_target("metered", central, bioavailability=0.5, rate=m.parameter("R", 4.0, "mg/h"))
    return m.build()


LINEAR = one_compartment()


def concentration(doses, method, model=LINEAR, times=TIMES, **more):
    result = simulate(model, doses, times=times, method=method, rtol=1e-10, **more)
    assert result.ok.all()
    return result["concentration"][0]


MORNING = Event(0, "oral", 100, every_h=24, count=3, steady_state=True)
EVENING = Event(12, "iv", 50, every_h=24, over_h=4, count=2, steady_state=True, added=True)


@pytest.mark.parametrize("method", SOLVERS)
def test_a_morning_and_an_evening_dose_add_up(method):
    """The superposition principle: each regimen alone, and the evening one again as an endless series from its first."""
    alone = [Event(12 - 24 * 40, "iv", 50, every_h=24, over_h=4, count=42)]
    both = concentration([MORNING, EVENING], method)
    expected = concentration([MORNING], method) + concentration(alone, "closed form")
    late = TIMES >= 12
    np.testing.assert_allclose(both[late], expected[late], rtol=1e-8)
    np.testing.assert_allclose(both[~late], concentration([MORNING], method)[~late], rtol=1e-8)


@pytest.mark.parametrize("method", STEPPING)
def test_what_is_added_where_elimination_saturates(method):
    """The amounts of the regimen alone at its steady state, on top of those there: what the convention says."""
    model = one_compartment(saturable=True)
    first = replace(MORNING, amount=20, count=1)
    second = replace(EVENING, amount=10, count=1)
    before = concentration([first], method, model, times=[12 - 1e-7])[0]
    alone = concentration([replace(second, added=False, time_h=0)], method, model, times=[0])[0]
    both = concentration([first, second], method, model, times=[12])[0]
    assert both == pytest.approx(before + alone, rel=1e-6)


@pytest.mark.parametrize("method", SOLVERS)
def test_infusions_that_run_go_on_beside_what_is_added(method):
    running = Event(6, "iv", 40, over_h=20)
    both = concentration([running, EVENING], method)
    expected = concentration([running], method) + concentration([EVENING], method)
    np.testing.assert_allclose(both[24:], expected[24:], rtol=1e-8)


@pytest.mark.parametrize("baseline", [0.0, 5.0])
def test_what_the_body_makes_may_not_count_twice(baseline):
    model = one_compartment(baseline=baseline)
    if baseline:
        with pytest.raises(InputError, match="count twice"):
            concentration([MORNING, EVENING], "tsit5", model)
    else:
        concentration([MORNING, EVENING], "tsit5", model)


def test_something_added_without_a_steady_state_is_refused():
    with pytest.raises(InputError, match="a steady state to add"):
        simulate(LINEAR, Event(0, "oral", 1, added=True), times=[0])


@pytest.mark.parametrize("method", SOLVERS)
def test_a_halt_ends_infusions_and_series_and_leaves_what_is_there(method):
    k = 1.1 / 20
    events = [
        Event(0, "iv", 100, over_h=10),
        Event(0, "iv", 20, every_h=3, count=10),
        Event(5, kind="halt"),
    ]
    seen = concentration(events, method)
    until = np.minimum(TIMES, 5)
    infused = 10 / k * (1 - np.exp(-k * until)) * np.exp(-k * (TIMES - until))
    given = sum(20 * np.exp(-k * (TIMES - t)) * (t <= TIMES) for t in (0, 3))
    np.testing.assert_allclose(seen, (infused + given) / 20, rtol=1e-8)


@pytest.mark.parametrize("method", SOLVERS)
def test_a_halt_ends_an_infusion_that_has_run_for_ever(method):
    """100 mg/h for ever leaves 100/CL, which then falls: a steady state of NONMEM without an interval."""
    events = [Event(0, "iv", rate=100.0, steady_state=True), Event(0, kind="halt")]
    expected = 100 / 1.1 * np.exp(-1.1 / 20 * TIMES)
    np.testing.assert_allclose(concentration(events, method), expected, rtol=1e-7)


@pytest.mark.parametrize("method", SOLVERS)
def test_a_target_lets_doses_in_at_its_own_rate(method):
    """Half of 40 mg at 4 mg/h takes 5 hours; a regimen may say otherwise."""
    own = concentration(Event(1, "metered", 40), method)
    written = concentration(Event(1, "iv", 20, over_h=5), method)
    np.testing.assert_allclose(own, written, rtol=1e-8, atol=1e-12)
    faster = concentration(Event(1, "metered", 40, rate=20.0), method)
    np.testing.assert_allclose(
        faster, concentration(Event(1, "iv", 20, over_h=1), method), rtol=1e-8, atol=1e-12
    )


def test_a_target_with_a_rate_and_a_duration_is_refused():
    m = Model("two ways")
    x = m.state("x", "mg")
    m.rate(x, -m.parameter("k", 1, "1/h") * x)
    m.dose_target("iv", x, duration=1, rate=m.parameter("R", 1, "mg/h"))
    with pytest.raises(InputError, match="a duration or a rate"):
        m.build()


def test_the_rate_of_a_target_is_in_the_unit_of_its_state():
    m = Model("wrong unit")
    x = m.state("x", "mg")
    m.rate(x, -m.parameter("k", 1, "1/h") * x)
    m.dose_target("iv", x, rate=m.parameter("R", 1, "ug/h"))
    with pytest.raises(InputError, match="rate of dose target 'iv'"):
        m.build()
