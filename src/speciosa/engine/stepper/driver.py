"""The compiled loop that keeps eight patients going, each with its own time, step and events.

A lane that finishes a patient takes the next one at once, so that no lane waits for the slowest. The result of a
patient does not depend on which others are beside it.
"""

import numpy as np

from speciosa.engine.codes import (
    FAR,
    NO_STEADY_STATE,
    NOT_FINITE,
    STEP_TOO_SMALL,
    TOO_MANY_STEPS,
    WIDTH,
)
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import call, number, put, put_whole, real, whole
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
    observe_present,
    observe_step,
    open_windows,
    present,
    read_endpoint,
)
from speciosa.engine.stepper.record import erase, record_between, record_present
from speciosa.engine.stepper.restart import first_step, learn
from speciosa.engine.stepper.runin import begin_interval, begin_run_in, end_interval

_CHECK_EVERY = 1024
_ALL = (1 << WIDTH) - 1


def solve(c: int) -> None:
    """Solves all rows of a chunk; `c` is the address of a `Context`. Compiled by `native`."""
    total, endpoints = number(c, at.ROWS), number(c, at.ENDPOINTS)
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
        for lane in range(WIDTH):
            if whole(c, at.LANE_FRESH, lane) and accepted >> lane & 1:
                learn(c, lane)
        if endpoints:
            observe_step(c, accepted)
        due = bits & active & _ALL
        while due:
            due = record_between(c, due)
        failed = bits >> 3 * WIDTH & active & _ALL
        if ticks % _CHECK_EVERY == 0:
            if whole(c, at.GIVE_UP, 0):
                return
            failed |= too_long(c, active, ticks)
        if failed:
            for lane in range(WIDTH):
                if failed >> lane & 1:
                    fail(c, lane, ticks)
            active &= ~failed
        halted = bits >> WIDTH & active & _ALL


def load(c: int, lane: int, row: int, ticks: int) -> None:
    """Puts the next patient into a lane."""
    rows = number(c, at.ROWS)
    for i in range(number(c, at.PARAMETERS)):
        put(c, at.PARAMETER, i * WIDTH + lane, real(c, at.PATIENT_PARAMETERS, i * rows + row))
    for i in range(number(c, at.COVARIATES)):
        put(c, at.COVARIATE, i * WIDTH + lane, real(c, at.PATIENT_COVARIATES, i * rows + row))
    call(c, at.PREPARE)
    reset_states(c, lane)
    schedule = whole(c, at.PATIENT_SCHEDULE, row)
    begin = real(c, at.BEGIN, 0)
    for r in range(whole(c, at.S_FIRST, schedule), whole(c, at.S_FIRST, schedule + 1)):
        begin = min(begin, real(c, at.S_TIME, r))
    load_records(c, lane, schedule)
    share = real(c, at.SET_PEAK_SHARE, 0)
    for i in range(number(c, at.STATES)):
        start = abs(real(c, at.Y, i * WIDTH + lane)) * share
        put(c, at.PEAK, i * WIDTH + lane, max(real(c, at.SET_FLOOR, i), start))
    put(c, at.RTOL, lane, real(c, at.SET_RTOL, 0))
    put(c, at.PEAK_SHARE, lane, share)
    put(c, at.T, lane, begin)
    put(c, at.STOP, lane, begin)
    put(c, at.H, lane, 0.0)
    put(c, at.LOG_ERROR, lane, np.log(1e-4))
    put(c, at.ERROR_SUM, lane, 0.0)
    put(c, at.LANE_RESTART, lane, 0.0)
    put_whole(c, at.LANE_ROW, lane, row)
    put_whole(c, at.LANE_DUE, lane, 0)
    put_whole(c, at.LANE_HALT, lane, 0)
    put_whole(c, at.LANE_OCCASION, lane, 0)
    put_whole(c, at.LANE_ALIVE, lane, -1)
    put_whole(c, at.LANE_FRESH, lane, 1)
    put_whole(c, at.LANE_BEGUN, lane, ticks)
    put_whole(c, at.SEEKING, lane, 0)
    put(c, at.MOST, lane, real(c, at.SET_MOST, 0))
    clear_endpoints(c, lane)
    clear_decisions(c, lane)
    if number(c, at.BEFORE):
        hold(c, 1 << lane, -1.0)
        present(c)
        record_present(c, lane, begin + near(begin))


