"""Steady state by running in: the regimen is repeated until one interval returns the patient to where it began.

The map from the begin of an interval to its end is iterated, and every few intervals the limit is extrapolated by
reduced rank extrapolation (D. A. Smith, W. F. Ford, A. Sidi, SIAM Review 29 (1987) 199-233, doi:10.1137/1029042),
which finds the steady state of a linear model in about as many intervals as it has slow states.
"""

import numpy as np

from speciosa.engine.codes import DEPTH, DOSE, FAR, WIDTH
from speciosa.engine.stepper.clock import hold, next_switch
from speciosa.engine.stepper.lanes import add_record, clear_table, pass_over, refresh_flow
from speciosa.engine.stepper.loop import Loop

_MOST_INTERVALS = 5000
_PSEUDO_INTERVAL_H = 24.0
_MOST_MULTIPLES = 1000
_SAMPLES = 16
_SEARCH_TOLERANCE, _CLOSE_TO_TOLERANCE = 0.1, 1e-3
_SETTLED, _ROUNDING = 0.01, 1e-13


def begin_run_in(c: Loop, lane: int, group: int, time: float) -> bool:
    """Fills table ``lane + 8`` with a regimen at steady state at `time`, and starts the search; False if there is none."""
    first = lane * c.size.records
    last = first + c.records.size[lane]
    every = _in_step(c, lane, time, _common_interval(c, first, last, group))
    if every >= FAR:
        return False
    clear_table(c, lane + WIDTH)
    for r in range(first, last):
        if _belongs(c, r, group):
            _copy(c, lane, r, time, every)
    c.search.seeking[lane] = 1
    c.search.group[lane] = group
    c.search.end[lane] = time
    c.search.every[lane] = every
    c.search.tried[lane] = 0
    c.search.kept[lane] = 0
    c.search.history[_change_before(c, lane)] = FAR
    for i in range(c.size.states):
        c.search.history[_most_change(c, lane, i)] = 0.0
    c.space.rtol[lane] = _SEARCH_TOLERANCE * c.settings.rtol
    begin_interval(c, lane)
    return True


def _belongs(c: Loop, r: int, group: int) -> bool:
    """Whether a record gives doses of a regimen, and any at all."""
    of = c.records.steady[r] == group and c.records.count[r] > 0
    return c.records.kind[r] == DOSE and of


def _common_interval(c: Loop, first: int, last: int, group: int) -> float:
    """The shortest time in which every series of a regimen comes round a whole number of times; `FAR` if none does."""
    longest = 0.0
    for r in range(first, last):
        if _belongs(c, r, group):
            longest = max(longest, c.records.every[r])
    if longest == 0.0:
        return _PSEUDO_INTERVAL_H
    for multiple in range(1, _MOST_MULTIPLES + 1):
        every, fits = multiple * longest, True
        for r in range(first, last):
            if _belongs(c, r, group):
                one = c.records.every[r]
                if one > 0.0:
                    times = every / one
                    fits = fits and abs(times - np.floor(times + 0.5)) <= 1e-9 * times
        if fits:
            return every
    return FAR


def _in_step(c: Loop, lane: int, time: float, every: float) -> float:
    """The shortest multiple of an interval after which the equations repeat themselves too; `FAR` if there is none.

    Equations with a clock have a steady state only in step with it. Tried on the two periods before `time`.
    """
    if c.search.timed == 0 or every >= FAR:
        return every
    _keep(c, lane, 0)
    for i in range(c.size.states):
        c.space.y[i, lane] = 1.0 + i / 7.0
    found = FAR
    for multiple in range(1, _MOST_MULTIPLES + 1):
        if found >= FAR and _repeat(c, lane, time, multiple * every):
            found = multiple * every
    for i in range(c.size.states):
        c.space.y[i, lane] = c.search.history[_history(c, lane, 0, i)]
    return found


