"""The steady state of regimens in a linear model, without running them in. Compiled by `native`.

One interval maps the states at its begin to those at its end: x -> E x + r, with r what one interval of the regimen
leaves in an empty patient. The steady state is the fixed point, (1 - E)^-1 r. Lags longer than the interval and
infusions that overlap are in r: of doses given every T hours, what acts within one interval repeats. Several series,
and what the body itself makes, add up.
"""

import numpy as np

from speciosa.engine.codes import FAR
from speciosa.engine.linear.arrays import Numbers, Records, Work
from speciosa.engine.linear.events import STEADY_INTERVAL_H, dose_shape
from speciosa.engine.linear.exp import exp_of, growth, solve_in_place
from speciosa.engine.linear.matrix import advance, write_matrix
from speciosa.engine.linear.piece import advance_modes, to_states

# A steady state is told from what an interval loses. Where rounding has more than a ten-millionth part in that, there is
# none to be told: of a mode, by what cancelled in its rate; of a matrix, by what is left of 1 in elimination.
_ROUNDING = 1e-16 * 1e7
_LEAST_LOST = 1e-8


def steady_state(
    records: Records, r: int, end: int, numbers: Numbers, row: int, work: Work
) -> bool:
    """Sets the states to the steady state of the regimen that record `r` begins; False if there is none."""
    n, added = numbers.rates.shape[1], records.added[r] > 0
    total, before = work.total, work.before
    for i in range(n):
        total[i] = 0.0
        before[i] = work.x[i]
        work.running[i] = work.flow[i] if added else 0.0
        work.flows[0, i] = numbers.b[row, i]
        work.boluses[0, i] = 0.0
    work.moments[0] = 0.0
    found = True
    if not added:
        found = _fixed_point(1, STEADY_INTERVAL_H, True, numbers, row, work)
        for i in range(n):
            total[i] = work.x[i]
    for k in range(r, end):
        if records.steady[k] != records.steady[r]:
            continue
        every = records.every[k] if records.every[k] > 0.0 else STEADY_INTERVAL_H
        count = _one_interval(records, k, every, numbers, row, work)
        found &= _fixed_point(count, every, False, numbers, row, work)
        for i in range(n):
            total[i] += work.x[i]
    for i in range(n):
        if i >= numbers.model_states:
            work.x[i] = before[i]
        else:
            work.x[i] = total[i] + before[i] if added else total[i]
        work.flow[i] = work.running[i]
    return found


def _one_interval(
    records: Records,
    k: int,
    every: float,
    numbers: Numbers,
    row: int,
    work: Work,
) -> int:
    """Lists what one series does within one interval: hours from its begin, boluses and changes of flow."""
    n = numbers.rates.shape[1]
    moments, boluses, flows = work.moments, work.boluses, work.flows
    for i in range(moments.shape[0]):
        moments[i] = 0.0
        for s in range(n):
            boluses[i, s] = 0.0
            flows[i, s] = 0.0
    target = records.target[k]
    state = records.state[target]
    lag, length = dose_shape(records, k, numbers, row)
    amount = numbers.bioavailability[row, target] * records.amount[k]
    if length >= FAR:
        flows[0, state] = records.rate[k]
        return 1
    moments[1] = lag - np.floor(lag / every) * every
    if length <= 0.0:
        boluses[1, state] = amount
        return 2
    flow, complete = amount / length, np.floor(length / every)
    flows[0, state] = complete * flow
    flows[1, state] = flow
    moments[2] = moments[1] + length - complete * every
    if moments[2] > every:
        # the infusion of the dose before still runs when the interval begins
        moments[2] -= every
        flows[0, state] += flow
    flows[2, state] = -flow
    return 3


def _fixed_point(
    count: int, every: float, body: bool, numbers: Numbers, row: int, work: Work
) -> bool:
    """Sets the states to the fixed point of one interval with the events listed; False where there is none."""
    n, good = numbers.rates.shape[1], numbers.good[row]
    for i in range(n):
        work.x[i] = 0.0
        work.flow[i] = 0.0
        work.z[i] = 0.0
        work.source[i] = 0.0
    if not good:
        write_matrix(numbers, row, False, work)
    now, done = 0.0, 0
    while done < count:
        following = 0
        for k in range(1, count):
            later = work.moments[k] < work.moments[following] and work.moments[k] >= 0.0
            if work.moments[following] < 0.0 or later:
                following = k
        moment = min(work.moments[following], every)
        _pass_time(moment - now, numbers, row, good, work)
        now = moment
        _act(following, numbers, row, good, work)
        work.moments[following] = -1.0
        done += 1
    _pass_time(every - now, numbers, row, good, work)
    if good:
        return _fixed_modes(every, body, numbers, row, work)
    return _fixed_states(every, numbers, row, work)


def _pass_time(step: float, numbers: Numbers, row: int, good: bool, work: Work) -> None:
    if good:
        advance_modes(numbers.rates[row], step, True, work.z, work.source)
    else:
        advance(step, work)


def _act(k: int, numbers: Numbers, row: int, good: bool, work: Work) -> None:
    """Gives the boluses and changes the flows of one moment."""
    n, changed = numbers.rates.shape[1], False
    for s in range(n):
        bolus, flow = work.boluses[k, s], work.flows[k, s]
        if good:
            for m in range(n):
                work.z[m] += numbers.left[row, m, s] * bolus
                work.source[m] += numbers.left[row, m, s] * flow
        else:
            work.x[s] += bolus
            work.flow[s] += flow
            changed |= flow != 0.0
    if changed:
        write_matrix(numbers, row, False, work)


def _fixed_modes(every: float, body: bool, numbers: Numbers, row: int, work: Work) -> bool:
    n, states = numbers.rates.shape[1], numbers.model_states
    largest = 0.0
    for m in range(states):
        largest = max(largest, abs(work.z[m]))
    for m in range(states):
        rate = numbers.rates[row, m]
        lost = -rate * growth(rate, every, exp_of(rate * every))
        if lost > max(1e-14, _ROUNDING * numbers.doubt[row, m] * every):
            work.z[m] /= lost
        elif abs(lost) > 1e-14 or abs(work.z[m]) > 1e-12 * largest:
            return False
        else:
            # nothing enters and nothing leaves this mode: it stays as it began
            work.z[m] = 0.0
            if body:
                for i in range(n):
                    work.z[m] += numbers.left[row, m, i] * numbers.initial[row, i]
    to_states(numbers, row, work)
    return True


def _fixed_states(every: float, numbers: Numbers, row: int, work: Work) -> bool:
    n, states = numbers.rates.shape[1], numbers.model_states
    left, right = work.spare, work.matrix[2]
    for i in range(n):
        left[i] = work.x[i]
        work.flow[i] = 0.0
    write_matrix(numbers, row, False, work)
    for j in range(states):
        for i in range(n):
            work.x[i] = 1.0 if i == j else 0.0
        advance(every, work)
        for i in range(states):
            right[i, j] = (1.0 if i == j else 0.0) - work.x[i]
    if not solve_in_place(states, right, left, _LEAST_LOST):
        return False
    for i in range(n):
        work.x[i] = left[i]
    return True