def halt(c: int, halted: int, active: int, ticks: int) -> int:
    """Patients at their next stop: events, decisions, observations, the way on. Returns who goes on."""
    for lane in range(WIDTH):
        if halted >> lane & 1 and not events(c, lane):
            put_whole(c, at.CODES, whole(c, at.LANE_ROW, lane), NO_STEADY_STATE)
            fail(c, lane, ticks)
            active &= ~(1 << lane)
    halted &= active
    hold(c, halted, 1.0)
    call(c, at.START)
    present(c)
    ended = take_decisions(c, halted) if number(c, at.DECISIONS) else 0
    for lane in range(WIDTH):
        put(c, at.FLAG, lane, 0.0)
        if halted >> lane & 1 and (go_on(c, lane) or ended >> lane & 1):
            finish(c, lane, ticks)
            active &= ~(1 << lane)
    return active


def take_decisions(c: int, halted: int) -> int:
    """The decisions of every halted patient. Returns whose follow-up ends."""
    ended, changed = 0, False
    for lane in range(WIDTH):
        if halted >> lane & 1 and not whole(c, at.SEEKING, lane):
            done = decide(c, lane)
            if done == 2:
                ended |= 1 << lane
            elif done == 1:
                apply_events(c, lane, lane)
                put(c, at.FLAG, lane, 1.0)
                put_whole(c, at.LANE_FRESH, lane, 1)
                changed = True
    if changed:
        call(c, at.START)
        present(c)
    return ended


def events(c: int, lane: int) -> bool:
    """All that happens to a patient now, the search for a steady state included. Returns False if that failed."""
    table, time = lane, real(c, at.T, lane)
    if nothing_happens(c, lane, time + near(time)):
        return True
    put(c, at.FLAG, lane, 1.0)
    put_whole(c, at.LANE_FRESH, lane, 1)
    if whole(c, at.SEEKING, lane):
        table = lane + WIDTH
        end = real(c, at.SEEK_END, lane)
        if time >= end - near(end):
            verdict = end_interval(c, lane)
            if verdict < 0:
                return False
            if verdict == 0:
                begin_interval(c, lane)
            else:
                put_whole(c, at.SEEKING, lane, 0)
                awaken(c, lane, whole(c, at.SEEK_GROUP, lane), end)
                table = lane
    else:
        begin_occasions(c, lane, time)
    asking = apply_events(c, table, lane)
    if asking >= 0:
        group, moment = whole(c, at.STEADY, asking), real(c, at.GIVEN, asking)
        cancel_given_before(c, lane, time, whole(c, at.ORDER, asking))
        reset_states(c, lane)
        add_past(c, lane, group)
        if not begin_run_in(c, lane, group, moment):
            return False
        apply_events(c, lane + WIDTH, lane)
    return True


def nothing_happens(c: int, lane: int, limit: float) -> bool:
    """Whether a patient only stopped to be looked at, and goes on with the step that was proposed."""
    if whole(c, at.SEEKING, lane) or next_event(c, lane) <= limit:
        return False
    occasion = whole(c, at.LANE_OCCASION, lane)
    if occasion < number(c, at.OCCASIONS) and real(c, at.OCCASION_TIME, occasion) <= limit:
        return False
    # a patient just loaded has no step yet
    return real(c, at.H, lane) > 0.0


