"""The compiled loop that keeps eight patients going, each with its own time, step and events.

A lane that finishes a patient takes the next one at once, so that no lane waits for the slowest. The result of a
patient does not depend on which others are beside it.
"""

import numpy as np

from speciosa.engine.codes import (
    ENDLESS_EVENTS,
    FAR,
    NO_STEADY_STATE,
    NOT_FINITE,
    STEP_TOO_SMALL,
    TOO_MANY_STEPS,
    WIDTH,
)
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import (
    call,
    get_float64,
    get_int64,
    number,
    set_float64,
    set_int64,
)
from speciosa.engine.stepper.clock import hold, next_switch
from speciosa.engine.stepper.decide import clear_decisions, decide, next_decision
from speciosa.engine.stepper.happen import apply_events, reset_states
from speciosa.engine.stepper.lanes import (
    add_past,
    awaken,
    cancel_given_before,
    load_records,
    near,
    next_event,
)
from speciosa.engine.stepper.observe import (
    clear_endpoints,
    followed_by,
    observe_present,
    observe_step,
    open_windows,
    present,
    read_endpoint,
    unknown_now,
)
from speciosa.engine.stepper.record import erase, record_between, record_present
from speciosa.engine.stepper.restart import first_step, learn
from speciosa.engine.stepper.runin import (
    add_what_was_there,
    begin_interval,
    begin_run_in,
    end_interval,
    keep_what_is_there,
)
from speciosa.engine.stepper.trigger import clear_triggers, locate, next_action, set_off

_CHECK_EVERY = 1024
_ALL = (1 << WIDTH) - 1


def solve(c: int) -> None:
    """Solves all rows of a chunk; `c` is the address of a `Context`. Compiled by `native`."""
    total, endpoints, triggers = (
        number(c, at.ROWS),
        number(c, at.ENDPOINTS),
        number(c, at.V_EVENTS),
    )
    following, active, halted, ticks = 0, 0, 0, 0
    while True:
        for lane in range(WIDTH):
            if not active >> lane & 1 and following < total:
                load(c, lane, following, ticks)
                following += 1
                active |= 1 << lane
                halted |= 1 << lane
        if active == 0:
            return
        if halted:
            active = halt(c, halted, active, ticks)
            halted = 0
            continue
        bits = call(c, at.STEP)
        ticks += 1
        accepted = bits >> 2 * WIDTH & active & _ALL
        again, there = 0, 0
        if triggers:
            present(c, followed_by(c, accepted) | number(c, at.V_GAP_BITS))
            found = locate(c, accepted, bits >> WIDTH & _ALL)
            again, there = found & _ALL, found >> WIDTH
            accepted &= ~again
        for lane in range(WIDTH):
            if get_int64(c, at.LANE_FRESH, lane) and accepted >> lane & 1:
                learn(c, lane)
        if endpoints:
            observe_step(c, accepted)
        due = bits & active & _ALL & ~again
        while due:
            due = record_between(c, due)
        failed = bits >> 3 * WIDTH & active & _ALL
        if ticks % _CHECK_EVERY == 0:
            if get_int64(c, at.GIVE_UP, 0):
                return
            failed |= too_long(c, active, ticks)
        if failed:
            for lane in range(WIDTH):
                if failed >> lane & 1:
                    fail(c, lane, ticks)
            active &= ~failed
        halted = (bits >> WIDTH & ~again | there) & active & _ALL


