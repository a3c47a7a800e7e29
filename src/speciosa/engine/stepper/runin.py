"""Steady state by running in: the regimen is repeated until one interval returns the patient to where it began.

The map from the begin of an interval to its end is iterated, and every few intervals the limit is extrapolated by
reduced rank extrapolation (D. A. Smith, W. F. Ford, A. Sidi, SIAM Review 29 (1987) 199-233, doi:10.1137/1029042),
which finds the steady state of a linear model in about as many intervals as it has slow states.
"""

import numpy as np

from speciosa.engine.codes import DEPTH, DOSE, FAR, WIDTH
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
from speciosa.engine.stepper.lanes import add_record, clear_table, pass_over, refresh_flow

_MOST_INTERVALS = 5000
_PSEUDO_INTERVAL_H = 24.0
_MOST_MULTIPLES = 1000
_SAMPLES = 16
_SEARCH_TOLERANCE, _CLOSE_TO_TOLERANCE = 0.1, 1e-3
_SETTLED, _ROUNDING = 0.01, 1e-13


def begin_run_in(c: int, lane: int, group: int, time: float) -> bool:
    """Fills table ``lane + 8`` with a regimen at steady state at `time`, and starts the search; False if there is none."""
    first = lane * number(c, at.RECORDS)
    last = first + get_int64(c, at.SIZE, lane)
    every = _in_step(c, lane, time, _common_interval(c, first, last, group))
    if every >= FAR:
        return False
    clear_table(c, lane + WIDTH)
    for r in range(first, last):
        if _belongs(c, r, group):
            _copy(c, lane, r, time, every)
    set_int64(c, at.SEEKING, lane, 1)
    set_int64(c, at.SEEK_GROUP, lane, group)
    set_float64(c, at.SEEK_END, lane, time)
    set_float64(c, at.SEEK_EVERY, lane, every)
    set_int64(c, at.TRIED, lane, 0)
    set_int64(c, at.KEPT_INTERVALS, lane, 0)
    set_float64(c, at.HISTORY, _change_before(c, lane), FAR)
    for i in range(number(c, at.STATES)):
        set_float64(c, at.HISTORY, _most_change(c, lane, i), 0.0)
    set_float64(c, at.RTOL, lane, _SEARCH_TOLERANCE * get_float64(c, at.SET_RTOL, 0))
    begin_interval(c, lane)
    return True


def _belongs(c: int, r: int, group: int) -> bool:
    """Whether a record gives doses of a regimen, and any at all."""
    of = get_int64(c, at.STEADY, r) == group and get_int64(c, at.COUNT, r) > 0
    return get_int64(c, at.KIND, r) == DOSE and of


def _common_interval(c: int, first: int, last: int, group: int) -> float:
    """The shortest time in which every series of a regimen comes round a whole number of times; `FAR` if none does."""
    longest = 0.0
    for r in range(first, last):
        if _belongs(c, r, group):
            longest = max(longest, get_float64(c, at.EVERY, r))
    if longest == 0.0:
        return _PSEUDO_INTERVAL_H
    for multiple in range(1, _MOST_MULTIPLES + 1):
        every, fits = multiple * longest, True
        for r in range(first, last):
            if _belongs(c, r, group):
                one = get_float64(c, at.EVERY, r)
                if one > 0.0:
                    times = every / one
                    fits = fits and abs(times - np.floor(times + 0.5)) <= 1e-9 * times
        if fits:
            return every
    return FAR


def _in_step(c: int, lane: int, time: float, every: float) -> float:
    """The shortest multiple of an interval after which the equations repeat themselves too; `FAR` if there is none.

    Equations with a clock have a steady state only in step with it. Tried on the two periods before `time`.
    """
    if number(c, at.TIMED) == 0 or every >= FAR:
        return every
    _keep(c, lane, 0)
    for i in range(number(c, at.STATES)):
        set_float64(c, at.Y, i * WIDTH + lane, 1.0 + i / 7.0)
    found = FAR
    for multiple in range(1, _MOST_MULTIPLES + 1):
        if found >= FAR and _repeat(c, lane, time, multiple * every):
            found = multiple * every
    for i in range(number(c, at.STATES)):
        set_float64(c, at.Y, i * WIDTH + lane, get_float64(c, at.HISTORY, _history(c, lane, 0, i)))
    return found


def _repeat(c: int, lane: int, end: float, period: float) -> bool:
    """Whether rates, and the times at which conditions on time change, are those of a period before."""
    close = 1e-9 * max(1.0, abs(end) + 2.0 * period)
    for j in range(_SAMPLES):
        moment = end - period * (j + 0.37) / _SAMPLES
        _rates_at(c, lane, moment)
        for i in range(number(c, at.STATES)):
            set_float64(
                c, at.HISTORY, _history(c, lane, 1, i), get_float64(c, at.F, i * WIDTH + lane)
            )
        _rates_at(c, lane, moment - period)
        for i in range(number(c, at.STATES)):
            here = get_float64(c, at.F, i * WIDTH + lane)
            there = get_float64(c, at.HISTORY, _history(c, lane, 1, i))
            if not abs(here - there) <= 1e-9 * max(abs(here), abs(there)):
                return False
    now = end - 2.0 * period
    while now < end - period - close:
        here = next_switch(c, lane, now, end - period)
        there = next_switch(c, lane, now + period, end)
        if not abs(there - here - period) <= close:
            return False
        now = here
    return True


