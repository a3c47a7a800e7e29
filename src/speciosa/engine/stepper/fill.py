"""A chunk of patients as the compiled loop takes it."""

from dataclasses import replace
from functools import lru_cache, reduce
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.engine.codes import COVARIATE, DEPTH, DOSE, MOST_WAITING, WIDTH
from speciosa.engine.compiler.by_address import MachineCode
from speciosa.engine.kernel.clock import TIME
from speciosa.engine.kernel.compiled import CompiledModel
from speciosa.engine.kernel.plan import value_bit
from speciosa.engine.kernel.rows import Row
from speciosa.engine.kernel.triggers import triggers_of
from speciosa.engine.stepper.gather import gather_address
from speciosa.engine.stepper.loop import (
    Decided,
    Followed,
    Kernel,
    Lanes,
    Loop,
    Observed,
    Occasions,
    Records,
    Results,
    Search,
    Size,
    Space,
    Targets,
    Triggers,
)
from speciosa.engine.stepper.task import Patients, Real, Task
from speciosa.engine.watch import Watch
from speciosa.model import Equations

_TABLES = 2 * WIDTH
Whole = NDArray[np.int64]


def loop_of(task: Task, patients: Patients, results: Results) -> Loop:
    """The loop that solves a chunk."""
    equations, kernel = task.equations, task.kernel
    size = _size(task, len(patients.schedule))
    occasions = patients.occasions if size.occasions else np.empty((0, 0, 0))
    return Loop(
        kernel=Kernel(**{name: MachineCode(at) for name, at in kernel.addresses.items()}),
        space=_space(kernel),
        size=size,
        settings=task.settings,
        schedule=task.schedule,
        targets=Targets(
            _whole([equations.state_names.index(target.state) for target in equations.targets]),
            _whole([equations.target_names.index(target.name) for target in equations.targets]),
        ),
        patients=replace(
            patients,
            parameters=np.ascontiguousarray(patients.parameters),
            covariates=np.ascontiguousarray(patients.covariates),
            occasions=np.ascontiguousarray(occasions),
        ),
        occasions=Occasions(task.occasion_times, task.occasion_parameters),
        observed=Observed(task.times, task.kept, task.halts),
        watch=task.watch,
        decisions=task.decisions,
        triggers=_triggers(equations, size),
        records=_records(size),
        search=_search(task, size),
        lanes=Lanes(
            row=_zeros(WIDTH),
            due=_zeros(WIDTH),
            halt=_zeros(WIDTH),
            begun=_zeros(WIDTH),
            fresh=_zeros(WIDTH),
            occasion=_zeros(WIDTH),
            alive=_zeros(WIDTH),
            restart=np.zeros(WIDTH),
        ),
        followed=_followed(task.watch, equations),
        decided=Decided(_by_lane(size.decisions), _by_lane(size.decisions), _rows(size.decisions)),
        results=results,
        give_up=task.stop,
    )


def _whole(values: Any) -> Whole:
    return np.ascontiguousarray(values, dtype=np.int64)


def _zeros(count: int) -> Whole:
    return np.zeros(count, dtype=np.int64)


def _by_lane(rows: int) -> Whole:
    return np.zeros((rows, WIDTH), dtype=np.int64)


def _rows(rows: int) -> Real:
    return np.zeros((rows, WIDTH))


def _size(task: Task, rows: int) -> Size:
    equations, start = task.equations, task.kernel.start
    return Size(
        states=len(equations.states),
        outputs=len(equations.outputs),
        parameters=len(equations.parameters),
        covariates=len(equations.covariates),
        targets=len(equations.targets),
        rows=rows,
        records=_most_records(task),
        times=len(task.times),
        kept=len(task.kept),
        endpoints=len(task.watch.kind),
        decisions=len(task.decisions.action),
        occasions=len(task.occasion_times),
        varying=len(task.occasion_parameters),
        conditions=start[Row.GAP] - start[Row.HELD],
    )


