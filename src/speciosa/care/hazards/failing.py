"""With what probability one use stops ventilation."""

import numpy as np
from scipy.special import ndtr, ndtri

from speciosa.care.hazards.setting import BESIDE, WEEK_D, Setting
from speciosa.care.observations import rows
from speciosa.care.parameters import judged, pain_doses
from speciosa.care.phases import Phase
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats

GRID = 65


def failing(s: Setting, phase: Phase | None) -> Floats:
    """Probability that one use stops ventilation, by time in the phase and tolerance of breathing."""
    v, u = s.values, s.untreated
    shape = (s.draws, a.PERIODS, GRID)
    if s.pain is not None and phase is not None and phase.readings is not None:
        one = _prescribed(s, phase.readings.tolerance)
        return np.broadcast_to(one[:, None, None], shape).copy()
    grid = np.linspace(0.0, 1.0, GRID)
    found = np.zeros(shape)
    usual = ndtri(v["fails_usual"])
    # A dose of a day is missed, an injection is not.
    daily = phase is not None and phase.covers_d <= WEEK_D
    for d in range(s.draws):
        tolerance, stops = u.breathing[d, ::-1], u.log_stops[d, ::-1]
        steep = (1.0 - v["made_up"][d]) / v["dose_spread"][d]
        lower = usual[d] + steep * (stops[-1] - _line(grid, tolerance, stops))
        shift = np.zeros(a.PERIODS)
        if phase is not None and phase.readings is not None:
            here = _line(phase.readings.breathing[d], tolerance, stops)
            shift = np.nan_to_num(phase.readings.log_stops[d] - here)
        found[d] = ndtr(lower - steep * shift[:, None])
        if daily:
            found[d] += v["uncovered"][d] * (ndtr(lower) - found[d])
    return found


def _prescribed(s: Setting, tolerance: Floats) -> Floats:
    """What stands for the probability of failing in a person with pain who takes a prescribed opioid.

    The recorded rate of overdose at the dose of morphine that drives tolerance as far, straight in logarithms of dose and rate.
    """
    doses, names = pain_doses()
    recorded = {row["id"]: row["value"] for row in rows()}
    rates = np.log([float(recorded[name]) for name in names])
    driven = tolerance / (1.0 - np.minimum(tolerance, 0.999))
    usual = s.untreated.tolerance / (1.0 - s.untreated.tolerance)
    mme = s.habitual_mme * driven / usual
    a_year = np.exp(np.interp(np.log(np.maximum(mme, 1e-6)), np.log(doses), rates))
    share = BESIDE / (1.0 + BESIDE)
    found: Floats = np.where(mme < 1.0, 0.0, a_year / 365.25 / (share * judged("uses_a_day")))
    return found


def _line(at: Floats, x: Floats, y: Floats) -> Floats:
    """Straight between points, and on along the last piece above them."""
    found: Floats = np.interp(at, x, y)
    slope = max((y[-1] - y[-2]) / (x[-1] - x[-2]), 0.0)
    return np.where(at > x[-1], y[-1] + slope * (at - x[-1]), found)
