"""Plasma models of the sheets as equations: conservation of mass and scaling, without solving anything."""

import numpy as np
import pytest
import sympy

from speciosa.errors import InputError
from speciosa.facts.products import contents
from speciosa.facts.sheets.sheet import names, sheet
from speciosa.model import Equations
from speciosa.pharmacology.assembly import descendants, needs, system
from speciosa.pharmacology.covariates import covariates, describe
from speciosa.pharmacology.dosing import schedule
from speciosa.pharmacology.exposure.absorption import Way
from speciosa.regimen import parse_regimen

GIVEN = [name for name in names() if sheet(name).absorption]


def values_of(equations: Equations, **changes: float) -> dict[sympy.Symbol, float]:
    """Every static symbol at its typical value, derived ones computed."""
    known = {
        record.name: record.value for record in (*equations.parameters, *equations.covariates)
    } | changes
    numbers = {sympy.Symbol(name, real=True): value for name, value in known.items()}
    for formula in equations.derived_in_order:
        numbers[sympy.Symbol(formula.name, real=True)] = float(formula.expression.xreplace(numbers))
    return numbers


def rates_at(equations: Equations, amounts: dict[str, float]) -> dict[str, float]:
    numbers = values_of(equations)
    states = {
        sympy.Symbol(name, real=True): amounts.get(name, 0.0) for name in equations.state_names
    }
    rates = equations.inlined_rates
    pairs = (
        rates.items() if isinstance(rates, dict) else zip(equations.state_names, rates, strict=True)
    )
    return {name: float(rate.xreplace({**numbers, **states})) for name, rate in pairs}


@pytest.mark.parametrize("substance", GIVEN)
def test_what_leaves_the_body_is_clearance_times_concentration(substance):
    equations = system([substance], [substance], interactions=False).build()
    rng = np.random.default_rng(1)
    amounts = {name: float(rng.uniform(1, 100)) for name in equations.state_names}
    numbers = values_of(equations)
    volume = numbers[sympy.Symbol(f"{substance}.V1", real=True)]
    clearance = numbers[sympy.Symbol(f"{substance}.CL", real=True)]
    leaving = clearance * amounts[f"central_{substance}"] / volume
    own = [name for name in rates_at(equations, amounts) if substance in name]
    change = sum(rate for name, rate in rates_at(equations, amounts).items() if name in own)
    assert change == pytest.approx(-leaving, rel=1e-9)


@pytest.mark.parametrize("substance", GIVEN)
def test_a_metabolite_never_gets_more_than_the_parent_loses(substance):
    family = descendants((substance,))
    equations = system([substance], family).build()
    amounts = {f"central_{substance}": 100.0}
    rates = rates_at(equations, amounts)
    lost = -sum(rate for name, rate in rates.items() if name.endswith(f"_{substance}"))
    gained = sum(rate for name, rate in rates.items() if not name.endswith(f"_{substance}"))
    assert -1e-9 <= gained <= lost * (1 + 1e-9)


def test_a_plasma_question_holds_only_what_it_needs():
    way = [Way("morphine", "iv")]
    alone = system(["morphine"], ["morphine"], ways=way).build()
    assert set(alone.state_names) == {
        "central_morphine",
        "peripheral2_morphine",
        "peripheral3_morphine",
    }
    with_m6g = system(["morphine"], ["morphine_6_glucuronide"], ways=way).build()
    assert "central_morphine_6_glucuronide" in with_m6g.state_names
    assert "central_morphine_3_glucuronide" not in with_m6g.state_names


def test_without_interaction_a_model_is_linear_in_its_states():
    equations = system(["oxycodone"], ["oxymorphone"]).build()
    states = [sympy.Symbol(name, real=True) for name in equations.state_names]
    rates = equations.inlined_rates
    found = rates.values() if isinstance(rates, dict) else rates
    jacobian = sympy.Matrix(list(found)).jacobian(states)
    assert not any(jacobian.has(state) for state in states)


def test_a_bystander_is_left_out_and_a_perpetrator_is_kept():
    assert needs(("oxycodone", "gabapentin"), ("oxycodone",)).bodies == ("oxycodone",)
    kept = needs(("oxycodone", "ketoconazole"), ("oxycodone",))
    assert kept.acting == ("ketoconazole",) and "ketoconazole" in kept.bodies
    without = needs(("oxycodone", "ketoconazole"), ("oxycodone",), interactions=False)
    assert without.bodies == ("oxycodone",)


def test_a_metabolite_that_blocks_an_enzyme_is_kept_with_what_forms_it():
    kept = needs(("midazolam", "itraconazole"), ("midazolam",))
    assert kept.acting == ("itraconazole", "hydroxyitraconazole")
    assert set(kept.bodies) == {"midazolam", "itraconazole", "hydroxyitraconazole"}
    assert needs(("ketoconazole",), ("ketoconazole",)).bodies == ("ketoconazole",)


def test_only_a_substance_whose_sheet_says_so_acts_on_its_own_clearance():
    own = needs(("itraconazole",), ("itraconazole",))
    assert own.acting == own.bodies == ("itraconazole", "hydroxyitraconazole")
    assert needs(("mitragynine",), ("mitragynine",)).acting == ("mitragynine",)
    assert needs(("paroxetine",), ("paroxetine",)).acting == ("paroxetine",)
    pools = {"cyp3a_liver", "cyp3a_gut"}
    assert pools <= set(system(["mitragynine"], ["mitragynine"]).build().state_names)
    assert needs(("rifampicin",), ("rifampicin",)).acting == ()
    assert not pools & set(system(["ritonavir"], ["ritonavir"]).build().state_names)


