"""What must hold of the effects whatever the numbers are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pharmacology.effect_models import LIGANDS, OUTPUTS, model, run
from tests.pharmacology.test_pd import clamped, left

HOURS = np.linspace(0.0, 24.0, 49)
CONCENTRATION = st.floats(0.0, 6.0)
BASELINE = {
    "ventilation_fraction": 1.0,
    "minute_ventilation": 7.06,
    "respiratory_rate": 13.0,
    "petco2_mmhg": 40.0,
    "pupil_diameter_mm": 6.2,
    "mor_occupancy": 0.0,
    "cows": 0.0,
    "pain_relief": 0.0,
    "pain_tolerance_ratio": 1.0,
    "liking_vas": 0.0,
    "tolerance": 0.0,
    "dependence": 0.0,
}


def doses(**nmol: float) -> str:
    return "; ".join(f"{amount:.9g} nmol {name}" for name, amount in nmol.items()) or "none"


def log_dose(log10: float) -> float:
    """From 1 nmol to 1 mmol: nothing to far beyond any dose."""
    return float(10**log10)


def test_baselines_cover_every_output() -> None:
    assert set(BASELINE) == set(OUTPUTS)


def test_no_drug_has_no_effect() -> None:
    result = run("none", HOURS)
    for name, value in BASELINE.items():
        assert result[name] == pytest.approx(value, abs=1e-9), name


@settings(max_examples=10, deadline=None)
@given(CONCENTRATION)
def test_antagonist_alone_does_nothing_in_a_naive_patient(log10: float) -> None:
    result = run(doses(naloxone=log_dose(log10)), HOURS)
    for name, value in BASELINE.items():
        if name != "mor_occupancy":
            assert result[name] == pytest.approx(value, abs=1e-6), name


@settings(max_examples=15, deadline=None)
@given(CONCENTRATION, CONCENTRATION, CONCENTRATION)
def test_occupancies_sum_to_at_most_one(one: float, two: float, three: float) -> None:
    given_ = dict(zip(LIGANDS, map(log_dose, (one, two, three)), strict=True))
    result = run(doses(**given_), HOURS)
    parts = [result[f"occupancy_{name}"] for name in LIGANDS]
    assert min(part.min() for part in parts) >= -1e-9
    assert sum(parts).max() <= 1 + 1e-9
    assert sum(parts) == pytest.approx(result["mor_occupancy"], abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(CONCENTRATION, st.floats(1.0, 100.0))
def test_more_full_agonist_never_breathes_more(log10: float, factor: float) -> None:
    less, more = log_dose(log10), log_dose(log10) * factor
    result = run([doses(fentanyl=less), doses(fentanyl=more)], np.linspace(0.0, 6.0, 25))
    for name, sign in (("ventilation_fraction", 1), ("minute_ventilation", 1), ("petco2_mmhg", -1)):
        assert (sign * (result[name][0] - result[name][1])).min() >= -1e-6, name


def test_partial_agonist_has_a_ceiling_and_a_full_agonist_stops_breathing() -> None:
    """The ceiling is what is left at a stimulus of reserve times efficacy, when all receptors are held."""
    amounts = [10.0**n for n in range(1, 8)]
    partial = run([doses(buprenorphine=n) for n in amounts], np.linspace(0.0, 4.0, 33))
    full = run([doses(fentanyl=n) for n in amounts], np.linspace(0.0, 4.0, 33))
    values = {record.name: record.value for record in model().parameters}
    reserve = values["effects.ventilation.reserve"]
    floor = clamped(
        *left(
            reserve * values["effects.buprenorphine.efficacy"],
            wakefulness=reserve * values["effects.buprenorphine.wakefulness_efficacy"],
        )
    )
    lowest = partial["ventilation_fraction"].min(axis=1)
    assert lowest.min() >= floor - 1e-6
    assert lowest[-1] == pytest.approx(floor, abs=0.03)
    assert lowest[-1] == pytest.approx(lowest[-2], abs=0.02)
    assert full["ventilation_fraction"].min() < 1e-9


def test_partial_agonist_antagonises_a_full_one() -> None:
    late = np.linspace(2.0, 6.0, 17)
    alone, both = run([doses(fentanyl=2e3), doses(buprenorphine=2e4, fentanyl=2e3)], late)[
        "ventilation_fraction"
    ]
    assert both.min() > alone.min()


@settings(max_examples=8, deadline=None)
@given(st.floats(0.0, 4.0), st.floats(0.0, 4.0))
def test_effects_return_to_baseline(one: float, two: float) -> None:
    result = run(doses(fentanyl=log_dose(one), buprenorphine=log_dose(two)), [0.0, 4000.0])
    for name, value in BASELINE.items():
        assert result[name][0, -1] == pytest.approx(value, abs=2e-3), name


@settings(max_examples=6, deadline=None)
@given(st.permutations(LIGANDS), st.lists(st.floats(1.0, 5.0), min_size=3, max_size=3))
def test_order_of_ligands_does_not_matter(order: list[str], logs: list[float]) -> None:
    amounts = dict(zip(LIGANDS, map(log_dose, logs), strict=True))
    written = run(doses(**{name: amounts[name] for name in order}), HOURS)
    first = run(doses(**amounts), HOURS)
    for name in OUTPUTS:
        assert written[name] == pytest.approx(first[name], rel=1e-6, abs=1e-6), name


def test_order_of_ligands_in_the_model_does_not_matter() -> None:
    outputs = ("ventilation_fraction", "mor_occupancy")
    turned = run(
        doses(fentanyl=1e4, buprenorphine=1e4, naloxone=1e4),
        HOURS,
        model(tuple(reversed(LIGANDS)), outputs),
    )
    first = run(doses(fentanyl=1e4, buprenorphine=1e4, naloxone=1e4), HOURS)
    for name in outputs:
        assert turned[name] == pytest.approx(first[name], rel=1e-5, abs=1e-5)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(LIGANDS), CONCENTRATION)
def test_two_half_doses_at_once_are_one_dose(name: str, log10: float) -> None:
    amount = log_dose(log10)
    halves = f"{amount / 2:.17g} nmol {name}; {amount / 2:.17g} nmol {name}"
    one = run(f"{amount:.17g} nmol {name}", HOURS)
    two = run(halves, HOURS)
    for output in OUTPUTS:
        assert two[output] == pytest.approx(one[output], rel=1e-6, abs=1e-7), output


@settings(max_examples=6, deadline=None)
@given(st.floats(5.0, 500.0))
def test_withdrawal_after_stopping_grows_and_passes(mme: float) -> None:
    course = run("none", [0.0, 24.0, 60.0, 2000.0], opioid_history=mme)["cows"][0]
    assert course[1] > course[0] and course[3] < course[2]


def test_antagonist_precipitates_withdrawal_in_a_dependent_patient() -> None:
    quiet, precipitated = run(["none", doses(naloxone=1e4)], [1.0], opioid_history=100.0)["cows"]
    assert precipitated[0] > quiet[0] + 3
