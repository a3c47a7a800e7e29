"""What the loop over people reads and fills; compiled by `native`, which takes named tuples of arrays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TREATED, USING, ABSTINENT, DETOX, DEAD_OVERDOSE, DEAD_OTHER = 0, 1, 2, 3, 4, 5
STATES = (
    "treated",
    "untreated, using",
    "untreated, abstinent",
    "detoxification",
    "dead, overdose",
    "dead, other",
)
"""Names of the states, in the order of their numbers."""

EVENTS = 6
OVERDOSE = EVENTS
"""The number that stands for a non-fatal overdose among state changes."""

MOST_RECORDED = 10_000
"""People of a draw whose state changes are kept, the first ones."""
PERIODS = 4
"""Times in a phase that have their own hazard of overdose: the first week, the second, the next two, and later."""
BINS = 53
"""Weeks since the start or stop of treatment that are counted apart; the last takes all later ones."""

# Numbers of a draw that no table holds.
(
    STARTS,
    USES_AT_ONCE,
    USING_SHARE,
    REMIT,
    RETURN,
    RETURN_ABSTINENT,
    USES_A_DAY,
    FATAL,
    OTHER_ON,
    OTHER_OFF,
    TOLERANCE_RATE,
    BREATHING_RATE,
    HABIT_DRIVE,
    REPORTS,
    FOLLOWED,
    ATTENDS_ON,
    ATTENDS_OFF,
    DETOX_LEAVE,
    TOLERANT,
    BUILD_UP,
    MISSED,
    USES_AFTER_PLAN,
    SEEN_FOR,
    REPORTS_FALL,
    DETECTED,
    SOON_TIME,
    BACKGROUND,
    SELDOM,
    ENTERS_LOW,
    AWAY,
    ENTERING_MORE,
    LEAVING_MORE,
    BEGINS_CLEAN,
    BEGINS_SOON,
    CLEAN_FOR,
    CLEAN_LOST,
    CHANGED_FOR,
) = range(37)
SCALARS = 37


class Tables(NamedTuple):
    """Hazards and readings of the mechanism for a block of draws.

    Attributes:
        leave: cumulative baseline hazard of leaving by days in a phase, ``(draws, phases, days)``.
        odds: odds of use on a day by days in a phase, ``(draws, phases, days)``.
        relapse: cumulative baseline hazard of relapse by days abstinent, after each phase and after use,
            ``(draws, phases + 1, days)``.
        fails: probability that one use stops ventilation by time in the phase (`period`) and tolerance of breathing (a grid
            from 0 to 1), in each phase and without a medicine, ``(draws, phases + 1, PERIODS, grid)``.
        drive: where the medicine of a phase drives tolerance, by time in it, ``(draws, phases, PERIODS)``.
        scalar: see `STARTS` and the following, ``(draws, SCALARS)``.
        length: days after which a phase ends as planned, ``(phases,)``.
        taper: days at its planned end over which the dose goes down, ``(phases,)``.
        interval: days that one dose covers, ``(phases,)``.
        detox: 1 for a phase of detoxification, ``(phases,)``.
        follows: 1 where the next phase follows at once on the planned end of one, ``(phases,)``.
        back: the phase to which people return; -1 where they do not, ``(1,)``.
        begin: the state in which people begin who are not treated, ``(1,)``.
    """

    leave: Floats
    odds: Floats
    relapse: Floats
    fails: Floats
    drive: Floats
    scalar: Floats
    length: Floats
    taper: Floats
    interval: Floats
    detox: Integers
    follows: Integers
    back: Integers
    begin: Integers


class People(NamedTuple):
    """People by draw, ``(draws, people)`` each.

    Attributes:
        key: of random numbers.
        leave: factor on the hazard of leaving.
        use: factor on the odds of use in treatment.
        relapse: factor on the hazard of relapse.
        overdose: factor on the hazard of overdose.
        other: deaths a day from other causes in the general population.
    """

    key: Integers
    leave: Floats
    use: Floats
    relapse: Floats
    overdose: Floats
    other: Floats


class Counts(NamedTuple):
    """What is counted, by draw: ``(draws, weeks + 1, ...)`` at the ends of weeks, or ``(draws, 2, BINS)``.

    Attributes:
        occupied: people in each state, with ``STATES`` last.
        retained: people whose first episode of treatment goes on.
        days: days of use in the week that ends.
        recorded: days of use that are told in interviews.
        positive: people with a positive urine test; nobody where `DETECTED` is 0.
        negative: people who come and have a negative one.
        run: people in whom seven days of use in a row were recorded.
        relapsed: people who relapsed: seven days of use in a row, or use in four weeks in a row, from day 21.
        tenth: people who had ten days of use, or more, within 28.
        lapsed: people who used at all.
        abstinent: people alive without use in the week that ends.
        overdoses: non-fatal overdoses in the week that ends.
        started: people who took a first dose.
        time: person-days by weeks since start (first row, in treatment) or stop (second row).
        use_time: days of use in the same weeks.
        overdose_hazard: expected overdoses.
        fatal_hazard: expected deaths by overdose.
        other_hazard: expected deaths from other causes.
    """

    occupied: Floats
    retained: Floats
    days: Floats
    recorded: Floats
    positive: Floats
    negative: Floats
    run: Floats
    relapsed: Floats
    tenth: Floats
    lapsed: Floats
    abstinent: Floats
    overdoses: Floats
    started: Floats
    time: Floats
    use_time: Floats
    overdose_hazard: Floats
    fatal_hazard: Floats
    other_hazard: Floats


class Changes(NamedTuple):
    """State changes of the people of one draw: person, day, state and phase entered; `filled` counts them."""

    person: Integers
    day: Floats
    state: Integers
    phase: Integers
    filled: Integers


def no_counts(draws: int, weeks: int) -> Counts:
    """Counts of nothing yet."""
    week, since = (draws, weeks + 1), (draws, 2, BINS)
    return Counts(
        occupied=np.zeros((draws, weeks + 1, len(STATES))),
        retained=np.zeros(week),
        days=np.zeros(week),
        recorded=np.zeros(week),
        positive=np.zeros(week),
        negative=np.zeros(week),
        run=np.zeros(week),
        relapsed=np.zeros(week),
        tenth=np.zeros(week),
        lapsed=np.zeros(week),
        abstinent=np.zeros(week),
        overdoses=np.zeros(week),
        started=np.zeros((draws, 1)),
        time=np.zeros(since),
        use_time=np.zeros(since),
        overdose_hazard=np.zeros(since),
        fatal_hazard=np.zeros(since),
        other_hazard=np.zeros(since),
    )


def no_changes(room: int) -> Changes:
    """Room for state changes."""
    return Changes(
        np.zeros(room, np.int64),
        np.zeros(room),
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        np.zeros(1, np.int64),
    )
