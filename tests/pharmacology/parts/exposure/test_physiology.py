"""Physiology: what covariates do, in every form that a sheet may state it, and organ function."""

import math

import numpy as np
import pytest
from tests.pharmacology.parts.points import point

from speciosa.facts.sheets.number import Covariate, SheetParameter
from speciosa.facts.sheets.sheet import sheet
from speciosa.model import Model
from speciosa.pharmacology.covariates import figures
from speciosa.pharmacology.exposure.physiology import (
    effect_of_covariates,
    flow,
    organ_function,
    perfusion,
    portal_shunt,
    size,
)


def effect(entries, on="CL", **patient):
    """The number by which entries of a sheet multiply a quantity in one patient."""
    changed = sheet("morphine").model_copy(update={"covariates": tuple(entries)})
    m = Model("covariates")
    m.output("effect", effect_of_covariates(m, changed, on), "1")
    m.rate(m.state("idle", "1"), 0)
    equations = m.build()
    known = {c.name: patient.get(c.name, c.value) for c in equations.covariates}
    return point(equations, 1, spread=0.0, **known).outputs["effect"]


def entry(name, form, coefficient=None, **more):
    number = None
    if coefficient is not None:
        number = SheetParameter(value=coefficient, guess="a test")
    return Covariate(name=name, on="CL", form=form, coefficient=number, guess="a test", **more)


@pytest.mark.parametrize("rows", [(), ("comparators-0001",)])
def test_how_strongly_a_covariate_acts_is_uncertain(rows):
    """Its effect stands under one power for all that it does to a substance, wider for a guess."""
    one = entry("age", "power", -0.4, unit="year", reference=40).model_copy(update={"rows": rows})
    changed = sheet("morphine").model_copy(
        update={"covariates": (one, one.model_copy(update={"on": "V1"}))}
    )
    m = Model("covariates")
    m.output("CL", effect_of_covariates(m, changed, "CL"), "1")
    m.output("V1", effect_of_covariates(m, changed, "V1"), "1")
    m.rate(m.state("idle", "1"), 0)
    equations = m.build()
    (power,) = (p for p in equations.parameters if "covariates" in p.name)
    assert (power.name, power.value) == ("morphine.covariates.age", 1.0)
    assert power.uncertainty_cv == (0.2 if rows else 0.4)
    at = point(equations, 1, spread=0.0, age=20.0, **{power.name: 2.0})
    assert at.outputs["CL"] == at.outputs["V1"] == pytest.approx(0.5**-0.8)


POWER = entry("age", "power", -0.4, unit="year", reference=40)
LINEAR = entry("egfr", "linear", 0.006, unit="mL/min", reference=90)
EXPONENTIAL = entry("bmi", "exponential", 0.03, unit="kg/m^2", reference=25)
CAPPED = entry("age", "power", -0.8, unit="year", reference=40, low=30, high=80)


@pytest.mark.parametrize("x", [18.0, 40.0, 71.0])
def test_power(x):
    assert effect([POWER], age=x) == pytest.approx((x / 40) ** -0.4)


@pytest.mark.parametrize("x", [20.0, 90.0, 130.0])
def test_linear(x):
    assert effect([LINEAR], egfr=x) == pytest.approx(1 + 0.006 * (x - 90))


@pytest.mark.parametrize(
    ("age", "filtered", "as_if"), [(35.0, 45.0, 45.0), (80.0, 60.0, 90.0), (80.0, 30.0, 45.0)]
)
def test_beyond_the_kidney_only_what_is_lost_by_disease_counts(age, filtered, as_if):
    """At 80 a healthy kidney filters 60 mL/min."""
    found = effect([LINEAR], age=age, egfr=filtered)
    assert found == pytest.approx(1 + 0.006 * (as_if - 90))


@pytest.mark.parametrize("x", [18.0, 25.0, 38.0])
def test_exponential(x):
    assert effect([EXPONENTIAL], bmi=x) == pytest.approx(math.exp(0.03 * (x - 25)))


@pytest.mark.parametrize(("x", "as_if"), [(20.0, 30.0), (55.0, 55.0), (95.0, 80.0)])
def test_caps_come_first(x, as_if):
    assert effect([CAPPED], age=x) == pytest.approx((as_if / 40) ** -0.8)


def test_a_slope_is_per_unit_of_the_entry_whatever_the_unit_of_the_patient():
    months = entry("age", "linear", 0.001, unit="month", reference=480, low=240, high=960)
    assert effect([months], age=50.0) == pytest.approx(1 + 0.001 * (600 - 480), rel=1e-3)
    assert effect([months], age=15.0) == pytest.approx(1 + 0.001 * (240 - 480), rel=1e-3)
    assert effect([months], age=90.0) == pytest.approx(1 + 0.001 * (960 - 480), rel=1e-3)
    power = entry("age", "power", 0.5, unit="month", reference=480)
    assert effect([power], age=10.0) == pytest.approx(0.5, rel=1e-3)


def test_effects_on_one_quantity_multiply_and_others_are_left_alone():
    assert effect([POWER, LINEAR], age=20.0, egfr=50.0) == pytest.approx(
        0.5**-0.4 * (1 - 0.006 * 40)
    )
    assert effect([POWER, LINEAR], on="V1", age=20.0) == 1.0


@pytest.mark.parametrize(("women", "factor"), [(0.0, 0.8), (1.0, 1.5), (0.5, 1.15)])
def test_sex_counts_by_the_share_of_women(women, factor):
    sex = entry("sex", "category", levels={"male": 0.8, "female": 1.5})
    assert effect([sex], female=women) == pytest.approx(factor)