def begin_occasions(c: int, lane: int, time: float) -> None:
    """Gives the parameters that vary between occasions their values of the occasion that begins now."""
    occasion, count = whole(c, at.LANE_OCCASION, lane), number(c, at.OCCASIONS)
    changed = False
    while occasion < count and real(c, at.OCCASION_TIME, occasion) <= time + near(time):
        for v in range(number(c, at.VARYING)):
            row = v * number(c, at.ROWS) + whole(c, at.LANE_ROW, lane)
            value = real(c, at.OCCASION_VALUE, row * count + occasion)
            put(c, at.PARAMETER, whole(c, at.OCCASION_PARAMETER, v) * WIDTH + lane, value)
        occasion += 1
        changed = True
    put_whole(c, at.LANE_OCCASION, lane, occasion)
    if changed:
        call(c, at.PREPARE)


def go_on(c: int, lane: int) -> bool:
    """Observes the present, then sets the next stop, observation and step. Returns whether follow-up is over."""
    time = real(c, at.T, lane)
    limit = time + near(time)
    put(c, at.DUE, lane, FAR)
    if whole(c, at.SEEKING, lane):
        stop = min(next_event(c, lane + WIDTH), real(c, at.SEEK_END, lane))
    else:
        record_present(c, lane, limit)
        if number(c, at.ENDPOINTS):
            observe_present(c, lane)
        end = real(c, at.END, 0)
        if time >= end - near(end):
            return True
        i = whole(c, at.LANE_HALT, lane)
        while real(c, at.HALTS, i) <= limit:
            i += 1
        put_whole(c, at.LANE_HALT, lane, i)
        stop = min(next_event(c, lane), real(c, at.HALTS, i))
        stop = min(stop, next_decision(c, lane))
    stop = next_switch(c, lane, time, stop)
    put(c, at.STOP, lane, stop)
    put(c, at.LEAST, lane, -near(stop) if number(c, at.BEFORE) else near(stop))
    open_windows(c, lane)
    if whole(c, at.LANE_FRESH, lane):
        first_step(c, lane, stop - time)
    return False


def too_long(c: int, active: int, ticks: int) -> int:
    """Who has taken more steps than allowed."""
    found, most = 0, number(c, at.MOST_STEPS)
    for lane in range(WIDTH):
        if active >> lane & 1 and ticks - whole(c, at.LANE_BEGUN, lane) > most:
            put_whole(c, at.CODES, whole(c, at.LANE_ROW, lane), TOO_MANY_STEPS)
            found |= 1 << lane
    return found


def fail(c: int, lane: int, ticks: int) -> None:
    """Gives up on a patient: NaN everywhere, and why."""
    row, rows = whole(c, at.LANE_ROW, lane), number(c, at.ROWS)
    if whole(c, at.CODES, row) == 0:
        finite = True
        for i in range(number(c, at.STATES)):
            finite = finite and abs(real(c, at.F, i * WIDTH + lane)) < FAR
        finite = finite and real(c, at.Q, lane) < FAR
        put_whole(c, at.CODES, row, STEP_TOO_SMALL if finite else NOT_FINITE)
    erase(c, row, 0)
    for e in range(number(c, at.ENDPOINTS)):
        put(c, at.ENDPOINT_VALUES, e * rows + row, np.nan)
    put_whole(c, at.STEPS, row, ticks - whole(c, at.LANE_BEGUN, lane))
    put(c, at.ERROR, row, np.nan)
    put(c, at.ENDED_H, row, real(c, at.T, lane))


def finish(c: int, lane: int, ticks: int) -> None:
    """Writes down a patient whose follow-up is over."""
    row, rows, time = whole(c, at.LANE_ROW, lane), number(c, at.ROWS), real(c, at.T, lane)
    erase(c, row, whole(c, at.LANE_DUE, lane))
    put_whole(c, at.STEPS, row, ticks - whole(c, at.LANE_BEGUN, lane))
    put(c, at.ERROR, row, real(c, at.ERROR_SUM, lane) * real(c, at.RTOL, lane))
    put(c, at.ENDED_H, row, time)
    for e in range(number(c, at.ENDPOINTS)):
        put(c, at.ENDPOINT_VALUES, e * rows + row, read_endpoint(c, lane, e))
