"""Statistics of a concentration-time or effect-time course, as studies report them.

All functions take one course a row, ``values`` of shape ``(patients, times)``, and return one number a patient. Areas
are by trapezoids, linear while rising and logarithmic while falling; what lies beyond the last time is the last
value over the terminal rate. The terminal rate is the least-squares slope of the logarithm where the last quarter of
the area is collected, without its last twentieth: late enough to be terminal, early enough to be measurable.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TERMINAL_FROM, TERMINAL_TO = 0.75, 0.97
_AT_ONCE = 1 << 15
SAMPLED = 0.80
"""Share of the whole area that a partial area without a stated end holds: what guidelines on bioequivalence ask of the
sampling (FDA, Bioequivalence Studies with Pharmacokinetic Endpoints, 2021)."""


@dataclass(frozen=True)
class Course:
    """The course of one quantity after the doses that a statistic is about.

    Attributes:
        times: hours since the start of the study, increasing, shape ``(times,)``.
        values: shape ``(patients, times)``; concentrations in nmol/L, never negative.
    """

    times: Array
    values: Array

    @cached_property
    def area(self) -> Array:
        """See `cumulative_area`."""
        return _cumulative_area(self)

    @cached_property
    def tail(self) -> Array:
        """See `terminal_rate`."""
        return _slope_of_tail(self, self.area)

    def between(self, start: float, end: float) -> "Course":
        """The part from `start` to `end`, with both ends interpolated; a view where both are times that are stored."""
        first, last = np.searchsorted(self.times, [start, end])
        stored = first < last < len(self.times)
        if stored and self.times[first] == start and self.times[last] == end:
            return Course(self.times[first : last + 1], self.values[:, first : last + 1])
        inside = (self.times > start) & (self.times < end)
        times = np.concatenate(([start], self.times[inside], [end]))
        values = np.column_stack([self.at(start), self.values[:, inside], self.at(end)])
        return Course(times, values)

    def at(self, time: float) -> Array:
        """The value at one time, linear between the times stored."""
        right = int(np.clip(np.searchsorted(self.times, time), 1, len(self.times) - 1))
        left = right - 1
        gap = self.times[right] - self.times[left]
        share = np.clip((time - self.times[left]) / gap, 0.0, 1.0) if gap > 0 else 1.0
        return (1 - share) * self.values[:, left] + share * self.values[:, right]


def cumulative_area(course: Course) -> Array:
    """Area from the first time to each time, linear up, logarithmic down; shape ``(patients, times)``.

    Source: Gabrielsson J, Weiner D, Methods Mol Biol 2012;929:377, doi:10.1007/978-1-62703-050-2_16.

    Example:
        >>> decay = Course(np.array([0.0, 1.0]), np.array([[1.0, np.exp(-1.0)]]))
        >>> bool(np.isclose(cumulative_area(decay)[0, 1], 1 - np.exp(-1.0)))
        True
    """
    return course.area


def _cumulative_area(course: Course) -> Array:
    step = np.diff(course.times)
    area = np.zeros(course.values.shape)
    for rows in _blocks(course):
        left, right = course.values[rows, :-1], course.values[rows, 1:]
        falling = (right < left * (1 - 1e-6)) & (right > 0)
        log = np.divide(left, right, out=np.full(left.shape, np.e), where=falling)
        np.log(log, out=log)
        pieces = 0.5 * (left + right)
        np.divide(left - right, log, out=pieces, where=falling)
        pieces *= step
        np.cumsum(pieces, axis=1, out=area[rows, 1:])
    return area


def _blocks(course: Course) -> Iterator[slice]:
    """Rows some at a time, so that what is worked out in between stays in the processor's cache."""
    rows, times = course.values.shape
    size = max(1, _AT_ONCE // max(1, times))
    return (slice(first, first + size) for first in range(0, rows, size))


def terminal_rate(course: Course) -> Array:
    """Terminal elimination rate constant of each course, 1/h.

    Example:
        >>> times = np.linspace(0, 40, 200)
        >>> float(terminal_rate(Course(times, np.exp(-0.2 * times)[None, :]))[0].round(6))
        0.2
    """
    return course.tail


def _slope_of_tail(course: Course, area: Array) -> Array:
    """The terminal rate, where the area to each time is known."""
    found = np.empty(len(area))
    for rows in _blocks(course):
        found[rows] = _slope_of(Course(course.times, course.values[rows]), area[rows])
    return found


def _slope_of(course: Course, area: Array) -> Array:
    share = area / np.maximum(area[:, -1:], 1e-300)
    positive = course.values > 0
    chosen = (share >= TERMINAL_FROM) & (share <= TERMINAL_TO) & positive
    few = chosen.sum(axis=1) < 3
    chosen[few] = (share[few] >= 0.5) & positive[few]
    some = np.flatnonzero(chosen.any(axis=0))
    there = slice(some[0], some[-1] + 1) if len(some) else slice(0, 0)
    times, weight = course.times[there], chosen[:, there].astype(float)
    log = np.log(np.where(positive[:, there], course.values[:, there], 1.0))
    total = np.maximum(weight.sum(axis=1), 1.0)
    mean_t = (weight * times).sum(axis=1) / total
    mean_y = (weight * log).sum(axis=1) / total
    away = (times - mean_t[:, None]) * weight
    spread = (away * (times - mean_t[:, None])).sum(axis=1)
    slope = (away * (log - mean_y[:, None])).sum(axis=1) / np.where(spread > 0, spread, np.nan)
    return np.where(slope < 0, -slope, np.nan)


def area_to_infinity(course: Course) -> Array:
    """Area from the first time to infinity."""
    tail = course.values[:, -1] / course.tail
    return course.area[:, -1] + np.where(np.isfinite(tail), tail, 0.0)


def area_to_last(course: Course) -> Array:
    """Area over the time that is usually sampled: `SAMPLED` of the area to infinity."""
    return SAMPLED * area_to_infinity(course)


def mean_residence_time(course: Course) -> Array:
    """Mean residence time: first moment of the course over its area, both to infinity."""
    start = course.times[0]
    elapsed = course.times - start
    moment = cumulative_area(Course(course.times, course.values * elapsed))[:, -1]
    rate = terminal_rate(course)
    last = course.values[:, -1]
    tail = last * elapsed[-1] / rate + last / rate**2
    return (moment + np.where(np.isfinite(tail), tail, 0.0)) / area_to_infinity(course)


def peak(course: Course) -> Array:
    """The highest value."""
    return np.asarray(course.values.max(axis=1))


def time_of_peak(course: Course) -> Array:
    """Hours from the first time to the highest value."""
    return np.asarray(course.times[course.values.argmax(axis=1)] - course.times[0])


def trough(course: Course) -> Array:
    """The lowest value."""
    return np.asarray(course.values.min(axis=1))


def average(course: Course) -> Array:
    """The time average."""
    if course.times[-1] <= course.times[0]:
        return course.values[:, -1]
    area = np.trapezoid(course.values, course.times, axis=1)
    return np.asarray(area / (course.times[-1] - course.times[0]))


def sampling_times(start: float, end: float, count: int = 140, first: float = 1 / 120) -> Array:
    """Times after a dose, dense early and sparse late, from `start` to `end`.

    Example:
        >>> times = sampling_times(0.0, 24.0)
        >>> len(times), float(times[0]), float(times[-1])
        (140, 0.0, 24.0)
    """
    length = end - start
    if length <= 0:
        return np.array([start])
    knee = min(first, length / 10)
    times = np.concatenate(([0.0], np.geomspace(knee, length, count - 1)))
    times[-1] = length
    return start + times


def statistic(values: Array, kind: str) -> Array:
    """Mean, median or geometric mean over the last axis; missing values do not count.

    Example:
        >>> float(statistic(np.array([1.0, 4.0]), "geomean"))
        2.0
    """
    if kind == "median":
        return np.asarray(np.nanmedian(values, axis=-1))
    if kind == "geomean":
        return np.asarray(np.exp(np.nanmean(np.log(np.maximum(values, 1e-300)), axis=-1)))
    return np.asarray(np.nanmean(values, axis=-1))
