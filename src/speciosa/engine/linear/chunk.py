"""Some patients of a linear model with all that solving them needs: schedules, matrices, modes, times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.codes import COVARIATE, NOT_FINITE, OK
from speciosa.engine.dosing import near_each
from speciosa.engine.linear.arrays import Grid, Numbers, Records, make_events, make_work
from speciosa.engine.linear.modes import modes
from speciosa.engine.linear.solver import largest_room, solve_common
from speciosa.engine.linear.system import LinearSystem, Static, linear_system
from speciosa.engine.schedule import Schedule
from speciosa.model import Equations

Values = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class LinearChunk:
    """Some patients of a linear model with their numbers.

    Attributes:
        system: the model.
        records: of all schedules.
        schedule: the distinct schedules.
        of_row: the schedule of each row.
        static: parameters and covariates of each row before any change, ``(parameters + covariates, rows)``.
        begins: when each row begins, hours.
    """

    system: LinearSystem
    records: Records
    schedule: Schedule
    of_row: Integers
    static: Values
    begins: Values

    @staticmethod
    def of(
        equations: Equations,
        schedule: Schedule,
        of_row: NDArray[np.int32],
        parameters: Values,
        covariates: Values,
        earliest: float = 0.0,
        areas: int = 0,
    ) -> "LinearChunk":
        """Collects what rows need.

        Args:
            equations: the model; its last `areas` states are areas.
            schedule: the distinct schedules.
            of_row: the schedule of each row.
            parameters: shape ``(parameters, rows)``.
            covariates: before any change, shape ``(covariates, rows)``.
            earliest: when rows begin that have no earlier dose, hours.
            areas: how many states are areas.

        Raises:
            ValueError: the model is not linear.
        """
        system = linear_system(equations, areas)
        if system is None:
            raise ValueError(f"`{equations.name}` is not linear; use another method.")
        of = np.ascontiguousarray(of_row, dtype=np.int64)
        if len(of):
            schedule = _between(schedule, int(of.min()), int(of.max()))
            of = of - of.min()
        begins = np.full(len(schedule.first) - 1, min(earliest, 0.0))
        dosed = np.flatnonzero(np.diff(schedule.first))
        if len(dosed):
            starts = schedule.first[dosed]
            if schedule.target_of_all >= 0:
                firsts = schedule.time_h[starts]
            else:
                firsts = np.minimum.reduceat(schedule.time_h, starts)
            begins[dosed] = np.minimum(firsts, begins[dosed])
        static = np.ascontiguousarray(np.concatenate([parameters, covariates]))
        records = _records(schedule, equations)
        return LinearChunk(system, records, schedule, of, static, begins[of])

    def part(self, rows: slice) -> "LinearChunk":
        """Some of the rows."""
        of = self.of_row[rows]
        schedule = _between(self.schedule, int(of.min()), int(of.max()))
        return LinearChunk(
            self.system,
            _records(schedule, self.system.equations),
            schedule,
            of - of.min(),
            self.static[:, rows],
            self.begins[rows],
        )

    def common(self, times: Values, outputs: Values, start: int, before: bool = False) -> Integers:
        """Solves the rows at common times, into ``outputs[:, start:]``; returns how each ended."""
        system = self.system
        steps, step = np.unique(np.diff(times, prepend=times[:1]), return_inverse=True)
        guess, parts = _guesses(times)
        reach = times - near_each(times) if before else times + near_each(times)
        even = len(steps) == 2 and bool((step[1:] == 1).all())
        grid = Grid(times, reach, step.astype(np.int64), steps, 0, guess, parts, even)
        version, static = self.versions()
        numbers = self.numbers(static)
        of, rows = self.of_row, len(self.of_row)
        found = np.zeros(rows, dtype=np.int64)
        room = self.room(version, numbers)
        work = make_work(len(system.states), len(steps), len(times), room)
        events, part = make_events(room), slice(start, start + rows)
        direct = not system.curved
        observed = outputs if direct else np.empty((system.observed_count, rows, len(times)))
        begin = start if direct else 0
        solve_common(
            self.records,
            of,
            version,
            numbers,
            self.begins,
            grid,
            work,
            events,
            observed,
            begin,
            found,
        )
        if not direct:
            for index, place in system.linear_outputs.items():
                outputs[index, part] = observed[place]
            needed = observed[list(system.needed.values())]
            fixed = self.static_at(version, static, reach)
            for index, values in zip(
                system.curved, system.curved_values(needed, fixed, times, reach), strict=True
            ):
                outputs[index, part] = values
                found[~np.isfinite(values).all(axis=1) & (found == OK)] = NOT_FINITE
        if (found != OK).any():
            outputs[:, start + np.flatnonzero(found)] = np.nan
        return found

    def room(self, version: Integers, numbers: Numbers) -> int:
        """At least as many events as any of the rows has."""
        if self.schedule.plain:
            return 3 * self.schedule.longest + 1
        if self.schedule.steady.any():
            return int(largest_room(self.records, self.of_row, version, numbers))
        counts = self.schedule.count
        doses = np.concatenate([[0], np.cumsum(2 * counts + 1)])
        return int(np.max(np.diff(doses[self.schedule.first]), initial=0)) + 1

    def versions(self) -> tuple[Integers, Values]:
        """Where the numbers of each row begin, one set for each change of a covariate, and the numbers' static values."""
        of, static = self.of_row, self.static
        rows = len(of)
        if self.schedule.plain or not (self.schedule.kind == COVARIATE).any():
            return np.arange(rows + 1), static
        changes = {int(s): self._changes(int(s)) for s in np.unique(of)}
        counts = np.array([1 + len(changes[int(s)]) for s in of])
        version = np.concatenate([[0], np.cumsum(counts)])
        expanded = np.repeat(static, counts, axis=1)
        first = len(self.system.equations.parameters)
        for row, s in enumerate(of):
            for k, (target, value) in enumerate(changes[int(s)], start=1):
                expanded[first + target, version[row] + k : version[row + 1]] = value
        return version, expanded

    def _changes(self, s: int) -> list[tuple[int, float]]:
        """Covariate and new value of each change in a schedule, in order of time."""
        schedule = self.schedule
        rows = range(schedule.first[s], schedule.first[s + 1])
        found = [r for r in rows if schedule.kind[r] == COVARIATE]
        found.sort(key=lambda r: schedule.time_h[r])
        return [(int(schedule.target[r]), float(schedule.amount[r])) for r in found]

    def change_times(self, s: int) -> Values:
        """When covariates change in a schedule, ascending."""
        rows = slice(int(self.schedule.first[s]), int(self.schedule.first[s + 1]))
        moments = self.schedule.time_h[rows][self.schedule.kind[rows] == COVARIATE]
        return np.asarray(np.sort(moments))

    def static_at(self, version: Integers, static: Values, reach: Values) -> Values:
        """Static values of each row at each time, shape ``(names, rows, 1)`` or ``(names, rows, times)``."""
        if version[-1] == len(version) - 1:
            return static[:, :, None]
        values = np.empty((len(static), len(version) - 1, len(reach)))
        for row, s in enumerate(self.of_row):
            changes = np.searchsorted(self.change_times(int(s)), reach, side="right")
            values[:, row] = static[:, version[row] + changes]
        return values

    def numbers(self, static: Values) -> Numbers:
        """Matrices and modes for static values, shape ``(names, rows)``."""
        return _numbers(self.system.evaluate(static), self.system)


