"""What the compiled solver of compartment models works on: parameters, and which row of the jets holds what."""

from typing import NamedTuple

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers

CL, V, Q2, V2, Q3, V3, KA, F, LAG, DURATION, RATE = range(11)
"""Roles of parameters."""
ROLES = 11

OK, NOT_FINITE, TOO_MANY = range(3)
"""How a subject ended: solved, a number that is not finite, more doses under way than there is room for."""

# Rows of the jets; 0 to 2 are room for `compose`.
A, B, C, D = 3, 4, 5, 6
ROLE = 8
K10, K12, K21, K13, K31 = 20, 21, 22, 23, 24
POLYNOMIAL, LAMBDA, GAP = 25, 28, 31
MATRIX, PROJECTOR = 34, 43
V_INVERSE = 70
Z, GUT, FLOW, FLOW_GUT = 72, 81, 82, 83
DECAY, DECAY_GUT, FED, GAIN, GAIN_GUT = 84, 87, 88, 91, 94
STEP, NOW, MIDDLE, SHARE = 95, 96, 97, 98
SAVED = 100
ENTER, LENGTH, GIVEN, ENTRY_RATE, REST = 116, 117, 118, 119, 120
PENDING, MOST_PENDING = 122, 100
ROWS = PENDING + 2 * MOST_PENDING


class Structure(NamedTuple):
    """The model.

    Attributes:
        compartments: of the disposition, 1 to 3.
        depot: 1 where doses are absorbed from a depot.
        parameter: of each role the index of its parameter, -1 where there is none.
        scale: of each parameter, see `records.EXPONENTIAL`.
        back: 1 where the parameters of a record hold for the time before it too.
        shape: of each parameter, of the Box-Cox scale.
    """

    compartments: int
    depot: int
    parameter: Integers
    scale: Integers
    back: int
    shape: Floats = np.ones(1)


class Pending(NamedTuple):
    """Doses under way: what enters later. Its time is in row `PENDING` + 2 i, how much in the row after it.

    Attributes:
        kind: 0 a bolus, 1 an infusion that begins, 2 one that ends.
        place: compartment.
        waiting: how many there are, in its first element.
    """

    kind: Integers
    place: Integers
    waiting: Integers
