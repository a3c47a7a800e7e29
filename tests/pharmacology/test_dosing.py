"""From a regimen of products to nanomoles of base: units, contents, weight, patches, and bioavailability by dose."""

import numpy as np
import pytest

from speciosa.errors import InputError
from speciosa.facts.products import contents
from speciosa.facts.sheets.sheet import names, sheet
from speciosa.pharmacology.covariates import describe
from speciosa.pharmacology.dosing import schedule
from speciosa.regimen import parse_regimen

BASE = contents("morphine")["morphine"].value
A_MILLIGRAM = 1e6 * BASE / sheet("morphine").molar_mass.to("g/mol")


def doses(text: str):
    return schedule(parse_regimen(text)).doses


@pytest.mark.parametrize(
    ("text", "milligrams", "per_kg", "over_h"),
    [
        ("10 mg morphine oral", 10.0, False, None),
        ("0.5 g morphine oral", 500.0, False, None),
        ("250 ug morphine iv", 0.25, False, None),
        ("0.1 mg/kg morphine iv", 0.1, True, None),
        ("100 ug/kg morphine iv", 0.1, True, None),
        ("10 mg morphine iv over 2 h", 10.0, False, 2.0),
        ("2 mg/h morphine iv over 5 h", 10.0, False, 5.0),
        ("30 ug/min morphine iv over 2 h", 3.6, False, 2.0),
        ("0.03 mg/kg/h morphine iv over 4 h", 0.12, True, 4.0),
        ("2 mg/h morphine iv every 6 h x 2", 12.0, False, 6.0),
    ],
)
def test_amounts(text, milligrams, per_kg, over_h):
    (dose,) = doses(text)
    assert dose.nmol == pytest.approx(milligrams * A_MILLIGRAM, rel=1e-9)
    assert dose.way.per_kg is per_kg and dose.over_h == over_h


def test_times_of_repeated_doses():
    (dose,) = doses("10 mg morphine oral every 8 h x 4 at 3 h")
    assert dose.times_h == (3.0, 11.0, 19.0, 27.0)
    assert (dose.at_h, dose.every_h, dose.count) == (3.0, 8.0, 4)
    (once,) = doses("10 mg morphine oral at 5 h")
    assert once.times_h == (5.0,)


def test_a_plan_names_what_is_given_once_and_keeps_what_a_model_has():
    plan = schedule(
        parse_regimen(
            "10 mg morphine oral; 5 mg morphine iv; 1 mg midazolam iv; 2 mg morphine oral"
        )
    )
    assert plan.substances == ("morphine", "midazolam")
    assert [way.target for way in plan.ways] == [
        "morphine.oral.any",
        "morphine.iv.any",
        "midazolam.iv.any",
    ]
    assert len(plan.regimen().doses) == 4
    kept = plan.regimen(["morphine.iv.any"]).doses
    assert [(dose.product, dose.unit) for dose in kept] == [("morphine.iv.any", "nmol")]
    assert kept[0].amount == pytest.approx(5 * A_MILLIGRAM)


OF_FORM = {"monthly_atrigel": "sublocade"}
POWER = [
    (name, entry.route, entry.form)
    for name in names()
    for entry in sheet(name).absorption
    if entry.F_dose_power is not None
]


@pytest.mark.parametrize(("substance", "route", "form"), POWER)
def test_bioavailability_that_follows_the_dose(substance, route, form):
    entry = sheet(substance).entry(route, form)
    product = OF_FORM.get(form, substance)
    most = entry.F_most.value / entry.F.value if entry.F_most else np.inf
    reference = entry.F_reference_dose.to("mg")
    for times in (0.5, 1.0, 3.0):
        (dose,) = doses(f"{times * reference:g} mg {product} {route}")
        given = dose.nmol * sheet(substance).molar_mass.to("g/mol") / 1e6
        expected = min((given / reference) ** entry.F_dose_power.value, most)
        assert dose.relative == pytest.approx(expected, rel=1e-9)
        amount = schedule(parse_regimen(f"{times * reference:g} mg {product} {route}"))
        assert amount.regimen().doses[0].amount == pytest.approx(dose.nmol * expected)
    (per_kg,) = doses(f"{reference / 70:.9g} mg/kg {product} {route}")
    (whole,) = doses(f"{reference:g} mg {product} {route}")
    assert per_kg.relative == pytest.approx(whole.relative, rel=1e-6)
    assert doses(f"0 mg {product} {route}")[0].relative == 1.0


def test_there_are_such_substances():
    assert ("gabapentin", "oral") in {(name, route) for name, route, _ in POWER}


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("50 ug/h fentanyl_patch transdermal over 48 h", 48.0),
        ("50 ug/h fentanyl_patch transdermal", 72.0),
        ("50 ug/h fentanyl_patch transdermal every 60 h x 2", 72.0),
    ],
)
def test_a_patch_is_worn_as_long_as_said_or_as_its_sheet_says(text, hours):
    (dose,) = doses(text)
    released = contents("fentanyl_patch")["fentanyl"].value
    micrograms = dose.nmol * sheet("fentanyl").molar_mass.to("g/mol") / 1e3
    assert dose.over_h == hours
    assert micrograms == pytest.approx(50 * hours * released, rel=1e-9)


