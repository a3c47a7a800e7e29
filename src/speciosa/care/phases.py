"""The phases of an arm: what is taken, for how long, how it ends, and what is assumed of leaving it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from speciosa.care.doses import usual
from speciosa.care.mechanism import Readings, Untreated
from speciosa.care.plan import PLACEBO
from speciosa.care.stepping.arrays import PERIODS, Floats

Leaving = Literal["calibrated", "as buprenorphine", "as untreated", "between"]
FOREVER_D = 1e9

USUAL = {name: usual(name) for name in ("methadone", "buprenorphine")}
"""Mean doses of CTN-0027 from the third month on, at which the curves of leaving were calibrated."""
NALTREXONE_DEPOT = usual("naltrexone_depot")
"""Extended-release naltrexone as it is labelled."""


@dataclass(frozen=True)
class Phase:
    """Part of an arm.

    Attributes:
        regimen: what is taken, in words; empty for detoxification.
        substance: the first substance of it.
        readings: of the mechanism; None for detoxification.
        days: after which it ends as planned.
        taper_days: at its end, over which the dose goes to nothing.
        covers_d: days that one dose covers.
        leaving: what is taken for the hazard of leaving.
        self_treated: whether no clinic gives it.
        follows: whether the next phase follows at once on its planned end.
        use_ratio: ratio of the odds of use by behavioural care, one or ``(draws,)``.
        leave_ratio: the same of the hazard of leaving.
    """

    regimen: str
    substance: str
    readings: Readings | None
    days: float = FOREVER_D
    taper_days: float = 0.0
    covers_d: float = 1.0
    leaving: Leaving = "calibrated"
    self_treated: bool = False
    follows: bool = False
    use_ratio: Floats | float = 1.0
    leave_ratio: Floats | float = 1.0

    @property
    def detoxification(self) -> bool:
        """Whether it is a detoxification."""
        return self.readings is None


def placebo(without: Untreated) -> Phase:
    """A phase in which people come for a placebo: no receptor is taken, and what they use keeps tolerance where it was.

    Args:
        without: readings without a medicine, by draw.
    """
    draws, days = len(without.tolerance), without.cows_after.shape[1]
    none = np.zeros((draws, days))
    breathing, stops = (
        np.repeat(each[:, :1], PERIODS, axis=1) for each in (without.breathing, without.log_stops)
    )
    read = Readings(
        occupancy=none,
        cows=none,
        cows_after=without.cows_after,
        tolerance=np.zeros(draws),
        drive=np.zeros((draws, PERIODS)),
        breathing=breathing,
        relief=np.zeros(draws),
        log_stops=stops,
        breathing_away=breathing,
        log_stops_away=stops,
    )
    return Phase(PLACEBO, PLACEBO, read)
