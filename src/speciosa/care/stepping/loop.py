r"""The loop over people: a semi-Markov model with competing events, one person after another. Compiled by `native`.

A person waits for each kind of event until its cumulative hazard reaches an exponential number of mean 1 (the time change of
Sellke), with hazards that are constant within a step: a day in the four weeks after any change, else what is left of a week.
Within a step the first event is found exactly, so that constant hazards give the matrix exponential whatever the steps.
Tolerance follows use and medicine by the equations of `pharmacology.effect.tolerance`,

$$\frac{dR}{dt} = \frac{E-R}{\tau_R},\qquad \frac{dU}{dt} = \frac{R-U}{\tau_U},$$

and the hazard of overdose is uses a day times the probability that one stops ventilation at $U$.
"""

import math

from speciosa.care.stepping.arrays import (
    ABSTINENT,
    ATTENDS_OFF,
    ATTENDS_ON,
    BINS,
    BREATHING_RATE,
    BUILD_UP,
    DEAD_OTHER,
    DEAD_OVERDOSE,
    DETECTED,
    DETOX,
    DETOX_LEAVE,
    FATAL,
    FOLLOWED,
    HABIT_DRIVE,
    MISSED,
    MOST_RECORDED,
    OTHER_OFF,
    OTHER_ON,
    OVERDOSE,
    REMIT,
    REPORTS,
    REPORTS_FALL,
    RETURN,
    RETURN_ABSTINENT,
    SEEN_FOR,
    STARTS,
    TOLERANCE_RATE,
    TOLERANT,
    TREATED,
    USES_A_DAY,
    USES_AFTER_PLAN,
    USES_AT_ONCE,
    USING,
    USING_SHARE,
    Changes,
    Counts,
    Floats,
    People,
    Tables,
)
from speciosa.care.stepping.numbers import two_uniforms, uniform, waiting
from speciosa.engine.compiler.native import native
from speciosa.engine.linear.exp import exp_of

# Purposes of random numbers.
_CHANGE, _BACK, _OVERDOSE, _OTHER, _FATAL, _USE, _SOON, _ONCE, _WEEK_OF_USE = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
)

_DAILY_FOR = 28.0
_WEEK = 7.0
_RELAPSE_FROM = 21.0
_RELAPSE_WEEKS = 4
_TIME_STEP = 1e-9
_SELDOM = 0.6  # share of the days of use that is missing when use begins again, by judgement


@native
def follow(
    tables: Tables, people: People, days: float, recorded: int, counts: Counts, changes: Changes
) -> None:
    """Follows all people of all draws.

    Args:
        tables: of the arm.
        people: of the draws.
        days: of follow-up, whole weeks.
        recorded: the draw whose state changes are kept, of the first people; -1 for none.
        counts: filled.
        changes: filled.
    """
    for d in range(people.key.shape[0]):
        for i in range(people.key.shape[1]):
            kept = d == recorded and i < MOST_RECORDED
            _person(tables, people, d, i, days, kept, counts, changes)


