"""Days of use within a step, and tolerance after it. Compiled by `native`."""

from speciosa.care.stepping.arrays import (
    BREATHING_RATE,
    BUILD_UP,
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
Left = tuple[float, float, float, float]


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
    weekly: float,
    drawn: int,
) -> tuple[float, bool, int, float, float, int]:
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
        weekly: the number of the week `drawn`.
        drawn: the week for which one was taken last.
    """
    if share > 0.0 and length > 0.0:
        if state == USING:  # use comes in weeks: every day of one, or none
            every, never = share, 1.0 - share
            if drawn != week:
                weekly, drawn = uniform(key, WEEK_OF_USE, week), week
            u = weekly
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
    return run, used, asked, spare, weekly, drawn


def _all_or_none(share: float, days: float) -> tuple[float, float]:
    """Probabilities of use on every day of a step, and on none; days are independent given the person."""
    whole = int(days + 0.999999)
    free = 1.0 - share
    if whole == 7:
        two, two_free = share * share, free * free
        return two * two * two * share, two_free * two_free * two_free * free
    every, never = share, free
    for _ in range(whole - 1):
        every *= share
        never *= free
    return every, never


def left_after(s: Floats, days: float) -> Left:
    """What is left after some days under a constant drive.

    Returns:
        Shares of a difference of tolerance, of one of that of breathing, of the first in the second, which follows it, and of
        what is missing of use that has begun again, half-way.
    """
    fast, slow = exp_of(-s[TOLERANCE_RATE] * days), exp_of(-s[BREATHING_RATE] * days)
    gap = s[BREATHING_RATE] - s[TOLERANCE_RATE]
    if abs(gap) < 1e-6:
        lag = s[BREATHING_RATE] * days * slow
    else:
        lag = s[BREATHING_RATE] * (fast - slow) / gap
    return fast, slow, lag, exp_of(-0.5 * s[BUILD_UP] * days)


def left_of_step(s: Floats, days: float, a_day: Left, a_week: Left) -> Left:
    """The same of a step; most are of a day or a week, and take no exponential."""
    if abs(days - 1.0) < TIME_STEP:
        return a_day
    if abs(days - WEEK) < TIME_STEP:
        return a_week
    return left_after(s, days)


def adapted_in_step(
    tables: Tables,
    d: int,
    state: int,
    phase: int,
    when: int,
    share: float,
    tolerance: float,
    breathing: float,
    left: Left,
) -> tuple[float, float]:
    """Tolerance and that of breathing after a step, with what it leaves of differences."""
    s = tables.scalar[d]
    wanted = 0.0
    if state == TREATED:
        wanted = tables.drive[d, phase, when]
    if s[HABIT_DRIVE] > wanted:
        wanted += _of_habit(s, share) * (s[HABIT_DRIVE] - wanted)
    return _adapted(tolerance, breathing, wanted, left)


def adapted_before_stop(
    s: Floats, share: float, without: float, tolerance: float, breathing: float
) -> tuple[float, float]:
    """The same after days without medicine: before a stop that a record holds, or before people come who did not use of late."""
    wanted = _of_habit(s, share) * s[HABIT_DRIVE]
    return _adapted(tolerance, breathing, wanted, left_after(s, without))


def _of_habit(s: Floats, share: float) -> float:
    """How much of habitual use a share of days with use is: people who use have days without it, too."""
    if s[USING_SHARE] > share:
        found: float = share / s[USING_SHARE]
        return found
    return 1.0 if share > 0.0 else 0.0


def _adapted(tolerance: float, breathing: float, drive: float, left: Left) -> tuple[float, float]:
    """Tolerance, and that of breathing which follows it, after some days under a constant drive."""
    fast, slow, lag, _ = left
    away = tolerance - drive
    return drive + away * fast, drive + (breathing - drive) * slow + away * lag
