"""Withdrawal: who precipitates it, when, how it runs by half-life, and what tolerance is left after weeks without."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pytest

from speciosa.pharmacology.covariates import describe
from speciosa.regimen import parse_regimen
from speciosa.validation.arms import Arm, plan
from speciosa.validation.solving import typical

DAYS = 24.0


@lru_cache(maxsize=64)
def course(
    doses: str, times: tuple[float, ...], output: str = "cows", history: str = ""
) -> np.ndarray:
    """An effect in the typical person."""
    patient, faults = describe(f"opioid_history={history}" if history else "", "patient")
    assert not faults
    given = plan(Arm(parse_regimen(doses), patient, effects=True))
    moments = np.unique(np.concatenate([[0.0], times]))
    found = typical(given, (output,), patient, moments)[output]
    return np.interp(times, moments, np.ravel(found))


def rise(before: str, added: str, hours: Sequence[float], history: str = "") -> float:
    """By how much a dose raises the score, on the average of some hours."""
    both = added if before == "none" else f"{before}; {added}"
    times = tuple(hours)
    return float(
        np.mean(course(both, times, "cows", history) - course(before, times, "cows", history))
    )


def methadone(mg: float) -> str:
    return f"{mg:g} mg methadone oral every 24 h x 30"


LAST_H = 29 * DAYS


def test_buprenorphine_precipitates_soon_after_heavy_use_and_relieves_a_day_later() -> None:
    soon = rise("none", "8 mg buprenorphine sublingual at 3 h", (4.5, 5.0, 6.0), "tolerant 300 MME")
    later = rise("none", "8 mg buprenorphine sublingual at 24 h", (26.0, 28.0), "tolerant 300 MME")
    assert soon > 1 and later < -3


def test_it_precipitates_the_more_the_more_methadone_was_used() -> None:
    at = LAST_H + 12
    hours = (at + 1.5, at + 2, at + 3)
    found = [
        rise(methadone(mg), f"8 mg buprenorphine sublingual at {at:g} h", hours)
        for mg in (10, 30, 60, 100)
    ]
    assert all(np.diff(found) > 0) and found[0] < 1 and found[2] > 2


def test_it_precipitates_the_less_the_more_time_has_passed() -> None:
    found = []
    for wait in (2, 24, 72, 120):
        at = LAST_H + wait
        dose = f"8 mg buprenorphine sublingual at {at:g} h"
        found.append(rise(methadone(60), dose, (at + 2, at + 3)))
    assert found[0] > 2 and found[-1] < 0 and found[1] > found[2] > found[3]


def test_small_doses_that_grow_spare_what_one_dose_precipitates() -> None:
    use = "80 mg methadone oral every 24 h x 38"
    grown = "; ".join(
        f"{mg:g} mg buprenorphine sublingual at {LAST_H + 2 + 24 * day:g} h"
        for day, mg in enumerate((0.25, 0.5, 1, 2, 4, 8))
    )
    times = tuple(np.arange(LAST_H + 2, LAST_H + 8 * DAYS, 1.0))
    small = course(f"{use}; {grown}", times).max()
    large = course(f"{use}; 8 mg buprenorphine sublingual at {LAST_H + 2:g} h", times).max()
    assert small < 0.9 * large


def test_more_buprenorphine_shortens_what_it_precipitated() -> None:
    first = "8 mg buprenorphine sublingual at 3 h"
    more = f"{first}; 24 mg buprenorphine sublingual at 5 h"
    times, history = (12.0, 18.0, 24.0, 36.0), "tolerant 300 MME"
    eased = course(first, times, "cows", history) - course(more, times, "cows", history)
    assert np.all(eased > 0.3) and eased[2] > 2


@pytest.mark.parametrize("antagonist", ["0.4 mg naloxone iv", "50 mg naltrexone oral"])
def test_antagonists_precipitate_within_hours(antagonist: str) -> None:
    assert rise("none", f"{antagonist} at 4 h", (4.5, 5.0), "tolerant 100 MME") > 3


def test_naltrexone_on_methadone_is_severe_and_lasts_while_naloxone_passes() -> None:
    use = "80 mg methadone oral every 24 h x 60"
    at = 60 * DAYS
    severe = course(f"{use}; 50 mg naltrexone oral at {at:g} h", (at + 2, at + 24))
    brief = course(f"{use}; 2 mg naloxone iv at {at:g} h", (at + 0.5, at + 24))
    assert severe.min() > 13 > brief[1] + 5 and brief[0] > 13


def test_one_dose_is_enough_for_naloxone_and_a_larger_one_more_so() -> None:
    found = [
        rise(f"{mg} mg morphine im", "10 mg naloxone im at 6 h", (6.25, 6.5)) for mg in (3, 10, 17)
    ]
    assert 0 < found[0] < found[1] < found[2]


def test_short_acting_opioids_peak_in_one_to_three_days_and_methadone_later_and_longer() -> None:
    times = tuple(np.arange(0.0, 21 * DAYS, 2.0))
    short = course("none", times, "cows", "tolerant 100 MME")
    stop = 59 * DAYS
    later = tuple(stop + np.array(times))
    slow = course("80 mg methadone oral every 24 h x 60", later)
    peak, slow_peak = times[int(short.argmax())], times[int(slow.argmax())]
    assert 20 <= peak <= 72 and 72 <= slow_peak <= 10 * DAYS
    # milder for its dose (about 375 MME), and half of it lasts longer
    heavy = course("none", times, "cows", "tolerant 375 MME")
    assert slow.max() < heavy.max()
    assert np.mean(slow > slow.max() / 2) > 1.2 * np.mean(heavy > heavy.max() / 2)


def test_fentanyl_that_tissue_has_stored_keeps_the_door_closed_longer() -> None:
    """Twelve hours after weeks of fentanyl buprenorphine does not relieve yet, after another short-acting opioid it does."""
    use, stop = "120 mg fentanyl iv over 30 d", 30 * DAYS
    found = []
    for wait in (3, 12, 24, 48):
        at = stop + wait
        dose = f"8 mg buprenorphine sublingual at {at:g} h"
        found.append(rise(use, dose, (at + 1.5, at + 2.5)))
    assert found[0] > 2 and np.all(np.diff(found) < 0) and found[2] < -2
    other = rise("none", "8 mg buprenorphine sublingual at 12 h", (13.5, 14.5), "tolerant 300 MME")
    assert found[1] > other + 1
    left = [
        np.divide(*course(f"{4 * days} mg fentanyl iv over {days} d", ends, "effect_site_fentanyl"))
        for days in (1, 30)
        for ends in [(24.0 * days, 24.0 * days + 24)]
    ]
    assert left[1] < left[0]


def test_the_old_dose_is_dangerous_after_weeks_without() -> None:
    fresh = tuple(np.linspace(1.0, 2.0, 31))
    weeks = tuple(21 * DAYS + np.linspace(1.0, 2.0, 31))
    used = course("300 ug fentanyl iv at 1 h", fresh, "ventilation_fraction", "tolerant 300 MME")
    lost = course("300 ug fentanyl iv at 505 h", weeks, "ventilation_fraction", "tolerant 300 MME")
    assert lost.min() < 0.6 * used.min()


def test_naltrexone_holds_its_receptors_for_days_after_it_has_left_plasma() -> None:
    held = course("50 mg naltrexone oral", (2.0, 24.0, 48.0, 72.0), "mor_occupancy")
    assert held[0] > 0.85 and 0.65 < held[2] < 0.85 and held[3] > 0.5


def test_the_tolerance_of_a_current_under_buprenorphine_has_no_ceiling_at_clinical_doses() -> None:
    found = [
        course(f"{mg} mg buprenorphine iv", (2.0,), "pain_tolerance_ratio")[0]
        for mg in (0.2, 0.4, 0.8)
    ]
    steps = np.diff(found)
    assert found[0] > 1 and np.all(steps > 0.05)