def _rates_at(c: int, lane: int, time: float) -> None:
    """Evaluates the rates at another time and the present states."""
    set_float64(c, at.T, lane, time)
    set_float64(c, at.FLAG, lane, 1.0)
    hold(c, 1 << lane, 1.0)
    call(c, at.START)


def _copy(c: int, lane: int, r: int, time: float, interval: float) -> None:
    """One record of the regimen, given for long enough before the interval that it repeats itself."""
    length, target, every = (
        get_float64(c, at.LENGTH, r),
        get_int64(c, at.TARGET, r),
        get_float64(c, at.EVERY, r),
    )
    begin, given = time - interval, 1
    if length >= FAR:
        k = add_record(c, lane + WIDTH, begin - interval, time, DOSE, target, r)
    else:
        late = get_float64(c, at.LAG, target * WIDTH + lane)
        late -= np.floor(late / every + 1e-12) * every
        before = int(np.ceil(length / every)) + 1
        k = add_record(c, lane + WIDTH, begin + late - before * every, time, DOSE, target, r)
        set_float64(c, at.EVERY, k, every)
        given = before + int(interval / every + 0.5)
    set_float64(c, at.AMOUNT, k, get_float64(c, at.AMOUNT, r))
    set_float64(c, at.LENGTH, k, length)
    set_float64(c, at.FLOW, k, get_float64(c, at.FLOW, r))
    refresh_flow(c, lane, k)
    set_int64(c, at.COUNT, k, given)


def begin_interval(c: int, lane: int) -> None:
    """Turns the clock back to the begin of the interval, and the records with it."""
    table = lane + WIDTH
    begin = get_float64(c, at.SEEK_END, lane) - get_float64(c, at.SEEK_EVERY, lane)
    set_float64(c, at.T, lane, begin)
    set_int64(c, at.LOW, table, 0)
    first = table * number(c, at.RECORDS)
    for k in range(first, first + get_int64(c, at.SIZE, table)):
        pass_over(c, k, begin)
    kept = get_int64(c, at.KEPT_INTERVALS, lane)
    _keep(c, lane, kept)
    set_int64(c, at.KEPT_INTERVALS, lane, kept + 1)


def _history(c: int, lane: int, j: int, i: int) -> int:
    return (lane * (DEPTH + 5) + j) * number(c, at.STATES) + i


def _change_before(c: int, lane: int) -> int:
    """Where the change of the interval before the last extrapolation stands."""
    return _history(c, lane, DEPTH + 2, 0)


def _most_change(c: int, lane: int, i: int) -> int:
    """Where the most stands by which a state that has settled may change: a small share of its first changes."""
    return _history(c, lane, DEPTH + 3, i)


def _keep(c: int, lane: int, j: int) -> None:
    for i in range(number(c, at.STATES)):
        set_float64(c, at.HISTORY, _history(c, lane, j, i), get_float64(c, at.Y, i * WIDTH + lane))


def keep_what_is_there(c: int, lane: int) -> None:
    """Sets the states aside, to which a steady state is added once it is found."""
    set_int64(c, at.SEEK_ADDED, lane, 1)
    _keep(c, lane, DEPTH + 4)


def add_what_was_there(c: int, lane: int) -> None:
    """Adds the states that were set aside to the steady state that was found."""
    for i in range(number(c, at.STATES)):
        there = get_float64(c, at.HISTORY, _history(c, lane, DEPTH + 4, i))
        row = i * WIDTH + lane
        set_float64(c, at.Y, row, get_float64(c, at.Y, row) + there)


