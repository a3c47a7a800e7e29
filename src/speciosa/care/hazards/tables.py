"""The tables of an arm that the loop over people reads."""

from collections.abc import Sequence

import numpy as np

from speciosa.care.hazards.failing import GRID, failing
from speciosa.care.hazards.leaving import leaving
from speciosa.care.hazards.relapse import returning
from speciosa.care.hazards.scalars import scalars, without_a_start
from speciosa.care.hazards.setting import Setting
from speciosa.care.hazards.use import using
from speciosa.care.phases import Phase
from speciosa.care.stepping import arrays as a


def tables(phases: Sequence[Phase], back: int, setting: Setting) -> a.Tables:
    """The tables of an arm.

    Args:
        phases: in their order; none for people without treatment.
        back: the phase to which people return, -1 for none.
        setting: the rest.
    """
    s, size = setting, len(phases)
    # Who has not used for a time is that much further on in the time to a return.
    days = np.arange(s.days + np.ceil(s.clean_d) + 2.0)
    shape = (s.draws, size, len(days))
    leave, odds = np.zeros(shape), np.zeros(shape)
    relapse = np.zeros((s.draws, size + 1, len(days)))
    fails = np.zeros((s.draws, size + 1, a.PERIODS, GRID))
    drive = np.zeros((s.draws, size, a.PERIODS))
    for j, phase in enumerate(phases):
        if phase.readings is not None:
            leave[:, j] = leaving(phase, s, days)
            odds[:, j] = using(phase, s, days)
            drive[:, j] = phase.readings.drive
        after = s.untreated.cows_after if phase.readings is None else phase.readings.cows_after
        relapse[:, j] = returning(s, days, after)
        fails[:, j] = failing(s, phase)
    relapse[:, size] = returning(s, days, None)
    fails[:, size] = failing(s, None)
    return a.Tables(
        leave, odds, relapse, fails, drive, scalars(s, phases),
        np.array([phase.days for phase in phases]),
        np.array([phase.taper_days for phase in phases]),
        np.array([phase.covers_d for phase in phases]),
        np.array([int(phase.detoxification) for phase in phases], dtype=np.int64),
        np.array([int(phase.follows) for phase in phases], dtype=np.int64),
        np.array([back], dtype=np.int64),
        np.array([without_a_start(s, phases)], dtype=np.int64),
    )  # fmt: skip
