"""Plasma models solved: areas against the closed forms of linear kinetics, superposition, mass balance."""

import re

import numpy as np
import pytest

from speciosa.engine import simulate
from speciosa.facts.products import contents, products
from speciosa.facts.sheets.sheet import names, sheet
from speciosa.facts.translate import salt_factor
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.covariates import covariates
from speciosa.pharmacology.dosing import schedule
from speciosa.regimen import parse_regimen
from speciosa.validation.metrics import Course, area_to_infinity, cumulative_area, sampling_times

FORMS = [
    (name, entry.route, entry.form)
    for name in names()
    for entry in sheet(name).absorption
    if entry.F_dose_power is None and not any(path.over_wear for path in entry.paths)
]
FEW = [
    ("morphine", "iv", "any"),
    ("morphine", "oral", "any"),
    ("oxycodone", "oral", "er"),
    ("mitragynine", "oral", "tea"),
    ("naltrexone", "depot", "depot"),
    ("midazolam", "oral", "any"),
]


def solve(regimen, outputs, times, **changes):
    plan = schedule(parse_regimen(regimen)) if isinstance(regimen, str) else regimen
    equations = system(plan.substances, outputs, ways=plan.ways).build()
    table = {name: np.array([value]) for name, value in changes.items()}
    result = simulate(
        equations, plan.regimen(equations.target_names), parameters=table or None, times=times
    )
    assert result.ok.all()
    return {name: result[name] for name in outputs}


def typical(equations):
    return {r.name: r.value for r in (*equations.parameters, *equations.covariates)}


@pytest.mark.parametrize(("substance", "route", "form"), FEW)
def test_area_is_bioavailability_times_dose_over_clearance(substance, route, form):
    from speciosa.pharmacology.exposure.absorption import Way
    from speciosa.regimen import Dose, Regimen

    way = Way(substance, route, form)
    equations = system([substance], [substance], ways=[way], interactions=False).build()
    values = typical(equations)
    share = values[
        f"{substance}.absorption.{way.route}.{sheet(substance).entry(route, form).form}.F"
    ]
    clearance = values[f"{substance}.disposition.CL"] * (
        (70.0 / sheet(substance).disposition.reference_weight) ** 0.75
        if sheet(substance).disposition.weight_on_clearance.value == 0.75
        else 1.0
    )
    times = sampling_times(0.0, 12000.0 if form == "depot" else 1500.0, count=1500)
    result = simulate(equations, Regimen((Dose(1e6, "nmol", way.target),)), times=times)
    area = area_to_infinity(Course(times, result[substance]))[0]
    assert area == pytest.approx(share * 1e6 / clearance, rel=0.01)


def test_area_of_a_metabolite_is_what_is_formed_over_its_clearance():
    plan = schedule(parse_regimen("10 mg morphine iv"))
    equations = system(plan.substances, ["morphine_6_glucuronide"], ways=plan.ways).build()
    values = typical(equations)
    fractions = {
        k: v
        for k, v in values.items()
        if k.startswith("morphine.pathways") and k.endswith("fraction")
    }
    key = "morphine.pathways.ugt2b7.morphine_6_glucuronide"
    formed = fractions[f"{key}.fraction"] / sum(fractions.values()) * values[f"{key}.formed"]
    times = sampling_times(0.0, 400.0, count=1000)
    found = solve(plan, ["morphine_6_glucuronide"], times)["morphine_6_glucuronide"]
    area = area_to_infinity(Course(times, found))[0]
    whole = simulate(equations, plan.regimen(), times=[0.0])
    assert whole.ok.all()
    low = solve(plan, ["morphine_6_glucuronide"], times, egfr=30.0)["morphine_6_glucuronide"]
    clearance = formed * plan.doses[0].nmol / area
    assert 3 < clearance < 15
    assert area_to_infinity(Course(times, low))[0] > 1.5 * area


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10 mg morphine oral", "5 mg morphine oral; 5 mg morphine oral"),
        ("2 g kratom_tea oral; 10 mg oxycodone oral", "10 mg oxycodone oral; 2 g kratom_tea oral"),
    ],
)
def test_doses_at_once_add_up_in_any_order(one, other):
    times = np.linspace(0.0, 24.0, 49)
    output = ["morphine"] if "morphine" in one else ["oxycodone", "7_hydroxymitragynine"]
    first, second = solve(one, output, times), solve(other, output, times)
    for name in output:
        np.testing.assert_allclose(
            first[name], second[name], rtol=1e-5, atol=1e-6 * first[name].max()
        )


def test_twice_the_dose_is_twice_the_concentration():
    times = np.linspace(0.5, 24.0, 48)
    one = solve("10 mg oxycodone oral", ["oxycodone"], times)["oxycodone"]
    two = solve("20 mg oxycodone oral", ["oxycodone"], times)["oxycodone"]
    np.testing.assert_allclose(two, 2 * one, rtol=1e-6)


