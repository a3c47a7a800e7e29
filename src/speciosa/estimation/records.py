"""Records of all subjects as arrays, and the scales on which individuals vary: what every solver here works on."""

from typing import NamedTuple

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers

OBSERVE, DOSE, OTHER, RESET, RESET_DOSE = range(5)
"""Kinds of records, as EVID counts them."""

EXPONENTIAL, IDENTITY, LOGISTIC, BOX_COX = range(4)
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


def repeated(records: Records, copies: int, groups: int, observations: int) -> Records:
    """The same subjects several times over, each copy with groups of parameters and observations of its own.

    Args:
        records: of all subjects.
        copies: how many of each.
        groups: how many groups of parameters there are.
        observations: how many observations there are.

    Example:
        >>> one = Records(np.array([0, 1]), *np.zeros((9, 1)), np.array([0]))
        >>> repeated(one, 2, 1, 1).observation.tolist()
        [0, 1]
    """
    turns = np.repeat(np.arange(copies), len(records.time))
    last = int(records.first[-1])
    begins = (records.first[:-1] + last * np.arange(copies)[:, None]).ravel()
    seen = np.tile(records.observation, copies)
    same = Records._make([records.first, *(np.tile(column, copies) for column in records[1:])])
    return same._replace(
        first=np.append(begins, last * copies),
        group=same.group + groups * turns,
        observation=np.where(seen < 0, -1, seen + observations * turns),
    )
