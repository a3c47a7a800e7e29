"""When people return to use after treatment."""

import numpy as np

from speciosa.care.hazards.by_day import column, summed
from speciosa.care.hazards.setting import Setting
from speciosa.care.parameters import judged
from speciosa.care.stepping.arrays import Floats


def returning(s: Setting, days: Floats, cows_after: Floats | None) -> Floats:
    """Cumulative hazard of return to use by days after a stop, ``(draws, days)``; ``cows_after``: withdrawal on each."""
    if s.pain is not None:
        return column(s.pain["pain_relapse"]) * days
    return _weibull(s, days, cows_after)


def without_care(s: Setting, days: Floats) -> Floats:
    """Cumulative hazard of falling back to use as people do whose treatment ended: some soon, the others later."""
    soon = -np.log1p(-s.values["uses_after_plan"])
    time = s.values["soon_time"]
    return _weibull(s, days, None) + column(soon) * (1.0 - np.exp(-days / column(time)))


def _weibull(s: Setting, days: Floats, cows_after: Floats | None) -> Floats:
    """Cumulative hazard of relapse in opioid use disorder."""
    v = s.values
    calm = (days / column(v["relapse_time"])) ** column(v["relapse_shape"])
    log_ratio = column(v["study_relapse"]) + np.zeros((1, len(days) - 1))
    if cows_after is not None:
        above = np.maximum(cows_after - judged("resting_cows"), 0.0)[:, : len(days) - 1]
        log_ratio[:, : above.shape[1]] += column(v["relapse_withdrawal"]) * above
    steps = np.diff(calm, axis=1) * np.exp(log_ratio)
    return summed(steps)
