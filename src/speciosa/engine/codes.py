"""Numbers that stand for names in compiled code."""

WIDTH = 8
"""Patients in a group: two of the widest registers, so that one works while the other waits."""

FAR = 1e300
"""A time that never comes."""

NOTHING = 1e-99
"""A state no larger than this has been zero so far."""

DOSE, RESET, REPLACE, COVARIATE, STEADY, HALT = range(6)
"""Kinds of records."""

AS_LOADED, WHEN_GIVEN, ON_ITS_WAY = range(3)
"""How a record of doses is kept: with its lag and length, which nothing changes; to be worked out at each dose when it is
given; or as one dose that was given, of which all is known."""

PEAK, PEAK_TIME, TROUGH, TROUGH_TIME, AREA, MEAN, AT, ABOVE, BELOW = range(9)
"""Kinds of endpoints."""

GIVE, STOP, SCALE, END = range(4)
"""What a decision does."""

OK, TOO_MANY_STEPS, NOT_FINITE, STEP_TOO_SMALL, NO_STEADY_STATE, ENDLESS_EVENTS = range(6)
"""How solving a patient ended."""

MOST_WAITING, MOST_AT_ONCE = 256, 10_000
"""Events of the model that may wait for their delay in a patient, and that may happen at one time."""

DEPTH = 8
"""Intervals that an extrapolation to the steady state looks at, at most."""
