"""Exposure metrics of a one-compartment patient against their definitions, and every unit that a row may have."""

import numpy as np
import pytest
from tests.validation.rows import observed

from speciosa.errors import InputError
from speciosa.facts.sheets.sheet import sheet
from speciosa.validation.arms import Timing
from speciosa.validation.exposure import Exposure, in_unit
from speciosa.validation.metrics import Course, sampling_times

CL, V, DOSE = np.array([10.0, 20.0]), np.array([100.0, 100.0]), 5000.0
K = CL / V
WEIGHT = np.array([50.0, 80.0])


def single(over_h=0.0, *, per_kg=False, injected=True, start=2.0) -> Exposure:
    """After one dose into the vein at `start`: C = D/V exp(-k t), built up at a constant rate over `over_h`."""
    times = np.unique(
        np.concatenate(
            [
                [0.0],
                sampling_times(start, start + 150.0, count=900),
                sampling_times(start + max(over_h, 1e-3), start + 150.0, count=900),
            ]
        )
    )
    elapsed = times[None, :] - start
    if over_h:
        rate = DOSE / over_h / CL[:, None]
        rising = rate * (1 - np.exp(-K[:, None] * elapsed))
        top = rate * (1 - np.exp(-K[:, None] * over_h))
        values = np.where(elapsed < over_h, rising, top * np.exp(-K[:, None] * (elapsed - over_h)))
    else:
        values = DOSE / V[:, None] * np.exp(-K[:, None] * elapsed)
    values = np.where(elapsed < 0, 0.0, values)
    when = Timing(start, start, 0.0, over_h, DOSE, DOSE, per_kg=per_kg, injected=injected)
    return Exposure(Course(times, values), when, WEIGHT)


def metric(of: Exposure, name: str, at: str = "") -> np.ndarray:
    return of.metric(observed(name, "1", at=at))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AUC0-inf", DOSE / CL),
        ("AUC0-t", 0.8 * DOSE / CL),
        ("CL", CL),
        ("CL_F", CL),
        ("Vss", V),
        ("Vz", V),
        ("Vz_F", V),
        ("t_half", np.log(2) / K),
        ("F_absolute", DOSE / CL / DOSE),
    ],
)
@pytest.mark.parametrize("over_h", [0.0, 6.0])
def test_metrics_of_one_dose(name, expected, over_h):
    assert metric(single(over_h), name) == pytest.approx(expected, rel=3e-3)


@pytest.mark.parametrize(("over_h", "seen_h"), [(0.0, 1 / 30), (0.05, 0.05 + 1 / 30), (1.0, 1.0)])
def test_the_peak_after_an_injection_is_that_of_the_first_sample(over_h, seen_h):
    """Two minutes after a quick injection; at the end of an infusion."""
    of = single(over_h)
    expected = DOSE / V * np.exp(-K * seen_h) if not over_h else of.course.at(2.0 + seen_h)
    assert metric(of, "Cmax") == pytest.approx(expected, rel=2e-3)
    assert metric(of, "Tmax") == pytest.approx([seen_h, seen_h], abs=1e-9)


def test_the_peak_of_what_is_not_injected_is_the_highest():
    of = single(0.0, injected=False)
    assert metric(of, "Cmax") == pytest.approx(DOSE / V, rel=1e-3)
    assert metric(of, "Tmax") == pytest.approx([0, 0], abs=1e-9)


def test_amounts_per_kilogram_are_each_patients_own():
    assert metric(single(per_kg=True), "CL") == pytest.approx(CL * WEIGHT, rel=2e-3)


def test_concentrations_at_a_time_and_over_a_window():
    of = single()
    assert metric(of, "concentration", "5 h") == pytest.approx(DOSE / V * np.exp(-3 * K), rel=1e-3)
    assert metric(of, "concentration", "last + 5 h") == pytest.approx(
        DOSE / V * np.exp(-5 * K), rel=1e-3
    )
    window = DOSE / V * (np.exp(-K) - np.exp(-9 * K)) / (8 * K)
    assert metric(of, "concentration", "3 h to 11 h") == pytest.approx(window, rel=1e-3)


@pytest.mark.parametrize(("at", "end"), [("14 h", 12.0), ("last + 10 h", 10.0)])
def test_a_partial_area_ends_where_it_says(at, end):
    expected = DOSE / CL * (1 - np.exp(-K * end))
    assert metric(single(), "AUC0-t", at) == pytest.approx(expected, rel=1e-3)


