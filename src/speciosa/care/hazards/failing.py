"""With what probability one use stops ventilation."""

import numpy as np
from scipy.special import ndtr, ndtri

from speciosa.care.hazards.setting import BESIDE, WEEK_D, Setting
from speciosa.care.mechanism import Readings
from speciosa.care.observations import rows
from speciosa.care.parameters import judged, pain_doses
from speciosa.care.phases import Phase
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats

GRID = 65
_APART = 0.02
"""Tolerance by which two readings must lie apart for both to be used."""


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
        shift = np.zeros((a.PERIODS, GRID))
        if phase is not None and phase.readings is not None:
            shift = _shift(phase.readings, d, tolerance, stops, grid)
        found[d] = ndtr(lower - steep * shift)
        if daily:
            found[d] += v["uncovered"][d] * (ndtr(lower) - found[d])
    return found


def _shift(read: Readings, d: int, tolerance: Floats, stops: Floats, grid: Floats) -> Floats:
    """By how much the medicine moves the log of what stops breathing, by time in the phase and tolerance.

    Read where people who used until treatment are then, and where those are who come after days without use; straight between,
    and beyond them as at them. A partial agonist takes more of a use from people who bear little.
    """
    found = np.zeros((a.PERIODS, len(grid)))
    for j in range(a.PERIODS):
        at = np.array([read.breathing_away[d, j], read.breathing[d, j]])
        shift = np.array([read.log_stops_away[d, j], read.log_stops[d, j]])
        shift -= _line(at, tolerance, stops)
        if not np.isfinite(shift[0]) or at[1] - at[0] < _APART:
            at, shift = at[1:], shift[1:]
        found[j] = np.interp(grid, at, np.nan_to_num(shift))
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
