"""Writing down what is observed: the outputs at the times asked for, now or within the last step."""

import numpy as np

from speciosa.engine.codes import FAR, WIDTH
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import (
    call,
    get_float64,
    get_int64,
    number,
    set_float64,
    set_int64,
)


def store(c: int, lane: int, j: int, outputs: int) -> None:
    """Stores the outputs, of now or of a place in the last step, as observation `j`."""
    place = get_int64(c, at.LANE_ROW, lane) * number(c, at.TIMES) + j
    for k in range(number(c, at.KEPT)):
        value = get_float64(c, outputs, get_int64(c, at.WATCH_KEPT, k) * WIDTH + lane)
        set_float64(c, at.TRAJECTORIES, k * number(c, at.TRAJECTORY_STRIDE) + place, value)


def record_present(c: int, lane: int, limit: float) -> None:
    """Stores the observations that are due now, and sets the next."""
    j, times = get_int64(c, at.LANE_DUE, lane), number(c, at.TIMES)
    while j < times and get_float64(c, at.WATCH_TIMES, j) <= limit:
        store(c, lane, j, at.OUT)
        j += 1
    set_int64(c, at.LANE_DUE, lane, j)
    if j < times:
        set_float64(c, at.DUE, lane, get_float64(c, at.WATCH_TIMES, j))


def record_between(c: int, due: int) -> int:
    """Stores one observation within the last step of every patient in `due`. Returns who has another."""
    times = number(c, at.TIMES)
    for lane in range(WIDTH):
        if due >> lane & 1:
            since = get_float64(c, at.DUE, lane) - get_float64(c, at.T0, lane)
            set_float64(c, at.AT, lane, since / get_float64(c, at.USED, lane))
    call(c, at.SAMPLE)
    for lane in range(WIDTH):
        if not due >> lane & 1:
            continue
        j = get_int64(c, at.LANE_DUE, lane)
        store(c, lane, j, at.SEEN)
        j += 1
        set_int64(c, at.LANE_DUE, lane, j)
        following = get_float64(c, at.WATCH_TIMES, j) if j < times else FAR
        set_float64(c, at.DUE, lane, following)
        time = get_float64(c, at.T, lane)
        at_stop = time >= get_float64(c, at.STOP, lane)
        if following >= time - get_float64(c, at.LEAST, lane) if at_stop else following > time:
            due &= ~(1 << lane)
    return due


def erase(c: int, row: int, first: int) -> None:
    """Nothing was observed from observation `first` on."""
    times = number(c, at.TIMES)
    for k in range(number(c, at.KEPT)):
        for j in range(first, times):
            set_float64(
                c, at.TRAJECTORIES, k * number(c, at.TRAJECTORY_STRIDE) + row * times + j, np.nan
            )