def load(c: int, lane: int, row: int, ticks: int) -> None:
    """Puts the next patient into a lane."""
    rows = number(c, at.ROWS)
    for i in range(number(c, at.PARAMETERS)):
        set_float64(
            c, at.PARAMETER, i * WIDTH + lane, get_float64(c, at.PATIENT_PARAMETERS, i * rows + row)
        )
    for i in range(number(c, at.COVARIATES)):
        set_float64(
            c, at.COVARIATE, i * WIDTH + lane, get_float64(c, at.PATIENT_COVARIATES, i * rows + row)
        )
    call(c, at.PREPARE)
    reset_states(c, lane)
    schedule = get_int64(c, at.PATIENT_SCHEDULE, row)
    begin = get_float64(c, at.BEGIN, 0)
    for r in range(get_int64(c, at.S_FIRST, schedule), get_int64(c, at.S_FIRST, schedule + 1)):
        begin = min(begin, get_float64(c, at.S_TIME, r))
    load_records(c, lane, schedule)
    share = get_float64(c, at.SET_PEAK_SHARE, 0)
    for i in range(number(c, at.STATES)):
        start = abs(get_float64(c, at.Y, i * WIDTH + lane)) * share
        set_float64(c, at.PEAK, i * WIDTH + lane, max(get_float64(c, at.SET_FLOOR, i), start))
    set_float64(c, at.RTOL, lane, get_float64(c, at.SET_RTOL, 0))
    set_float64(c, at.PEAK_SHARE, lane, share)
    set_float64(c, at.T, lane, begin)
    set_float64(c, at.STOP, lane, begin)
    set_float64(c, at.H, lane, 0.0)
    set_float64(c, at.LOG_ERROR, lane, np.log(1e-4))
    set_float64(c, at.ERROR_SUM, lane, 0.0)
    set_float64(c, at.LANE_RESTART, lane, 0.0)
    set_int64(c, at.LANE_ROW, lane, row)
    set_int64(c, at.LANE_DUE, lane, 0)
    set_int64(c, at.LANE_HALT, lane, 0)
    set_int64(c, at.LANE_OCCASION, lane, 0)
    set_int64(c, at.LANE_ALIVE, lane, -1)
    set_int64(c, at.LANE_FRESH, lane, 1)
    set_int64(c, at.LANE_BEGUN, lane, ticks)
    set_int64(c, at.SEEKING, lane, 0)
    set_float64(c, at.MOST, lane, get_float64(c, at.SET_MOST, 0))
    clear_endpoints(c, lane)
    clear_decisions(c, lane)
    clear_triggers(c, lane)
    if number(c, at.BEFORE):
        hold(c, 1 << lane, -1.0)
        present(c, -1)
        record_present(c, lane, begin + near(begin))


def halt(c: int, halted: int, active: int, ticks: int) -> int:
    """Patients at their next stop: events, decisions, observations, the way on. Returns who goes on."""
    for lane in range(WIDTH):
        if halted >> lane & 1 and not events(c, lane):
            set_int64(c, at.CODES, get_int64(c, at.LANE_ROW, lane), NO_STEADY_STATE)
            fail(c, lane, ticks)
            active &= ~(1 << lane)
    halted &= active
    endless = begin_triggers(c, halted) if number(c, at.V_EVENTS) else 0
    hold(c, halted, 1.0)
    call(c, at.START)
    if number(c, at.V_EVENTS):
        endless |= set_off(c, halted)
    unknown = unknown_now(c, halted)
    if unknown:
        present(c, unknown)
    ended = take_decisions(c, halted) if number(c, at.DECISIONS) else 0
    if number(c, at.V_EVENTS) and number(c, at.DECISIONS):
        endless |= set_off(c, halted)
        present(c, -1)
    for lane in range(WIDTH):
        if endless >> lane & 1:
            set_int64(c, at.CODES, get_int64(c, at.LANE_ROW, lane), ENDLESS_EVENTS)
            fail(c, lane, ticks)
    active &= ~endless
    halted &= ~endless
    for lane in range(WIDTH):
        set_float64(c, at.FLAG, lane, 0.0)
        if halted >> lane & 1 and (go_on(c, lane) or ended >> lane & 1):
            finish(c, lane, ticks)
            active &= ~(1 << lane)
    return active


