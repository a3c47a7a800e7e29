"""One piece of a solution: from one break to the next, with doses and changes of infusions between.

Everything is linear, so a piece is solved in its modes: each is a number that decays, to which doses add. A dose adds
at the next time of the grid what has become of it by then, so the grid is walked once with one multiplication a mode
and time. Compiled by `native`.
"""

from speciosa.engine.closed_form_arrays import Cube, Events, Floats, Grid, Numbers, Work
from speciosa.engine.closed_form_events import BOLUS, FAR
from speciosa.engine.closed_form_exp import exp_in_place, exp_of, growth
from speciosa.engine.closed_form_matrix import all_finite
from speciosa.engine.native_built_in import vector_range


def prepare_steps(numbers: Numbers, row: int, grid: Grid, driven: bool, work: Work) -> None:
    """What the modes decay by in each distinct step, and what a constant input becomes in it."""
    count = grid.steps.shape[0]
    for m in range(numbers.rates.shape[1]):
        rate, decay, gain = numbers.rates[row, m], work.decay[m], work.gain[m]
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

    Events ``first`` to ``last`` act; times ``j`` to ``stop`` of the grid are seen. States and flows are taken from
    `work` at `start` and left there at `end`, where that is finite.
    """
    n, times = numbers.rates.shape[1], stop - j
    _to_modes(numbers, row, n, work)
    placed = _place(events, first, last, end, grid, j, stop, work)
    _weigh(numbers, row, events, first, placed, driven, work)
    k = 0
    if times > 0:
        advance_modes(numbers.rates[row], grid.time[j] - start, driven, work.z, work.source)
        k = _add(work, n, k, placed, 0, driven)
        if driven:
            for m in range(n):
                _walk_driven(times, j, grid, m, k, work)
        else:
            _walk_all(numbers, row, times, j, grid, k, work, out, lane)
        while k < placed and work.at[k] < times:
            k += 1
        begin, first_seen = grid.offset + j, 0 if driven else 1 - min(out.shape[0] - 1, 1)
        for seen in range(first_seen, out.shape[0]):
            view = out[seen, lane, begin : begin + times]
            if seen < numbers.seen.shape[1]:
                _see(numbers.seen[row, seen], numbers.d[row, seen], n, times, work, view)
            else:
                weight = numbers.seen[row, seen - numbers.seen.shape[1]]
                _see_slope(weight, numbers.rates[row], n, times, driven, work, view)
    if end < FAR:
        latest = grid.time[stop - 1] if times > 0 else start
        advance_modes(numbers.rates[row], end - latest, driven, work.z, work.source)
        _add(work, n, k, placed, times, driven)
        to_states(numbers, row, work)
    return all_finite(n, work.z, times, grid, j, out, lane)


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
        seen_at = grid.time[j + p] if p < times else end
        since[placed] = max(seen_at - when, 0.0)
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


def _weigh(
    numbers: Numbers,
    row: int,
    events: Events,
    first: int,
    placed: int,
    driven: bool,
    work: Work,
) -> None:
    """What each event adds to each mode at the grid time after it, and to the mode's input from then on."""
    since = work.added[0]
    for m in range(numbers.rates.shape[1] - 1, -1, -1):
        rate, left = numbers.rates[row, m], numbers.left[row, m]
        added, further = work.added[m], work.driven[m]
        if driven:
            for i in range(placed):
                further[i] = since[i]
        for i in vector_range(placed):
            added[i] = rate * since[i]
        exp_in_place(placed, added)
        if not driven:
            value, single = events.value[first : first + placed], events.about[2]
            weight = left[single] if single >= 0 else 1.0
            for i in vector_range(placed):
                added[i] *= weight * value[i]
            for i in range(placed if single < 0 else 0):
                added[i] *= left[events.place[first + i]]
            continue
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


def _walk_all(
    numbers: Numbers,
    row: int,
    times: int,
    j: int,
    grid: Grid,
    k: int,
    work: Work,
    out: Cube,
    lane: int,
) -> None:
    """All modes through the grid; where one thing is seen, it is summed on the way."""
    n, begin = numbers.rates.shape[1], grid.offset + j
    weight, constant = numbers.seen[row, 0], numbers.d[row, 0]
    view = out[0, lane, begin : begin + times]
    if out.shape[0] == 1 and grid.even and n <= 3:
        _walk_three(times, j, grid, k, weight, constant, work, view)
        return
    for m in range(0, n, 4):
        _scatter(times, m, k, work)
        if out.shape[0] == 1:
            _walk_seen(times, j, grid, m, weight, constant, work, view)
        else:
            _walk(times, j, grid, m, work)


def _walk_three(
    times: int,
    j: int,
    grid: Grid,
    k: int,
    weight: Floats,
    constant: float,
    work: Work,
    out: Floats,
) -> None:
    """The usual case, from event to event: even steps, at most three modes, one thing seen, all in registers."""
    z0, z1, z2 = work.z[0], work.z[1], work.z[2]
    a0, a1, a2, at = work.added[0], work.added[1], work.added[2], work.at
    w0 = weight[0]
    w1 = weight[1] if weight.shape[0] > 1 else 0.0
    w2 = weight[2] if weight.shape[0] > 2 else 0.0
    i = grid.step[j + 1] if times > 1 else 0
    e0, e1, e2 = work.decay[0, i], work.decay[1, i], work.decay[2, i]
    out[0] = constant + w0 * z0 + w1 * z1 + w2 * z2
    p = 1
    while p < times:
        stop = min(at[k], times)
        for q in range(p, stop):
            z0 *= e0
            z1 *= e1
            z2 *= e2
            out[q] = constant + w0 * z0 + w1 * z1 + w2 * z2
        if stop < times:
            z0 *= e0
            z1 *= e1
            z2 *= e2
            while at[k] == stop:
                z0 += a0[k]
                z1 += a1[k]
                z2 += a2[k]
                k += 1
            out[stop] = constant + w0 * z0 + w1 * z1 + w2 * z2
        p = stop + 1
    work.z[0], work.z[1], work.z[2] = z0, z1, z2


