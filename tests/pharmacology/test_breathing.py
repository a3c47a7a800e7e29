"""What must hold of breathing whatever is taken, to arrest; and that a study and an overdose give one answer."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pharmacology.effect_models import model, run

from speciosa.errors import InputError
from speciosa.facts.products import form_of
from speciosa.facts.sheets.sheet import names, sheet
from speciosa.pharmacology.assembly import descendants
from speciosa.pharmacology.covariates import Description
from speciosa.pharmacology.dosing import schedule
from speciosa.pharmacology.effect.effect_system import acts_on
from speciosa.pharmacology.limits import danger
from speciosa.pharmacology.overdose.person import person_course
from speciosa.regimen import parse_regimen
from speciosa.validation.solving import typical

FULL = ("morphine", "fentanyl", "oxycodone", "7_hydroxymitragynine")
PARTIAL = ("buprenorphine", "mitragynine")
OTHERS = ("naloxone", "midazolam")
SMALL = ("ventilation_fraction", "minute_ventilation", "respiratory_rate")
HOURS = np.linspace(0.0, 8.0, 33)
LOG = st.floats(0.0, 6.0)
WITHIN = 1e-3
"""How far tolerance that was not learned, because an antagonist stood between, may show within hours."""


@cache
def mixture(one: str, other: str) -> object:
    return model((one, other), SMALL)


def lowest(doses: list[str], one: str, other: str) -> np.ndarray:
    result = run(doses, HOURS, mixture(one, other))
    assert all(np.isfinite(result[name]).all() and (result[name] >= 0).all() for name in SMALL)
    return np.asarray(result["ventilation_fraction"])


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(FULL), LOG, st.floats(1.0, 30.0))
def test_more_opioid_never_breathes_more(name: str, log10: float, factor: float) -> None:
    less = 10.0**log10
    found = lowest([f"{less} nmol {name}", f"{less * factor} nmol {name}"], name, "naloxone")
    assert (found[1] <= found[0] + 1e-6).all()


@settings(max_examples=12, deadline=None)
@given(st.sampled_from((*FULL, *PARTIAL)), LOG, LOG)
def test_an_antagonist_never_lowers_ventilation(name: str, log10: float, blocker: float) -> None:
    agonist = f"{10.0**log10} nmol {name}"
    found = lowest([agonist, f"{agonist}; {10.0**blocker} nmol naloxone"], name, "naloxone")
    assert (found[1] >= found[0] - WITHIN).all()
    assert found[1].min() >= found[0].min() - 1e-6


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(FULL), LOG, LOG)
def test_a_sedative_never_makes_an_opioid_safer(name: str, log10: float, sedative: float) -> None:
    parts = [f"{10.0**log10} nmol {name}", f"{10.0**sedative} nmol midazolam"]
    alone, other, both = lowest([*parts, "; ".join(parts)], name, "midazolam")
    assert (both <= np.minimum(alone, other) + 1e-6).all()


@settings(max_examples=10, deadline=None)
@given(LOG, LOG)
def test_two_full_agonists_are_never_safer_than_the_more_dangerous_alone(
    one: float, two: float
) -> None:
    parts = [f"{10.0**one} nmol fentanyl", f"{10.0**two} nmol methadone"]
    alone, other, both = lowest([*parts, "; ".join(parts)], "fentanyl", "methadone")
    assert (both <= np.minimum(alone, other) + 1e-6).all()


@settings(max_examples=6, deadline=None)
@given(st.floats(-1.0, 5.0), st.floats(0.0, 300.0))
def test_followed_to_the_end_nothing_is_negative_or_infinite(log10: float, mme: float) -> None:
    names_ = ("minute_ventilation", "petco2_mmhg", "arterial_po2_mmhg", "blood_flow")
    m = model(("fentanyl", "naloxone"), names_)
    result = run(
        f"{10.0**log10} nmol fentanyl; 1e3 nmol naloxone at 0.2 h",
        np.linspace(0, 2, 41),
        m,
        opioid_history=mme,
    )
    for name in names_:
        assert np.isfinite(result[name]).all() and result[name].min() >= -1e-6, name


def test_age_raises_what_a_dose_does_and_no_further_than_it_was_measured() -> None:
    young, old, older = (
        run("200 nmol fentanyl", [1.0], mixture("fentanyl", "naloxone"), age=age)[
            "ventilation_fraction"
        ][0, 0]
        for age in (25, 85, 110)
    )
    assert old < young - 0.05 and older == pytest.approx(old)


def test_tolerance_under_more_constant_use_never_breathes_more() -> None:
    amounts = [10.0**n for n in np.linspace(2, 6, 9)]
    m = model(("methadone",), ("ventilation_fraction", "minute_ventilation"), np.inf)
    for name in ("ventilation_fraction", "minute_ventilation"):
        settled = run([f"{a} nmol methadone" for a in amounts], [6000.0], m)[name][:, 0]
        assert (np.diff(settled) <= 1e-6).all()


def agree(doses: str, who: str, values: dict[str, float]) -> None:
    course = person_course(doses, covariates=who, until_s=3600, every_s=60)
    outputs = ("minute_ventilation", "arterial_po2_mmhg", "blood_flow")
    found = typical(
        schedule(parse_regimen(doses)), outputs, Description(values), course.time_s / 3600
    )
    assert np.abs(found["minute_ventilation"][0] - course["ventilation_l_min"]).max() < 0.05
    assert (found["blood_flow"].min() <= 4.0) == course.arrest


def test_a_person_is_followed_second_by_second_for_an_hour_where_nothing_else_is_asked() -> None:
    course = person_course("1 ug fentanyl iv")
    np.testing.assert_array_equal(course.time_s, np.arange(3601.0))


def test_rescue_begins_in_the_second_in_which_breathing_has_fallen_so_far() -> None:
    course = person_course("2 mg fentanyl iv", until_s=900)
    share = course["ventilation_l_min"] / course["ventilation_l_min"][0]
    assert course.below_40_percent_s == course.time_s[int(np.argmax(share < 0.4))]
    assert course.baseline_l_min == course["ventilation_l_min"][0]
    assert course.arrest == (course["blood_flow_l_min"].min() <= 4.0)


@pytest.mark.parametrize(
    ("doses", "who", "values"),
    [
        ("700 ug fentanyl iv", "", {}),
        ("0.1 mg fentanyl iv; 5 mg midazolam iv", "age=70", {"age": 70.0}),
        ("0.1 mg fentanyl iv; 40 g alcohol oral", "", {}),
        ("60 mg methadone oral", "opioid_history=tolerant 200 MME", {"opioid_history": 200.0}),
        ("5 g kratom_leaf oral", "", {}),
    ],
)
def test_a_study_and_an_overdose_give_one_answer(
    doses: str, who: str, values: dict[str, float]
) -> None:
    agree(doses, who, values)


def opioids() -> list[str]:
    return [
        name
        for name in names()
        if sheet(name).absorption and any(acts_on(one, "mor") for one in descendants((name,)))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", opioids())
def test_every_opioid_gives_one_answer(name: str) -> None:
    for mg in (1.0, 100.0):
        agree(f"{mg} mg {name} {route_of(name)}", "", {})


def route_of(name: str) -> str:
    """By vein where it is given so, else as its sheet first says."""
    try:
        form_of(name, "iv", name)
    except InputError:
        return next(entry.route for entry in sheet(name).absorption if entry.route != "iv")
    return "iv"


def test_the_table_of_doses_warns_of_what_stops_breathing_and_not_of_usual_doses() -> None:
    def times(text: str, history: float = 0.0) -> float:
        return danger(schedule(parse_regimen(text)), history)

    assert times("2 mg fentanyl iv") > 1 > times("0.05 mg fentanyl iv")
    assert times("5 mg oxycodone oral every 6 h x 20") < 1
    assert times("100 mg methadone oral") > times("100 mg methadone oral", 100.0)
    both = times("30 mg methadone oral; 0.2 mg fentanyl iv at 1 h")
    assert both == pytest.approx(times("30 mg methadone oral") + times("0.2 mg fentanyl iv"))
    assert times("8 mg buprenorphine sublingual") == 0.0