def _space(kernel: CompiledModel) -> Space:
    """The rows of a new workspace; the names of those that a model does not have lead to its first."""
    memory, start = kernel.workspace(), kernel.start
    all_rows: Real = memory.reshape(-1, WIDTH)

    def rows(name: Row) -> Real:
        return all_rows[start.get(name, 0) :]

    def row(name: Row) -> Real:
        one: Real = all_rows[start[name]]
        return one

    return Space(
        memory=memory,
        t=row(Row.T),
        h=row(Row.H),
        stop=row(Row.STOP),
        due=row(Row.DUE),
        log_error=row(Row.LOG_ERROR),
        q=row(Row.Q),
        at=row(Row.AT),
        error_sum=row(Row.ERROR_SUM),
        rtol=row(Row.RTOL),
        peak_share=row(Row.PEAK_SHARE),
        flag=row(Row.FLAG),
        least=row(Row.LEAST),
        look=row(Row.LOOK),
        wanted=row(Row.WANTED).view(np.int64),
        birth=row(Row.BIRTH),
        most=row(Row.MOST),
        moment=row(Row.MOMENT),
        t0=row(Row.T0),
        used=row(Row.USED),
        held=rows(Row.HELD),
        gap=rows(Row.GAP),
        truth=rows(Row.TRUTH),
        spacing=rows(Row.SPACING),
        y=rows(Row.Y),
        y0=rows(Row.Y0),
        f=rows(Row.F),
        peak=rows(Row.PEAK),
        infusion=rows(Row.INFUSION),
        initial=rows(Row.INITIAL),
        out=rows(Row.OUT),
        seen=rows(Row.SEEN),
        slope=rows(Row.SLOPE),
        out0=rows(Row.OUT0),
        slope0=rows(Row.SLOPE0),
        seen_slope=rows(Row.SEEN_SLOPE),
        judged=rows(Row.JUDGED),
        parameter=rows(Row.PARAMETER),
        covariate=rows(Row.COVARIATE),
        bioavailability=rows(Row.BIOAVAILABILITY),
        lag=rows(Row.LAG),
        duration=rows(Row.DURATION),
        entry_rate=rows(Row.ENTRY_RATE),
    )


def _timed(equations: Equations) -> bool:
    """Whether a rate depends on time itself."""
    return any(TIME in equations.symbols_of(rate) for rate in equations.rates)


@lru_cache(maxsize=256)
def _touched(equations: Equations) -> int:
    """Outputs whose value or slope a dose may change at once, as bits: of states that doses enter and of their neighbours."""
    entered = {sympy.Symbol(target.state, real=True) for target in equations.targets}
    moved = entered | {
        sympy.Symbol(state.name, real=True)
        for state, rate in zip(equations.states, equations.rates, strict=True)
        if equations.symbols_of(rate) & entered
    }
    bits = [
        value_bit(i)
        for i, output in enumerate(equations.outputs)
        if equations.symbols_of(output.expression) & moved
    ]
    return reduce(int.__or__, bits, 0)


def _records(size: Size) -> Records:
    room = _TABLES * size.records
    return Records(
        base=np.zeros(room),
        given=np.zeros(room),
        every=np.zeros(room),
        amount=np.zeros(room),
        length=np.zeros(room),
        flow=np.zeros(room),
        over=np.zeros(room),
        pace=np.zeros(room),
        count=_zeros(room),
        target=_zeros(room),
        kind=_zeros(room),
        order=_zeros(room),
        steady=_zeros(room),
        started=_zeros(room),
        ended=_zeros(room),
        mode=_zeros(room),
        size=_zeros(_TABLES),
        low=_zeros(_TABLES),
    )