def test_the_area_of_an_interval_at_steady_state_is_that_of_a_single_dose():
    times = sampling_times(0.0, 200.0, count=800)
    single = solve("10 mg oxycodone oral", ["oxycodone"], times)["oxycodone"]
    later = 20 * 12.0 + sampling_times(0.0, 12.0, count=400)
    repeated = solve("10 mg oxycodone oral every 12 h x 21", ["oxycodone"], later)["oxycodone"]
    area = cumulative_area(Course(later, repeated))[0, -1]
    assert area == pytest.approx(area_to_infinity(Course(times, single))[0], rel=0.005)


def test_no_drug_is_no_concentration():
    assert np.all(solve("0 mg morphine iv", ["morphine"], [0.0, 1.0, 5.0])["morphine"] == 0)


@pytest.mark.parametrize(
    ("regimen", "analyte", "covariate", "least", "most"),
    [
        ("50 mg codeine oral", "morphine", {"cyp2d6": 0.0}, 0.02, 0.15),
        ("10 mg hydrocodone oral", "hydromorphone", {"cyp2d6": 0.0}, 0.08, 0.4),
        ("50 mg codeine oral", "morphine", {"cyp2d6": 3.0}, 1.2, 2.5),
        ("100 mg tramadol oral", "o_desmethyltramadol", {"cyp2d6": 0.0}, 0.1, 0.5),
        ("10 mg methadone oral", "methadone", {"cyp2b6": 0.4}, 1.2, 2.2),
        ("200 mg celecoxib oral", "celecoxib", {"cyp2c9": 0.1}, 2.5, 5.0),
        ("75 mg amitriptyline oral", "amitriptyline", {"cyp2c19": 0.0}, 1.5, 3.0),
        ("75 mg amitriptyline oral", "amitriptyline", {"cyp2c19": 1.6}, 0.6, 0.95),
        ("10 mg morphine oral", "morphine_6_glucuronide", {"egfr": 22.0}, 1.8, 8.0),
        ("10 mg morphine oral", "morphine", {"hepatic": 0.4}, 1.3, 4.0),
        ("10 mg ketorolac oral", "ketorolac", {"hepatic": 0.4}, 0.95, 1.05),
        ("20 mg methadone oral", "methadone", {"hepatic": 0.4}, 1.0, 1.3),
        ("400 mg ibuprofen oral", "ibuprofen", {"hepatic": 0.4}, 1.3, 2.2),
        ("1000 mg acetaminophen oral", "acetaminophen", {"hepatic": 0.4}, 1.1, 1.7),
        ("20 mg hydrocodone oral", "hydrocodone", {"hepatic": 0.4}, 1.1, 1.6),
        ("0.5 mg naloxone sublingual", "naloxone", {"hepatic": 0.4}, 2.5, 9.0),
        ("2 mg midazolam oral", "midazolam", {"cyp3a": 0.5}, 1.5, 4.5),
    ],
)
def test_phenotype_and_organ_function_change_exposure(regimen, analyte, covariate, least, most):
    times = sampling_times(0.0, 600.0, count=500)
    name, value = next(iter(covariate.items()))
    usual = solve(regimen, [analyte], times, **{name: covariates()[name].reference})[analyte]
    changed = solve(regimen, [analyte], times, **{name: value})[analyte]
    ratio = area_to_infinity(Course(times, changed)) / area_to_infinity(Course(times, usual))
    assert least <= ratio[0] <= most


def test_what_is_swallowed_of_a_sublingual_dose_becomes_metabolite():
    times = sampling_times(0.0, 2000.0)
    found = {
        route: solve(f"8 mg buprenorphine {route}", ("buprenorphine", "norbuprenorphine"), times)
        for route in ("iv", "sublingual")
    }
    ratio = {
        route: area_to_infinity(Course(times, courses["norbuprenorphine"]))[0]
        / area_to_infinity(Course(times, courses["buprenorphine"]))[0]
        for route, courses in found.items()
    }
    assert ratio["sublingual"] > 3 * ratio["iv"]


@pytest.mark.parametrize("name", sorted(products()))
def test_a_salt_holds_the_base_that_its_formula_says(name):
    for substance, number in contents(name).items():
        words = number.how or number.guess
        if "from the formulas" in words:
            named = re.sub("^mass of (base|acid) in (the )?(labelled )?", "", words).split(",")[0]
            salt = named.removesuffix(" salt")
            assert number.value == pytest.approx(salt_factor(substance, salt), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("substance", "route", "form"), FORMS)
def test_every_form_of_every_substance_reaches_plasma_and_leaves_it(substance, route, form):
    from speciosa.pharmacology.exposure.absorption import Way
    from speciosa.regimen import Dose, Regimen

    way = Way(substance, route, form)
    equations = system([substance], [substance], ways=[way]).build()
    times = sampling_times(0.0, 20000.0, count=400)
    result = simulate(equations, Regimen((Dose(1e6, "nmol", way.target),)), times=times)
    course = result[substance][0]
    assert result.ok.all() and course.max() > 0 and course.min() > -1e-6 * course.max()
    assert course[-1] < 0.02 * course.max()
