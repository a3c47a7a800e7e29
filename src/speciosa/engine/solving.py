"""Solving a population chunk by chunk, on several threads."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.codes import OK
from speciosa.engine.problem import Problem
from speciosa.engine.result import Result
from speciosa.engine.source import Source
from speciosa.engine.stepper.run import run_chunk
from speciosa.engine.stepper.stopping import stoppable
from speciosa.engine.stepper.task import Patients, Solved, Task

Progress = Callable[[str, int, int], None]
_CHUNK = 1024


def solve_population(
    problem: Problem,
    source: Source,
    method: str,
    threads: int,
    chunk: int | None,
    progress: Progress | None,
) -> Result:
    """Solves every row of `source`."""
    rows = source.rows
    stop = np.zeros(1, dtype=np.int64)
    table = _Table(problem, rows)
    solve: Callable[[int, int], Solved]
    if method == "closed form":
        most, solve = 2 * _CHUNK, _closed_form(problem, source, table.array)
    else:
        # small chunks, where threads might wait for each other at the end
        most = _CHUNK if threads == 1 else _CHUNK // 2
        solve = _compiled(problem, source, replace(problem.task(method), stop=stop), table.array)
    # as many chunks for each thread, so that none waits for the last one
    rounds = max(1, -(-rows // (most * threads)))
    size = chunk or max(8, -(-rows // (rounds * threads)))
    spans = [(first, min(first + size, rows)) for first in range(0, rows, size)]
    done = 0
    with stoppable(threads, stop) as pool:
        waiting = iter(spans)
        running = {
            pool.submit(solve, *span): span
            for _, span in zip(range(2 * threads), waiting, strict=False)
        }
        while running:
            future = next(iter(running))
            span = running.pop(future)
            table.put(span, future.result())
            following = next(waiting, None)
            if following is not None:
                running[pool.submit(solve, *following)] = following
            done += span[1] - span[0]
            if progress is not None:
                progress("patients", done, rows)
    return table.result(problem, source, method)


def _of_row(problem: Problem, source: Source, first: int, last: int) -> NDArray[np.int64]:
    of_patient = problem.schedule.of_patient
    if len(of_patient) == 1:
        return np.full(last - first, of_patient[0], dtype=np.int64)
    return of_patient[np.arange(first, last) % source.patients].astype(np.int64)


def _compiled(
    problem: Problem, source: Source, task: Task, trajectories: NDArray[np.float64]
) -> Callable[[int, int], Solved]:
    """Solves models step by step; trajectories are written to their place at once."""

    def solve(first: int, last: int) -> Solved:
        parameters, covariates = source.values(first, last)
        schedule = _of_row(problem, source, first, last)
        count = len(problem.occasions_h)
        by_occasion = (
            source.occasions(first, last, problem.varying, count) if count else np.empty(0)
        )
        patients = Patients(parameters, covariates, schedule, by_occasion)
        return run_chunk(task, patients, trajectories, first)

    return solve


def _closed_form(
    problem: Problem, source: Source, trajectories: NDArray[np.float64]
) -> Callable[[int, int], Solved]:
    """Solves linear models; trajectories are written to their place at once."""
    from speciosa.engine.linear.endpoints import endpoint_chunk
    from speciosa.engine.linear.solve import simulate_chunk

    equations, schedule = problem.equations, problem.schedule
    by_name = {output.name: output for output in equations.outputs}
    kept = equations
    if problem.kept != equations.output_names:
        kept = replace(equations, outputs=tuple(by_name[name] for name in problem.kept))

    def solve(first: int, last: int) -> Solved:
        rows = last - first
        values = source.values(first, last)
        of_row = _of_row(problem, source, first, last).astype(np.int32)
        ends, codes = np.empty((0, rows)), np.zeros(rows, dtype=np.int8)
        if problem.kept:
            codes = simulate_chunk(
                kept, schedule, of_row, *values, problem.times, problem.before, trajectories, first
            )[1]
        if problem.endpoints:
            ends, end_codes = endpoint_chunk(
                equations,
                schedule,
                of_row,
                *values,
                problem.endpoints,
                problem.begin,
                problem.follow.until,
            )
            codes = np.where(codes == OK, end_codes, codes)
            ends[:, codes != OK] = np.nan
        here = trajectories[:, first:last]
        here[:, codes != OK] = np.nan
        nothing = np.zeros(rows, dtype=np.int64)
        until = np.full(rows, problem.follow.until)
        log = np.zeros((0, rows, 1), dtype=np.int64)
        return Solved(here, ends, codes.astype(np.int64), nothing, np.zeros(rows), until, log)

    return solve


class _Table:
    """The arrays of a result, filled chunk by chunk."""

    def __init__(self, problem: Problem, rows: int) -> None:
        times = len(problem.times)
        self.array = np.empty((len(problem.kept), rows, times))
        self.outputs = dict(zip(problem.kept, self.array, strict=True))
        self.endpoints = {e.label: np.empty(rows) for e in problem.endpoints}
        self.codes = np.zeros(rows, dtype=np.int8)
        self.steps = np.zeros(rows, dtype=np.int64)
        self.error = np.empty(rows)
        self.ended = np.empty(rows)
        self.firings = {
            d.name: np.zeros((rows, len(d.at_h)), dtype=np.bool_) for d in problem.decisions
        }

    def put(self, span: tuple[int, int], solved: Solved) -> None:
        """Copies a chunk to its place."""
        here = slice(*span)
        for array, values in zip(self.outputs.values(), solved.trajectories, strict=True):
            if not np.may_share_memory(array, values):
                array[here] = values
        for column, ends in zip(self.endpoints.values(), solved.endpoints, strict=True):
            column[here] = ends
        for fired, log in zip(self.firings.values(), solved.log, strict=False):
            fired[here] = log[:, : fired.shape[1]] != 0
        self.codes[here] = solved.codes
        self.steps[here] = solved.steps
        self.error[here] = solved.error
        self.ended[here] = solved.ended

    def result(self, problem: Problem, source: Source, method: str) -> Result:
        """The finished result."""
        rows = np.arange(len(self.codes))
        units = {o.name: o.unit for o in problem.equations.outputs}
        for e in problem.endpoints:
            unit = units[e.output]
            units[e.label] = {"area": f"{unit}*h"}.get(e.kind, "h" if "time" in e.kind else unit)
        return Result(
            problem.times,
            self.outputs,
            self.endpoints,
            self.codes,
            rows % source.patients,
            rows // source.patients,
            units,
            self.steps,
            self.error,
            self.ended,
            method,
            self.firings,
            {d.name: np.asarray(d.at_h, dtype=float) for d in problem.decisions},
        )