def _most_records(task: Task) -> int:
    """At least as many records as a patient comes to have.

    A record at steady state has one for the doses before it. Where what a dose becomes may change, each dose may become a
    record while it waits, and another while it runs beside one of another rate.
    """
    schedule, decisions = task.schedule, task.decisions
    records = 2 * schedule.longest + 1
    changing = len(task.occasion_times) or len(decisions.action)
    if not (changing or (schedule.kind == COVARIATE).any()):
        return records
    end = task.settings.end
    doses = np.where(
        schedule.kind == DOSE,
        _doses_until(end - schedule.time_h, schedule.every_h, schedule.count),
        0,
    )
    before = np.concatenate([[0], np.cumsum(doses)])
    records += 2 * int(np.max(np.diff(before[schedule.first]), initial=0))
    targets = max(1, len(task.equations.targets))
    for times, every, count in zip(decisions.times, decisions.every, decisions.count, strict=True):
        given = times[times < 1e299]
        fired = _doses_until(end - given, np.full(len(given), every), np.full(len(given), count))
        records += targets * (len(given) + 2 * int(np.sum(fired)))
    return records


def _doses_until(hours: Real, every: Real, count: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many doses of each series are given in some hours, generously."""
    fit = np.floor(np.maximum(hours, 0.0) / np.where(every > 0, every, np.inf)) + 2
    return np.asarray(np.minimum(fit, count), dtype=np.int64)


def _search(task: Task, size: Size) -> Search:
    return Search(
        timed=bool(task.schedule.steady.any()) and _timed(task.equations),
        seeking=_zeros(WIDTH),
        group=_zeros(WIDTH),
        added=_zeros(WIDTH),
        tried=_zeros(WIDTH),
        kept=_zeros(WIDTH),
        end=np.zeros(WIDTH),
        every=np.zeros(WIDTH),
        history=np.zeros(WIDTH * (DEPTH + 5) * size.states),
        basis=np.zeros(DEPTH * size.states),
        triangle=np.zeros(DEPTH * DEPTH),
        weight=np.zeros(DEPTH),
    )


def _triggers(equations: Equations, size: Size) -> Triggers:
    events, names = equations.events, equations.state_names
    triggers = triggers_of(equations)
    compared, gap = len(triggers.comparisons), size.outputs + 2 * size.decisions
    row = gap + compared
    rows = [row, *(row + np.cumsum([len(one) for one in triggers.rows])).tolist()]
    most = max((len(event.then) for event in events), default=0)
    waiting = WIDTH * MOST_WAITING if events else 1
    return Triggers(
        events=len(events),
        compared=compared,
        gap=gap,
        gap_bits=_bits(gap, row),
        row_bits=_bits(row, rows[-1]),
        most=most,
        sign=_whole(triggers.signs),
        row=_whole(rows[:-1]),
        first=_whole(np.cumsum([0, *(len(event.then) for event in events)])),
        state=_whole([names.index(name) for event in events for name, _ in event.then]),
        persistent=_whole([event.persistent for event in events]),
        initially=_whole([event.initially for event in events]),
        at_trigger=_whole([event.values_from == "trigger" for event in events]),
        last=_rows(compared),
        place=_rows(compared),
        force=_by_lane(compared),
        true=_by_lane(len(events)),
        acted=_rows(len(events)),
        since=_rows(len(events)),
        shrunk=_by_lane(len(events)),
        fresh=_zeros(WIDTH),
        landing=_zeros(WIDTH),
        waiting=_zeros(WIDTH),
        done=_zeros(WIDTH),
        done_at=np.zeros(WIDTH),
        whose=_zeros(waiting),
        due=np.zeros(waiting),
        kept=np.zeros(waiting * most),
    )


def _bits(first: int, last: int) -> int:
    """The bits by which some values of a kernel are asked for."""
    return reduce(int.__or__, map(value_bit, range(first, last)), 0)


def _followed(watch: Watch, equations: Equations) -> Followed:
    rows = max(1, len(watch.output))
    return Followed(
        gather=MachineCode(gather_address() if len(watch.kind) else 0),
        extremes=watch.count(1),
        areas=watch.count(2),
        levels=watch.count(3),
        rows=watch.count(4),
        touched=_touched(equations),
        sign=np.where(watch.followed == 1, -1.0, 1.0),
        value=_rows(rows),
        time=_rows(rows),
        place=_rows(rows),
        open=_zeros(rows),
        closer=_zeros(rows),
        since=_zeros(WIDTH),
        wanted=_zeros(WIDTH),
        wanted_areas=_zeros(WIDTH),
    )
