"""A piece of a solution by matrix exponentials, for patients whose modes cannot be used. Compiled by `native`."""

import math

import numpy as np

from speciosa.engine.codes import FAR
from speciosa.engine.linear.arrays import KEPT, Cube, Events, Floats, Grid, Numbers, Work
from speciosa.engine.linear.events import BOLUS
from speciosa.engine.linear.exp import matrix_exponential

_RECURRING = 4
# The 20th term of the series of e is 4e-19. Where more than so many series would be needed, an exponential takes less.
_TERMS, _MOST_PARTS = 20, 16.0


def matrix_piece(
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
    work: Work,
    out: Cube,
    lane: int,
) -> bool:
    """Solves a piece; False where a number is not finite. See `closed_form_piece.modal_piece`."""
    n, now = numbers.rates.shape[1], start
    # exponentials are worth their work where steps recur
    recurring = _RECURRING * grid.steps.shape[0] <= grid.time.shape[0]
    write_matrix(numbers, row, True, work)
    for p in range(j, stop + 1):
        final = p == stop
        if final and end >= FAR:
            break
        while first < last and (final or events.time[first] <= grid.reach[p]):
            _advance(events.time[first] - now, False, work)
            now = max(events.time[first], now)
            if events.kind[first] == BOLUS:
                work.x[events.place[first]] += events.value[first]
            else:
                work.flow[events.place[first]] += events.value[first]
                write_matrix(numbers, row, True, work)
            first += 1
        if final:
            _advance(end - now, False, work)
            break
        _advance(grid.time[p] - now, recurring, work)
        now = max(grid.time[p], now)
        _see_states(numbers, row, n, grid.offset + p, work, out, lane)
    return all_finite(n, work.x, stop - j, grid, j, out, lane)


def _see_states(
    numbers: Numbers, row: int, n: int, place: int, work: Work, out: Cube, lane: int
) -> None:
    """What is observed of the states, and where there is room its slope."""
    count = numbers.observed.shape[1]
    for observed in range(count):
        total = numbers.d[row, observed]
        for i in range(n):
            total += numbers.c[row, observed, i] * work.x[i]
        out[observed, lane, place] = total
    for observed in range(out.shape[0] - count):
        total = 0.0
        for i in range(n):
            rate = numbers.b[row, i] + work.flow[i]
            for k in range(n):
                rate += numbers.a[row, i, k] * work.x[k]
            total += numbers.c[row, observed, i] * rate
        out[count + observed, lane, place] = total


def write_matrix(numbers: Numbers, row: int, body: bool, work: Work) -> None:
    """Sets the matrix with its inputs, with or without the constant ones; its exponentials are forgotten."""
    n, matrix = numbers.rates.shape[1], work.matrix[0]
    largest, norm = 0.0, 1e-300
    for i in range(n):
        matrix[i, n] = work.flow[i]
        if body:
            matrix[i, n] += numbers.b[row, i]
        matrix[n, i] = 0.0
        largest = max(largest, abs(matrix[i, n]))
        for j in range(n):
            matrix[i, j] = numbers.a[row, i, j]
            norm = max(norm, abs(matrix[i, j]))
    matrix[n, n] = 0.0
    # a large infusion must not make the matrix look stiff
    work.scale[0] = largest / norm if largest > 0.0 else 1.0
    for i in range(n):
        matrix[i, n] /= work.scale[0]
    for k in range(KEPT):
        work.kept_time[k] = 0.0
    work.kept_next[0] = 0


def _advance(step: float, recurring: bool, work: Work) -> None:
    """Moves the states on by a time: by an exponential where the step recurs or is long, otherwise by their own series."""
    if step <= 0.0:
        return
    n, a, norm = work.x.shape[0], work.matrix[0], 0.0
    for j in range(n):
        column = 0.0
        for i in range(n):
            column += abs(a[i, j])
        norm = max(norm, column)
    parts = np.ceil(max(norm * step, 1.0))
    if recurring or parts > _MOST_PARTS:
        advance(step, work)
        return
    for _ in range(int(parts)):
        _series(step / parts, work)


def _series(step: float, work: Work) -> None:
    """``exp(A step) x`` with what enters, by the Taylor series of a step over which nothing changes by more than itself."""
    n, a, term, following = work.x.shape[0], work.matrix[0], work.z, work.source
    for i in range(n):
        term[i] = work.x[i]
    for k in range(1, _TERMS + 1):
        for i in range(n):
            total = a[i, n] * work.scale[0] if k == 1 else 0.0
            for j in range(n):
                total += a[i, j] * term[j]
            following[i] = total * (step / k)
        for i in range(n):
            term[i] = following[i]
            work.x[i] += term[i]


def advance(step: float, work: Work) -> None:
    """Moves the states on by a time; the last few exponentials are kept, for steps that recur."""
    if step <= 0.0:
        return
    n, slot = work.x.shape[0], -1
    for k in range(KEPT):
        if work.kept_time[k] == step:
            slot = k
    if slot < 0:
        slot = work.kept_next[0]
        work.kept_next[0] = (slot + 1) % KEPT
        work.kept_time[slot] = step
        matrix_exponential(work.matrix[0], step, work.kept[slot], work.matrix[1], work.matrix[2])
    power = work.kept[slot]
    for i in range(n):
        work.source[i] = power[i, n] * work.scale[0]
        for j in range(n):
            work.source[i] += power[i, j] * work.x[j]
    for i in range(n):
        work.x[i] = work.source[i]


def all_finite(n: int, last: Floats, times: int, grid: Grid, j: int, out: Cube, lane: int) -> bool:
    """Whether a piece is finite: what is not stays so until its end."""
    for m in range(n):
        if not math.isfinite(last[m]):
            return False
    for observed in range(out.shape[0]):
        if times > 0 and not math.isfinite(out[observed, lane, grid.offset + j + times - 1]):
            return False
    return True
