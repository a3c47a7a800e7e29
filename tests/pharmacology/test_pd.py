"""The effects against closed forms and against their definitions."""

import numpy as np
import pytest
import sympy
from tests.pharmacology.effect_models import VOLUME_L, model, run

from speciosa import facts
from speciosa.engine import simulate
from speciosa.errors import InputError, UnknownNameError
from speciosa.facts.effects import effect_parameter, effect_parameters, ligands
from speciosa.model import Model
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.calibrated import estimates
from speciosa.pharmacology.effect.analgesia import Relief
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers
from speciosa.pharmacology.effect.effects import OUTPUTS, add_effects, check
from speciosa.pharmacology.effect.stimulus import graded

STEADY = np.inf
SMALL = ("ventilation_fraction", "minute_ventilation", "petco2_mmhg")


def value(name: str) -> float:
    """A parameter as the models have it."""
    everything = {record.name: record.value for record in model().parameters}
    return everything[f"effects.{name}"]


def left(
    stimulus: float, adapted: float = 0.0, wakefulness: float | None = None
) -> tuple[float, float]:
    """Closed form of what is left of the rhythm and of wakefulness, x and w."""
    share, early = (value(f"ventilation.{name}") for name in ("wakefulness_share", "wakefulness"))
    slope = 2
    strength = value("ventilation.tolerance") * adapted
    at_one = early**slope / (1 + early**slope)
    half = np.log(2 * (1 - share * at_one))
    rhythm = np.exp(-half * (stimulus / (1 + strength)) ** slope)
    felt = stimulus if wakefulness is None else wakefulness
    awake = 1 / (1 + (early * felt / (1 + early * strength)) ** slope)
    return rhythm, awake


def clamped(x: float, w: float) -> float:
    return x * (1 - value("ventilation.wakefulness_share") * (1 - w))


@pytest.mark.parametrize("multiple", [0.1, 0.5, 1.0, 2.0, 30.0])
def test_ventilation_at_constant_carbon_dioxide_is_the_closed_form(multiple: float) -> None:
    amount = multiple * value("fentanyl.mor_c50") * VOLUME_L
    reserve = value("ventilation.reserve")
    ratio = multiple / (reserve - 1)
    steady = model(("fentanyl",), SMALL, STEADY)
    # Three hours: the site of action has settled, tolerance has hardly begun.
    result = run(f"{amount:.12g} nmol fentanyl", [3.0], steady)
    expected = clamped(*left(reserve * ratio / (1 + ratio)))
    assert result["ventilation_fraction"][0, 0] == pytest.approx(expected, abs=5e-3)
    if multiple == 1.0:
        assert expected == pytest.approx(0.5)
    if multiple == 30.0:
        assert expected < 1e-3


def test_settled_free_breathing_balances_the_drives() -> None:
    result = run("6e2 nmol fentanyl", [1.0], model(("fentanyl",), SMALL, STEADY))
    ratio = result["minute_ventilation"][0, 0] / value("ventilation.baseline")
    site = 6.0 * (1 - np.exp(-value("fentanyl.ke0")))
    held = site / affinity()
    x, w = left(value("ventilation.reserve") * held / (1 + held))
    assert ratio == pytest.approx(balanced(ratio, x, w), abs=0.01)
    made = max(0.87, (x * w) ** 0.06319)
    assert result["petco2_mmhg"][0, 0] == pytest.approx(
        value("ventilation.resting_pco2") * made / ratio, rel=0.01
    )


def balanced(ratio: float, x: float, w: float) -> float:
    """What the drives give at the carbon dioxide that this ventilation leaves, over that at rest."""
    raised = max(0.87, (x * w) ** 0.06319) / ratio - 1
    gain = 10.74 * (value("ventilation.co2_gain") / 4.7) ** 2
    return x * w + x * gain * raised * (1 + 1.76 * raised)


