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
from speciosa.engine.dosing import near
from speciosa.engine.stepper.clock import hold, next_switch
from speciosa.engine.stepper.decide import clear_decisions, decide, next_decision
from speciosa.engine.stepper.happen import apply_events, reset_states
from speciosa.engine.stepper.lanes import (
    add_past,
    awaken,
    cancel_given_before,
    load_records,
    next_event,
)
from speciosa.engine.stepper.loop import Loop
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


def solve(c: Loop) -> None:
    """Solves all rows of a chunk; `c` is the address of a `Context`. Compiled by `native`."""
    total, endpoints, triggers = (
        c.size.rows,
        c.size.endpoints,
        c.triggers.events,
    )
    following, active, halted, ticks = 0, 0, 0, 0
    while True:
        if active != _ALL and following < total:
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
        bits = c.kernel.step(c.space.memory)
        ticks += 1
        accepted = bits >> 2 * WIDTH & active & _ALL
        again, there = 0, 0
        if triggers:
            present(c, followed_by(c, accepted) | c.triggers.gap_bits)
            found = locate(c, accepted, bits >> WIDTH & _ALL)
            again, there = found & _ALL, found >> WIDTH
            accepted &= ~again
        for lane in range(WIDTH):
            if c.lanes.fresh[lane] and accepted >> lane & 1:
                learn(c, lane)
        if endpoints:
            observe_step(c, accepted)
        due = bits & active & _ALL & ~again
        while due:
            due = record_between(c, due)
        failed = bits >> 3 * WIDTH & active & _ALL
        if ticks % _CHECK_EVERY == 0:
            if c.give_up[0]:
                return
            failed |= too_long(c, active, ticks)
        if failed:
            for lane in range(WIDTH):
                if failed >> lane & 1:
                    fail(c, lane, ticks)
            active &= ~failed
        halted = (bits >> WIDTH & ~again | there) & active & _ALL


def load(c: Loop, lane: int, row: int, ticks: int) -> None:
    """Puts the next patient into a lane."""
    for i in range(c.size.parameters):
        c.space.parameter[i, lane] = c.patients.parameters[i, row]
    for i in range(c.size.covariates):
        c.space.covariate[i, lane] = c.patients.covariates[i, row]
    c.kernel.prepare(c.space.memory)
    reset_states(c, lane)
    schedule = c.patients.schedule[row]
    begin = c.settings.begin
    for r in range(c.schedule.first[schedule], c.schedule.first[schedule + 1]):
        begin = min(begin, c.schedule.time_h[r])
    load_records(c, lane, schedule)
    share = c.settings.peak_share
    for i in range(c.size.states):
        start = abs(c.space.y[i, lane]) * share
        c.space.peak[i, lane] = max(c.settings.floor[i], start)
    c.space.rtol[lane] = c.settings.rtol
    c.space.peak_share[lane] = share
    c.space.t[lane] = begin
    c.space.stop[lane] = begin
    c.space.h[lane] = 0.0
    c.space.log_error[lane] = np.log(1e-4)
    c.space.error_sum[lane] = 0.0
    c.lanes.restart[lane] = 0.0
    c.lanes.row[lane] = row
    c.lanes.due[lane] = 0
    c.lanes.halt[lane] = 0
    c.lanes.occasion[lane] = 0
    c.lanes.alive[lane] = -1
    c.lanes.fresh[lane] = 1
    c.lanes.begun[lane] = ticks
    c.search.seeking[lane] = 0
    c.space.most[lane] = c.settings.max_step
    clear_endpoints(c, lane)
    clear_decisions(c, lane)
    clear_triggers(c, lane)
    if c.settings.before:
        hold(c, 1 << lane, -1.0)
        present(c, -1)
        record_present(c, lane, begin + near(begin))


def halt(c: Loop, halted: int, active: int, ticks: int) -> int:
    """Patients at their next stop: events, decisions, observations, the way on. Returns who goes on."""
    for lane in range(WIDTH):
        if halted >> lane & 1 and not events(c, lane):
            c.results.codes[c.lanes.row[lane]] = NO_STEADY_STATE
            fail(c, lane, ticks)
            active &= ~(1 << lane)
    halted &= active
    endless = begin_triggers(c, halted) if c.triggers.events else 0
    hold(c, halted, 1.0)
    c.kernel.start(c.space.memory)
    if c.triggers.events:
        endless |= set_off(c, halted)
    unknown = unknown_now(c, halted)
    if unknown:
        present(c, unknown)
    ended = take_decisions(c, halted) if c.size.decisions else 0
    if c.triggers.events and c.size.decisions:
        endless |= set_off(c, halted)
        present(c, -1)
    for lane in range(WIDTH):
        if endless >> lane & 1:
            c.results.codes[c.lanes.row[lane]] = ENDLESS_EVENTS
            fail(c, lane, ticks)
    active &= ~endless
    halted &= ~endless
    for lane in range(WIDTH):
        c.space.flag[lane] = 0.0
        if halted >> lane & 1 and (go_on(c, lane) or ended >> lane & 1):
            finish(c, lane, ticks)
            active &= ~(1 << lane)
    return active


def begin_triggers(c: Loop, halted: int) -> int:
    """The conditions of the model's events at the very start, and what they set off there. Returns in whom there is no end."""
    fresh = 0
    for lane in range(WIDTH):
        if halted >> lane & 1 and c.triggers.fresh[lane]:
            c.triggers.fresh[lane] = 0
            fresh |= 1 << lane
    if fresh == 0:
        return 0
    hold(c, fresh, 0.0)
    c.kernel.start(c.space.memory)
    return set_off(c, fresh)


