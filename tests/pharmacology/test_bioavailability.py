"""What can reach the circulation: never more than was given, and less or more by enzymes, liver, kidney, food and age."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speciosa.errors import InputError
from speciosa.facts.products import form_of
from speciosa.facts.sheets.sheet import names, sheet
from speciosa.pharmacology.covariates import describe
from speciosa.pharmacology.dosing import schedule
from speciosa.regimen import parse_regimen
from speciosa.validation.metrics import Course, area_to_infinity, sampling_times
from speciosa.validation.solving import solve


def taken(name: str, route: str) -> bool:
    """Whether the product of this name is taken by a route."""
    try:
        form_of(name, route)
    except InputError:
        return False
    return True


BOTH = sorted(
    name
    for name in names()
    if {"oral", "iv"} <= {entry.route for entry in sheet(name).absorption}
    and taken(name, "oral")
    and taken(name, "iv")
    and not sheet(name).disposition.apparent
    # of what slows its own clearance an area by mouth over one by vein is no bioavailability
    and not any(entry.own for entry in sheet(name).interactions)
)
TIMES = sampling_times(0.0, 3000.0, count=240)


def area(doses: str, substance: str, who: str, draws: int | None = 6, patients: int = 6):
    plan = schedule(parse_regimen(doses))
    found, _ = solve(
        plan, (substance,), describe(who)[0], TIMES, patients=patients, draws=draws, seed=3
    )
    values = np.maximum(found[substance].reshape(-1, len(TIMES)), 0.0)
    return area_to_infinity(Course(TIMES, values))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(BOTH),
    st.floats(-2, 1),
    st.floats(-2, 0.1),
    st.sampled_from([0, 0.5, 3]),
    st.sampled_from(["fed", "fasted"]),
)
def test_no_more_reaches_the_circulation_than_was_given(name, cyp3a, hepatic, cyp2d6, food):
    who = f"cyp3a={10**cyp3a:.4f}; hepatic={10**hepatic:.4f}; cyp2d6={cyp2d6}; food={food}"
    share = area(f"10 mg {name} oral", name, who) / area(f"10 mg {name} iv", name, who)
    assert np.nanmax(share) <= 1.002
    assert np.nanmin(share) > 0


@pytest.mark.parametrize("dose", ["0.05", "0.4", "2", "32"])
def test_the_smallest_dose_under_the_tongue_is_no_more_than_absorbed(dose):
    who = "cyp3a=0.02"
    share = area(f"{dose} mg buprenorphine sublingual", "buprenorphine", who) / area(
        f"{dose} mg buprenorphine iv", "buprenorphine", who
    )
    assert np.nanmax(share) <= 1.0


def typical(doses: str, substance: str, who: str) -> float:
    return float(area(doses, substance, who, draws=None, patients=200).mean())


def ratio(doses: str, substance: str, who: str, other: str = "") -> float:
    return typical(doses, substance, who) / typical(doses, substance, other)


def test_the_swallowed_part_of_a_dose_meets_the_gut_wall():
    """A poor CYP3A raises what is swallowed most, what goes under the tongue less, what goes by vein least."""
    raised = [
        ratio(f"0.4 mg buprenorphine {route}", "buprenorphine", "cyp3a=0.1", "cyp3a=1")
        for route in ("iv", "sublingual", "oral")
    ]
    assert raised == sorted(raised) and raised[2] > 1.5 * raised[1] > 1.1 * raised[0]


@pytest.mark.parametrize("name", ["morphine", "oxymorphone", "hydromorphone", "tapentadol"])
def test_blood_that_passes_a_cirrhotic_liver_by_raises_a_swallowed_dose_most(name):
    swallowed, by_vein = (
        ratio(f"10 mg {name} {route}", name, "hepatic=severe") for route in ("oral", "iv")
    )
    assert swallowed > 1.3 * by_vein > 1.3


@pytest.mark.parametrize(
    ("doses", "substance", "who", "low", "high"),
    [
        ("10 mg oxymorphone oral", "oxymorphone", "food=fed", 1.2, 1.6),
        ("10 mg oxymorphone oral", "oxymorphone", "renal=severe", 1.3, 2.2),
        ("10 mg oxymorphone oral", "oxymorphone", "age>65", 1.1, 1.7),
        ("200 mg celecoxib oral", "celecoxib", "age>65", 1.2, 1.8),
        ("60 mg duloxetine oral", "duloxetine", "renal=failure", 1.5, 2.6),
        ("300 mg gabapentin oral", "gabapentin", "age=80", 1.2, 1.9),
        ("10 mg morphine iv", "morphine_6_glucuronide", "renal=failure", 4, 20),
    ],
)
def test_who_takes_it_acts_as_labels_say(doses, substance, who, low, high):
    assert low < ratio(doses, substance, who) < high