@pytest.mark.parametrize(("nmol", "stops"), [(700.0, False), (5000.0, True)])
def test_settled_and_followed_breathing_stop_together(nmol: float, stops: bool) -> None:
    """Slowly given, where carbon dioxide keeps up: both forms hold, or both stop."""
    dose = f"{nmol / 24} nmol fentanyl every 0.25 h x 24"
    names = ("free_ventilation_fraction", "ventilation_fraction")
    settled, moving = (
        run(dose, [12.0], model(("fentanyl",), names, STEADY, followed))[names[0]][0, 0]
        for followed in (False, True)
    )
    assert (settled < 0.1) == (moving < 0.1) == stops


def affinity() -> float:
    """K of fentanyl, from the concentration that halves ventilation."""
    return value("fentanyl.mor_c50") * (value("ventilation.reserve") - 1)


@pytest.mark.parametrize("nmol", [30.0, 100.0, 200.0, 400.0])
def test_followed_breathing_settles_where_the_settled_form_is(nmol: float) -> None:
    dose = f"{nmol} nmol fentanyl"
    settled = run(dose, [5.0], model(("fentanyl",), SMALL, STEADY))
    moving = run(dose, [0.05, 5.0], model(("fentanyl",), SMALL, STEADY, True))
    for name, width in (("minute_ventilation", 0.1), ("petco2_mmhg", 0.6)):
        assert moving[name][0, 1] == pytest.approx(settled[name][0, 0], abs=width), name


def test_an_injection_lowers_breathing_more_before_carbon_dioxide_has_risen() -> None:
    m = model(("remifentanil",), SMALL, STEADY, True)
    early, late = run("1200 nmol remifentanil", [0.08, 2.0], m)["minute_ventilation"][0]
    assert early < late - 0.3


def test_occupancy_of_one_ligand_is_the_law_of_mass_action() -> None:
    naloxone = model(("naloxone",), ("mor_occupancy",), STEADY)
    constant = value("naloxone.mor_k")
    for ratio in (0.1, 1.0, 10.0):
        amount = ratio * constant * VOLUME_L
        held = run(f"{amount:.12g} nmol naloxone", [48.0], naloxone)["mor_occupancy"][0, 0]
        assert held == pytest.approx(ratio / (1 + ratio), rel=1e-4)


def test_competitive_antagonist_shifts_the_agonist_by_the_gaddum_ratio() -> None:
    both = model(("fentanyl", "naloxone"), ("mor_occupancy",), STEADY)
    blocker = 3.0 * value("naloxone.mor_k") * VOLUME_L
    alone = run("1e4 nmol fentanyl", [48.0], both)["occupancy_fentanyl"][0, 0]
    shifted = run(f"4e4 nmol fentanyl; {blocker:.12g} nmol naloxone", [48.0], both)
    assert shifted["occupancy_fentanyl"][0, 0] == pytest.approx(alone, rel=1e-4)


def test_slow_ligand_reaches_the_same_equilibrium() -> None:
    bound = model(("buprenorphine",), ("mor_occupancy",), STEADY)
    amount = 2.0 * value("buprenorphine.mor_k") * VOLUME_L
    early, late = run(f"{amount:.12g} nmol buprenorphine", [0.5, 200.0], bound)["mor_occupancy"][0]
    assert early < late == pytest.approx(2 / 3, rel=1e-3)


def test_history_starts_tolerance_and_dependence_at_their_steady_state() -> None:
    """Under the habitual opioid, held constant, neither state would move."""
    m = Model("history")
    nothing = m.state("amount", "nmol")
    m.rate(nothing, -nothing / m.parameter("tau", 1.0, "h"))
    volume = m.parameter("V", 1.0, "L")
    add_effects(m, {"morphine": nothing / volume}, ["tolerance", "dependence", "cows"])
    equations = m.build()
    values = {record.name: record.value for record in equations.parameters}
    table = {name: np.array([number]) for name, number in values.items()}
    table["effects.adaptation.history_half_life"] = np.array([1e9])
    table["opioid_history"] = np.array([120.0])
    from speciosa.engine.simulate import simulate

    course = simulate(equations, "none", parameters=table, times=[0.0, 500.0], method="tsit5")
    assert course["tolerance"][0, 1] == pytest.approx(course["tolerance"][0, 0], rel=1e-6)
    assert course["dependence"][0, 1] == pytest.approx(course["dependence"][0, 0], rel=1e-6)
    assert course["dependence"][0, 0] > 0.1
    known = values["effects.withdrawal.complaints"] * 120 / 125
    assert course["cows"][0] == pytest.approx(known, rel=1e-5)


