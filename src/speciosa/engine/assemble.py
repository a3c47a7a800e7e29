"""All functions of a model's kernel, as one LLVM module.

======== =====================================================================================
prepare  constants of the patient from parameters and covariates, initial values, dose modifiers
start    derivatives at the present states, where ``flag`` is set (after an event)
step     tries one step
sample   outputs at the place ``at`` in the last step
inside   outputs and their slopes at the place ``at`` in the last step
present  outputs and their slopes now
======== =====================================================================================
"""

from typing import Protocol

import sympy
from llvmlite import ir

from speciosa.engine.frame import Frame, Rows, common_rows
from speciosa.engine.lower import Emitter
from speciosa.engine.plan import Block, Plan
from speciosa.engine.rodas4 import RODAS4
from speciosa.engine.rodas5p import RODAS5P
from speciosa.engine.tsit5 import Tsit5
from speciosa.engine.vector import Vec, fill

FUNCTIONS = ("prepare", "start", "step", "sample", "inside", "present")


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
    rows.add("constant", 0)

    def frame(name: str) -> Frame:
        return Frame(module, name, plan, rows)

    solver.write_step(frame("step"))
    _write_start(frame("start"))
    _write_present(frame("present"))
    _write_sample(frame("sample"), solver)
    _write_inside(frame("inside"), solver)
    _write_prepare(frame("prepare"))
    rows.count += len(plan.constants)
    return str(module), rows


def _write_start(frame: Frame) -> None:
    n = len(frame.plan.states)
    changed = frame.load("flag") > 0.0
    f = frame.derivative(frame.rows_of("y", n), frame.load("t"))
    for i, value in enumerate(f):
        frame.store("f", i, changed.choose(value, frame.load("f", i)))
    frame.close()


def _write_outputs(frame: Frame, states: list[Vec], time: Vec) -> None:
    for i, value in enumerate(frame.block(frame.plan.outputs, states, time)):
        frame.store("out", i, value)


def _write_slopes(frame: Frame, states: list[Vec], derivatives: list[Vec], time: Vec) -> None:
    """Slopes of the outputs in time by the chain rule."""
    plan = frame.plan
    block = Block.of([slope for _, _, slope in plan.slopes], "_s")
    slopes: list[Vec | None] = [None] * plan.output_count
    for (index, state, _), value in zip(plan.slopes, frame.block(block, states, time), strict=True):
        term = value if state < 0 else value * derivatives[state]
        known = slopes[index]
        slopes[index] = term if known is None else known + term
    for i, total in enumerate(slopes):
        frame.store("slope", i, total if total is not None else fill(frame.b, 0.0))


def _write_present(frame: Frame) -> None:
    n = len(frame.plan.states)
    y, time = frame.rows_of("y", n), frame.load("t")
    _write_outputs(frame, y, time)
    _write_slopes(frame, y, frame.rows_of("f", n), time)
    frame.close()


def _write_sample(frame: Frame, solver: Solver) -> None:
    states, _, time = solver.write_states_at(frame)
    _write_outputs(frame, states, time)
    frame.close()


def _write_inside(frame: Frame, solver: Solver) -> None:
    states, derivatives, time = solver.write_states_at(frame)
    _write_outputs(frame, states, time)
    _write_slopes(frame, states, derivatives, time)
    frame.close()


def _write_prepare(frame: Frame) -> None:
    equations, plan = frame.plan.equations, frame.plan
    place = {name: ("parameter", i) for i, name in enumerate(plan.parameters)}
    place |= {name: ("covariate", i) for i, name in enumerate(plan.covariates)}

    def find(symbol: sympy.Symbol) -> Vec:
        return frame.load(*place[symbol.name])

    emit = Emitter(frame.b, find)
    for derived in equations.derived_in_order:
        emit.bind({sympy.Symbol(derived.name, real=True): emit(derived.expression)})
    for i, constant in enumerate(plan.constants):
        frame.store("constant", i, emit(constant))
    for i, state in enumerate(equations.states):
        frame.store("initial", i, emit(state.initial))
    for i, target in enumerate(equations.targets):
        frame.store("bioavailability", i, emit(target.bioavailability))
        frame.store("lag", i, emit(target.lag))
        duration = target.duration if target.duration is not None else sympy.Integer(0)
        frame.store("duration", i, emit(duration))
    frame.close()