@pytest.mark.parametrize(("women", "factor"), [(0.0, 1.0), (1.0, 1.5)])
def test_a_sex_that_is_not_named_is_the_reference(women, factor):
    sex = entry("gender", "category", levels={"female": 1.5})
    assert effect([sex], female=women) == pytest.approx(factor)


@pytest.mark.parametrize(("mme", "factor"), [(0.0, 1.0), (1e-3, 3.0), (90.0, 3.0)])
def test_dependence_is_any_opioid_history(mme, factor):
    used = entry("opioid_use_disorder", "category", levels={"yes": 3.0})
    assert effect([used], opioid_history=mme) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("hepatic", "factor"),
    [
        (1.5, 1.0),
        (1.0, 1.0),
        (0.85, 0.8),
        (0.7, 0.6),
        (0.55, 0.45),
        (0.4, 0.3),
        (0.2, 0.3),
    ],
)
def test_between_two_grades_an_effect_lies_between_theirs(hepatic, factor):
    stages = entry("hepatic", "category", levels={"a": 0.6, "b": 0.3})
    assert effect([stages], hepatic=hepatic) == pytest.approx(factor)


def test_a_grade_of_the_reference_may_have_an_effect_of_its_own():
    stages = entry("renal", "category", levels={"normal": 1.2, "moderate": 0.5})
    renamed = stages.model_copy(update={"name": "egfr"})
    assert [effect([renamed], egfr=x) for x in (95.0, 70.0, 45.0)] == pytest.approx(
        [1.2, 0.85, 0.5]
    )


@pytest.mark.parametrize(
    ("score", "factor"), [(0.0, 0.2), (0.7, 0.2), (0.8, 1.0), (1.5, 1.0), (2.2, 1.0), (2.3, 2.0), (3.0, 2.0)]
)  # fmt: skip
def test_a_category_that_is_no_grade_is_the_nearest_by_its_number(score, factor):
    genes = entry("cyp2d6", "category", levels={"poor": 0.2, "ultrarapid": 2.0})
    assert effect([genes], cyp2d6=score) == pytest.approx(factor)


def test_a_category_that_no_patient_can_have_here_is_an_indicator():
    smoker = entry("smoker", "category", reference=0.0, levels={"yes": 1.6})
    assert effect([smoker], smoker=1.0) == pytest.approx(1.6)
    assert effect([smoker], smoker=0.0) == pytest.approx(1.0)


def number_of(build, **patient):
    m = Model("physiology")
    m.output("it", build(m), "1")
    m.rate(m.state("idle", "1"), 0)
    return point(m.build(), 1, spread=0.0, **patient).outputs["it"]


@pytest.mark.parametrize(("egfr", "left"), [(0.0, 0.0), (45.0, 0.5), (90.0, 1.0), (140.0, 1.0)])
def test_the_kidney_follows_filtration_up_to_ninety(egfr, left):
    assert number_of(lambda m: organ_function(m, "kidney", "renal"), egfr=egfr) == pytest.approx(
        left
    )
    assert number_of(lambda m: organ_function(m, "other", "renal"), egfr=egfr) == pytest.approx(
        left
    )


def test_the_liver_follows_its_capacity_and_other_organs_nothing():
    for enzyme in ("cyp3a", "cyp2c9", "other"):
        left = number_of(lambda m, e=enzyme: organ_function(m, "liver", e), hepatic=0.4)
        assert left == pytest.approx(0.4)
    for enzyme, power in figures()["cirrhosis"]["power"].items():
        if not isinstance(power, str):
            left = number_of(lambda m, e=enzyme: organ_function(m, "liver", e), hepatic=0.4)
            assert left == pytest.approx(0.4**power)
    assert organ_function(Model("none"), "gut", "cyp3a") == 1
    assert organ_function(Model("none"), "plasma", "esterase") == 1


@pytest.mark.parametrize(("build", "figure"), [(perfusion, "perfusion"), (portal_shunt, "shunt")])
@pytest.mark.parametrize("hepatic", [0.1, 0.25, 0.33, 0.4, 0.5, 0.7, 0.9, 1.0, 1.3])
def test_blood_through_the_liver_in_cirrhosis(hepatic, build, figure):
    """Linear between the Child-Pugh classes of the source, flat beyond."""
    table = figures()["cirrhosis"]
    assert table["hepatic"] == [0.25, 0.4, 0.7, 1] and table["shunt"][-1] == 0
    expected = np.interp(hepatic, table["hepatic"], table[figure])
    assert number_of(build, hepatic=hepatic) == pytest.approx(expected, abs=1e-9)


def test_size():
    m = Model("size")
    power = m.parameter("power", 0.75, "1")
    m.output("size", size(m, 50.0, power), "1")
    m.rate(m.state("idle", "1"), 0)
    at = point(m.build(), 1, spread=0.0, weight=120.0)
    assert at.outputs["size"] == pytest.approx((120 / 50) ** 0.75)


@pytest.mark.parametrize(
    ("name", "value", "cv"), [("hepatic_blood_flow", 97.0, 0.0), ("enterocyte_flow", 18.0, 0.5)]
)
def test_flows_are_those_of_the_sources(name, value, cv):
    m = Model("flow")
    symbol = flow(m, name)
    assert flow(m, name) == symbol
    m.rate(m.state("amount", "nmol"), -symbol / m.parameter("V", 1.0, "L") * m["amount"])
    found = {p.name: p for p in m.build().parameters}[name]
    assert (found.value, found.unit, found.uncertainty_cv) == (value, "L/h", cv)
    assert found.distribution == ("lognormal" if cv else "fixed")