def test_alpha2_agonist_eases_withdrawal_and_nothing_else() -> None:
    names = ("cows", "ventilation_fraction")
    m = model(("fentanyl", "lofexidine"), names)
    without, eased = (run(d, [30.0, 40.0], m, opioid_history=100.0) for d in ("none", DAILY))
    assert (eased["cows"] < 0.9 * without["cows"]).all()
    assert eased["ventilation_fraction"] == pytest.approx(without["ventilation_fraction"])


DAILY = "2e3 nmol lofexidine every 6 h x 8"


def test_substitution_eases_withdrawal() -> None:
    without = run("none", [40.0], opioid_history=100.0)["cows"][0, 0]
    given = run("2e3 nmol buprenorphine every 8 h x 3 at 24 h", [40.0], opioid_history=100.0)
    assert given["cows"][0, 0] < 0.6 * without


def test_tolerance_shifts_a_full_agonist() -> None:
    naive = run("600 nmol fentanyl", [1.0])["ventilation_fraction"][0, 0]
    tolerant, more = (
        run(f"{nmol} nmol fentanyl", [1.0], opioid_history=200.0)["ventilation_fraction"][0, 0]
        for nmol in (600, 900)
    )
    assert naive + 0.05 < tolerant < 1.0
    # A shift, no threshold: every further dose depresses.
    assert more < tolerant - 0.02


def test_people_on_a_constant_opioid_breathe_almost_as_others_but_not_on_top_of_more() -> None:
    m = model(("methadone",), (*SMALL, "tolerance", "sedation_probability"), STEADY)
    # As much as 400 ng/mL of methadone, for three hours and for three months.
    course = run(f"{1300 * VOLUME_L} nmol methadone", [3.0, 4000.0], m)
    soon, late = course["ventilation_fraction"][0]
    settled = course["tolerance"][0, 1]
    adapted = settled / (1 - settled)
    assert late == pytest.approx(clamped(*left(adapted, adapted)), abs=0.01)
    assert soon < 0.4 < 0.55 < late
    assert course["minute_ventilation"][0, 1] > 0.8 * value("ventilation.baseline")
    more = run(
        f"{1300 * VOLUME_L} nmol methadone; {2600 * VOLUME_L} nmol methadone at 4000 h", [4003.0], m
    )
    assert soon < more["ventilation_fraction"][0, 0] < late - 0.1


def test_carbon_dioxide_of_an_opioid_user_starts_where_it_usually_is() -> None:
    settled, moving = (
        run("none", [0.0, 0.5, 48.0], model(("morphine",), SMALL, 4.0, dynamic), opioid_history=100)
        for dynamic in (False, True)
    )
    usual = usual_tolerance(100.0)
    adapted = usual / (1 - usual)
    x, w = left(adapted, adapted)
    ratio = settled["minute_ventilation"][0, 0] / value("ventilation.baseline")
    assert ratio == pytest.approx(balanced(ratio, x, w), abs=0.01)
    assert moving["ventilation_fraction"][0, 0] == pytest.approx(1.0)
    assert moving["petco2_mmhg"] == pytest.approx(settled["petco2_mmhg"], abs=1.0)


def usual_tolerance(mme: float) -> float:
    """R of a person with this opioid history at time 0."""
    m = model(("morphine",), ("tolerance",))
    return float(run("none", [0.0], m, opioid_history=mme)["tolerance"][0, 0])


