r"""The loop over people: a semi-Markov model with competing events, one person after another. Compiled by `native`.

A person waits for each kind of event until its cumulative hazard reaches an exponential number of mean 1 (the time change of
Sellke), with hazards that are constant within a step: a day in the four weeks after any change, else what is left of a week.
Within a step the first event is found exactly, so that constant hazards give the matrix exponential whatever the steps.
Tolerance follows use and medicine by the equations of `pharmacology.effect.tolerance`,

$$\frac{dR}{dt} = \frac{E-R}{\tau_R},\qquad \frac{dU}{dt} = \frac{R-U}{\tau_U},$$

and the hazard of overdose is uses a day times the probability that one stops ventilation at $U$, and what comes whatever the
tolerance is.
"""

from speciosa.care.stepping import event as e
from speciosa.care.stepping.arrays import (
    AWAY,
    BACKGROUND,
    BEGINS_CLEAN,
    BEGINS_SOON,
    CHANGED_FOR,
    CLEAN_FOR,
    CLEAN_LOST,
    DEAD_OTHER,
    DEAD_OVERDOSE,
    DETECTED,
    DETOX,
    ENTERING_MORE,
    ENTERS_LOW,
    FATAL,
    FOLLOWED,
    HABIT_DRIVE,
    LEAVING_MORE,
    MISSED,
    MOST_RECORDED,
    OVERDOSE,
    REPORTS,
    REPORTS_FALL,
    SEEN_FOR,
    STARTS,
    TOLERANT,
    TREATED,
    USES_A_DAY,
    USES_AFTER_PLAN,
    Changes,
    Counts,
    Floats,
    People,
    Tables,
)
from speciosa.care.stepping.hazard import WEEK, failing, period, step_hazards, step_length
from speciosa.care.stepping.numbers import (
    BACK,
    CHANGE,
    DIES,
    ONCE,
    OTHER,
    SOON,
    TO_OVERDOSE,
    uniform,
    waiting,
)
from speciosa.care.stepping.tally import count_test, count_time, dead, note, week_end
from speciosa.care.stepping.use import (
    TIME_STEP,
    Left,
    adapted_before_stop,
    adapted_in_step,
    left_after,
    left_of_step,
    use_in_step,
)
from speciosa.engine.compiler.native import native

_RELAPSE_FROM = 21.0
_RELAPSE_WEEKS = 4
_TENTH_D = 10.0


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
        s = tables.scalar[d]
        day, week = left_after(s, 1.0), left_after(s, WEEK)
        for i in range(people.key.shape[1]):
            kept = d == recorded and i < MOST_RECORDED
            _person(tables, people, d, i, days, kept, counts, changes, day, week)


