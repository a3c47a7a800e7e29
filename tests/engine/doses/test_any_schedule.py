"""Any schedule, in closed form and by integration: two solvers that share nothing but the schedule's arrays.

The named records are easily got wrong: most of them told the solvers apart, found among 20,000 random schedules.
"""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from speciosa.engine import Event, simulate
from speciosa.model import Model

TIMES = np.unique(np.concatenate([np.arange(0.0, 40.0), [0.3, 0.7, 8.7, 10.75, 25.35, 39.9]]))
TYPICAL = {"ka": 1.2, "CL": 10.0, "V1": 50.0, "Q": 8.0, "V2": 90.0}


def model(by_weight: bool = False) -> Model:
    """With lag, duration and bioavailability of every target by weight, which a schedule may change, where asked."""
    m = Model("two compartments, absorbed after a lag, from a depot or both ways")
    p = {name: m.parameter(name, value, unit) for name, value, unit in zip(
        TYPICAL, TYPICAL.values(), ("1/h", "L/h", "L", "L/h", "L"), strict=True
    )}  # fmt: skip
    share, lag = m.parameter("F", 0.8, "1"), m.parameter("lag", 0.7, "h")
    duration = m.parameter("duration", 3.0, "h")
    weight, standard = m.covariate("weight", 70, "kg"), m.parameter("standard", 70, "kg")
    pace = m.parameter("pace", 6.0, "mg/h")
    if by_weight:
        share, lag, duration, pace = (x * weight / standard for x in (share, lag, duration, pace))
    gut, central, peripheral = (m.state(name, "mg") for name in ("gut", "central", "peripheral"))
    exchange = p["Q"] * (central / p["V1"] - peripheral / p["V2"])
    m.rate(gut, -p["ka"] * gut)
    eliminated = p["CL"] * (weight / standard) * central / p["V1"]
    m.rate(central, p["ka"] * gut - eliminated - exchange)
    m.rate(peripheral, exchange)
    m.output("central", central, "mg")
    m.output("total", gut + central + peripheral, "mg")
    m.dose_target("oral", gut, bioavailability=share, lag=lag)
    m.dose_target("iv", central)
    m.dose_target("depot", gut, bioavailability=share * weight / standard, duration=duration)
    m.dose_target("metered", central, bioavailability=share, lag=lag, rate=pace)
    m.dose_target("both", gut)
    m.dose_target("both", central, lag=lag)
    return m


MODEL = model().build()
BY_WEIGHT = model(by_weight=True).build()
TREMBLING = {
    "ka": 2.2839288035103604,
    "CL": 15.646967490477747,
    "V1": 53.571511185183006,
    "Q": 10.887323698039024,
    "V2": 85.67009181666401,
    "F": 0.7656944928162704,
}
# absorption as fast as distribution but for a ten-thousandth
CLOSE = {"ka": 0.404992308 * 1.0001}


FOUND = {
    "infusions four times as long as their interval": (
        [Event(-6, "both", 10, over_h=20, every_h=5, count=2, steady_state=True)],
        TREMBLING,
    ),
    "two intervals at one steady state": (
        [
            Event(8.7, "iv", 100, every_h=5, count=2, steady_state=True),
            Event(5, "depot", 10, over_h=9),
            Event(8.7, "depot", 100, every_h=2, steady_state=True),
        ],
        {},
    ),
    "two intervals, one of them after a reset of the same time": (
        [
            Event(5, "weight", 35, kind="covariate"),
            Event(2, "depot", 10, rate=5, every_h=2, steady_state=True, reset_first=True),
            Event(2, "oral", 100, rate=40, every_h=8, count=5, steady_state=True),
        ],
        {},
    ),
    "a reset between two regimens of the same time": (
        [
            Event(2, "oral", 100, rate=40, every_h=8, count=5, steady_state=True),
            Event(2, "depot", 10, rate=5, every_h=2, steady_state=True, reset_first=True),
        ],
        {},
    ),
    "a regimen of nothing beside another": (
        [
            Event(0.7, "depot", 100, every_h=5, steady_state=True),
            Event(0.7, "both", 0, over_h=20, every_h=8, steady_state=True),
            Event(8, "both", 100, over_h=9, reset_first=True),
        ],
        {},
    ),
    "bioavailability changes while infusions overlap": (
        [
            Event(8.7, "depot", 10, every_h=2, count=5),
            Event(8.7, "weight", 140, kind="covariate"),
            Event(13, "weight", 35, kind="covariate"),
        ],
        {},
    ),
    "bioavailability has changed before a steady state": (
        [
            Event(0, "weight", 140, kind="covariate"),
            Event(4, "depot", 10, every_h=2, count=5, steady_state=True),
        ],
        {},
    ),
    "a covariate between the records of a steady state": (
        [
            Event(1, "iv", 100, every_h=8, count=3, steady_state=True),
            Event(1, "weight", 140, kind="covariate"),
            Event(1, "depot", 100, every_h=2, count=9, steady_state=True),
        ],
        {},
    ),
    "a lag of several intervals, then a reset": (
        [Event(1, "oral", 100, every_h=2, count=9, steady_state=True), Event(8, kind="reset")],
        {"lag": 9.0},
    ),
    "a lag that is a multiple of the interval": (
        [Event(1, "oral", 100, every_h=2, count=9, over_h=4, steady_state=True)],
        {"lag": 4.0},
    ),
    "rates that nearly coincide": (
        [Event(10, "both", 10), Event(12, "weight", 140, kind="covariate")],
        CLOSE,
    ),
}


