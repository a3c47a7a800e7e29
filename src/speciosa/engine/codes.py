"""Numbers that stand for names in compiled code."""

WIDTH = 8
"""Patients in a group: two of the widest registers, so that one works while the other waits."""

FAR = 1e300
"""A time that never comes."""

NOTHING = 1e-99
"""A state no larger than this has been zero so far."""

DOSE, RESET, REPLACE, COVARIATE, STEADY = range(5)
"""Kinds of records."""

PEAK, PEAK_TIME, TROUGH, TROUGH_TIME, AREA, MEAN, AT, ABOVE, BELOW = range(9)
"""Kinds of endpoints."""

GIVE, STOP, SCALE, END = range(4)
"""What a decision does."""

OK, TOO_MANY_STEPS, NOT_FINITE, STEP_TOO_SMALL, NO_STEADY_STATE = range(5)
"""How solving a patient ended."""

DEPTH = 8
"""Intervals that an extrapolation to the steady state looks at, at most."""