def begin_triggers(c: int, halted: int) -> int:
    """The conditions of the model's events at the very start, and what they set off there. Returns in whom there is no end."""
    fresh = 0
    for lane in range(WIDTH):
        if halted >> lane & 1 and get_int64(c, at.V_FRESH, lane):
            set_int64(c, at.V_FRESH, lane, 0)
            fresh |= 1 << lane
    if fresh == 0:
        return 0
    hold(c, fresh, 0.0)
    call(c, at.START)
    return set_off(c, fresh)


def take_decisions(c: int, halted: int) -> int:
    """The decisions of every halted patient. Returns whose follow-up ends."""
    ended, changed = 0, False
    for lane in range(WIDTH):
        if halted >> lane & 1 and not get_int64(c, at.SEEKING, lane):
            done = decide(c, lane)
            if done == 2:
                ended |= 1 << lane
            elif done == 1:
                apply_events(c, lane, lane)
                set_float64(c, at.FLAG, lane, 1.0)
                set_int64(c, at.LANE_FRESH, lane, 1)
                changed = True
    if changed:
        call(c, at.START)
        present(c, -1)
    return ended


def events(c: int, lane: int) -> bool:
    """All that happens to a patient now, the search for a steady state included. Returns False if that failed."""
    table, time = lane, get_float64(c, at.T, lane)
    if nothing_happens(c, lane, time + near(time)):
        return True
    set_float64(c, at.FLAG, lane, 1.0)
    set_int64(c, at.LANE_FRESH, lane, 1)
    if get_int64(c, at.SEEKING, lane):
        set_float64(c, at.FLAG, lane, 2.0)
        table = lane + WIDTH
        end = get_float64(c, at.SEEK_END, lane)
        if time >= end - near(end):
            verdict = end_interval(c, lane)
            if verdict < 0:
                return False
            if verdict == 0:
                begin_interval(c, lane)
            else:
                set_int64(c, at.SEEKING, lane, 0)
                awaken(c, lane, get_int64(c, at.SEEK_GROUP, lane), end)
                if get_int64(c, at.SEEK_ADDED, lane):
                    add_what_was_there(c, lane)
                table = lane
    else:
        begin_occasions(c, lane, time)
    asking = apply_events(c, table, lane)
    if asking >= 0:
        group, moment = get_int64(c, at.STEADY, asking), get_float64(c, at.GIVEN, asking)
        if get_float64(c, at.AMOUNT, asking) > 0.0:
            keep_what_is_there(c, lane)
        else:
            set_int64(c, at.SEEK_ADDED, lane, 0)
            cancel_given_before(c, lane, time, get_int64(c, at.ORDER, asking))
        reset_states(c, lane)
        add_past(c, lane, group)
        if not begin_run_in(c, lane, group, moment):
            return False
        apply_events(c, lane + WIDTH, lane)
    return True


def nothing_happens(c: int, lane: int, limit: float) -> bool:
    """Whether a patient only stopped to be looked at, and goes on with the step that was proposed."""
    if get_int64(c, at.SEEKING, lane) or next_event(c, lane) <= limit:
        return False
    occasion = get_int64(c, at.LANE_OCCASION, lane)
    if occasion < number(c, at.OCCASIONS) and get_float64(c, at.OCCASION_TIME, occasion) <= limit:
        return False
    # a patient just loaded has no step yet
    return get_float64(c, at.H, lane) > 0.0


def begin_occasions(c: int, lane: int, time: float) -> None:
    """Gives the parameters that vary between occasions their values of the occasion that begins now."""
    occasion, count = get_int64(c, at.LANE_OCCASION, lane), number(c, at.OCCASIONS)
    changed = False
    while occasion < count and get_float64(c, at.OCCASION_TIME, occasion) <= time + near(time):
        for v in range(number(c, at.VARYING)):
            row = v * number(c, at.ROWS) + get_int64(c, at.LANE_ROW, lane)
            value = get_float64(c, at.OCCASION_VALUE, row * count + occasion)
            set_float64(
                c, at.PARAMETER, get_int64(c, at.OCCASION_PARAMETER, v) * WIDTH + lane, value
            )
        occasion += 1
        changed = True
    set_int64(c, at.LANE_OCCASION, lane, occasion)
    if changed:
        set_float64(c, at.FLAG, lane, 2.0)
        call(c, at.PREPARE)


