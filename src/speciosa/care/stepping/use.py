"""Days of use within a step, and tolerance after it. Compiled by `native`."""

from speciosa.care.stepping.arrays import (
    BREATHING_RATE,
    HABIT_DRIVE,
    TOLERANCE_RATE,
    TREATED,
    USING,
    USING_SHARE,
    Floats,
    Tables,
)
from speciosa.care.stepping.hazard import WEEK
from speciosa.care.stepping.numbers import USE, WEEK_OF_USE, two_uniforms, uniform
from speciosa.engine.linear.exp import exp_of

TIME_STEP = 1e-9


def use_in_step(
    key: int,
    state: int,
    week: int,
    share: float,
    length: float,
    run: float,
    used: bool,
    asked: int,
    spare: float,
) -> tuple[float, bool, int, float]:
    """Days of use in a row, whether the week has any, and what random numbers were taken.

    Args:
        key: of the person.
        state: of the person.
        week: of the step.
        share: of days with use.
        length: of the step, days.
        run: days of use in a row before.
        used: whether the week had any before.
        asked: how many random numbers of use in treatment were taken.
        spare: the second of a pair.
    """
    if share > 0.0 and length > 0.0:
        if state == USING:  # use comes in weeks: every day of one, or none
            every, never = share, 1.0 - share
            u = uniform(key, WEEK_OF_USE, week)
        else:
            every, never = _all_or_none(share, length)
            if asked % 2 == 0:
                u, spare = two_uniforms(key, USE, asked // 2)
            else:
                u = spare
            asked += 1
        if u < every:
            run += length
        else:
            run = 0.0
        if u < 1.0 - never:
            used = True
    elif length > 0.0:
        run = 0.0
    return run, used, asked, spare


def _all_or_none(share: float, days: float) -> tuple[float, float]:
    """Probabilities of use on every day of a step, and on none; days are independent given the person."""
    every, never = 1.0, 1.0
    for _ in range(int(days + 0.999999)):
        every *= share
        never *= 1.0 - share
    return every, never


def left_of_tolerance(s: Floats) -> tuple[float, float, float, float]:
    """What is left of a difference of tolerance, and of that of breathing, after a day and after a week."""
    fast, slow = exp_of(-s[TOLERANCE_RATE]), exp_of(-s[BREATHING_RATE])
    return fast, slow, exp_of(-7.0 * s[TOLERANCE_RATE]), exp_of(-7.0 * s[BREATHING_RATE])


def adapted_in_step(
    tables: Tables,
    d: int,
    state: int,
    phase: int,
    share: float,
    length: float,
    tolerance: float,
    breathing: float,
    left: tuple[float, float, float, float],
) -> tuple[float, float]:
    """Tolerance and that of breathing after a step; `left` is of whole steps, so that most take no exponential."""
    s = tables.scalar[d]
    wanted = 0.0
    if state == TREATED:
        wanted = tables.drive[d, phase]
    if s[HABIT_DRIVE] > wanted:
        wanted += _of_habit(s, share) * (s[HABIT_DRIVE] - wanted)
    day_fast, day_slow, week_fast, week_slow = left
    if abs(length - 1.0) < TIME_STEP:
        fast, slow = day_fast, day_slow
    elif abs(length - WEEK) < TIME_STEP:
        fast, slow = week_fast, week_slow
    else:
        fast, slow = exp_of(-s[TOLERANCE_RATE] * length), exp_of(-s[BREATHING_RATE] * length)
    return _adapt(
        tolerance, breathing, wanted, length, s[TOLERANCE_RATE], s[BREATHING_RATE], fast, slow
    )


def adapted_before_stop(
    s: Floats, share: float, without: float, tolerance: float, breathing: float
) -> tuple[float, float]:
    """The same after the days without medicine before a stop that a record holds."""
    return _adapt(
        tolerance,
        breathing,
        _of_habit(s, share) * s[HABIT_DRIVE],
        without,
        s[TOLERANCE_RATE],
        s[BREATHING_RATE],
        exp_of(-s[TOLERANCE_RATE] * without),
        exp_of(-s[BREATHING_RATE] * without),
    )


def _of_habit(s: Floats, share: float) -> float:
    """How much of habitual use a share of days with use is: people who use have days without it, too."""
    if s[USING_SHARE] > share:
        found: float = share / s[USING_SHARE]
        return found
    return 1.0 if share > 0.0 else 0.0


def _adapt(
    tolerance: float,
    breathing: float,
    drive: float,
    days: float,
    fast: float,
    slow: float,
    one: float,
    two: float,
) -> tuple[float, float]:
    """Tolerance, and that of breathing which follows it, after some days under a constant drive.

    `one` and `two` are what is left of a difference then, at the rates `fast` and `slow`.
    """
    away = tolerance - drive
    gap = slow - fast
    lag = slow * days * two if abs(gap) < 1e-6 else slow * (one - two) / gap
    return drive + away * one, drive + (breathing - drive) * two + away * lag
