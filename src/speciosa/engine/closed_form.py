"""Linear models solved exactly: by their modes, or by matrix exponentials where modes lose digits.

Doses, infusions, lags, steady states, resets, replaced states and changing covariates of every patient are those of
its `Schedule`. There is no step size and no error of integration: what remains is rounding, some 1e-12 of the peak.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.closed_form_arrays import Grid, Numbers, Records, make_events, make_work
from speciosa.engine.closed_form_modes import modes
from speciosa.engine.closed_form_solver import largest_room, solve_common
from speciosa.engine.closed_form_system import LinearSystem, Static, linear_system
from speciosa.engine.codes import COVARIATE, NOT_FINITE, OK
from speciosa.engine.schedule import Schedule
from speciosa.model import Equations

Values = NDArray[np.float64]
Whole = NDArray[np.int64]

_BATCH = 1024


def supports(equations: Equations) -> bool:
    """Whether a model is linear: every rate affine in the states, with coefficients constant between events."""
    return linear_system(equations) is not None


def simulate_chunk(
    equations: Equations,
    schedule: Schedule,
    of_row: NDArray[np.int32],
    parameters: Values,
    covariates: Values,
    times: Values,
) -> tuple[Values, NDArray[np.int8]]:
    """Outputs of many patients at common times.

    Args:
        equations: a linear model.
        schedule: the distinct schedules.
        of_row: the schedule of each row, shape ``(rows,)``.
        parameters: shape ``(parameters, rows)``.
        covariates: before any change, shape ``(covariates, rows)``.
        times: hours in ascending order.

    Returns:
        Outputs, shape ``(outputs, rows, times)``, NaN where a row failed; and the status code of each row.
    """
    chunk = LinearChunk.of(equations, schedule, of_row, parameters, covariates)
    rows = len(of_row)
    outputs = np.empty((len(equations.outputs), rows, len(times)))
    codes = np.zeros(rows, dtype=np.int8)
    if len(times):
        for start in range(0, rows, _BATCH):
            part = slice(start, min(start + _BATCH, rows))
            chunk.common(part, times, outputs[:, part], codes[part])
    return outputs, codes


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
    of_row: Whole
    static: Values
    begins: Values

    @staticmethod
    def of(
        equations: Equations,
        schedule: Schedule,
        of_row: NDArray[np.int32],
        parameters: Values,
        covariates: Values,
    ) -> "LinearChunk":
        """Collects what rows need.

        Raises:
            ValueError: the model is not linear.
        """
        system = linear_system(equations)
        if system is None:
            raise ValueError(f"`{equations.name}` is not linear; use another method.")
        of = np.ascontiguousarray(of_row, dtype=np.int64)
        earliest = np.zeros(len(schedule.first) - 1)
        owner = np.repeat(np.arange(len(earliest)), np.diff(schedule.first))
        np.minimum.at(earliest, owner, schedule.time_h)
        static = np.ascontiguousarray(np.concatenate([parameters, covariates]))
        return LinearChunk(
            system, _records(schedule, equations), schedule, of, static, earliest[of]
        )

    def common(self, part: slice, times: Values, outputs: Values, codes: NDArray[np.int8]) -> None:
        """Solves rows at common times into ``outputs[:, rows, times]`` and ``codes[rows]``."""
        system = self.system
        steps, step = np.unique(np.diff(times, prepend=times[:1]), return_inverse=True)
        after = np.zeros(len(times), dtype=np.bool_)
        grid = Grid(times, after, step.astype(np.int64), steps, 0)
        version, static = self.versions(part)
        numbers = self.numbers(static)
        of, rows = self.of_row[part], len(version) - 1
        seen = np.empty((system.seen_count, rows, len(times)))
        found = np.zeros(rows, dtype=np.int64)
        room = largest_room(self.records, of, version, numbers)
        work = make_work(
            len(system.states), len(steps), len(times), room, self.schedule.longest
        )
        events = make_events(room)
        begins = self.begins[part]
        solve_common(
            self.records, of, version, numbers, begins, grid, work, events, seen, found
        )
        for index, place in system.linear_outputs.items():
            outputs[index] = seen[place]
        if system.curved:
            needed = seen[list(system.needed.values())]
            fixed = self.static_at(part, version, static, times)
            outputs[list(system.curved)] = system.curved_values(needed, fixed, times)
        bad = ~np.isfinite(outputs).all(axis=(0, 2))
        found[bad & (found == OK)] = NOT_FINITE
        outputs[:, found != OK] = np.nan
        codes[:] = found

    def versions(self, part: slice) -> tuple[Whole, Values]:
        """Where the numbers of each row begin, one set for each change of a covariate, and the numbers' static values."""
        of, static = self.of_row[part], self.static[:, part]
        rows = len(of)
        changing = self.schedule.kind == COVARIATE
        if not changing.any():
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

    def static_at(self, part: slice, version: Whole, static: Values, times: Values) -> Values:
        """Static values of each row at each time, shape ``(names, rows, 1)`` or ``(names, rows, times)``."""
        if version[-1] == len(version) - 1:
            return static[:, :, None]
        schedule = self.schedule
        values = np.empty((len(static), len(version) - 1, len(times)))
        for row, s in enumerate(self.of_row[part]):
            at = np.arange(schedule.first[s], schedule.first[s + 1])
            moments = np.sort(schedule.time_h[at[schedule.kind[at] == COVARIATE]])
            near = 1e-10 * np.maximum(1.0, np.abs(times))
            changes = np.searchsorted(moments, times + near, side="right")
            values[:, row] = static[:, version[row] + changes]
        return values

    def numbers(self, static: Values) -> Numbers:
        """Matrices and modes for static values, shape ``(names, rows)``."""
        return _numbers(self.system.evaluate(static), self.system)


def _numbers(given: Static, system: LinearSystem) -> Numbers:
    found = modes(given.a, system.blocks, system.reached)
    return Numbers(
        given.a,
        given.b,
        given.c,
        given.d,
        given.initial,
        given.bioavailability,
        given.lag,
        given.duration,
        found.rates,
        found.right,
        found.left,
        found.good,
        given.c @ found.right,
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
        state,
    )