def disagreement(records, observe="after", model=MODEL, **parameters):
    """The largest difference between the solvers, as a share of each output's peak."""
    exact, integrated = (
        simulate(
            model,
            records,
            parameters={name: [value] for name, value in parameters.items()},
            times=TIMES,
            observe=observe,
            method=method,
            rtol=1e-12,
        )
        for method in ("closed form", "tsit5")
    )
    assert exact.ok.all() and integrated.ok.all()
    return max(
        np.abs(exact[name] - integrated[name]).max() / max(np.abs(integrated[name]).max(), 1e-3)
        for name in exact.outputs
    )


@pytest.mark.parametrize("case", FOUND)
def test_records_that_told_the_solvers_apart(case):
    records, parameters = FOUND[case]
    assert disagreement(records, **parameters) <= 1e-9


moments = st.sampled_from([-6, -1, 0, 0.7, 1, 2, 2.7, 3, 5, 8, 8.7, 10, 12, 16, 20, 25.3])
targets = st.sampled_from(["oral", "iv", "depot", "metered", "both"])
amounts = st.sampled_from([0.0, 10.0, 100.0])
series = st.fixed_dictionaries(
    {
        "every_h": st.sampled_from([2.0, 5.0, 8.0]),
        "count": st.integers(1, 5),
        "steady_state": st.sampled_from([False, False, True]),
        "added": st.booleans(),
    }
).map(lambda given: given | {"added": given["added"] and given["steady_state"]})
ways = st.sampled_from(
    [{}, {}, {"over_h": 0.5}, {"over_h": 3.0}, {"over_h": 20.0}, {"rate": 5.0}, {"rate": 40.0}]
)


@st.composite
def doses(draw):
    way = draw(ways)
    more = draw(st.one_of(st.just({}), series))
    amount = draw(amounts) if "rate" not in way else 10.0
    first = draw(st.sampled_from([False] * 9 + [True]))
    return Event(draw(moments), draw(targets), amount, reset_first=first, **way, **more)


def other(kind, names, values):
    return st.builds(
        Event, moments, st.sampled_from(names), st.sampled_from(values), kind=st.just(kind)
    )


records = st.one_of(
    doses(),
    doses(),
    doses(),
    st.builds(Event, moments, st.just("iv"), rate=st.just(5.0), steady_state=st.just(True)),
    st.builds(Event, moments, kind=st.sampled_from(["reset", "halt"])),
    other("replace", ["gut", "central", "peripheral"], [0.0, 7.0]),
    other("covariate", ["weight"], [35.0, 70.0, 140.0]),
)


@settings(
    max_examples=100, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
@given(
    records=st.lists(records, min_size=1, max_size=6),
    observe=st.sampled_from(["after", "after", "before"]),
    lag=st.sampled_from([0.0, 0.7, 2.0, 5.0, 9.0]),
    duration=st.sampled_from([0.0, 3.0, 8.0, 11.0]),
    kinetics=st.sampled_from([{}, TREMBLING, CLOSE]),
)
def test_any_schedule(records, observe, lag, duration, kinetics):
    assert disagreement(records, observe, lag=lag, duration=duration, **kinetics) <= 1e-9


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    records=st.lists(records, min_size=1, max_size=5),
    changes=st.lists(other("covariate", ["weight"], [35.0, 70.0, 140.0]), min_size=1, max_size=3),
    observe=st.sampled_from(["after", "after", "before"]),
    lag=st.sampled_from([0.0, 0.7, 2.0, 5.0]),
    duration=st.sampled_from([0.0, 3.0, 8.0]),
)
def test_any_schedule_in_which_lag_duration_and_bioavailability_change(
    records, changes, observe, lag, duration
):
    worst = disagreement([*records, *changes], observe, BY_WEIGHT, lag=lag, duration=duration)
    assert worst <= 1e-9
