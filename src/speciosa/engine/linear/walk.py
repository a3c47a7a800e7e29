"""Modes on their way through the times of a grid, and what is observed of them there. Compiled by `native`."""

from speciosa.engine.compiler.built_in import vector_range
from speciosa.engine.linear.arrays import EVEN, Cube, Floats, Grid, Numbers, Work


def walk_even(times: int, k: int, weight: Floats, constant: float, work: Work, out: Floats) -> None:
    """At most three modes through even steps, from event `k` on; what is observed of them is written eight times at once.

    From one event to the next each mode is a number times powers of one factor.
    """
    z0, z1, z2 = work.z[0], work.z[1], work.z[2]
    a0, a1, a2, at = work.added[0], work.added[1], work.added[2], work.at
    e0, e1, e2 = work.power[0], work.power[1], work.power[2]
    w0 = weight[0]
    w1 = weight[1] if weight.shape[0] > 1 else 0.0
    w2 = weight[2] if weight.shape[0] > 2 else 0.0
    p = 0
    while p < times:
        stop = min(at[k], times)
        while True:
            s0, s1, s2 = w0 * z0, w1 * z1, w2 * z2
            if p + EVEN <= times:
                for i in vector_range(EVEN):
                    out[p + i] = constant + (s0 * e0[i] + s1 * e1[i] + s2 * e2[i])
            else:
                for i in range(times - p):
                    out[p + i] = constant + (s0 * e0[i] + s1 * e1[i] + s2 * e2[i])
            if stop - p <= EVEN:
                break
            z0 *= e0[EVEN]
            z1 *= e1[EVEN]
            z2 *= e2[EVEN]
            p += EVEN
        # the last time keeps its modes: the way on is a step of another length
        steps = min(stop, times - 1) - p
        z0 *= e0[steps]
        z1 *= e1[steps]
        z2 *= e2[steps]
        p = stop
        while at[k] == p and p < times:
            z0 += a0[k]
            z1 += a1[k]
            z2 += a2[k]
            k += 1
    work.z[0], work.z[1], work.z[2] = z0, z1, z2


def walk_all(
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
    """All modes through the grid; where one thing is observed, it is summed on the way."""
    n, begin = numbers.rates.shape[1], grid.offset + j
    weight, constant = numbers.observed[row, 0], numbers.d[row, 0]
    view = out[0, lane, begin : begin + times]
    for m in range(0, n, 4):
        _scatter(times, m, k, work)
        if out.shape[0] == 1:
            _walk_observed(times, j, grid, m, weight, constant, work, view)
        else:
            _walk(times, j, grid, m, work)


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


def _walk_observed(
    times: int,
    j: int,
    grid: Grid,
    m: int,
    weight: Floats,
    constant: float,
    work: Work,
    out: Floats,
) -> None:
    """The same where one thing is observed: it is summed on the way."""
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


def walk_driven(times: int, j: int, grid: Grid, m: int, k: int, work: Work) -> None:
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


def see(weight: Floats, constant: float, n: int, times: int, work: Work, out: Floats) -> None:
    """One thing observed: a sum of modes."""
    for p in vector_range(times):
        out[p] = constant
    for m in range(n):
        w = weight[m]
        if w != 0.0:
            _add_multiple(times, w, work.path[m], out)


def see_slope(
    weight: Floats,
    rates: Floats,
    n: int,
    times: int,
    driven: bool,
    work: Work,
    out: Floats,
) -> None:
    """The slope in time of one thing observed."""
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