@pytest.mark.parametrize("hours", [72.0, 24.0, 2.0])
@pytest.mark.parametrize("patch", ["fentanyl", "buprenorphine"])
def test_a_patch_fills_the_skin_at_first_and_then_releases_at_a_constant_rate(patch, hours):
    text = f"50 ug/h {patch}_patch transdermal"
    entry = sheet(patch).entry("transdermal", "any")
    share, first_h, wear = entry.loading.value, entry.loading_time.to("h"), entry.wear.to("h")
    (labelled,) = doses(text)
    assert sum(nmol for nmol, _ in labelled.parts) == pytest.approx(labelled.nmol)
    (constant, over), (first, first_over) = doses(f"{text} over {hours:g} h")[0].parts
    assert (over, first_over) == (hours, min(first_h, hours))
    assert constant / over == pytest.approx((1 - share) * labelled.nmol / wear)
    assert first / first_over == pytest.approx(share * labelled.nmol / first_h)


def test_every_alkaloid_of_a_leaf_is_given_by_its_content():
    found = {dose.way.substance: dose for dose in doses("3 g kratom_leaf oral")}
    held = {k: v for k, v in contents("kratom_leaf").items() if k in names()}
    assert set(found) == set(held)
    for substance, number in held.items():
        milligrams = found[substance].nmol * sheet(substance).molar_mass.to("g/mol") / 1e6
        assert milligrams == pytest.approx(3000 * number.to("mg/mg"), rel=1e-9)
        lots = np.sqrt(np.expm1(number.omega**2) + (number.cv or 0.0) ** 2)
        assert found[substance].way.content_cv == pytest.approx(0.0 if number.fixed else lots)


@pytest.mark.parametrize(
    "text", ["10 mL morphine oral", "3 mg/kg/d/h morphine oral", "5 h morphine iv"]
)
def test_what_is_no_mass_is_refused(text):
    with pytest.raises(InputError):
        doses(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("weight=80 kg", {"weight": 80.0}),
        ("weight=176.4 lb", {"weight": 80.01}),
        ("age=50-60", {"age": 55.0}),
        ("age=50 to 60 y", {"age": 55.0}),
        ("age>70", {"age": 76.0}),
        ("age>=70", {"age": 76.0}),
        ("age<30", {"age": 24.0}),
        ("age ≥ 65", {"age": 71.0}),
        ("egfr<30", {"egfr": 22.0}),
        ("egfr>198", {"egfr": 200.0}),
        ("egfr=1 to 3", {"egfr": 2.0}),
        ("renal=moderate; liver=child_pugh_b", {"egfr": 45.0, "hepatic": 0.4}),
        ("cyp2d6=ultra-rapid; cyp2b6=*6/*6", {"cyp2d6": 3.0, "cyp2b6": 0.4}),
        ("sex=women", {"female": 1.0}),
        ("gender=male; food=high fat meal", {"female": 0.0, "food": 1.0}),
        ("opioid_history=tolerant 150 MME", {"opioid_history": 150.0}),
        ("opioid_history=dependent", {"opioid_history": 100.0}),
        ("opioid_history=60 mg/d", {"opioid_history": 60.0}),
        ("weight=60 kg to 80 kg", {"weight": 70.0}),
        ("hepatic=mild-moderate", {"hepatic": 0.55}),
        ("hepatic=Child-Pugh B to C", {"hepatic": 0.325}),
        ("liver=mild or moderate impairment", {"hepatic": 0.55}),
        ("renal=normal/mild", {"egfr": 85.0}),
        (
            "renal=moderate renal impairment; cyp2d6=poor metabolisers",
            {"egfr": 45.0, "cyp2d6": 0.0},
        ),
        ("cyp2d6=1 to 2", {"cyp2d6": 1.5}),
        ("opioid_history=tolerant 60-100 MME", {"opioid_history": 80.0}),
        ("opioid_history=tolerant >60 MME", {"opioid_history": 100.0}),
        ("opioid_history=opioid dependent, 80 MME", {"opioid_history": 80.0}),
        ("age=60-50", None),
        ("age=20-30-40", None),
        ("age=60 or 80", None),
        ("hepatic=mild, moderate", None),
        ("hepatic=not mild", None),
        ("hepatic=mild when first seen", None),
        ("cyp2d6=poor or ultrarapid", None),
        ("food=fed-fasted", None),
        ("sex=male and female", None),
        ("opioid_history=naive or tolerant 100 MME", None),
        ("opioid_history=naive 100 MME", None),
        ("opioid_history=methadone 80 mg/d", None),
        ("weight=1 kg", None),
        ("cyp2d6>poor", None),
    ],
)
def test_descriptions(text, values):
    found, faults = describe(text)
    if values is None:
        assert faults and not found.values
    else:
        assert not faults and dict(found.values) == pytest.approx(values, rel=1e-3)


def test_what_is_left_open_stands_at_the_reference():
    found, _ = describe("weight=80 kg")
    assert found.with_reference(("weight", "age", "cyp2d6")) == {
        "weight": 80.0,
        "age": 35.0,
        "cyp2d6": 1.5,
    }
    assert describe("age=30; weight=80")[0].key == describe("weight=80; age=30")[0].key


def test_every_fault_of_a_description_is_named():
    _, faults = describe("weihgt=80; age; pregnancy=yes; weight=9999", "row 3")
    assert len(faults) == 4 and all(fault.where.startswith("row 3") for fault in faults)
    assert "weight" in faults[0].fix and "pregnancy is not modelled" in faults[2].fix.lower()
