"""Records of all subjects as arrays, and the scales on which individuals vary: what every solver here works on."""

from typing import NamedTuple

from speciosa.estimation.jet.table import Floats, Integers

OBSERVE, DOSE, OTHER, RESET, RESET_DOSE = range(5)
"""Kinds of records, as EVID counts them."""

EXPONENTIAL, IDENTITY, LOGISTIC = range(3)
"""From the scale on which individuals vary to the parameter."""


class Records(NamedTuple):
    """Records of all subjects, those of one together, in the order in which they act.

    Attributes:
        first: where those of each subject begin, and their count at the end.
        time: hours.
        kind: see `OBSERVE`.
        amount, rate, duration, interval: AMT, RATE, DUR, II.
        steady: SS.
        place: where a dose goes: a compartment (0 the depot, 1 the central one, 2 and 3 the peripheral ones), or a dose target.
        group: which row of parameters holds from this record on.
        observation: index of the observation, -1 for none.
    """

    first: Integers
    time: Floats
    kind: Integers
    amount: Floats
    rate: Floats
    duration: Floats
    interval: Floats
    steady: Integers
    place: Integers
    group: Integers
    observation: Integers
