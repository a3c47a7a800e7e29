"""The overdose model against the output of its authors' code, and against itself."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from speciosa.errors import InputError, UnknownNameError
from speciosa.pharmacology.breathing.numbers import number
from speciosa.pharmacology.overdose.course import OverdoseCourse, Rescue, overdose_course

DATA = Path(__file__).parent / "data"
VENTILATION_TOLERANCE = 0.1  # L/min before collapse; worst seen 0.05
COLLAPSE_TOLERANCE = 30.0  # s; worst seen 2
PRODUCTS = {"IM2mg_EVZIO": "im_autoinjector", "IM2mg_generic": "im_generic"}
RESCUES = {
    "IV_0.04_mg": ("iv", (0.04,)),
    "IV_0.4_mg": ("iv", (0.4,)),
    "IV_1_mg": ("iv", (1.0,)),
    "IV_2_mg": ("iv", (2.0,)),
    "IV_10_mg": ("iv", (10.0,)),
    "IV_0.04_then_0.5_2_mg_150s_apart": ("iv", (0.04, 0.5, 2.0)),
    "IN_4_mg": ("intranasal", (4.0,)),
    "IN_4_mg_x2_150s_apart": ("intranasal", (4.0, 4.0)),
}


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


def key(row: dict[str, str]) -> tuple[str, str, float, str]:
    return row["user"], row["opioid"], float(row["dose_mg"]), row["naloxone"]


@cache
def published_courses() -> dict[tuple[str, str, float, str], np.ndarray]:
    found: dict[tuple[str, str, float, str], list[tuple[float, float]]] = {}
    for row in rows("overdose_published_courses.csv"):
        point = float(row["time_s"]), float(row["ventilation_L_min"])
        found.setdefault(key(row), []).append(point)
    return {name: np.array(points) for name, points in found.items()}


@cache
def simulated(user: str, opioid: str, dose: float, naloxone: str, until: float) -> OverdoseCourse:
    rescue = None
    if naloxone in PRODUCTS:
        rescue = Rescue(PRODUCTS[naloxone], (2.0,))
    elif naloxone != "none":
        rescue = Rescue(*RESCUES[naloxone])
    return overdose_course(opioid, dose, user=user, rescue=rescue, until_s=until)


@pytest.mark.parametrize(
    "row", rows("overdose_published_outcomes.csv"), ids=lambda row: str(key(row))
)
def test_published_run_is_reproduced(row: dict[str, str]) -> None:
    course = simulated(*key(row), 1800.0)
    assert course.arrest == (row["cardiac_arrest"] == "yes")
    assert (course.collapse_s is None) == (row["collapse_onset_s"] == "")
    if course.collapse_s is not None:
        assert abs(course.collapse_s - float(row["collapse_onset_s"])) <= COLLAPSE_TOLERANCE
    if row["naloxone_time_s"]:
        assert abs(course.naloxone_s[0] - float(row["naloxone_time_s"])) <= 5
    published = published_courses()[key(row)]
    end = min(course.collapse_s or 1e9, float(row["collapse_onset_s"] or 1e9))
    before = published[published[:, 0] <= end]
    ours = np.interp(before[:, 0], course.time_s, course["ventilation_l_min"])
    assert np.abs(ours - before[:, 1]).max() < VENTILATION_TOLERANCE


@pytest.mark.parametrize("row", rows("overdose_rescue_outcomes.csv"), ids=lambda row: str(key(row)))
def test_rescue_is_reproduced(row: dict[str, str]) -> None:
    course = simulated(*key(row), 3600.0)
    assert course.arrest == (row["cardiac_arrest"] == "yes")
    if row["collapse_onset_s"]:
        assert course.collapse_s == pytest.approx(
            float(row["collapse_onset_s"]), abs=COLLAPSE_TOLERANCE
        )
    assert course["opioid_receptor_fraction"][-1] == pytest.approx(
        float(row["receptor_fraction_opioid_3600s"]), abs=2e-3
    )
    first = float(row["first_naloxone_s"])
    for after, column in (
        (120, "vent_frac_2min_after_naloxone"),
        (600, "vent_frac_10min_after_naloxone"),
    ):
        ours = np.interp(first + after, course.time_s, course["ventilation_l_min"])
        assert ours / course.baseline_l_min == pytest.approx(float(row[column]), abs=0.015)


def test_every_published_run_has_a_course() -> None:
    assert set(published_courses()) == {key(row) for row in rows("overdose_published_outcomes.csv")}


def test_rest_stays_at_rest() -> None:
    course = overdose_course("fentanyl", 0.0)
    assert course.time_s.tolist() == list(range(3601))
    assert course.baseline_l_min == pytest.approx(6.764, abs=2e-3)
    assert np.ptp(course["ventilation_l_min"]) < 0.01
    assert course["arterial_po2_mmhg"][0] == pytest.approx(92.795, abs=0.05)
    assert course["arterial_pco2_mmhg"][0] == pytest.approx(38.587, abs=0.02)
    assert course.below_40_percent_s is None and not course.arrest


def test_more_opioid_never_breathes_more_at_its_worst() -> None:
    worst = [
        overdose_course("fentanyl", dose, until_s=400)["ventilation_l_min"].min()
        for dose in (0.0, 0.05, 0.2, 0.7, 1.6)
    ]
    assert all(more <= less + 1e-6 for less, more in zip(worst, worst[1:], strict=False))


def test_naloxone_alone_does_nothing() -> None:
    course = overdose_course(
        "fentanyl", 0.0, rescue=Rescue("iv", (2.0,), first_s=60.0), until_s=600
    )
    assert course.naloxone_s == (60.0,)
    assert course["naloxone_receptor_fraction"].max() > 0.9
    assert np.abs(course["ventilation_l_min"] - course.baseline_l_min).max() < 0.02


def test_receptor_fractions_sum_to_at_most_one() -> None:
    course = simulated("chronic", "fentanyl", 1.625, "IV_2_mg", 3600.0)
    both = course["opioid_receptor_fraction"] + course["naloxone_receptor_fraction"]
    assert both.max() <= 1 + 1e-9 and both.min() >= 0


def test_bad_requests_name_every_fault() -> None:
    with pytest.raises(InputError) as caught:
        overdose_course("fentanyl", -1.0, rescue=Rescue("spray", (0.0,)), until_s=0.0)
    assert len(caught.value.faults) == 4
    with pytest.raises(UnknownNameError, match="carfentanil"):
        overdose_course("carfentanyl", 0.01)
    with pytest.raises(UnknownNameError):
        number("physiology", "no such symbol")
