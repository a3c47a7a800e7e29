"""The workspace of eight patients and the functions that work on it.

The workspace is one block of rows, each row one number for each of the eight patients. `Rows` says which row holds
what; `Frame` is one function being written, with loads and stores by name.
"""

from collections.abc import Callable

import sympy
from llvmlite import ir

from speciosa.engine.lower import Emitter
from speciosa.engine.plan import TIME, Block, Plan
from speciosa.engine.vector import INT64, VECTOR, Vec, fill

POINTER = VECTOR.as_pointer()
_ALIGNMENT = 64


class Rows:
    """Where each quantity begins in the workspace, in rows."""

    def __init__(self) -> None:
        self.start: dict[str, int] = {}
        self.count = 0

    def add(self, name: str, rows: int) -> None:
        """Reserves rows."""
        self.start[name] = self.count
        self.count += rows


def common_rows(plan: Plan) -> Rows:
    """The rows that every solver has.

    Before and after a step: ``y``, ``f`` state and derivative, ``peak`` largest size so far, ``t`` time, ``h`` next
    step, ``stop`` next time to halt at, ``due`` next time to observe, ``log_error`` of the last accepted step. Of the
    last step: ``y0``, ``f0``, ``t0``, ``used`` its length, ``q`` its error over the tolerance. ``at``: where in the step
    to interpolate; ``out``, ``slope``: outputs there. The rest is constant between events.
    """
    n, outputs = len(plan.states), len(plan.outputs.values)
    rows = Rows()
    scalars = ["t", "h", "stop", "due", "log_error", "t0", "used", "q", "at", "error_sum"] + [
        "rtol",
        "peak_share",
        "flag",
        "least",
    ]
    for name in scalars:
        rows.add(name, 1)
    for name in ("y", "f", "peak", "y0", "f0", "infusion", "initial"):
        rows.add(name, n)
    rows.add("out", outputs)
    rows.add("slope", plan.output_count)
    rows.add("parameter", len(plan.parameters))
    rows.add("covariate", len(plan.covariates))
    for name in ("bioavailability", "lag", "duration"):
        rows.add(name, len(plan.equations.targets))
    return rows


class Frame:
    """One kernel function: ``name(workspace) -> integer``."""

    def __init__(self, module: ir.Module, name: str, plan: Plan, rows: Rows) -> None:
        self.plan, self.rows, self.module = plan, rows, module
        kind = ir.FunctionType(INT64, [POINTER])
        self.function = ir.Function(module, kind, name)
        self.function.args[0].add_attribute("noalias")
        self.b = ir.IRBuilder(self.function.append_basic_block())
        self._base = self.function.args[0]

    def load(self, name: str, index: int = 0) -> Vec:
        """One row."""
        return Vec(self.b, self.b.load(self._place(name, index), align=_ALIGNMENT))

    def store(self, name: str, index: int, value: Vec) -> None:
        """Writes one row."""
        self.b.store(value.v, self._place(name, index), align=_ALIGNMENT)

    def rows_of(self, name: str, count: int) -> list[Vec]:
        """The first rows of a quantity."""
        return [self.load(name, i) for i in range(count)]

    def close(self, value: ir.Value | None = None) -> None:
        """Ends the function."""
        self.b.ret(value if value is not None else ir.Constant(INT64, 0))

    def _place(self, name: str, index: int) -> ir.Value:
        row = self.rows.start[name] + index
        return self.b.gep(self._base, [ir.Constant(INT64, row)], inbounds=True)

    def symbols(self, states: list[Vec], time: Vec) -> Callable[[sympy.Symbol], Vec]:
        """How the expressions of a block find their symbols, at given states and time."""
        by_state: dict[sympy.Symbol, Vec] = dict(zip(self.plan.states, states, strict=True))

        def find(symbol: sympy.Symbol) -> Vec:
            if symbol in by_state:
                return by_state[symbol]
            if symbol == TIME:
                return time
            return self.load("constant", int(symbol.name.removeprefix("_p")))

        return find

    def block(self, block: Block, states: list[Vec], time: Vec) -> list[Vec]:
        """The values of a block at given states and time."""
        emit = Emitter(self.b, self.symbols(states, time))
        for symbol, expression in block.shared:
            emit.bind({symbol: emit(expression)})
        return [emit(value) for value in block.values]

    def derivative(self, states: list[Vec], time: Vec) -> list[Vec]:
        """The rates with infusions, at given states and time."""
        values = self.block(self.plan.rates, states, time)
        for i in self.plan.infused:
            values[i] = values[i] + self.load("infusion", i)
        return values


def blank(frame: Frame) -> list[Vec]:
    """A value for every state that nobody asks for."""
    return [fill(frame.b, 0.0)] * len(frame.plan.states)
