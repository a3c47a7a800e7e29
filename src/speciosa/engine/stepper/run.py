"""From Python to the compiled driver: one call solves one chunk of patients."""

from functools import lru_cache, reduce

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.engine.codes import COVARIATE, DEPTH, DOSE, MOST_WAITING, WIDTH
from speciosa.engine.compiler.native import native
from speciosa.engine.kernel.clock import TIME
from speciosa.engine.kernel.plan import value_bit
from speciosa.engine.kernel.triggers import triggers_of
from speciosa.engine.stepper.context import Context
from speciosa.engine.stepper.driver import solve
from speciosa.engine.stepper.field import FIELDS
from speciosa.engine.stepper.gather import gather_address
from speciosa.engine.stepper.task import Patients as Patients
from speciosa.engine.stepper.task import Real, Solved, Task
from speciosa.engine.watch import Watch
from speciosa.model import Equations

_driver = native(solve)


def run_chunk(
    task: Task, patients: Patients, trajectories: Real | None = None, first: int = 0
) -> Solved:
    """Solves the patients of a chunk. Other threads run meanwhile.

    Args:
        task: what all chunks share.
        patients: of this chunk.
        trajectories: of all patients, to be written to from row `first` on; of this chunk alone where left out.
        first: see `trajectories`.
    """
    rows = len(patients.schedule)
    decisions, width = len(task.decisions.action), task.decisions.times.shape[1]
    if trajectories is None:
        trajectories = np.empty((len(task.kept), rows, len(task.times)))
    solved = Solved(
        trajectories[:, first : first + rows],
        np.empty((len(task.watch.kind), rows)),
        np.zeros(rows, dtype=np.int64),
        np.zeros(rows, dtype=np.int64),
        np.empty(rows),
        np.empty(rows),
        np.zeros((decisions, rows, width), dtype=np.int64),
    )
    context = Context()
    _model(context, task)
    _doses(context, task)
    _lanes(context, task)
    _patients(context, task, patients)
    _watch(context, task, solved)
    _endpoints(context, task.watch)
    _triggers(context, task)
    context.int64_arrays(GIVE_UP=task.stop)
    _driver(context.address)
    return solved