def test_kratom_alkaloids_depress_breathing_by_their_share_and_others_wholly() -> None:
    m = model(("7_hydroxymitragynine", "fentanyl"), ("ventilation_fraction",), STEADY)
    numbers = {record.name: record.value for record in m.parameters}
    most = numbers["effects.ventilation.reserve"] * numbers["effects.7_hydroxymitragynine.efficacy"]
    alone, both = run(
        ["1e12 nmol 7_hydroxymitragynine", "1e9 nmol 7_hydroxymitragynine; 1e12 nmol fentanyl"],
        [0.5],
        m,
    )["ventilation_fraction"]
    lost = numbers["effects.kratom.breathing"] * (1 - clamped(*left(most)))
    assert alone[0] == pytest.approx(1 - lost, abs=0.02)
    assert both[0] < alone[0]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.75])
def test_a_kratom_agonist_on_top_of_an_opioid_helps_breathing_no_more_than_an_antagonist(
    share: float,
) -> None:
    m = model(("7_hydroxymitragynine", "fentanyl"), ("ventilation_fraction",), STEADY)
    doses = [f"1e3 nmol fentanyl; {amount} nmol 7_hydroxymitragynine" for amount in (1e4, 1e6)]
    shared = {"effects.kratom.breathing": share}
    silent = shared | {"effects.7_hydroxymitragynine.efficacy": 0.0}
    for dose in doses:
        found = run(dose, [0.5], m, **shared)["ventilation_fraction"][0, 0]
        assert found <= run(dose, [0.5], m, **silent)["ventilation_fraction"][0, 0] + 1e-5


def test_qtc_of_a_blocker_is_bounded_and_that_of_an_agonist_goes_with_an_antagonist() -> None:
    m = model(("methadone", "buprenorphine", "naloxone"), ("qtc_change_ms",), STEADY)
    numbers = {record.name: record.value for record in m.parameters}
    channels = numbers["effects.heart.maximum"] / (1 + numbers["effects.heart.half_block"])
    most = channels + numbers["effects.heart.opioid"]
    small, large = run(["1e4 nmol methadone", "1e12 nmol methadone"], [3.0], m)["qtc_change_ms"]
    assert 0 < small[0] < 10 < large[0] <= most
    alone, blocked = run(
        ["500 nmol buprenorphine", "500 nmol buprenorphine; 1e6 nmol naloxone"], [6.0], m
    )["qtc_change_ms"]
    assert blocked[0] < 0.1 * alone[0]


def test_liking_is_higher_when_the_drug_comes_fast() -> None:
    m = model(("fentanyl",), ("liking_vas",))
    fast = run("3e3 nmol fentanyl", np.linspace(0, 5, 51), m)["liking_vas"].max()
    slow = run("3e3 nmol fentanyl over 4 h", np.linspace(0, 5, 51), m)["liking_vas"].max()
    assert fast > slow


def test_graded_effect_is_monotone_and_bounded() -> None:
    s, g = sympy.symbols("s g", positive=True)
    f = sympy.lambdify((s, g), graded(s, g))
    x = np.logspace(-6, 6, 200)
    for slope in (0.7, 1.0, 2.4):
        y = np.array([f(value_, slope) for value_ in x])
        assert (np.diff(y) > 0).all() and y[0] >= 0 and y[-1] < 1
        assert f(1.0, slope) == pytest.approx(0.5)


def test_effects_that_nothing_can_have_are_refused_with_what_can_be_asked() -> None:
    with pytest.raises(InputError) as caught:
        check(["gabapentin"], ["acute_pain_nrs", "liking_vas"])
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match="qtc_change_ms of tramadol"):
        check(["tramadol"], ["qtc_change_ms"])
    with pytest.raises(InputError, match="Did you mean pain_nrs"):
        check(["morphine"], ["pain_nr"])
    with pytest.raises(InputError, match="occupancy_clonidine"):
        check(["clonidine"], ["occupancy_clonidine"])


@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_every_output_can_be_built_with_units_that_hold(name: str) -> None:
    chosen = {"alpha2a_occupancy": "clonidine", "serotonin_1a_occupancy": "paynantheine"}
    substance = chosen.get(name, "methadone")
    m = Model("one output")
    plasma = m.state("plasma", "nmol/L")
    m.rate(plasma, -plasma / m.parameter("tau", 1.0, "h"))
    add_effects(m, {substance: plasma}, [name])
    assert m.build().outputs[0].unit == OUTPUTS[name].unit


