"""Which event comes first in a step, and the state after it. Compiled by `native`."""

from speciosa.care.stepping.arrays import (
    ABSTINENT,
    DETOX,
    SOON_TIME,
    TREATED,
    USES_AFTER_PLAN,
    USES_AT_ONCE,
    USING,
    Floats,
    Tables,
)
from speciosa.care.stepping.numbers import SOON, uniform

NOTHING, CHANGE, RETURN, OVERDOSE, OTHER_DEATH = 0, 1, 2, 3, 4


def first_event(
    change: float,
    returns: float,
    overdoses: float,
    deaths: float,
    wait: float,
    back: float,
    until_overdose: float,
    until_other: float,
) -> tuple[float, int]:
    """The share of the step that passes before its first event, and which it is.

    Args:
        change: cumulative hazard of leaving, of remission or of relapse over the step.
        returns: of return to treatment.
        overdoses: of overdose.
        deaths: of other death.
        wait: what is left of the exponential number of `change`.
        back: of `returns`.
        until_overdose: of `overdoses`.
        until_other: of `deaths`.
    """
    part, event = 1.0, NOTHING
    if wait >= change and back >= returns and until_overdose >= overdoses and until_other >= deaths:
        return part, event
    if change > 0.0 and wait < change * part:
        part, event = wait / change, CHANGE
    if returns > 0.0 and back < returns * part:
        part, event = back / returns, RETURN
    if overdoses > 0.0 and until_overdose < overdoses * part:
        part, event = until_overdose / overdoses, OVERDOSE
    if deaths > 0.0 and until_other < deaths * part:
        part, event = until_other / deaths, OTHER_DEATH
    return part, event


def treated(tables: Tables, phase: int) -> int:
    """The state of a person in a phase."""
    return DETOX if tables.detox[phase] == 1 else TREATED


def first_state(tables: Tables, starts: bool) -> int:
    """The state in which a person begins."""
    if tables.drive.shape[1] == 0 or not starts:
        begin: int = tables.begin[0]
        return begin
    return treated(tables, 0)


def planned_end(
    tables: Tables, s: Floats, key: int, phase: int, changed: int, uncovered: bool, clean: bool
) -> tuple[int, int, int, bool, bool]:
    """State, phase, changes so far, whether the episode goes on, and whether use comes back soon, where a phase ends.

    Args:
        tables: of the arm.
        s: numbers of the draw.
        key: of the person.
        phase: of the arm before.
        changed: changes of state before.
        uncovered: whether an injection no longer covers; else the phase ends as planned.
        clean: whether the person has not used since the treatment began.
    """
    if not uncovered and tables.follows[phase] == 1:
        return treated(tables, phase + 1), phase + 1, changed, True, False
    place = USES_AT_ONCE if uncovered and not clean else USES_AFTER_PLAN
    soon = uniform(key, SOON, changed + 1) < s[place]
    return _left(s, soon), phase, changed + 1, False, soon


def changed_state(
    s: Floats, key: int, state: int, phase: int, own: int, none: int, changed: int, clean: bool
) -> tuple[int, int, int, bool]:
    """State, the phase whose withdrawal counts, changes so far, and whether use comes back soon, after a state is left.

    Args:
        s: numbers of the draw.
        key: of the person.
        state: of the person before.
        phase: of the arm.
        own: the phase whose withdrawal counted.
        none: the number that stands for no phase.
        changed: changes of state before.
        clean: whether a treated person has not used since the treatment began.
    """
    if state == TREATED:
        place = USES_AFTER_PLAN if clean else USES_AT_ONCE
        soon = uniform(key, SOON, changed + 1) < s[place]
        return _left(s, soon), phase, changed + 1, soon
    if state == DETOX:
        return USING, phase, changed, False
    if state == USING:
        return ABSTINENT, none, changed, False
    return USING, own, changed, False


def _left(s: Floats, soon: bool) -> int:
    """The state of a person who has left treatment: nobody uses yet, unless no time passes until then."""
    return USING if soon and s[SOON_TIME] <= 0.0 else ABSTINENT


def cover_ends(tables: Tables, phase: int, since: float) -> float:
    """Days in the phase until an injection no longer covers."""
    cover = tables.interval[phase]
    found: float = (float(int(since / cover + 1e-9)) + 1.0) * cover
    return found