def _repeat(c: Loop, lane: int, end: float, period: float) -> bool:
    """Whether rates, and the times at which conditions on time change, are those of a period before."""
    close = 1e-9 * max(1.0, abs(end) + 2.0 * period)
    for j in range(_SAMPLES):
        moment = end - period * (j + 0.37) / _SAMPLES
        _rates_at(c, lane, moment)
        for i in range(c.size.states):
            c.search.history[_history(c, lane, 1, i)] = c.space.f[i, lane]
        _rates_at(c, lane, moment - period)
        for i in range(c.size.states):
            here = c.space.f[i, lane]
            there = c.search.history[_history(c, lane, 1, i)]
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


def _rates_at(c: Loop, lane: int, time: float) -> None:
    """Evaluates the rates at another time and the present states."""
    c.space.t[lane] = time
    c.space.flag[lane] = 1.0
    hold(c, 1 << lane, 1.0)
    c.kernel.start(c.space.memory)


def _copy(c: Loop, lane: int, r: int, time: float, interval: float) -> None:
    """One record of the regimen, given for long enough before the interval that it repeats itself."""
    length, target, every = (
        c.records.length[r],
        c.records.target[r],
        c.records.every[r],
    )
    begin, given = time - interval, 1
    if length >= FAR:
        k = add_record(c, lane + WIDTH, begin - interval, time, DOSE, target, r)
    else:
        late = c.space.lag[target, lane]
        late -= np.floor(late / every + 1e-12) * every
        before = int(np.ceil(length / every)) + 1
        k = add_record(c, lane + WIDTH, begin + late - before * every, time, DOSE, target, r)
        c.records.every[k] = every
        given = before + int(interval / every + 0.5)
    c.records.amount[k] = c.records.amount[r]
    c.records.length[k] = length
    c.records.flow[k] = c.records.flow[r]
    refresh_flow(c, lane, k)
    c.records.count[k] = given


def begin_interval(c: Loop, lane: int) -> None:
    """Turns the clock back to the begin of the interval, and the records with it."""
    table = lane + WIDTH
    begin = c.search.end[lane] - c.search.every[lane]
    c.space.t[lane] = begin
    c.records.low[table] = 0
    first = table * c.size.records
    for k in range(first, first + c.records.size[table]):
        pass_over(c, k, begin)
    kept = c.search.kept[lane]
    _keep(c, lane, kept)
    c.search.kept[lane] = kept + 1


def _history(c: Loop, lane: int, j: int, i: int) -> int:
    return (lane * (DEPTH + 5) + j) * c.size.states + i


def _change_before(c: Loop, lane: int) -> int:
    """Where the change of the interval before the last extrapolation stands."""
    return _history(c, lane, DEPTH + 2, 0)


def _most_change(c: Loop, lane: int, i: int) -> int:
    """Where the most stands by which a state that has settled may change: a small share of its first changes."""
    return _history(c, lane, DEPTH + 3, i)


def _keep(c: Loop, lane: int, j: int) -> None:
    for i in range(c.size.states):
        c.search.history[_history(c, lane, j, i)] = c.space.y[i, lane]


def keep_what_is_there(c: Loop, lane: int) -> None:
    """Sets the states aside, to which a steady state is added once it is found."""
    c.search.added[lane] = 1
    _keep(c, lane, DEPTH + 4)


def add_what_was_there(c: Loop, lane: int) -> None:
    """Adds the states that were set aside to the steady state that was found."""
    for i in range(c.size.states):
        there = c.search.history[_history(c, lane, DEPTH + 4, i)]
        c.space.y[i, lane] += there


