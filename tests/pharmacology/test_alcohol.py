"""Alcohol as a stated, uncertain factor of breathing: its level in closed form, and what it takes beside an opioid."""

import numpy as np
import pytest

from speciosa.pharmacology.covariates import describe
from speciosa.pharmacology.dosing import schedule
from speciosa.regimen import parse_regimen
from speciosa.validation.solving import solve

TIMES = np.arange(0.0, 12.01, 0.1)
WATER_L, MOLAR_MASS = 42.0, 46.07


def course(doses, output, covariates="weight=70 kg", times=TIMES):
    plan = schedule(parse_regimen(doses))
    who = describe(covariates)[0]
    found, _ = solve(plan, (output,), who, times, patients=40, draws=None, seed=1)
    return found[output][0]


def test_a_level_is_grams_over_body_water():
    """Widmark's rule, in the middle person: 40 g at once into 42 L."""
    grams_a_litre = course("40 g ethanol iv", "ethanol") * 1e-9 * MOLAR_MASS
    assert np.median(grams_a_litre[:, 1]) == pytest.approx(40.0 / WATER_L, rel=0.1)


def test_a_moderate_amount_is_gone_when_seven_grams_an_hour_are_burnt():
    times = np.arange(0.0, 24.01, 0.1)
    level = course("40 g ethanol iv", "ethanol", times=times) * 1e-9 * MOLAR_MASS
    area = np.median(np.trapezoid(level, times, axis=1))
    assert area == pytest.approx(0.5 * (40.0 / WATER_L) * (40.0 / 7.0), rel=0.2)


def test_breathing_falls_further_than_on_the_opioid_alone():
    def lowest(doses):
        return course(doses, "ventilation_fraction").min(axis=1)

    opioid, drink = lowest("20 mg oxycodone oral"), lowest("60 g ethanol oral")
    both = lowest("20 mg oxycodone oral; 60 g ethanol oral")
    assert np.all(both <= np.minimum(opioid, drink) + 1e-6)
    assert 0.7 < np.median(drink) < 0.95


def test_more_alcohol_never_breathes_more():
    at = np.array([0.0, 0.5, 1.0, 2.0])
    found = [
        course(f"100 mg tramadol oral; {grams} g ethanol oral", "ventilation_fraction", times=at)
        for grams in (1, 10, 30, 100, 300)
    ]
    for less, more in zip(found[:-1], found[1:], strict=True):
        assert np.all(more <= less + 1e-4)


def test_suzetrigine_induces_weakly_to_moderately():
    """The limits by which agencies call an inducer of CYP3A weak or moderate: the area falls by a fifth to four fifths."""
    hours = 324.0 + np.arange(0.0, 24.01, 0.1)
    alone = "2 mg midazolam oral at 324 h"
    areas = [
        np.trapezoid(course(doses, "midazolam", times=hours), hours, axis=1).mean()
        for doses in (f"50 mg suzetrigine oral every 12 h x 28; {alone}", alone)
    ]
    assert 0.2 < areas[0] / areas[1] < 0.8
