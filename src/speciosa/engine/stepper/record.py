"""Writing down what is observed: the outputs at the times asked for, now or within the last step."""

import numpy as np

from speciosa.engine.codes import FAR, WIDTH
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import call, number, put, put_whole, real, whole


def store(c: int, lane: int, j: int, outputs: int) -> None:
    """Stores the outputs, of now or of a place in the last step, as observation `j`."""
    place = whole(c, at.LANE_ROW, lane) * number(c, at.TIMES) + j
    for k in range(number(c, at.KEPT)):
        value = real(c, outputs, whole(c, at.WATCH_KEPT, k) * WIDTH + lane)
        put(c, at.TRAJECTORIES, k * number(c, at.TRAJECTORY_STRIDE) + place, value)


def record_present(c: int, lane: int, limit: float) -> None:
    """Stores the observations that are due now, and sets the next."""
    j, times = whole(c, at.LANE_DUE, lane), number(c, at.TIMES)
    while j < times and real(c, at.WATCH_TIMES, j) <= limit:
        store(c, lane, j, at.OUT)
        j += 1
    put_whole(c, at.LANE_DUE, lane, j)
    if j < times:
        put(c, at.DUE, lane, real(c, at.WATCH_TIMES, j))


def record_between(c: int, due: int) -> int:
    """Stores one observation within the last step of every patient in `due`. Returns who has another."""
    times = number(c, at.TIMES)
    for lane in range(WIDTH):
        if due >> lane & 1:
            since = real(c, at.DUE, lane) - real(c, at.T0, lane)
            put(c, at.AT, lane, since / real(c, at.USED, lane))
    call(c, at.SAMPLE)
    for lane in range(WIDTH):
        if not due >> lane & 1:
            continue
        j = whole(c, at.LANE_DUE, lane)
        store(c, lane, j, at.SEEN)
        j += 1
        put_whole(c, at.LANE_DUE, lane, j)
        following = real(c, at.WATCH_TIMES, j) if j < times else FAR
        put(c, at.DUE, lane, following)
        time = real(c, at.T, lane)
        at_stop = time >= real(c, at.STOP, lane)
        if following >= time - real(c, at.LEAST, lane) if at_stop else following > time:
            due &= ~(1 << lane)
    return due


def erase(c: int, row: int, first: int) -> None:
    """Nothing was observed from observation `first` on."""
    times = number(c, at.TIMES)
    for k in range(number(c, at.KEPT)):
        for j in range(first, times):
            put(c, at.TRAJECTORIES, k * number(c, at.TRAJECTORY_STRIDE) + row * times + j, np.nan)
