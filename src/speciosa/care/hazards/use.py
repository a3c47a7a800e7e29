"""The odds that people use on a day of a phase of treatment."""

import numpy as np

from speciosa.care.hazards.by_day import column, lasting
from speciosa.care.hazards.setting import BESIDE, NALTREXONE, Setting
from speciosa.care.parameters import judged
from speciosa.care.phases import Phase
from speciosa.care.plan import PLACEBO
from speciosa.care.stepping.arrays import Floats

_READ_D = (3.0, 10.0, 21.0)
"""Days on which the mechanism reads what stops breathing, besides the last."""


def blocked(phase: Phase, s: Setting, days: Floats) -> Floats:
    """Share of the effect of a usual dose that is gone, by day: tolerance and a taken receptor against habitual use.

    ``1 - C0 / C`` with the concentrations that stop breathing at habitual use and now; below 0 where the medicine adds more than
    tolerance takes away, as methadone does in its first days. Under naltrexone the slow infusion by which it is read ends before
    breathing stops; there it is the share of the receptor that is taken.
    """
    read = phase.readings
    assert read is not None
    if phase.substance == NALTREXONE:
        return lasting(read.occupancy, days)
    gain = read.log_stops - s.untreated.log_stops[:, :1]
    share = np.maximum(1.0 - np.exp(-np.nan_to_num(gain)), -judged("most_added"))
    at = (*_READ_D, float(read.occupancy.shape[1]))
    return np.array([np.interp(days, at, one) for one in share])


def using(phase: Phase, s: Setting, days: Floats) -> Floats:
    """Odds of use by day in a phase, of the middle person, ``(draws, days)``."""
    assert phase.readings is not None
    v = s.values
    if s.pain is not None:
        return np.full((s.draws, len(days)), BESIDE)
    if phase.substance == PLACEBO:
        as_usual = v["using_share"] / (1.0 - v["using_share"]) * np.exp(v["study_use"])
        return np.repeat(column(as_usual * phase.use_ratio), len(days), axis=1)
    occupancy = lasting(phase.readings.occupancy, days)
    gone_effect = blocked(phase, s, days)
    cows = lasting(phase.readings.cows, days)
    if phase.taper_days:
        gone = np.clip((days - (phase.days - phase.taper_days)) / phase.taper_days, 0.0, 1.0)
        occupancy, gone_effect = occupancy * (1.0 - gone), gone_effect * (1.0 - gone)
        worst = phase.readings.cows_after.max(axis=1, keepdims=True)
        cows = cows + gone * judged("taper_withdrawal") * (worst - cows)
    log_odds = (
        column(v["use_intercept"] + v["study_use"] + s.prescribed * v["prescription_use"])
        + column(v["use_occupancy"]) * occupancy
        + column(v["use_blocked"]) * gone_effect
        + column(v["use_withdrawal"]) * np.maximum(cows - judged("resting_cows"), 0.0)
        - column(v["use_fall"]) * (1.0 - np.exp(-days / column(v["use_fall_time"])))
    )
    found: Floats = np.exp(log_odds) * np.reshape(phase.use_ratio, (-1, 1))
    return found
