"""Rows of draws by columns of days."""

import numpy as np

from speciosa.care.stepping.arrays import Floats


def column(values: Floats) -> Floats:
    """Values by draw, ``(draws,)``, as ``(draws, 1)``."""
    return values[:, None]


def summed(steps: Floats) -> Floats:
    """A cumulative hazard from its steps."""
    return np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)


def lasting(daily: Floats, days: Floats) -> Floats:
    """Readings by day for the whole of follow-up: after their end, the mean of their last week."""
    last = daily[:, -7:].mean(axis=1, keepdims=True)
    held = np.repeat(last, max(0, len(days) - daily.shape[1]), axis=1)
    return np.concatenate([daily, held], axis=1)[:, : len(days)]