def take_decisions(c: Loop, halted: int) -> int:
    """The decisions of every halted patient. Returns whose follow-up ends."""
    ended, changed = 0, False
    for lane in range(WIDTH):
        if halted >> lane & 1 and not c.search.seeking[lane]:
            done = decide(c, lane)
            if done == 2:
                ended |= 1 << lane
            elif done == 1:
                apply_events(c, lane, lane)
                c.space.flag[lane] = 1.0
                c.lanes.fresh[lane] = 1
                changed = True
    if changed:
        c.kernel.start(c.space.memory)
        present(c, -1)
    return ended


def events(c: Loop, lane: int) -> bool:
    """All that happens to a patient now, the search for a steady state included. Returns False if that failed."""
    table, time = lane, c.space.t[lane]
    if nothing_happens(c, lane, time + near(time)):
        return True
    c.space.flag[lane] = 1.0
    c.lanes.fresh[lane] = 1
    if c.search.seeking[lane]:
        c.space.flag[lane] = 2.0
        table = lane + WIDTH
        end = c.search.end[lane]
        if time >= end - near(end):
            verdict = end_interval(c, lane)
            if verdict < 0:
                return False
            if verdict == 0:
                begin_interval(c, lane)
            else:
                c.search.seeking[lane] = 0
                awaken(c, lane, c.search.group[lane], end)
                if c.search.added[lane]:
                    add_what_was_there(c, lane)
                table = lane
    else:
        begin_occasions(c, lane, time)
    asking = apply_events(c, table, lane)
    if asking >= 0:
        group, moment = c.records.steady[asking], c.records.given[asking]
        if c.records.amount[asking] > 0.0:
            keep_what_is_there(c, lane)
        else:
            c.search.added[lane] = 0
            cancel_given_before(c, lane, time, c.records.order[asking])
        reset_states(c, lane)
        add_past(c, lane, group)
        if not begin_run_in(c, lane, group, moment):
            return False
        apply_events(c, lane + WIDTH, lane)
    return True


def nothing_happens(c: Loop, lane: int, limit: float) -> bool:
    """Whether a patient only stopped to be looked at, and goes on with the step that was proposed."""
    if c.search.seeking[lane] or next_event(c, lane) <= limit:
        return False
    occasion = c.lanes.occasion[lane]
    if occasion < c.size.occasions and c.occasions.time[occasion] <= limit:
        return False
    # a patient just loaded has no step yet
    return c.space.h[lane] > 0.0


def begin_occasions(c: Loop, lane: int, time: float) -> None:
    """Gives the parameters that vary between occasions their values of the occasion that begins now."""
    occasion, count = c.lanes.occasion[lane], c.size.occasions
    changed = False
    while occasion < count and c.occasions.time[occasion] <= time + near(time):
        for v in range(c.size.varying):
            value = c.patients.occasions[v, c.lanes.row[lane], occasion]
            c.space.parameter[c.occasions.parameter[v], lane] = value
        occasion += 1
        changed = True
    c.lanes.occasion[lane] = occasion
    if changed:
        c.space.flag[lane] = 2.0
        c.kernel.prepare(c.space.memory)


def go_on(c: Loop, lane: int) -> bool:
    """Observes the present, then sets the next stop, observation and step. Returns whether follow-up is over."""
    time = c.space.t[lane]
    limit = time + near(time)
    c.space.due[lane] = FAR
    if c.search.seeking[lane]:
        stop = min(next_event(c, lane + WIDTH), c.search.end[lane])
    else:
        record_present(c, lane, limit)
        if c.size.endpoints:
            observe_present(c, lane)
        end = c.settings.end
        if time >= end - near(end):
            return True
        i = c.lanes.halt[lane]
        while c.observed.halts[i] <= limit:
            i += 1
        c.lanes.halt[lane] = i
        stop = min(next_event(c, lane), c.observed.halts[i])
        stop = min(stop, next_decision(c, lane))
        stop = min(stop, next_action(c, lane))
    stop = next_switch(c, lane, time, stop)
    c.space.stop[lane] = stop
    c.space.least[lane] = -near(stop) if c.settings.before else near(stop)
    open_windows(c, lane)
    if c.lanes.fresh[lane]:
        first_step(c, lane, stop - time)
    return False


def too_long(c: Loop, active: int, ticks: int) -> int:
    """Who has taken more steps than allowed."""
    found, most = 0, c.settings.most_steps
    for lane in range(WIDTH):
        if active >> lane & 1 and ticks - c.lanes.begun[lane] > most:
            c.results.codes[c.lanes.row[lane]] = TOO_MANY_STEPS
            found |= 1 << lane
    return found


def fail(c: Loop, lane: int, ticks: int) -> None:
    """Gives up on a patient: NaN everywhere, and why."""
    row = c.lanes.row[lane]
    if c.results.codes[row] == 0:
        finite = True
        for i in range(c.size.states):
            finite = finite and abs(c.space.f[i, lane]) < FAR
        finite = finite and c.space.q[lane] < FAR
        c.results.codes[row] = STEP_TOO_SMALL if finite else NOT_FINITE
    erase(c, row, 0)
    for e in range(c.size.endpoints):
        c.results.endpoints[e, row] = np.nan
    c.results.steps[row] = ticks - c.lanes.begun[lane]
    c.results.error[row] = np.nan
    c.results.ended[row] = c.space.t[lane]


def finish(c: Loop, lane: int, ticks: int) -> None:
    """Writes down a patient whose follow-up is over."""
    row = c.lanes.row[lane]
    erase(c, row, c.lanes.due[lane])
    c.results.steps[row] = ticks - c.lanes.begun[lane]
    c.results.error[row] = c.space.error_sum[lane] * c.space.rtol[lane]
    c.results.ended[row] = c.space.t[lane]
    for e in range(c.size.endpoints):
        c.results.endpoints[e, row] = read_endpoint(c, lane, e)