def _between(schedule: Schedule, low: int, high: int) -> Schedule:
    """The distinct schedules from `low` to `high`; no record is copied."""
    if low == 0 and high == len(schedule.first) - 2:
        return schedule
    first = schedule.first[low : high + 2]
    records = slice(int(first[0]), int(first[-1]))
    part = Schedule(
        first - first[0],
        schedule.of_patient,
        schedule.time_h[records],
        schedule.kind[records],
        schedule.target[records],
        schedule.amount[records],
        schedule.duration_h[records],
        schedule.rate[records],
        schedule.every_h[records],
        schedule.count[records],
        schedule.steady[records],
        schedule.added[records],
    )
    if schedule.plain:
        # what is true of all need not be looked for in each part
        vars(part).update(plain=True, target_of_all=schedule.target_of_all)
    return part


def _numbers(static: Static, system: LinearSystem) -> Numbers:
    found = modes(static.a, static.c, system.groups)
    return Numbers(
        a=static.a,
        b=static.b,
        c=static.c,
        d=static.d,
        initial=static.initial,
        bioavailability=static.bioavailability,
        lag=static.lag,
        duration=static.duration,
        entry_rate=static.entry_rate,
        rates=found.rates,
        right=found.right,
        left=found.left,
        good=found.good,
        observed=found.observed,
        doubt=found.doubt,
        model_states=system.model_states,
    )


def _guesses(times: Values) -> tuple[Integers, float]:
    """For equal parts of the span of some times, the first of them that is not before the part begins."""
    span, count = times[-1] - times[0], len(times) - 1
    if span <= 0:
        return np.zeros(0, dtype=np.int64), 0.0
    begins = times[0] + span * np.arange(1, count + 1) / count
    return np.searchsorted(times, begins - 2 * near_each(begins)).astype(np.int64), float(
        count / span
    )


def _records(schedule: Schedule, equations: Equations) -> Records:
    names = equations.state_names
    state = np.array([names.index(target.state) for target in equations.targets] or [0])
    return Records(
        schedule.first,
        schedule.time_h,
        schedule.kind,
        schedule.target,
        schedule.amount,
        schedule.duration_h,
        schedule.rate,
        schedule.every_h,
        schedule.count,
        schedule.steady,
        schedule.added,
        state,
        schedule.plain,
        schedule.target_of_all,
    )
