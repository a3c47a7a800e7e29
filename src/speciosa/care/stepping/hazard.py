"""Hazards of a step of one person, and how long the step is. Compiled by `native`."""

from speciosa.care.stepping.arrays import (
    DETOX,
    DETOX_LEAVE,
    OTHER_OFF,
    OTHER_ON,
    REMIT,
    RETURN,
    RETURN_ABSTINENT,
    SELDOM,
    SOON_TIME,
    TREATED,
    USING,
    USING_SHARE,
    Floats,
    People,
    Tables,
)

WEEK = 7.0
_DAILY_FOR = 28.0


def step_length(
    tables: Tables, state: int, phase: int, week: int, t: float, since: float, ends: float
) -> tuple[float, bool]:
    """Days of a step, and whether treatment or detoxification ends as planned at its end.

    Args:
        tables: of the arm.
        state: of the person.
        phase: of the arm.
        week: in which it begins.
        t: days since the begin.
        since: days in the state.
        ends: days in the state after which an injection no longer covers; negative for none.
    """
    step = (week + 1) * WEEK - t
    if since < _DAILY_FOR:
        step = min(step, float(int(since + 1e-9)) + 1.0 - since)
    if state == TREATED or state == DETOX:
        left = tables.length[phase] - since
        if ends >= 0.0:
            left = min(left, ends - since)
        if left <= step:
            return max(left, 0.0), True
    return step, False


def step_hazards(
    tables: Tables,
    people: People,
    d: int,
    i: int,
    state: int,
    phase: int,
    own: int,
    since: float,
    step: float,
    leaves: bool,
    soon: bool,
    fresh: float,
    clean: bool,
    without: float,
) -> tuple[float, float, float, float]:
    """Share of days with use, deaths a day from other causes, and hazards of a change and of return summed over the step.

    Who is treated and has not used since returns to use as people without treatment do; the return that is summed is that.

    Args:
        tables: of the arm.
        people: of the draws.
        d: the draw.
        i: the person.
        state: of the person.
        phase: of the arm.
        own: the phase whose withdrawal counts after treatment.
        since: days in the state at the begin of the step.
        step: its days.
        leaves: whether treatment may still be left: no end of cover is set.
        soon: whether a person who left returns to use within days.
        fresh: share of what is missing of use that has begun again, half-way through the step.
        clean: whether a treated person has not used since the treatment began.
        without: days for which not.
    """
    s = tables.scalar[d]
    share, other = 0.0, people.other[d, i] * s[OTHER_OFF]
    change, returns = 0.0, 0.0
    if state == TREATED:
        if clean:
            returns = _first_use(tables, s, d, without, step, soon, people.relapse[d, i])
        else:
            odds = _between(tables.odds[d, phase], since) * people.use[d, i]
            share = odds / (1.0 + odds)
        other = people.other[d, i] * s[OTHER_ON]
        if leaves:
            table = tables.leave[d, phase]
            change = (_at(table, since + step) - _at(table, since)) * people.leave[d, i]
    elif state == DETOX:
        change = s[DETOX_LEAVE] * step * people.leave[d, i]
    elif state == USING:
        share = s[USING_SHARE] * (1.0 - s[SELDOM] * fresh)
        change = s[REMIT] * step
        returns = s[RETURN] * step
    else:
        if soon:
            change = step / s[SOON_TIME]
        else:
            table = tables.relapse[d, own]
            change = (_at(table, since + step) - _at(table, since)) * people.relapse[d, i]
        returns = s[RETURN] * s[RETURN_ABSTINENT] * step
    if tables.back[0] < 0 and state != TREATED:
        returns = 0.0
    return share, other, change, returns


def _first_use(
    tables: Tables, s: Floats, d: int, without: float, step: float, soon: bool, factor: float
) -> float:
    """Hazard of the first use of a person without any medicine, summed over a step, some days after the last use."""
    if soon:
        found: float = step / s[SOON_TIME]
        return found
    table = tables.relapse[d, tables.relapse.shape[1] - 1]
    return (_at(table, without + step) - _at(table, without)) * factor


def period(since: float) -> int:
    """The time in a phase, as a number: the first week, the second, the next two, or later."""
    if since >= 4.0 * WEEK:
        return 3
    return 2 if since >= 2.0 * WEEK else int(since >= WEEK)


def failing(grid: Floats, tolerance: float) -> float:
    """Probability that one use stops ventilation at a tolerance of breathing."""
    last = grid.shape[0] - 1
    place = min(max(tolerance, 0.0), 1.0) * last
    j = min(int(place), last - 1)
    found: float = grid[j] + (place - j) * (grid[j + 1] - grid[j])
    return found


def _at(cumulative: Floats, time: float) -> float:
    """A cumulative hazard by day, straight between days; beyond its end as on its last day."""
    last = cumulative.shape[0] - 1
    j = min(int(time), last - 1)
    found: float = cumulative[j] + (time - j) * (cumulative[j + 1] - cumulative[j])
    return found


def _between(table: Floats, time: float) -> float:
    found: float = table[min(int(time + 1e-9), table.shape[0] - 1)]
    return found
