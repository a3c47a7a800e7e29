"""Statistics of effects of each virtual patient: value, change from baseline, nadir, peak, share at a threshold."""

from collections.abc import Iterable

import numpy as np

from speciosa import units
from speciosa.errors import InputError
from speciosa.validation import metrics
from speciosa.validation.metrics import Array, Course
from speciosa.validation.observed.observations import EFFECTS, NORMAL, RESPONDERS, Observation

DAY_H = 24.0

FULL_SCALE = {
    "liking_vas": 100.0,
    "pain_nrs": 10.0,
    "acute_pain_nrs": 10.0,
    "cows": 48.0,
    "sows": 64.0,
}
"""The most that a score can be."""

DENSE_DOSES = 12
"""After how many of the last doses in a window it is looked at minute by minute."""

MINUTES_AFTER = (
    1,
    2,
    3,
    4,
    5,
    6,
    8,
    10,
    12,
    15,
    20,
    25,
    30,
    40,
    50,
    60,
    75,
    90,
    120,
    150,
    180,
    240,
)
"""Minutes after a dose at which its effect is looked at, so that no short one is missed."""


def window(
    row: Observation, first_h: float, last_h: float, interval_h: float
) -> tuple[float, float]:
    """When the effect of a row is meant: as stated, else the last dosing interval or day after the last dose.

    Peaks and nadirs without a time are of the whole course from the first dose on.
    """
    if row.at.is_set:
        return row.at.window(last_h)
    end = last_h + (interval_h or DAY_H)
    return (first_h, end) if row.metric in {"nadir", "peak"} else (last_h, end)


def moments(start: float, end: float, doses_h: Iterable[float]) -> Array:
    """The times from `start` to `end` at which an effect is looked at, dense after each dose."""
    if end <= start:
        return np.array([start])
    after = np.array(MINUTES_AFTER) / 60.0
    soon = [time + after for time in doses_h if start - after[-1] <= time <= end]
    found = np.concatenate([np.linspace(start, end, 61), *soon[-DENSE_DOSES:]])
    return np.asarray(np.unique(found[(found >= start) & (found <= end)]))


def metric(row: Observation, course: Course, start: float, end: float, baseline: float) -> Array:
    """The metric of a row in each patient, in the unit of the output; for a share, 1 or 0, or the share of the window.

    Args:
        row: the observation.
        course: the effect.
        start: begin of the window, h.
        end: end of the window, h.
        baseline: when the baseline is taken, h.
    """
    part = course.between(start, end)
    if row.metric == RESPONDERS:
        return (relief(part, course.at(baseline)) >= (row.at.threshold or 0.0)).astype(float)
    if row.metric == "share_ge":
        threshold = row.at.threshold if row.at.threshold is not None else 0.0
        reached = (part.values >= threshold).astype(float)
        return metrics.average(Course(part.times, reached))
    if row.metric == "nadir":
        return metrics.trough(part)
    if row.metric == "peak":
        return metrics.peak(part)
    value = metrics.average(part)
    if row.metric != "change":
        return value
    before = course.at(baseline)
    return (value - before) / before if _relative(row) else value - before


def relief(part: Course, before: Array) -> Array:
    """By what share of the score at the start the average over a window lies below it."""
    return np.asarray(1.0 - metrics.average(part) / before)


def _relative(row: Observation) -> bool:
    """Whether a change is one in percent of the normal value."""
    return row.metric == "change" and row.unit == "%" and row.analyte in NORMAL


def in_unit(values: Array, row: Observation) -> Array:
    """Values of an output in the unit of the row; percent of 1 for fractions, of the full scale for scores."""
    if row.unit == "%":
        full = 1.0 if row.is_share or _relative(row) else FULL_SCALE.get(row.analyte, 1.0)
        return values * (100.0 / full)
    own = EFFECTS[row.analyte]
    full_mm = {"mm": 100.0, "cm": 10.0}.get(row.unit)
    if full_mm is not None and own == "1" and not row.is_share:
        # a visual analogue scale is a line of 100 mm
        return values * (full_mm / FULL_SCALE.get(row.analyte, full_mm))
    if row.is_share or own == "1":
        return values
    try:
        return values * units.factor(own, row.unit)
    except InputError:
        return np.asarray(values)
