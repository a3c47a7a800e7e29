"""What is counted of one person. Compiled by `native`."""

import math

from speciosa.care.stepping.arrays import (
    ATTENDS_OFF,
    ATTENDS_ON,
    BINS,
    DETECTED,
    DETOX,
    TREATED,
    Changes,
    Counts,
    Floats,
)
from speciosa.care.stepping.hazard import WEEK
from speciosa.engine.linear.exp import exp_of


def count_time(
    counts: Counts,
    d: int,
    row: int,
    since: float,
    length: float,
    share: float,
    overdoses: float,
    fatal: float,
    deaths: float,
) -> None:
    """Time, use and expected deaths by weeks since start (row 0) or stop (row 1)."""
    bin_ = min(int(since * (1.0 / WEEK) + 1e-9), BINS - 1)
    counts.time[d, row, bin_] += length
    counts.use_time[d, row, bin_] += share * length
    counts.overdose_hazard[d, row, bin_] += overdoses
    counts.fatal_hazard[d, row, bin_] += overdoses * fatal
    counts.other_hazard[d, row, bin_] += deaths


def count_test(counts: Counts, d: int, week: int, state: int, share: float, s: Floats) -> None:
    """A urine test at the end of a week of a person who is seen."""
    if state == DETOX:
        return
    comes = s[ATTENDS_ON] if state == TREATED else s[ATTENDS_OFF]
    clean = 1.0 - share
    if state == TREATED:
        clean = exp_of(s[DETECTED] * math.log(clean))
    counts.positive[d, week] += comes * (1.0 - clean)
    counts.negative[d, week] += comes * clean


def note(changes: Changes, kept: bool, person: int, day: float, state: int, phase: int) -> None:
    """A change of state, where they are kept."""
    at = changes.filled[0]
    if kept and at < changes.person.shape[0]:
        changes.person[at], changes.day[at] = person, day
        changes.state[at], changes.phase[at] = state, phase
        changes.filled[0] = at + 1


def week_end(
    counts: Counts,
    d: int,
    week: int,
    state: int,
    first: bool,
    had_run: bool,
    relapsed: bool,
    tenth: bool,
    lapsed: bool,
) -> None:
    """The end of a week, and what a person has had until then.

    Args:
        counts: filled.
        d: the draw.
        week: that ends.
        state: of the person.
        first: whether the first episode of treatment goes on.
        had_run: seven days of use in a row that were told.
        relapsed: seven days of use in a row, or use in four weeks in a row.
        tenth: ten days of use in 28.
        lapsed: any use.
    """
    counts.occupied[d, week, state] += 1.0
    if first:
        counts.retained[d, week] += 1.0
    if had_run:
        counts.run[d, week] += 1.0
    if relapsed:
        counts.relapsed[d, week] += 1.0
    if tenth:
        counts.tenth[d, week] += 1.0
    if lapsed:
        counts.lapsed[d, week] += 1.0


def dead(
    counts: Counts,
    d: int,
    week: int,
    state: int,
    had_run: bool,
    relapsed: bool,
    tenth: bool,
    lapsed: bool,
) -> None:
    """Counts a dead person at the ends of all weeks to come."""
    for later in range(week, counts.days.shape[1]):
        week_end(counts, d, later, state, False, had_run, relapsed, tenth, lapsed)