def test_without_a_drug_every_effect_is_at_rest() -> None:
    numbers = {name: entry.value for name, entry in effect_parameters().items()}
    numbers |= {name.removeprefix("effects."): entry.value for name, entry in estimates().items()}
    rest = dict.fromkeys(OUTPUTS, 0.0) | {
        "ventilation_fraction": 1.0,
        "free_ventilation_fraction": 1.0,
        "pain_tolerance_ratio": 1.0,
        "withdrawal_activity": 1.0,
        "minute_ventilation": numbers["ventilation.baseline"],
        "respiratory_rate": numbers["ventilation.resting_rate"],
        "petco2_mmhg": numbers["ventilation.resting_pco2"],
        "arterial_po2_mmhg": 92.793,
        "blood_flow": 4.9313,
        "brain_po2_mmhg": 31.606,
        "pupil_diameter_mm": numbers["pupil.baseline"],
        "pain_nrs": numbers["pain.baseline"],
        "acute_pain_nrs": numbers["acute_pain.baseline"],
        "nausea_probability": numbers["gut.nausea_baseline"],
        "constipation_probability": numbers["gut.constipation_baseline"],
        "sedation_probability": 1 / (1 + np.exp(numbers["sedation.intercept"])),
    }
    for name, value in rest.items():
        found = simulate(system((), (name,)).build(), "none", times=[0.0])
        assert found[name][0, 0] == pytest.approx(value, rel=1e-4, abs=1e-9), name


def test_other_sites_take_their_share_of_what_the_opioid_leaves() -> None:
    numbers = EffectNumbers(Model("pain"), calibrated=False)
    m = numbers.model
    felt = Relief(
        m,
        sympy.Float(0.1),
        sympy.Float(0.5),
        {"net": sympy.Float(0.4), "dor": sympy.Float(0.2)},
        numbers,
    )
    alone = Relief(Model("alone"), sympy.Integer(0), sympy.Integer(0), {}, numbers)
    value = {f"effects.{name}": entry.value for name, entry in effect_parameters().items()}
    in_time, at_once = (
        (1 - value[f"effects.{who}.noradrenaline"] * 0.4) * (1 - value["effects.pain.delta"] * 0.2)
        for who in ("pain", "acute_pain")
    )
    driven = value["effects.pain.reserve"] * 0.1 / (1 + value["effects.pain.tolerance"] * 0.5)
    power = driven ** value["effects.pain.slope"]
    chronic, experimental = (
        (1 - share * power / (1 + power)) * left
        for share, left in ((value["effects.pain.responsive_low_back"], in_time), (1.0, at_once))
    )
    m.rate(m.state("idle", "1"), sympy.Integer(0))
    m.output("chronic", felt.chronic, "1")
    m.output("experimental", felt.experimental, "1")
    found = simulate(m.build(), "none", times=[0.0])
    assert found["chronic"][0, 0] == pytest.approx(chronic)
    assert found["experimental"][0, 0] == pytest.approx(experimental)
    assert (alone.chronic, alone.acute, alone.experimental) == (1, 1, 1)


def test_every_number_rests_on_rows_that_exist_or_says_that_it_is_a_guess() -> None:
    for name, entry in effect_parameters().items():
        assert entry.rows or entry.guess, name
        for row in entry.rows:
            assert facts.fact(row) is not None


def test_every_ligand_is_a_substance_and_has_a_place_to_act() -> None:
    for name, numbers in ligands().items():
        assert facts.molar_mass(name) > 0
        assert numbers - {"ke0"}, name
        if numbers & {"mor_c50", "mor_ratio", "mor_k", "mor_ki"}:
            assert "efficacy" in numbers, name


def test_unknown_numbers_are_named() -> None:
    with pytest.raises(UnknownNameError, match="ventilation.tolerance"):
        effect_parameter("ventilation.toleranc")
