"""All functions of a model's kernel, as one LLVM module.

======== =====================================================================================
prepare  constants of the patient from parameters and covariates, initial values, dose modifiers
start    derivatives at the present states, where ``flag`` is set (after an event)
step     tries one step
sample   outputs that are wanted at the place ``at`` in the last step
inside   the same with their slopes
present  outputs that are wanted and their slopes now; those before are kept
clock    conditions on time at the time ``moment``: by how much their sides differ, and whether they hold
======== =====================================================================================
"""

from typing import Protocol

import sympy
from llvmlite import ir

from speciosa.engine.kernel.dual import Dual
from speciosa.engine.kernel.frame import Frame, blank
from speciosa.engine.kernel.lower import Emitter, sign_of
from speciosa.engine.kernel.plan import Plan
from speciosa.engine.kernel.rodas4 import RODAS4
from speciosa.engine.kernel.rodas5p import RODAS5P
from speciosa.engine.kernel.rows import Row, Rows, common_rows
from speciosa.engine.kernel.tsit5 import Tsit5
from speciosa.engine.kernel.vector import Vec, fill

FUNCTIONS = ("prepare", "start", "step", "sample", "inside", "present", "clock")


class Solver(Protocol):
    """Writes one step, and the states within it."""

    def add_rows(self, rows: Rows, states: int) -> None: ...  # noqa: D102
    def write_step(self, frame: Frame) -> None: ...  # noqa: D102
    def write_states_at(self, frame: Frame) -> tuple[list[Vec], list[Vec], Vec]: ...  # noqa: D102


SOLVERS: dict[str, Solver] = {"tsit5": Tsit5(), "rodas4": RODAS4, "rodas5p": RODAS5P}


def assemble(plan: Plan, method: str) -> tuple[str, Rows]:
    """The module as text, and where the rows of its workspace are."""
    solver = SOLVERS[method]
    rows = common_rows(plan)
    solver.add_rows(rows, len(plan.states))
    module = ir.Module(name="speciosa")
    # constants come last: writing the other functions may ask for more of them
    rows.add(Row.CONSTANT, 0)

    def frame(name: str) -> Frame:
        return Frame(module, name, plan, rows)

    solver.write_step(frame("step"))
    _write_start(frame("start"))
    _write_present(frame("present"))
    _write_sample(frame("sample"), solver)
    _write_inside(frame("inside"), solver)
    _write_clock(frame("clock"))
    _write_prepare(frame("prepare"))
    rows.count += len(plan.constants)
    return str(module), rows


def _write_start(frame: Frame) -> None:
    n = len(frame.plan.states)
    changed = frame.load(Row.FLAG) > 0.0
    f = frame.derivative(frame.rows_of(Row.Y, n), frame.load(Row.T))
    for i, value in enumerate(f):
        frame.store(Row.F, i, changed.choose(value, frame.load(Row.F, i)))
    for i, value in enumerate(frame.poles(Row.Y, frame.load(Row.T))):
        frame.store(Row.POLE, i, changed.choose(value, frame.load(Row.POLE, i)))
    frame.close()


def _write_with_slopes(
    frame: Frame,
    names: tuple[Row, Row],
    states: list[Vec],
    derivatives: list[Vec],
    time: Vec,
) -> None:
    """The outputs that are wanted and, in the same pass, their slopes in time."""
    moving = [Dual(*pair) for pair in zip(states, derivatives, strict=True)]

    def take(i: int, value: Dual) -> None:
        frame.store(names[0], i, value.value)
        kept = frame.plan.slope_of_value(i)
        if kept is not None:
            slope = value.slope if value.slope is not None else fill(frame.b, 0.0)
            frame.store(names[1], kept, slope)

    frame.wanted_duals(frame.plan.outputs, moving, Dual(time, fill(frame.b, 1.0)), take)


def _write_present(frame: Frame) -> None:
    n, plan = len(frame.plan.states), frame.plan
    for i in range(plan.slope_count):
        frame.store(Row.OUT0, i, frame.load(Row.OUT, plan.value_of_slope(i)))
        frame.store(Row.SLOPE0, i, frame.load(Row.SLOPE, i))
    y, time = frame.rows_of(Row.Y, n), frame.load(Row.T)
    _write_with_slopes(frame, (Row.OUT, Row.SLOPE), y, frame.rows_of(Row.F, n), time)
    frame.close()


def _write_sample(frame: Frame, solver: Solver) -> None:
    states, _, time = solver.write_states_at(frame)

    def take(i: int, value: Dual) -> None:
        frame.store(Row.SEEN, i, value.value)

    frame.wanted_duals(frame.plan.outputs, [Dual(state) for state in states], Dual(time), take)
    frame.close()


def _write_inside(frame: Frame, solver: Solver) -> None:
    states, derivatives, time = solver.write_states_at(frame)
    _write_with_slopes(frame, (Row.SEEN, Row.SEEN_SLOPE), states, derivatives, time)
    frame.close()


def _write_clock(frame: Frame) -> None:
    zero = fill(frame.b, 0.0)
    gaps = frame.block(frame.plan.gaps, blank(frame), frame.load(Row.MOMENT))
    for i, (condition, gap) in enumerate(zip(frame.plan.clock.conditions, gaps, strict=True)):
        frame.store(Row.GAP, i, gap)
        frame.store(Row.TRUTH, i, gap.compare(sign_of(condition), zero).number())
    frame.close()


def _write_prepare(frame: Frame) -> None:
    equations, plan = frame.plan.equations, frame.plan
    place = {name: (Row.PARAMETER, i) for i, name in enumerate(plan.parameters)}
    place |= {name: (Row.COVARIATE, i) for i, name in enumerate(plan.covariates)}
    place |= {symbol.name: (Row.HELD, i) for i, symbol in enumerate(plan.clock.symbols)}

    def find(symbol: sympy.Symbol) -> Vec:
        return frame.load(*place[symbol.name])

    emit = Emitter(frame.b, find)
    for derived in equations.derived_in_order:
        emit.bind({sympy.Symbol(derived.name, real=True): emit(derived.expression)})
    for i, (symbol, constant) in enumerate(plan.constants.items()):
        emit.bind({symbol: emit(constant)})
        frame.store(Row.CONSTANT, i, emit(symbol))
    for i, spacing in enumerate(plan.spacings):
        frame.store(Row.SPACING, i, emit(spacing))
    for i, state in enumerate(equations.states):
        frame.store(Row.INITIAL, i, emit(state.initial))
    for i, target in enumerate(equations.targets):
        frame.store(Row.BIOAVAILABILITY, i, emit(target.bioavailability))
        frame.store(Row.LAG, i, emit(target.lag))
        duration = target.duration if target.duration is not None else sympy.Integer(0)
        frame.store(Row.DURATION, i, emit(duration))
        rate = target.rate if target.rate is not None else sympy.Integer(0)
        frame.store(Row.ENTRY_RATE, i, emit(rate))
    frame.close()