def test_a_partial_area_of_a_window_begins_with_it():
    expected = DOSE / CL * (np.exp(-2 * K) - np.exp(-8 * K))
    assert metric(single(), "AUC0-t", "4 h to 10 h") == pytest.approx(expected, rel=1e-3)


def repeated() -> Exposure:
    """At steady state with a dose every 8 h, the last at 40 h, told as three doses of which two came before."""
    times = np.unique(np.concatenate([[0.0, 24.0], 40 + sampling_times(0.0, 60.0, count=2000)]))
    elapsed = times[None, :] - 40.0
    top = DOSE / V[:, None] / (1 - np.exp(-K[:, None] * 8.0))
    values = np.where(elapsed < 0, 1e-3, top * np.exp(-K[:, None] * elapsed))
    when = Timing(24.0, 40.0, 8.0, 0.0, DOSE, 3 * DOSE, injected=False)
    return Exposure(Course(times, values), when, WEIGHT)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AUC_tau", DOSE / CL),
        ("Css_avg", DOSE / CL / 8),
        ("Cmin", DOSE / V / (1 - np.exp(-8 * K)) * np.exp(-8 * K)),
        ("Cmax", DOSE / V / (1 - np.exp(-8 * K))),
        ("Tmax", np.zeros(2)),
        ("CL_F", CL),
        ("t_half", np.log(2) / K),
        ("Vz_F", V),
        ("F_absolute", 1 / CL),
    ],
)
def test_metrics_of_an_interval_at_steady_state(name, expected):
    assert metric(repeated(), name) == pytest.approx(expected, rel=2e-3, abs=1e-9)


def test_a_half_life_is_read_in_the_window_that_is_stated():
    times = np.linspace(0.0, 100.0, 4001)
    two = 9 * np.exp(-1.0 * times) + np.exp(-0.02 * times)
    when = Timing(0.0, 0.0, 0.0, 0.0, DOSE, DOSE, injected=True)
    of = Exposure(Course(times, two[None, :]), when, np.array([70.0]))
    assert metric(of, "t_half") == pytest.approx([np.log(2) / 0.02], rel=0.01)
    assert metric(of, "t_half", "0 h to 1 h")[0] < 2.0


def test_a_peak_in_a_window_counts_from_its_begin():
    times = np.linspace(0.0, 20.0, 401)
    hump = np.exp(-((times - 8.0) ** 2))
    when = Timing(0.0, 0.0, 0.0, 0.0, DOSE, DOSE)
    of = Exposure(Course(times, hump[None, :]), when, np.array([70.0]))
    assert metric(of, "Tmax", "6 h to 12 h") == pytest.approx([2.0])
    assert metric(of, "Cmax", "10 h to 12 h") == pytest.approx([np.exp(-4.0)])


MASS = sheet("morphine").molar_mass.to("g/mol")


@pytest.mark.parametrize(
    ("name", "unit", "factor"),
    [
        ("Tmax", "h", 1.0),
        ("Tmax", "min", 60.0),
        ("t_half", "d", 1 / 24),
        ("Cmax", "nmol/L", 1.0),
        ("Cmax", "umol/L", 1e-3),
        ("Cmax", "ng/mL", MASS / 1e3),
        ("Cmin", "ug/L", MASS / 1e3),
        ("Css_avg", "mg/L", MASS / 1e6),
        ("concentration", "pg/mL", MASS),
        ("AUC0-inf", "nmol*h/L", 1.0),
        ("AUC0-inf", "ng*h/mL", MASS / 1e3),
        ("AUC0-t", "ug*min/L", MASS / 1e3 * 60),
        ("AUC_tau", "mg*h/L", MASS / 1e6),
        ("CL", "L/h", 1.0),
        ("CL_F", "mL/min", 1000 / 60),
        ("CL", "mL/min/kg", 1000 / 60 / 80.0),
        ("CL_F", "L/h/kg", 1 / 80.0),
        ("Vss", "L", 1.0),
        ("Vz", "mL", 1000.0),
        ("Vz_F", "L/kg", 1 / 80.0),
        ("F_absolute", "%", 100.0),
        ("F_absolute", "1", 1.0),
    ],
)
def test_every_unit(name, unit, factor):
    found = in_unit(np.array([3.0]), observed(name, unit), "morphine", np.array([80.0]))
    assert found == pytest.approx([3.0 * factor], rel=1e-6)


def test_a_unit_of_another_kind_is_refused():
    for name, unit in (("CL", "h"), ("Cmax", "h"), ("Tmax", "mg")):
        with pytest.raises(InputError):
            in_unit(np.array([3.0]), observed(name, unit), "morphine", np.array([80.0]))