def end_interval(c: Loop, lane: int) -> int:
    """Judges the interval just run: 1 found, 0 go on, -1 give up. Extrapolates when enough are kept."""
    tried, kept = c.search.tried[lane] + 1, c.search.kept[lane]
    c.search.tried[lane] = tried
    full, rtol = min(DEPTH, c.size.states) + 1, c.settings.rtol
    worst, settled = 0.0, True
    for i in range(c.size.states):
        now = c.space.y[i, lane]
        change = abs(now - c.search.history[_history(c, lane, kept - 1, i)])
        size, most = (
            max(abs(now), c.space.peak[i, lane]),
            _most_change(c, lane, i),
        )
        if tried <= full:
            allowed = max(_SETTLED * change, 10.0 * rtol * size)
            c.search.history[most] = max(c.search.history[most], allowed)
        settled = settled and change <= c.search.history[most]
        if change > 0.0:
            worst = max(worst, change / size)
    if tried > _MOST_INTERVALS or not worst < FAR:
        return -1
    # fast states tremble about where they settle, by up to the tolerance: what lasts long is judged less strictly
    strictness = 1 << min(tried // (2 * full), 10)
    if settled and worst <= max(_CLOSE_TO_TOLERANCE * strictness * rtol, _ROUNDING):
        c.space.rtol[lane] = rtol
        return 1
    if kept == 1 and worst > c.search.history[_change_before(c, lane)]:
        # the extrapolation was one of rounding: go on from where it began
        for i in range(c.size.states):
            c.space.y[i, lane] = c.search.history[_history(c, lane, full, i)]
        c.search.history[_change_before(c, lane)] = FAR
        c.search.kept[lane] = 0
    elif kept >= full:
        _keep(c, lane, kept)
        _extrapolate(c, lane, kept)
        c.search.history[_change_before(c, lane)] = worst
        c.search.kept[lane] = 0
    return 0


def _size(c: Loop, lane: int, last: int, i: int) -> float:
    """What a state is measured by: its present size or a share of its largest."""
    now = abs(c.search.history[_history(c, lane, last, i)])
    return max(now, c.space.peak[i, lane])


def _difference(c: Loop, lane: int, last: int, j: int, i: int) -> float:
    change = c.search.history[_history(c, lane, j + 1, i)]
    change -= c.search.history[_history(c, lane, j, i)]
    return change / _size(c, lane, last, i)


def _extrapolate(c: Loop, lane: int, last: int) -> None:
    """Moves the states to the limit of the iterates 0 to `last`.

    With u the differences of the iterates, weights w make ``u[0] + sum w[j] (u[j+1] - u[j])`` least, by Gram-Schmidt
    done twice; the limit is then ``x[0] + sum w[j] u[j]``. Directions that add nothing are left out.
    """
    n, columns = c.size.states, last - 1
    for j in range(columns):
        for i in range(n):
            second = _difference(c, lane, last, j + 1, i) - _difference(c, lane, last, j, i)
            c.search.basis[j * n + i] = second
        size = _dot(c, n, j, j)
        for p in range(columns):
            c.search.triangle[p * DEPTH + j] = 0.0
        for _ in range(2):
            for p in range(j):
                part = _dot(c, n, p, j)
                c.search.triangle[p * DEPTH + j] += part
                _subtract(c, n, p, j, part)
        norm = np.sqrt(_dot(c, n, j, j))
        if not norm > 1e-10 * np.sqrt(size):
            columns = j
            break
        c.search.triangle[j * DEPTH + j] = norm
        for i in range(n):
            c.search.basis[j * n + i] /= norm
    _solve_weights(c, lane, last, columns)
    for i in range(n):
        size, final = (
            _size(c, lane, last, i),
            c.search.history[_history(c, lane, last, i)],
        )
        value = c.search.history[_history(c, lane, 0, i)]
        for j in range(columns):
            value += c.search.weight[j] * _difference(c, lane, last, j, i) * size
        # an amount stays an amount: no crossing of zero by extrapolation
        c.space.y[i, lane] = final if value * final < 0.0 else value


def _dot(c: Loop, n: int, p: int, j: int) -> float:
    total = 0.0
    for i in range(n):
        total += c.search.basis[p * n + i] * c.search.basis[j * n + i]
    return total


def _subtract(c: Loop, n: int, p: int, j: int, part: float) -> None:
    for i in range(n):
        k = j * n + i
        c.search.basis[k] -= part * c.search.basis[p * n + i]


def _solve_weights(c: Loop, lane: int, last: int, columns: int) -> None:
    """Back substitution."""
    n = c.size.states
    for back in range(columns):
        j = columns - 1 - back
        right = 0.0
        for i in range(n):
            right -= c.search.basis[j * n + i] * _difference(c, lane, last, 0, i)
        for p in range(j + 1, columns):
            right -= c.search.triangle[j * DEPTH + p] * c.search.weight[p]
        c.search.weight[j] = right / c.search.triangle[j * DEPTH + j]