def _scatter(times: int, m: int, k: int, work: Work) -> None:
    """Sums what events from `k` on add to each of four modes at each time, in its path."""
    p0, p1, p2, p3 = work.path[m], work.path[m + 1], work.path[m + 2], work.path[m + 3]
    a0, a1, a2, a3 = work.added[m], work.added[m + 1], work.added[m + 2], work.added[m + 3]
    at = work.at
    for p in vector_range(times):
        p0[p] = 0.0
    for p in vector_range(times):
        p1[p] = 0.0
    for p in vector_range(times):
        p2[p] = 0.0
    for p in vector_range(times):
        p3[p] = 0.0
    i, p = k, at[k]
    while p < times:
        p0[p] += a0[i]
        p1[p] += a1[i]
        p2[p] += a2[i]
        p3[p] += a3[i]
        i += 1
        p = at[i]


def _walk(times: int, j: int, grid: Grid, m: int, work: Work) -> None:
    """Four modes through the grid; they do not wait for each other."""
    z0, z1, z2, z3 = work.z[m], work.z[m + 1], work.z[m + 2], work.z[m + 3]
    d0, d1, d2, d3 = work.decay[m], work.decay[m + 1], work.decay[m + 2], work.decay[m + 3]
    p0, p1, p2, p3 = work.path[m], work.path[m + 1], work.path[m + 2], work.path[m + 3]
    p0[0], p1[0], p2[0], p3[0] = z0, z1, z2, z3
    for p in range(1, times):
        i = grid.step[j + p]
        z0 = z0 * d0[i] + p0[p]
        z1 = z1 * d1[i] + p1[p]
        z2 = z2 * d2[i] + p2[p]
        z3 = z3 * d3[i] + p3[p]
        p0[p], p1[p], p2[p], p3[p] = z0, z1, z2, z3
    work.z[m], work.z[m + 1], work.z[m + 2], work.z[m + 3] = z0, z1, z2, z3


def _walk_seen(
    times: int,
    j: int,
    grid: Grid,
    m: int,
    weight: Floats,
    constant: float,
    work: Work,
    out: Floats,
) -> None:
    """The same where one thing is seen: it is summed on the way."""
    z0, z1, z2, z3 = work.z[m], work.z[m + 1], work.z[m + 2], work.z[m + 3]
    d0, d1, d2, d3 = work.decay[m], work.decay[m + 1], work.decay[m + 2], work.decay[m + 3]
    a0, a1, a2, a3 = work.path[m], work.path[m + 1], work.path[m + 2], work.path[m + 3]
    n = weight.shape[0]
    w0, w1 = weight[m], weight[m + 1] if m + 1 < n else 0.0
    w2, w3 = weight[m + 2] if m + 2 < n else 0.0, weight[m + 3] if m + 3 < n else 0.0
    if m == 0:
        for p in vector_range(times):
            out[p] = constant
    out[0] += w0 * z0 + w1 * z1 + (w2 * z2 + w3 * z3)
    for p in range(1, times):
        i = grid.step[j + p]
        z0 = z0 * d0[i] + a0[p]
        z1 = z1 * d1[i] + a1[p]
        z2 = z2 * d2[i] + a2[p]
        z3 = z3 * d3[i] + a3[p]
        out[p] += w0 * z0 + w1 * z1 + (w2 * z2 + w3 * z3)
    work.z[m], work.z[m + 1], work.z[m + 2], work.z[m + 3] = z0, z1, z2, z3


def _walk_driven(times: int, j: int, grid: Grid, m: int, k: int, work: Work) -> None:
    """One mode with inputs through the grid."""
    z, source = work.z[m], work.source[m]
    path, inputs, decay, gain = work.path[m], work.input[m], work.decay[m], work.gain[m]
    path[0] = z
    inputs[0] = source
    for p in range(1, times):
        i = grid.step[j + p]
        z = z * decay[i] + source * gain[i]
        while work.at[k] <= p:
            z += work.added[m, k]
            source += work.driven[m, k]
            k += 1
        path[p] = z
        inputs[p] = source
    work.z[m] = z
    work.source[m] = source


def _see(weight: Floats, constant: float, n: int, times: int, work: Work, out: Floats) -> None:
    """One thing seen: a sum of modes."""
    for p in vector_range(times):
        out[p] = constant
    for m in range(n):
        w = weight[m]
        if w != 0.0:
            _add_multiple(times, w, work.path[m], out)


def _see_slope(
    weight: Floats,
    rates: Floats,
    n: int,
    times: int,
    driven: bool,
    work: Work,
    out: Floats,
) -> None:
    """The slope in time of one thing seen."""
    for p in vector_range(times):
        out[p] = 0.0
    for m in range(n):
        if weight[m] != 0.0:
            _add_multiple(times, weight[m] * rates[m], work.path[m], out)
            if driven:
                _add_multiple(times, weight[m], work.input[m], out)


def _add_multiple(count: int, factor: float, x: Floats, to: Floats) -> None:
    for p in vector_range(count):
        to[p] += factor * x[p]
