"""One piece of a solution: from one break to the next, with doses and changes of infusions between.

Everything is linear, so a piece is solved in its modes: each is a number that decays, to which doses add. A dose adds
at the next time of the grid what has become of it by then, so the grid is walked once with one multiplication a mode
and time. Compiled by `native`.
"""

import numpy as np

from speciosa.engine.codes import FAR
from speciosa.engine.compiler.built_in import vector_range
from speciosa.engine.dosing import NEAR
from speciosa.engine.linear.arrays import EVEN, Cube, Events, Floats, Grid, Numbers, Work
from speciosa.engine.linear.events import BOLUS
from speciosa.engine.linear.exp import exp_in_place, exp_of, growth
from speciosa.engine.linear.matrix import all_finite
from speciosa.engine.linear.walk import see, see_slope, walk_all, walk_driven, walk_even


def prepare_steps(numbers: Numbers, row: int, grid: Grid, driven: bool, work: Work) -> None:
    """What the modes decay by in each distinct step, and what a constant input becomes in it."""
    count = grid.steps.shape[0]
    for m in range(numbers.rates.shape[1]):
        rate, decay, gain = numbers.rates[row, m], work.decay[m], work.gain[m]
        if grid.even:
            power = work.power[m]
            for i in vector_range(EVEN):
                power[i] = exp_of(rate * grid.steps[1] * i)
            power[EVEN] = power[EVEN // 2] * power[EVEN // 2]
            decay[0] = 1.0
            decay[1] = power[1]
        else:
            for i in range(count):
                decay[i] = rate * grid.steps[i]
            exp_in_place(count, decay)
        if driven:
            for i in range(count):
                gain[i] = growth(rate, grid.steps[i], decay[i])


def modal_piece(
    numbers: Numbers,
    row: int,
    events: Events,
    first: int,
    last: int,
    start: float,
    end: float,
    grid: Grid,
    j: int,
    stop: int,
    driven: bool,
    work: Work,
    out: Cube,
    lane: int,
) -> bool:
    """Solves a piece in its modes; False where a number is not finite.

    Events ``first`` to ``last`` act; times ``j`` to ``stop`` of the grid are observed. States and flows are taken from
    `work` at `start` and left there at `end`, where that is finite.
    """
    n, times = numbers.rates.shape[1], stop - j
    _to_modes(numbers, row, n, work)
    if grid.even and not driven:
        placed = _place_even(events, first, last, end, grid, j, stop, work)
    else:
        placed = _place(events, first, last, end, grid, j, stop, work)
    if driven:
        _weigh_driven(numbers, row, events, first, placed, work)
    else:
        _weigh(numbers, row, events, first, placed, work)
    k = 0
    if times > 0:
        advance_modes(numbers.rates[row], grid.time[j] - start, driven, work.z, work.source)
        k = _add(work, n, k, placed, 0, driven)
        _through(numbers, row, times, j, grid, k, driven, work, out, lane)
        while k < placed and work.at[k] < times:
            k += 1
    if end < FAR:
        latest = grid.time[stop - 1] if times > 0 else start
        advance_modes(numbers.rates[row], end - latest, driven, work.z, work.source)
        _add(work, n, k, placed, times, driven)
        to_states(numbers, row, work)
    return all_finite(n, work.z, times, grid, j, out, lane)


def _through(
    numbers: Numbers,
    row: int,
    times: int,
    j: int,
    grid: Grid,
    k: int,
    driven: bool,
    work: Work,
    out: Cube,
    lane: int,
) -> None:
    """Takes the modes through the times of a piece, and writes what is observed there."""
    n, count, begin = numbers.rates.shape[1], numbers.observed.shape[1], grid.offset + j
    if grid.even and not driven and n <= 3 and out.shape[0] == count:
        z0, z1, z2 = work.z[0], work.z[1], work.z[2]
        for observed in range(count):
            work.z[0], work.z[1], work.z[2] = z0, z1, z2
            view = out[observed, lane, begin : begin + times]
            walk_even(
                times, k, numbers.observed[row, observed], numbers.d[row, observed], work, view
            )
        return
    if driven:
        for m in range(n):
            walk_driven(times, j, grid, m, k, work)
    else:
        walk_all(numbers, row, times, j, grid, k, work, out, lane)
    first_observed = 0 if driven else 1 - min(out.shape[0] - 1, 1)
    for observed in range(first_observed, out.shape[0]):
        view = out[observed, lane, begin : begin + times]
        if observed < count:
            see(numbers.observed[row, observed], numbers.d[row, observed], n, times, work, view)
        else:
            weight = numbers.observed[row, observed - count]
            see_slope(weight, numbers.rates[row], n, times, driven, work, view)


def advance_modes(rates: Floats, step: float, driven: bool, z: Floats, source: Floats) -> None:
    """Moves modes on by a time, with constant inputs where `driven`."""
    if step > 0.0:
        for m in range(rates.shape[0]):
            power = exp_of(rates[m] * step)
            z[m] *= power
            if driven:
                z[m] += source[m] * growth(rates[m], step, power)


def to_states(numbers: Numbers, row: int, work: Work) -> None:
    """Sets the states from the modes."""
    n = numbers.rates.shape[1]
    for i in range(n):
        work.x[i] = 0.0
        for m in range(n):
            work.x[i] += numbers.right[row, i, m] * work.z[m]


def _to_modes(numbers: Numbers, row: int, n: int, work: Work) -> None:
    for m in range(n):
        total, push = 0.0, 0.0
        for i in range(n):
            total += numbers.left[row, m, i] * work.x[i]
            push += numbers.left[row, m, i] * (numbers.b[row, i] + work.flow[i])
        work.z[m] = total
        work.source[m] = push


def _place(
    events: Events, first: int, last: int, end: float, grid: Grid, j: int, stop: int, work: Work
) -> int:
    """Finds the grid time after each event, and how long after it is. Returns how many events count."""
    times, p, placed = stop - j, 0, 0
    since = work.added[0]
    for e in range(first, last):
        when = events.time[e]
        p = max(p, guess_time(grid, when) - j)
        while p < times and grid.reach[j + p] < when:
            p += 1
        if p == times and end >= FAR:
            break
        work.at[placed] = p
        observed_at = grid.time[j + p] if p < times else end
        since[placed] = max(observed_at - when, 0.0)
        if events.kind[e] != BOLUS:
            work.flow[events.place[e]] += events.value[e]
        placed += 1
    work.at[placed] = times + 1
    return placed


def guess_time(grid: Grid, when: float) -> int:
    """A time of the grid at or before the first one at which an event has happened."""
    part = (when - grid.time[0]) * grid.parts
    if part < 1.0:
        return 0
    return int(grid.guess[min(int(min(part, 1e15)), grid.guess.shape[0]) - 1])


def _place_even(
    events: Events, first: int, last: int, end: float, grid: Grid, j: int, stop: int, work: Work
) -> int:
    """The same for doses at once and even steps, without a search: the position follows from the time."""
    times, count, since, at = stop - j, last - first, work.added[0], work.at
    origin, step, per_hour = grid.time[0], grid.steps[1], 1.0 / grid.steps[1]
    least, most = float(j), float(stop)
    margin = NEAR if grid.reach[0] >= grid.time[0] else -NEAR
    until = min(end, FAR)
    for begin in range(0, count, EVEN):
        for i in vector_range(EVEN):
            when = events.time[first + begin + i]
            position = max(np.floor((when - origin) * per_hour), least)
            for _ in (0, 1):
                observed_at = origin + position * step
                reached = observed_at + margin * max(1.0, abs(observed_at))
                position += 1.0 if reached < when else 0.0
            position = min(position, most)
            observed_at = origin + position * step if position < most else until
            since[begin + i] = max(observed_at - when, 0.0)
            at[begin + i] = int(position) - j
    placed = count
    if end >= FAR:
        while placed > 0 and at[placed - 1] >= times:
            placed -= 1
    at[placed] = times + 1
    return placed


def _weigh(numbers: Numbers, row: int, events: Events, first: int, placed: int, work: Work) -> None:
    """What each dose adds to each mode at the grid time after it; some more numbers than needed are worked out."""
    since, single = work.added[0], events.about[2]
    for m in range(numbers.rates.shape[1] - 1, -1, -1):
        rate, left, added = numbers.rates[row, m], numbers.left[row, m], work.added[m]
        weight = left[single] if single >= 0 else 1.0
        for begin in range(0, placed, EVEN):
            for i in vector_range(EVEN):
                k = begin + i
                added[k] = weight * events.value[first + k] * exp_of(rate * since[k])
        for i in range(placed if single < 0 else 0):
            added[i] *= left[events.place[first + i]]


def _weigh_driven(
    numbers: Numbers, row: int, events: Events, first: int, placed: int, work: Work
) -> None:
    """What each event adds to each mode at the grid time after it, and to the mode's input from then on."""
    since = work.added[0]
    for m in range(numbers.rates.shape[1] - 1, -1, -1):
        rate, left = numbers.rates[row, m], numbers.left[row, m]
        added, further = work.added[m], work.driven[m]
        for i in range(placed):
            further[i] = since[i]
        for i in vector_range(placed):
            added[i] = rate * since[i]
        exp_in_place(placed, added)
        for i in range(placed):
            weight = left[events.place[first + i]] * events.value[first + i]
            if events.kind[first + i] == BOLUS:
                added[i] *= weight
                further[i] = 0.0
            else:
                added[i] = weight * growth(rate, further[i], added[i])
                further[i] = weight


def _add(work: Work, n: int, k: int, placed: int, position: int, driven: bool) -> int:
    """Adds what has come of the events before one position."""
    while k < placed and work.at[k] <= position:
        for m in range(n):
            work.z[m] += work.added[m, k]
            if driven:
                work.source[m] += work.driven[m, k]
        k += 1
    return k