def _model(context: Context, task: Task) -> None:
    equations, kernel = task.equations, task.kernel
    space = kernel.workspace()
    context.float64_arrays(WORKSPACE=space)
    context.number(**{name.upper(): where for name, where in kernel.addresses.items()})
    for name, row in kernel.start.items():
        if name.upper() in FIELDS:
            context.number(**{name.upper(): space.ctypes.data + 8 * WIDTH * row})
    context.number(
        STATES=len(equations.states),
        OUTPUTS=len(equations.outputs),
        PARAMETERS=len(equations.parameters),
        COVARIATES=len(equations.covariates),
        TARGETS=len(equations.targets),
        CONDITIONS=kernel.start["gap"] - kernel.start["held"],
        TIMED=int(bool(task.schedule.steady.any()) and _timed(equations)),
        TOUCHED=_touched(equations),
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


def _doses(context: Context, task: Task) -> None:
    schedule, equations = task.schedule, task.equations
    states = [equations.state_names.index(target.state) for target in equations.targets]
    names = [equations.target_names.index(target.name) for target in equations.targets]
    context.float64_arrays(
        S_TIME=schedule.time_h,
        S_AMOUNT=schedule.amount,
        S_DURATION=schedule.duration_h,
        S_RATE=schedule.rate,
        S_EVERY=schedule.every_h,
    )
    context.int64_arrays(
        S_FIRST=schedule.first,
        S_KIND=schedule.kind,
        S_TARGET=schedule.target,
        S_COUNT=schedule.count,
        S_STEADY=schedule.steady,
        S_ADDED=schedule.added,
        TARGET_STATE=states,
        TARGET_NAME=names,
    )


def _lanes(context: Context, task: Task) -> None:
    records = _most_records(task)
    table = 2 * WIDTH * records
    context.number(RECORDS=records)
    for name in ("BASE", "GIVEN", "EVERY", "AMOUNT", "LENGTH", "FLOW", "OVER", "PACE"):
        context.float64_arrays(**{name: np.zeros(table)})
    for name in ("COUNT", "TARGET", "KIND", "ORDER", "STEADY", "STARTED", "ENDED", "MODE"):
        context.int64_arrays(**{name: np.zeros(table, dtype=np.int64)})
    for name in (
        "SIZE",
        "LOW",
        "SEEKING",
        "SEEK_GROUP",
        "SEEK_ADDED",
        "TRIED",
        "KEPT_INTERVALS",
        "LANE_ROW",
        "LANE_DUE",
    ):
        context.int64_arrays(**{name: np.zeros(2 * WIDTH, dtype=np.int64)})
    for name in ("LANE_HALT", "LANE_BEGUN", "LANE_FRESH", "LANE_OCCASION", "LANE_ALIVE"):
        context.int64_arrays(**{name: np.zeros(WIDTH, dtype=np.int64)})
    for name in ("SEEK_END", "SEEK_EVERY", "LANE_RESTART"):
        context.float64_arrays(**{name: np.zeros(WIDTH)})
    states = len(task.equations.states)
    context.float64_arrays(
        HISTORY=np.zeros(WIDTH * (DEPTH + 5) * states),
        BASIS=np.zeros(DEPTH * states),
        TRIANGLE=np.zeros(DEPTH * DEPTH),
        WEIGHT=np.zeros(DEPTH),
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


def _patients(context: Context, task: Task, patients: Patients) -> None:
    context.number(
        ROWS=len(patients.schedule),
        OCCASIONS=len(task.occasion_times),
        VARYING=len(task.occasion_parameters),
    )
    context.float64_arrays(
        PATIENT_PARAMETERS=patients.parameters,
        PATIENT_COVARIATES=patients.covariates,
        OCCASION_TIME=task.occasion_times,
        OCCASION_VALUE=patients.occasions,
    )
    context.int64_arrays(
        PATIENT_SCHEDULE=patients.schedule, OCCASION_PARAMETER=task.occasion_parameters
    )


def _watch(context: Context, task: Task, solved: Solved) -> None:
    settings, decisions = task.settings, task.decisions
    context.number(
        TIMES=len(task.times),
        KEPT=len(task.kept),
        DECISIONS=len(decisions.action),
        DECISION_TIMES=decisions.times.shape[1],
        MOST_STEPS=settings.most_steps,
        BEFORE=int(settings.before),
        TRAJECTORIES=solved.trajectories.ctypes.data,
        TRAJECTORY_STRIDE=solved.trajectories.strides[0] // 8,
    )
    context.float64_arrays(
        WATCH_TIMES=task.times,
        ENDPOINT_VALUES=solved.endpoints,
        ERROR=solved.error,
        ENDED_H=solved.ended,
        HALTS=task.halts,
        D_TIMES=decisions.times,
        D_EVERY=decisions.every,
        D_OVER=decisions.over,
        D_WAIT=decisions.wait,
        D_LAST=np.zeros(WIDTH * max(1, len(decisions.action))),
        BEGIN=settings.begin,
        END=settings.end,
        SET_RTOL=settings.rtol,
        SET_PEAK_SHARE=settings.peak_share,
        SET_FLOOR=settings.floor,
        SET_MOST=settings.max_step,
    )
    context.int64_arrays(
        WATCH_KEPT=task.kept,
        CODES=solved.codes,
        STEPS=solved.steps,
        D_ACTION=decisions.action,
        D_TARGET=decisions.target,
        D_CONDITION=decisions.condition,
        D_NUMBER=decisions.number,
        D_COUNT=decisions.count,
        D_MOST=decisions.most,
        D_NEXT=np.zeros(WIDTH * max(1, len(decisions.action)), dtype=np.int64),
        D_FIRED=np.zeros(WIDTH * max(1, len(decisions.action)), dtype=np.int64),
        D_LOG=solved.log,
    )


def _triggers(context: Context, task: Task) -> None:
    events, names = task.equations.events, task.equations.state_names
    triggers = triggers_of(task.equations)
    gap = len(task.equations.outputs) + 2 * len(task.decisions.action)
    row = gap + len(triggers.comparisons)
    rows = [row, *(row + np.cumsum([len(one) for one in triggers.rows])).tolist()]
    most = max((len(event.then) for event in events), default=0)
    waiting = WIDTH * MOST_WAITING if events else 1
    context.number(
        V_EVENTS=len(events),
        V_COMPARED=len(triggers.comparisons),
        V_GAP=gap,
        V_GAP_BITS=_bits(gap, row),
        V_ROW_BITS=_bits(row, rows[-1]),
        V_MOST=most,
    )
    context.int64_arrays(
        V_SIGN=triggers.signs,
        V_ROW=rows[:-1],
        V_FIRST=np.cumsum([0, *(len(event.then) for event in events)]),
        V_STATE=[names.index(name) for event in events for name, _ in event.then],
        V_PERSISTENT=[event.persistent for event in events],
        V_INITIALLY=[event.initially for event in events],
        V_AT_TRIGGER=[event.values_from == "trigger" for event in events],
        V_FORCE=np.zeros(WIDTH * len(triggers.comparisons), dtype=np.int64),
        V_TRUE=np.zeros(WIDTH * len(events), dtype=np.int64),
        V_FRESH=np.zeros(WIDTH, dtype=np.int64),
        V_LANDING=np.zeros(WIDTH, dtype=np.int64),
        V_WAITING=np.zeros(WIDTH, dtype=np.int64),
        V_WHOSE=np.zeros(waiting, dtype=np.int64),
        V_DONE=np.zeros(WIDTH, dtype=np.int64),
        V_SHRUNK=np.zeros(WIDTH * len(events), dtype=np.int64),
    )
    context.float64_arrays(
        V_LAST=np.zeros(WIDTH * len(triggers.comparisons)),
        V_PLACE=np.zeros(WIDTH * len(triggers.comparisons)),
        V_DUE=np.zeros(waiting),
        V_KEPT=np.zeros(waiting * most),
        V_DONE_AT=np.zeros(WIDTH),
        V_ACTED=np.zeros(WIDTH * len(events)),
        V_SINCE=np.zeros(WIDTH * len(events)),
    )


def _bits(first: int, last: int) -> int:
    """The bits by which some values of a kernel are asked for."""
    return reduce(int.__or__, map(value_bit, range(first, last)), 0)


def _endpoints(context: Context, watch: Watch) -> None:
    context.number(
        ENDPOINTS=len(watch.kind),
        E_EXTREMES=watch.count(1),
        E_AREAS=watch.count(2),
        E_LEVELS=watch.count(3),
        E_ROWS=watch.count(4),
        GATHER=gather_address() if len(watch.kind) else 0,
    )
    rows = max(1, len(watch.output))
    context.float64_arrays(
        E_SIGN=np.where(watch.followed == 1, -1.0, 1.0),
        E_BEGIN=watch.begin,
        E_END=watch.end,
        E_THRESHOLD=watch.level,
        E_VALUE=np.zeros(WIDTH * rows),
        E_TIME=np.zeros(WIDTH * rows),
        E_PLACE=np.zeros(WIDTH * rows),
    )
    context.int64_arrays(
        E_KIND=watch.kind,
        E_ROW=watch.row,
        E_OUTPUT=watch.output,
        E_CLOSER=np.zeros(rows, dtype=np.int64),
        E_WANTED=np.zeros(WIDTH, dtype=np.int64),
        E_WANTED_AREAS=np.zeros(WIDTH, dtype=np.int64),
    )