def _person(
    tables: Tables,
    people: People,
    d: int,
    i: int,
    days: float,
    kept: bool,
    counts: Counts,
    changes: Changes,
    a_day: Left,
    a_week: Left,
) -> None:
    key, s = people.key[d, i], tables.scalar[d]
    none = tables.drive.shape[1]  # stands for no phase
    phase = 0
    state = e.first_state(tables, uniform(key, ONCE, 0) < s[STARTS])
    reports, seen_for, tells_less, silent_from = _interviews(key, s)
    if state == TREATED:
        counts.started[d, 0] += 1.0
    inside = state == TREATED or state == DETOX
    own = phase if inside else none  # the phase whose withdrawal and medicine count
    clean = s[BEGINS_CLEAN] > 0.5  # who begins without use, and has not used yet
    without = s[CLEAN_FOR]
    soon = clean and uniform(key, SOON, 0) < s[BEGINS_SOON]  # whether use comes back soon
    t, since, first, ends = 0.0, 0.0, inside, -1.0
    if clean and not inside:
        since = without
    since_start, since_stop, was_treated = 0.0, 0.0, state == TREATED
    tolerance, breathing = s[HABIT_DRIVE], s[HABIT_DRIVE]
    if uniform(key, ONCE, 6) < s[ENTERS_LOW]:
        tolerance, breathing = adapted_before_stop(s, 0.0, s[AWAY], tolerance, breathing)
    elif clean:
        tolerance, breathing = adapted_before_stop(s, 0.0, s[CLEAN_LOST], tolerance, breathing)
    fresh, week = 1.0, 0
    changed, asked, overdosed, spare = 0, 0, 0, 0.0
    weekly, drawn = 0.0, -1
    wait, back = waiting(key, CHANGE, 0), waiting(key, BACK, 0)
    until_overdose, until_other = waiting(key, TO_OVERDOSE, 0), waiting(key, OTHER, 0)
    run, used, used_weeks, had_run, relapsed = 0.0, False, 0, False, False
    tenth, lapsed, days_1, days_2, days_3, days_4 = False, False, 0.0, 0.0, 0.0, 0.0
    note(changes, kept, i, 0.0, state, phase)
    week_end(counts, d, 0, state, first, False, False, False, False)
    while t < days:
        step, planned = step_length(tables, state, phase, week, t, since, ends)
        left = left_of_step(s, step, a_day, a_week)
        share, other, change, returns = step_hazards(
            tables, people, d, i, state, phase, own, since, step, ends < 0.0, soon, fresh * left[3],
            clean, without,
        )  # fmt: skip
        if was_treated:
            other *= _more_deaths(s, state, since_start, since_stop)
        felt = breathing if s[TOLERANT] > 0.5 else s[HABIT_DRIVE]
        of, when = phase if state == TREATED else none, period(since)
        fails = failing(tables.fails[d, of, when], felt)
        rate = share * s[USES_A_DAY] * fails + s[BACKGROUND]
        overdoses = rate * people.overdose[d, i] * step
        deaths = other * step
        part, event = e.first_event(
            change, returns, overdoses, deaths, wait, back, until_overdose, until_other
        )
        wait -= change * part
        back -= returns * part
        until_overdose -= overdoses * part
        until_other -= deaths * part
        length = step * part
        if event != e.NOTHING:
            left = left_after(s, length)
        fresh *= left[3] * left[3]
        if was_treated:
            row = 0 if state == TREATED else 1
            day = since_start if row == 0 else since_stop
            count_time(
                counts, d, row, day, length, share, overdoses * part, s[FATAL], deaths * part
            )
        inside = state == TREATED or state == DETOX
        seen = inside or since_stop < seen_for
        heard = reports and seen and not (tells_less and t > silent_from)
        at = min(week + 1, counts.days.shape[1] - 1)
        counts.days[d, at] += share * length
        if heard:
            counts.recorded[d, at] += share * length
        run, used, asked, spare, weekly, drawn = use_in_step(
            key, state, week, share, length, run, used, asked, spare, weekly, drawn
        )
        tolerance, breathing = adapted_in_step(
            tables, d, state, phase, when, share, tolerance, breathing, left
        )
        t += length
        without += length
        days_1 += share * length
        since += length
        since_start += length
        since_stop += length
        if t >= _RELAPSE_FROM:
            long = min(run, t - _RELAPSE_FROM) >= WEEK - TIME_STEP
            relapsed = relapsed or long
            had_run = had_run or (long and heard)
        if event == e.NOTHING and t >= (week + 1) * WEEK - TIME_STEP:
            t = (week + 1) * WEEK
            used_weeks = used_weeks + 1 if used else 0
            lapsed = lapsed or used
            tenth = tenth or days_1 + days_2 + days_3 + days_4 >= _TENTH_D
            days_1, days_2, days_3, days_4 = 0.0, days_1, days_2, days_3
            if used_weeks >= _RELAPSE_WEEKS and t >= _RELAPSE_FROM + 7.0 * _RELAPSE_WEEKS:
                relapsed = True
            if not used:
                counts.abstinent[d, week + 1] += 1.0
            used = False
            if seen and s[DETECTED] > 0.0:
                count_test(counts, d, week + 1, state, share, s)
            week_end(counts, d, week + 1, state, first, had_run, relapsed, tenth, lapsed)
            week += 1
        before, planned = state, planned and event == e.NOTHING
        if planned:
            uncovered = ends >= 0.0 and since >= ends - TIME_STEP
            state, next_, changed, goes_on, soon = e.planned_end(
                tables, s, key, phase, changed, uncovered, clean
            )
            if goes_on:
                if before == DETOX and first:
                    counts.started[d, 0] += 1.0
                if before == DETOX:
                    clean, without = True, 0.0
                    soon = uniform(key, SOON, changed) < s[USES_AFTER_PLAN]
                phase, since = next_, 0.0
                wait = waiting(key, CHANGE, 1000 + 8 * changed + phase)
                if state == TREATED and before == TREATED:
                    note(changes, kept, i, t, state, phase)
            else:
                first, own = False, phase
            ends = -1.0
        elif event == e.CHANGE and before == TREATED and tables.interval[phase] > WEEK:
            ends = e.cover_ends(tables, phase, since)
            wait = 1e30
        elif event == e.CHANGE:
            first = first and not inside
            state, own, changed, soon = e.changed_state(
                s, key, state, phase, own, none, changed, clean
            )
        elif event == e.RETURN and state == TREATED:
            clean, soon, back = False, False, waiting(key, BACK, 1000 + changed)
        elif event == e.RETURN:
            phase = tables.back[0]
            state = e.treated(tables, phase)
            clean = state == TREATED and s[BEGINS_CLEAN] > 0.5
            without, soon = 0.0, clean and uniform(key, SOON, 1000 + changed) < s[USES_AFTER_PLAN]
        elif event == e.OVERDOSE:
            overdosed += 1
            until_overdose = waiting(key, TO_OVERDOSE, overdosed)
            if uniform(key, DIES, overdosed) < s[FATAL]:
                state = DEAD_OVERDOSE
            else:
                counts.overdoses[d, at] += 1.0
                note(changes, kept, i, t, OVERDOSE, phase)
        elif event == e.OTHER_DEATH:
            state = DEAD_OTHER
        if before == TREATED and state < DETOX and state != before:
            # Doses were missed or lowered before the stop that is recorded.
            without = 0.5 * tables.taper[phase] if planned else s[MISSED]
            tolerance, breathing = adapted_before_stop(s, share, without, tolerance, breathing)
        if state != before:
            since, ends, fresh = 0.0, -1.0, 1.0
            changed += 1
            wait, back = waiting(key, CHANGE, changed), waiting(key, BACK, changed)
            if state == TREATED:
                since_start, was_treated = 0.0, True
            if before == TREATED:
                since_stop = 0.0
            note(changes, kept, i, t, state, phase)
            if state == DEAD_OVERDOSE or state == DEAD_OTHER:
                at = int(t / WEEK + 1e-9) + 1
                dead(counts, d, at, state, had_run, relapsed, tenth, lapsed)
                t = days


def _more_deaths(s: Floats, state: int, since_start: float, since_stop: float) -> float:
    """By how many times deaths from other causes are more soon after a start or a stop of treatment."""
    more = 0.0
    if state == TREATED and since_start < s[CHANGED_FOR]:
        more = s[ENTERING_MORE]
    elif state != TREATED and since_stop < s[CHANGED_FOR]:
        more = s[LEAVING_MORE]
    return 1.0 + more


def _interviews(key: int, s: Floats) -> tuple[bool, float, bool, float]:
    """Whether a person tells of use, days after a stop for which the person is seen, whether, and when, less is told."""
    reports = uniform(key, ONCE, 1) < s[REPORTS]
    followed = uniform(key, ONCE, 2) < s[FOLLOWED]
    seen_for = s[SEEN_FOR] * waiting(key, ONCE, 3) if followed else 0.0
    tells_less = uniform(key, ONCE, 4) < s[REPORTS_FALL]
    return reports, seen_for, tells_less, s[SEEN_FOR] * waiting(key, ONCE, 5)
