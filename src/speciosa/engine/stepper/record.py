"""Writing down what is observed: the outputs at the times asked for, now or within the last step."""

import numpy as np

from speciosa.engine.codes import FAR, WIDTH
from speciosa.engine.compiler.by_address import LaneFloats
from speciosa.engine.stepper.loop import Loop


def store(c: Loop, lane: int, j: int, outputs: LaneFloats) -> None:
    """Stores the outputs, of now or of a place in the last step, as observation `j`."""
    row = c.results.first + c.lanes.row[lane]
    for k in range(c.size.kept):
        value = outputs[c.observed.kept[k], lane]
        c.results.trajectories[k, row, j] = value


def record_present(c: Loop, lane: int, limit: float) -> None:
    """Stores the observations that are due now, and sets the next."""
    j, times = c.lanes.due[lane], c.size.times
    while j < times and c.observed.times[j] <= limit:
        store(c, lane, j, c.space.out)
        j += 1
    c.lanes.due[lane] = j
    if j < times:
        c.space.due[lane] = c.observed.times[j]


def record_between(c: Loop, due: int) -> int:
    """Stores one observation within the last step of every patient in `due`. Returns who has another."""
    times = c.size.times
    for lane in range(WIDTH):
        if due >> lane & 1:
            since = c.space.due[lane] - c.space.t0[lane]
            c.space.at[lane] = since / c.space.used[lane]
    c.space.wanted[0] = -1
    c.kernel.sample(c.space.memory)
    for lane in range(WIDTH):
        if not due >> lane & 1:
            continue
        j = c.lanes.due[lane]
        store(c, lane, j, c.space.seen)
        j += 1
        c.lanes.due[lane] = j
        following = c.observed.times[j] if j < times else FAR
        c.space.due[lane] = following
        time = c.space.t[lane]
        at_stop = time >= c.space.stop[lane]
        if following >= time - c.space.least[lane] if at_stop else following > time:
            due &= ~(1 << lane)
    return due


def erase(c: Loop, row: int, first: int) -> None:
    """Nothing was observed from observation `first` on."""
    for k in range(c.size.kept):
        for j in range(first, c.size.times):
            c.results.trajectories[k, c.results.first + row, j] = np.nan
