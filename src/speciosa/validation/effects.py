"""Statistics of effects of each virtual patient: value, change from baseline, nadir, peak, share at a threshold."""

import numpy as np

from speciosa import units
from speciosa.errors import InputError
from speciosa.validation import metrics
from speciosa.validation.metrics import Array, Course
from speciosa.validation.observations import EFFECTS, Observation

DAY_H = 24.0


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
    if row.metric == "share_ge":
        threshold = row.at.threshold if row.at.threshold is not None else 0.0
        reached = (part.values >= threshold).astype(float)
        return metrics.average(Course(part.times, reached))
    if row.metric == "nadir":
        return metrics.trough(part)
    if row.metric == "peak":
        return metrics.peak(part)
    value = metrics.average(part)
    return value - course.at(baseline) if row.metric == "change" else value


def in_unit(values: Array, row: Observation) -> Array:
    """Values of an output in the unit of the row; percent for fractions."""
    if row.unit == "%":
        return values * 100.0
    own = EFFECTS[row.analyte]
    if row.metric == "share_ge" or own == "1":
        return values
    try:
        return values * units.factor(own, row.unit)
    except InputError:
        return np.asarray(values)