def go_on(c: int, lane: int) -> bool:
    """Observes the present, then sets the next stop, observation and step. Returns whether follow-up is over."""
    time = get_float64(c, at.T, lane)
    limit = time + near(time)
    set_float64(c, at.DUE, lane, FAR)
    if get_int64(c, at.SEEKING, lane):
        stop = min(next_event(c, lane + WIDTH), get_float64(c, at.SEEK_END, lane))
    else:
        record_present(c, lane, limit)
        if number(c, at.ENDPOINTS):
            observe_present(c, lane)
        end = get_float64(c, at.END, 0)
        if time >= end - near(end):
            return True
        i = get_int64(c, at.LANE_HALT, lane)
        while get_float64(c, at.HALTS, i) <= limit:
            i += 1
        set_int64(c, at.LANE_HALT, lane, i)
        stop = min(next_event(c, lane), get_float64(c, at.HALTS, i))
        stop = min(stop, next_decision(c, lane))
        stop = min(stop, next_action(c, lane))
    stop = next_switch(c, lane, time, stop)
    set_float64(c, at.STOP, lane, stop)
    set_float64(c, at.LEAST, lane, -near(stop) if number(c, at.BEFORE) else near(stop))
    open_windows(c, lane)
    if get_int64(c, at.LANE_FRESH, lane):
        first_step(c, lane, stop - time)
    return False


def too_long(c: int, active: int, ticks: int) -> int:
    """Who has taken more steps than allowed."""
    found, most = 0, number(c, at.MOST_STEPS)
    for lane in range(WIDTH):
        if active >> lane & 1 and ticks - get_int64(c, at.LANE_BEGUN, lane) > most:
            set_int64(c, at.CODES, get_int64(c, at.LANE_ROW, lane), TOO_MANY_STEPS)
            found |= 1 << lane
    return found


def fail(c: int, lane: int, ticks: int) -> None:
    """Gives up on a patient: NaN everywhere, and why."""
    row, rows = get_int64(c, at.LANE_ROW, lane), number(c, at.ROWS)
    if get_int64(c, at.CODES, row) == 0:
        finite = True
        for i in range(number(c, at.STATES)):
            finite = finite and abs(get_float64(c, at.F, i * WIDTH + lane)) < FAR
        finite = finite and get_float64(c, at.Q, lane) < FAR
        set_int64(c, at.CODES, row, STEP_TOO_SMALL if finite else NOT_FINITE)
    erase(c, row, 0)
    for e in range(number(c, at.ENDPOINTS)):
        set_float64(c, at.ENDPOINT_VALUES, e * rows + row, np.nan)
    set_int64(c, at.STEPS, row, ticks - get_int64(c, at.LANE_BEGUN, lane))
    set_float64(c, at.ERROR, row, np.nan)
    set_float64(c, at.ENDED_H, row, get_float64(c, at.T, lane))


def finish(c: int, lane: int, ticks: int) -> None:
    """Writes down a patient whose follow-up is over."""
    row, rows, time = (
        get_int64(c, at.LANE_ROW, lane),
        number(c, at.ROWS),
        get_float64(c, at.T, lane),
    )
    erase(c, row, get_int64(c, at.LANE_DUE, lane))
    set_int64(c, at.STEPS, row, ticks - get_int64(c, at.LANE_BEGUN, lane))
    set_float64(
        c, at.ERROR, row, get_float64(c, at.ERROR_SUM, lane) * get_float64(c, at.RTOL, lane)
    )
    set_float64(c, at.ENDED_H, row, time)
    for e in range(number(c, at.ENDPOINTS)):
        set_float64(c, at.ENDPOINT_VALUES, e * rows + row, read_endpoint(c, lane, e))