def _person(
    tables: Tables,
    people: People,
    d: int,
    i: int,
    days: float,
    kept: bool,
    counts: Counts,
    changes: Changes,
) -> None:
    key, s = people.key[d, i], tables.scalar[d]
    none = tables.drive.shape[1]
    own = none  # the phase whose withdrawal and medicine count; `none` where there is none
    state, phase = TREATED, 0
    starts = uniform(key, _ONCE, 0) < s[STARTS]
    reports = uniform(key, _ONCE, 1) < s[REPORTS]
    followed = uniform(key, _ONCE, 2) < s[FOLLOWED]
    seen_for = s[SEEN_FOR] * waiting(key, _ONCE, 3)
    tells_less = uniform(key, _ONCE, 4) < s[REPORTS_FALL]
    silent_from = s[SEEN_FOR] * waiting(key, _ONCE, 5)
    if none == 0 or not starts:
        state = tables.begin[0]
    elif tables.detox[0] == 1:
        state = DETOX
    if state == TREATED:
        counts.started[d, 0] += 1.0
    own = phase if state == TREATED or state == DETOX else none
    t, since, first, ends = 0.0, 0.0, state == TREATED or state == DETOX, -1.0
    since_start, since_stop, was_treated = 0.0, 0.0, state == TREATED
    drive = s[HABIT_DRIVE]
    tolerance, breathing = drive, drive
    changed, asked, overdosed, spare = 0, 0, 0, 0.0
    # What is left of tolerance after a whole step, so that most steps take no exponential.
    day_fast, day_slow = exp_of(-s[TOLERANCE_RATE]), exp_of(-s[BREATHING_RATE])
    week_fast, week_slow = exp_of(-7.0 * s[TOLERANCE_RATE]), exp_of(-7.0 * s[BREATHING_RATE])
    wait = waiting(key, _CHANGE, 0)
    back = waiting(key, _BACK, 0)
    until_overdose, until_other = waiting(key, _OVERDOSE, 0), waiting(key, _OTHER, 0)
    run, used, used_weeks, had_run, relapsed = 0.0, False, 0, False, False
    _note(changes, kept, i, 0.0, state, phase)
    _week_end(counts, d, 0, state, first, False, False)
    while t < days:
        week = int(t / _WEEK + 1e-9)
        step = (week + 1) * _WEEK - t
        if since < _DAILY_FOR:
            step = min(step, float(int(since + 1e-9)) + 1.0 - since)
        planned = False
        if state == TREATED or state == DETOX:
            left = tables.length[phase] - since
            if ends >= 0.0:
                left = min(left, ends - since)
            if left <= step:
                step, planned = max(left, 0.0), True
        # Hazards of the step, summed over it.
        share, other = 0.0, people.other[d, i] * s[OTHER_OFF]
        change, returns = 0.0, 0.0
        if state == TREATED:
            odds = _between(tables.odds[d, phase], since) * people.use[d, i]
            share = odds / (1.0 + odds)
            other = people.other[d, i] * s[OTHER_ON]
            if ends < 0.0:
                table = tables.leave[d, phase]
                change = (_at(table, since + step) - _at(table, since)) * people.leave[d, i]
        elif state == DETOX:
            share = 0.0
            change = s[DETOX_LEAVE] * step * people.leave[d, i]
        elif state == USING:
            share = s[USING_SHARE] * (1.0 - _SELDOM * exp_of(-s[BUILD_UP] * (since + 0.5 * step)))
            change = s[REMIT] * step
            returns = s[RETURN] * step
        else:
            table = tables.relapse[d, own]
            change = (_at(table, since + step) - _at(table, since)) * people.relapse[d, i]
            returns = s[RETURN] * s[RETURN_ABSTINENT] * step
        if tables.back[0] < 0:
            returns = 0.0
        inside = phase if state == TREATED else none
        felt = breathing if s[TOLERANT] > 0.5 else drive
        fails = _fails(tables.fails[d, inside], felt)
        overdoses = share * s[USES_A_DAY] * fails * people.overdose[d, i] * step
        deaths = other * step
        # The first of the events, as a share of the step.
        part, event = 1.0, 0
        if change > 0.0 and wait < change * part:
            part, event = wait / change, 1
        if returns > 0.0 and back < returns * part:
            part, event = back / returns, 2
        if overdoses > 0.0 and until_overdose < overdoses * part:
            part, event = until_overdose / overdoses, 3
        if deaths > 0.0 and until_other < deaths * part:
            part, event = until_other / deaths, 4
        if event != 0:
            planned = False
        wait -= change * part
        back -= returns * part
        until_overdose -= overdoses * part
        until_other -= deaths * part
        length = step * part
        row = 0 if state == TREATED else 1
        bin_ = min(int((since_start if row == 0 else since_stop) / _WEEK + 1e-9), BINS - 1)
        if was_treated:
            counts.time[d, row, bin_] += length
            counts.use_time[d, row, bin_] += share * length
            counts.overdose_hazard[d, row, bin_] += overdoses * part
            counts.fatal_hazard[d, row, bin_] += overdoses * part * s[FATAL]
            counts.other_hazard[d, row, bin_] += deaths * part
        # Use in the step: on all of its days, on some, or on none.
        at = min(week + 1, counts.days.shape[1] - 1)
        inside_ = state == TREATED or state == DETOX
        seen = inside_ or (followed and since_stop < seen_for)
        heard = reports and seen and not (tells_less and t > silent_from)
        counts.days[d, at] += share * length
        if heard:
            counts.recorded[d, at] += share * length
        if share > 0.0 and length > 0.0:
            if state == USING:  # use comes in weeks: every day of one, or none
                every, never = share, 1.0 - share
                u = uniform(key, _WEEK_OF_USE, week)
            else:
                every, never = _all_or_none(share, length)
                if asked % 2 == 0:
                    u, spare = two_uniforms(key, _USE, asked // 2)
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
        # Tolerance.
        wanted = 0.0
        if state == TREATED:
            wanted = tables.drive[d, phase]
        if s[HABIT_DRIVE] > wanted:
            wanted += share * (s[HABIT_DRIVE] - wanted)
        if abs(length - 1.0) < _TIME_STEP:
            fast, slow = day_fast, day_slow
        elif abs(length - _WEEK) < _TIME_STEP:
            fast, slow = week_fast, week_slow
        else:
            fast, slow = exp_of(-s[TOLERANCE_RATE] * length), exp_of(-s[BREATHING_RATE] * length)
        tolerance, breathing = _adapt(
            tolerance, breathing, wanted, length, s[TOLERANCE_RATE], s[BREATHING_RATE], fast, slow
        )
        t += length
        since += length
        since_start += length
        since_stop += length
        if t >= _RELAPSE_FROM:
            long = min(run, t - _RELAPSE_FROM) >= _WEEK - _TIME_STEP
            relapsed = relapsed or long
            had_run = had_run or (long and heard)
        if event == 0 and t >= (week + 1) * _WEEK - _TIME_STEP:
            t = (week + 1) * _WEEK
            used_weeks = used_weeks + 1 if used else 0
            if used_weeks >= _RELAPSE_WEEKS and t >= _RELAPSE_FROM + 7.0 * _RELAPSE_WEEKS:
                relapsed = True
            if not used:
                counts.abstinent[d, week + 1] += 1.0
            used = False
            if seen and state != DETOX:
                comes = s[ATTENDS_ON] if state == TREATED else s[ATTENDS_OFF]
                clean = 1.0 - share
                if state == TREATED:
                    clean = exp_of(s[DETECTED] * math.log(clean))
                counts.positive[d, week + 1] += comes * (1.0 - clean)
            _week_end(counts, d, week + 1, state, first, had_run, relapsed)
        before = state
        if planned:
            if ends >= 0.0 and since >= ends - _TIME_STEP:
                first = False
                changed += 1
                state = USING if uniform(key, _SOON, changed) < s[USES_AT_ONCE] else ABSTINENT
                own = phase
            elif tables.follows[phase] == 1:
                if state == DETOX:
                    counts.started[d, 0] += 1.0 if first else 0.0
                phase += 1
                state = DETOX if tables.detox[phase] == 1 else TREATED
                since = 0.0
                wait = waiting(key, _CHANGE, 1000 + 8 * changed + phase)
                if state == TREATED and before == TREATED:
                    _note(changes, kept, i, t, state, phase)
            else:
                changed += 1
                first, own = False, phase
                soon = uniform(key, _SOON, changed) < s[USES_AFTER_PLAN]
                state = USING if soon else ABSTINENT
            ends = -1.0
        elif event == 1:
            if state == TREATED and tables.interval[phase] > _WEEK:
                cover = tables.interval[phase]
                ends = (float(int(since / cover + 1e-9)) + 1.0) * cover
                wait = 1e30
            elif state == TREATED:
                changed += 1
                first = False
                state = USING if uniform(key, _SOON, changed) < s[USES_AT_ONCE] else ABSTINENT
                own = phase
            elif state == DETOX:
                state, first, own = USING, False, phase
            elif state == USING:
                state, own = ABSTINENT, none
            else:
                state = USING
        elif event == 2:
            phase = tables.back[0]
            state = DETOX if tables.detox[phase] == 1 else TREATED
        elif event == 3:
            overdosed += 1
            until_overdose = waiting(key, _OVERDOSE, overdosed)
            if uniform(key, _FATAL, overdosed) < s[FATAL]:
                state = DEAD_OVERDOSE
            else:
                counts.overdoses[d, at] += 1.0
                _note(changes, kept, i, t, OVERDOSE, phase)
        elif event == 4:
            state = DEAD_OTHER
        if before == TREATED and state < DETOX and state != before:
            # Doses were missed or lowered before the stop that is recorded.
            without = 0.5 * tables.taper[phase] if planned else s[MISSED]
            tolerance, breathing = _adapt(
                tolerance,
                breathing,
                share * s[HABIT_DRIVE],
                without,
                s[TOLERANCE_RATE],
                s[BREATHING_RATE],
                exp_of(-s[TOLERANCE_RATE] * without),
                exp_of(-s[BREATHING_RATE] * without),
            )
        if state != before:
            since, ends = 0.0, -1.0
            changed += 1
            wait = waiting(key, _CHANGE, changed)
            back = waiting(key, _BACK, changed)
            if state == TREATED:
                since_start, was_treated = 0.0, True
            if before == TREATED:
                since_stop = 0.0
            _note(changes, kept, i, t, state, phase)
            if state == DEAD_OVERDOSE or state == DEAD_OTHER:
                _dead(counts, d, int(t / _WEEK + 1e-9) + 1, state, had_run, relapsed)
                t = days


def _at(cumulative: Floats, time: float) -> float:
    """A cumulative hazard by day, straight between days; beyond its end as on its last day."""
    last = cumulative.shape[0] - 1
    j = min(int(time), last - 1)
    found: float = cumulative[j] + (time - j) * (cumulative[j + 1] - cumulative[j])
    return found


def _between(table: Floats, time: float) -> float:
    found: float = table[min(int(time + 1e-9), table.shape[0] - 1)]
    return found


def _fails(grid: Floats, tolerance: float) -> float:
    last = grid.shape[0] - 1
    place = min(max(tolerance, 0.0), 1.0) * last
    j = min(int(place), last - 1)
    found: float = grid[j] + (place - j) * (grid[j + 1] - grid[j])
    return found


def _all_or_none(share: float, days: float) -> tuple[float, float]:
    """Probabilities of use on every day of a step, and on none; days are independent given the person."""
    every, never = 1.0, 1.0
    for _ in range(int(days + 0.999999)):
        every *= share
        never *= 1.0 - share
    return every, never


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


def _note(changes: Changes, kept: bool, person: int, day: float, state: int, phase: int) -> None:
    at = changes.filled[0]
    if kept and at < changes.person.shape[0]:
        changes.person[at], changes.day[at] = person, day
        changes.state[at], changes.phase[at] = state, phase
        changes.filled[0] = at + 1


def _week_end(
    counts: Counts, d: int, week: int, state: int, first: bool, had_run: bool, relapsed: bool
) -> None:
    counts.occupied[d, week, state] += 1.0
    if first:
        counts.retained[d, week] += 1.0
    if had_run:
        counts.run[d, week] += 1.0
    if relapsed:
        counts.relapsed[d, week] += 1.0


def _dead(counts: Counts, d: int, week: int, state: int, had_run: bool, relapsed: bool) -> None:
    """Counts a dead person at the ends of all weeks to come."""
    for later in range(week, counts.days.shape[1]):
        _week_end(counts, d, later, state, False, had_run, relapsed)