def end_interval(c: int, lane: int) -> int:
    """Judges the interval just run: 1 found, 0 go on, -1 give up. Extrapolates when enough are kept."""
    tried, kept = get_int64(c, at.TRIED, lane) + 1, get_int64(c, at.KEPT_INTERVALS, lane)
    set_int64(c, at.TRIED, lane, tried)
    full, rtol = min(DEPTH, number(c, at.STATES)) + 1, get_float64(c, at.SET_RTOL, 0)
    worst, settled = 0.0, True
    for i in range(number(c, at.STATES)):
        now = get_float64(c, at.Y, i * WIDTH + lane)
        change = abs(now - get_float64(c, at.HISTORY, _history(c, lane, kept - 1, i)))
        size, most = (
            max(abs(now), get_float64(c, at.PEAK, i * WIDTH + lane)),
            _most_change(c, lane, i),
        )
        if tried <= full:
            allowed = max(_SETTLED * change, 10.0 * rtol * size)
            set_float64(c, at.HISTORY, most, max(get_float64(c, at.HISTORY, most), allowed))
        settled = settled and change <= get_float64(c, at.HISTORY, most)
        if change > 0.0:
            worst = max(worst, change / size)
    if tried > _MOST_INTERVALS or not worst < FAR:
        return -1
    # fast states tremble about where they settle, by up to the tolerance: what lasts long is judged less strictly
    strictness = 1 << min(tried // (2 * full), 10)
    if settled and worst <= max(_CLOSE_TO_TOLERANCE * strictness * rtol, _ROUNDING):
        set_float64(c, at.RTOL, lane, rtol)
        return 1
    if kept == 1 and worst > get_float64(c, at.HISTORY, _change_before(c, lane)):
        # the extrapolation was one of rounding: go on from where it began
        for i in range(number(c, at.STATES)):
            set_float64(
                c, at.Y, i * WIDTH + lane, get_float64(c, at.HISTORY, _history(c, lane, full, i))
            )
        set_float64(c, at.HISTORY, _change_before(c, lane), FAR)
        set_int64(c, at.KEPT_INTERVALS, lane, 0)
    elif kept >= full:
        _keep(c, lane, kept)
        _extrapolate(c, lane, kept)
        set_float64(c, at.HISTORY, _change_before(c, lane), worst)
        set_int64(c, at.KEPT_INTERVALS, lane, 0)
    return 0


def _size(c: int, lane: int, last: int, i: int) -> float:
    """What a state is measured by: its present size or a share of its largest."""
    now = abs(get_float64(c, at.HISTORY, _history(c, lane, last, i)))
    return max(now, get_float64(c, at.PEAK, i * WIDTH + lane))


def _difference(c: int, lane: int, last: int, j: int, i: int) -> float:
    change = get_float64(c, at.HISTORY, _history(c, lane, j + 1, i))
    change -= get_float64(c, at.HISTORY, _history(c, lane, j, i))
    return change / _size(c, lane, last, i)


def _extrapolate(c: int, lane: int, last: int) -> None:
    """Moves the states to the limit of the iterates 0 to `last`.

    With u the differences of the iterates, weights w make ``u[0] + sum w[j] (u[j+1] - u[j])`` least, by Gram-Schmidt
    done twice; the limit is then ``x[0] + sum w[j] u[j]``. Directions that add nothing are left out.
    """
    n, columns = number(c, at.STATES), last - 1
    for j in range(columns):
        for i in range(n):
            second = _difference(c, lane, last, j + 1, i) - _difference(c, lane, last, j, i)
            set_float64(c, at.BASIS, j * n + i, second)
        size = _dot(c, n, j, j)
        for p in range(columns):
            set_float64(c, at.TRIANGLE, p * DEPTH + j, 0.0)
        for _ in range(2):
            for p in range(j):
                part = _dot(c, n, p, j)
                set_float64(
                    c, at.TRIANGLE, p * DEPTH + j, get_float64(c, at.TRIANGLE, p * DEPTH + j) + part
                )
                _subtract(c, n, p, j, part)
        norm = np.sqrt(_dot(c, n, j, j))
        if not norm > 1e-10 * np.sqrt(size):
            columns = j
            break
        set_float64(c, at.TRIANGLE, j * DEPTH + j, norm)
        for i in range(n):
            set_float64(c, at.BASIS, j * n + i, get_float64(c, at.BASIS, j * n + i) / norm)
    _solve_weights(c, lane, last, columns)
    for i in range(n):
        size, final = (
            _size(c, lane, last, i),
            get_float64(c, at.HISTORY, _history(c, lane, last, i)),
        )
        value = get_float64(c, at.HISTORY, _history(c, lane, 0, i))
        for j in range(columns):
            value += get_float64(c, at.WEIGHT, j) * _difference(c, lane, last, j, i) * size
        # an amount stays an amount: no crossing of zero by extrapolation
        set_float64(c, at.Y, i * WIDTH + lane, final if value * final < 0.0 else value)


def _dot(c: int, n: int, p: int, j: int) -> float:
    total = 0.0
    for i in range(n):
        total += get_float64(c, at.BASIS, p * n + i) * get_float64(c, at.BASIS, j * n + i)
    return total


def _subtract(c: int, n: int, p: int, j: int, part: float) -> None:
    for i in range(n):
        k = j * n + i
        set_float64(
            c, at.BASIS, k, get_float64(c, at.BASIS, k) - part * get_float64(c, at.BASIS, p * n + i)
        )


def _solve_weights(c: int, lane: int, last: int, columns: int) -> None:
    """Back substitution."""
    n = number(c, at.STATES)
    for back in range(columns):
        j = columns - 1 - back
        right = 0.0
        for i in range(n):
            right -= get_float64(c, at.BASIS, j * n + i) * _difference(c, lane, last, 0, i)
        for p in range(j + 1, columns):
            right -= get_float64(c, at.TRIANGLE, j * DEPTH + p) * get_float64(c, at.WEIGHT, p)
        set_float64(c, at.WEIGHT, j, right / get_float64(c, at.TRIANGLE, j * DEPTH + j))