def test_clearance_grows_with_the_power_of_weight():
    equations = system(["morphine"], ["morphine"]).build()
    one, other = values_of(equations), values_of(equations, weight=140.0)
    symbol = sympy.Symbol("morphine.CL", real=True)
    assert other[symbol] / one[symbol] == pytest.approx(2**0.75)
    volume = sympy.Symbol("morphine.V1", real=True)
    assert other[volume] / one[volume] == pytest.approx(2.0)


@pytest.mark.parametrize("text", ["none", "nothing"])
def test_the_regimen_without_a_dose_gives_no_dose(text):
    assert schedule(parse_regimen(text)).doses == ()


def test_kratom_is_given_as_its_alkaloids():
    plan = schedule(parse_regimen("2 g kratom_tea oral"))
    amounts = {dose.way.substance: dose.nmol for dose in plan.doses}
    assert {"mitragynine", "speciociliatine", "paynantheine"} <= set(amounts)
    milligrams = amounts["mitragynine"] * sheet("mitragynine").molar_mass.to("g/mol") / 1e6
    assert milligrams == pytest.approx(39, rel=0.01)
    assert all(dose.way.content_cv > 0 for dose in plan.doses)


def test_an_amount_per_kilogram_follows_the_weight_of_each_patient():
    plan = schedule(parse_regimen("0.1 mg/kg oxycodone iv"))
    assert plan.doses[0].way.per_kg
    equations = system(plan.substances, ["oxycodone"], ways=plan.ways).build()
    share = equations.targets[0].bioavailability
    light, heavy = (share.xreplace(values_of(equations, weight=w)) for w in (50.0, 100.0))
    assert float(heavy / light) == pytest.approx(2.0)


def test_a_bioavailability_that_falls_with_dose_changes_what_is_absorbed_and_not_what_was_given():
    entry = sheet("gabapentin").entry("oral", "any")
    assert entry.F_dose_power is not None
    small, large = (
        schedule(parse_regimen(f"{dose} mg gabapentin oral")).doses[0] for dose in (300, 1200)
    )
    assert large.nmol == pytest.approx(4 * small.nmol)
    absorbed = [
        schedule(parse_regimen(f"{dose} mg gabapentin oral")).regimen().doses[0].amount
        for dose in (300, 1200)
    ]
    assert absorbed[0] == pytest.approx(small.nmol)
    assert absorbed[1] / absorbed[0] == pytest.approx(4 ** (1 + entry.F_dose_power.value))


def test_a_patch_is_given_as_a_rate_over_its_wear():
    dose = schedule(parse_regimen("50 ug/h fentanyl_patch transdermal over 72 h")).doses[0]
    micrograms = dose.nmol * sheet("fentanyl").molar_mass.to("g/mol") / 1e3
    released = contents("fentanyl_patch")["fentanyl"].value
    assert (dose.over_h, micrograms) == (72.0, pytest.approx(3600 * released))


@pytest.mark.parametrize(
    ("regimen", "says"),
    [
        ("10 mg hydrocodone iv", "hydrocodone oral"),
        ("10 mg mitragynin oral", "mitragynine"),
        ("10 h morphine oral", "of mass"),
        ("5 mg/h morphine iv", "over 24 h"),
    ],
)
def test_an_impossible_dose_is_refused_with_what_can_be_done(regimen, says):
    with pytest.raises(InputError) as raised:
        schedule(parse_regimen(regimen))
    assert says in str(raised.value)


def test_an_unknown_route_form_or_output_is_refused():
    for substances, outputs, ways, says in (
        (["morphine"], ["morphine"], [Way("morphine", "transdermal")], "oral"),
        (["morphine"], ["oxycodone"], None, "something given"),
        (["morfine"], [], None, "morphine"),
        (["morphine"], ["brightness"], None, "one of"),
    ):
        with pytest.raises(InputError) as raised:
            system(substances, outputs, ways=ways)
        assert says in str(raised.value)


def test_an_unknown_form_is_refused_with_those_of_its_route() -> None:
    """Buprenorphine is also swallowed, worn and dissolved under the tongue; a depot is none of these forms."""
    with pytest.raises(InputError) as raised:
        system(["buprenorphine"], ways=[Way("buprenorphine", "depot", "yearly")])
    (fault,) = raised.value.faults
    assert fault.where == "form of buprenorphine depot" and fault.found == "yearly"
    assert fault.expected == "one of monthly, monthly_atrigel, weekly"


def test_a_model_without_effects_is_one_of_plasma_alone() -> None:
    plain = system(["morphine"], ["morphine"]).build()
    assert plain.output_names == ("morphine",)
    assert not any(name.startswith(("site_of_action", "tolerance")) for name in plain.state_names)


def test_categories_of_patients_mean_numbers_within_range():
    for covariate in covariates().values():
        assert covariate.least <= covariate.reference <= covariate.most
        for value in covariate.categories.values():
            assert covariate.least <= value <= covariate.most
    found, faults = describe("weight=80 kg; cyp2d6=poor; age=67; opioid_history=tolerant 100 MME")
    assert not faults
    assert found.values == {"weight": 80, "cyp2d6": 0, "age": 67, "opioid_history": 100}
