"""From the expressions of a model to a program of jet arithmetic: what a group of records fixes first, then rates, then outputs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy

from speciosa.errors import Fault, ModelError
from speciosa.estimation.equations import tape as t
from speciosa.estimation.equations.arrays import (
    FIRST_FREE,
    MOST_PENDING,
    STAGES,
    TIME,
    Program,
)
from speciosa.estimation.equations.linear import MOST_LINEAR, linear_parts
from speciosa.estimation.equations.modes import rows_of_modes
from speciosa.estimation.equations.tape import Tape
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.model import Equations
from speciosa.model.extremes import Larger, Smaller, undecided

_ONE = {
    sympy.exp: t.EXP,
    sympy.log: t.LOG,
    sympy.sin: t.SINE,
    sympy.cos: t.COSINE,
    sympy.tanh: t.TANH,
    sympy.Abs: t.ABS,
    sympy.Not: t.NOT,
}
_TWO = {
    Larger: t.GREATEST,
    Smaller: t.LEAST,
    sympy.StrictLessThan: t.BELOW,
    sympy.LessThan: t.NOT_ABOVE,
    sympy.Equality: t.EQUAL,
    sympy.And: t.BOTH,
    sympy.Or: t.EITHER,
}
_TURNED = {sympy.StrictGreaterThan: t.BELOW, sympy.GreaterThan: t.NOT_ABOVE}


@dataclass
class _Writer:
    """Writes instructions; a part that only the group of records fixes is written once, apart."""

    known: dict[sympy.Basic, int]
    row: int
    name: str
    fixed: set[sympy.Symbol]
    group: list[tuple[int, int, int, int, int, float]] = field(default_factory=list)
    dynamic: list[tuple[int, int, int, int, int, float]] = field(default_factory=list)
    seen: dict[sympy.Basic, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def __call__(self, node: sympy.Basic) -> int:
        """The row of an expression."""
        if node in self.known:
            return self.known[node]
        if node in self.seen:
            return self.seen[node]
        found = self._write(node)
        (self.known if self._is_fixed(node) else self.seen)[node] = found
        return found

    def _is_fixed(self, node: sympy.Basic) -> bool:
        return bool(node.free_symbols <= self.fixed)

    def _put(
        self,
        node: sympy.Basic,
        operation: int,
        a: int = 0,
        b: int = 0,
        c: int = 0,
        value: float = 0.0,
    ) -> int:
        into = self.row
        self.row += 1
        if operation == t.GENERAL_POWER:
            c = self.row
            self.row += 1
        listed = self.group if self._is_fixed(node) else self.dynamic
        listed.append((operation, a, b, c, into, value))
        return into

    def _write(self, node: sympy.Basic) -> int:
        if node.is_number:
            return self._put(node, t.CONSTANT, value=float(node))
        if node in (sympy.true, sympy.false):
            return self._put(node, t.CONSTANT, value=float(node == sympy.true))
        if isinstance(node, sympy.Add | sympy.Mul):
            return self._several(node)
        if isinstance(node, sympy.Pow):
            return self._raised(node)
        if isinstance(node, sympy.Piecewise):
            return self._cases(node)
        kind = node.func
        if kind in _ONE:
            return self._put(node, _ONE[kind], self(node.args[0]))
        if kind in _TURNED:
            return self._put(node, _TURNED[kind], self(node.args[1]), self(node.args[0]))
        if kind is sympy.Heaviside:
            zero = self(sympy.Float(0.0))
            return self._put(node, t.NOT_ABOVE, zero, self(node.args[0]))
        if kind is sympy.Unequality:
            same = self._put(node, t.EQUAL, self(node.args[0]), self(node.args[1]))
            return self._put(node, t.NOT, same)
        if kind in _TWO:
            row = self(node.args[0])
            for other in node.args[1:]:
                row = self._put(node, _TWO[kind], row, self(other))
            return row
        expected = "functions that have derivatives here: exp, log, powers, sin, cos, tanh, abs, min, max, Piecewise"
        self.faults.append(Fault(f"model {self.name!r}", expected, str(node)[:60]))
        return self._put(node, t.CONSTANT)

    def _several(self, node: sympy.Basic) -> int:
        """A sum or product: its fixed part first, as one."""
        operation = t.ADD if isinstance(node, sympy.Add) else t.MULTIPLY
        fixed = [part for part in node.args if self._is_fixed(part)]
        moving = [part for part in node.args if not self._is_fixed(part)]
        if fixed and moving:
            rows = [self(node.func(*fixed)), *map(self, moving)]
        else:
            rows = [self(part) for part in node.args]
        result = rows[0]
        for other in rows[1:]:
            result = self._put(node, operation, result, other)
        return result

    def _raised(self, node: sympy.Pow) -> int:
        base, exponent = node.args
        if base is sympy.E:
            return self._put(node, t.EXP, self(exponent))
        if exponent == -1:
            return self._put(node, t.RECIPROCAL, self(base))
        if exponent.is_number:
            return self._put(node, t.POWER, self(base), value=float(exponent))
        return self._put(node, t.GENERAL_POWER, self(base), self(exponent))

    def _cases(self, node: sympy.Piecewise) -> int:
        row = self(sympy.nan) if node.args[-1][1] != sympy.true else -1
        for expression, condition in reversed(node.args):
            own = self(expression)
            row = own if condition == sympy.true else self._put(
                node, t.CHOOSE, self(condition), own, row
            )  # fmt: skip
        return row


@dataclass(frozen=True)
class Compiled:
    """A model as a program.

    Attributes:
        program: what is run.
        rows: how many rows of jets it needs.
        outputs: names, in order.
        targets: names of dose targets, in order.
    """

    program: Program
    rows: int
    outputs: tuple[str, ...]
    targets: tuple[str, ...]


def compile_equations(
    equations: Equations,
    fitted: Sequence[str],
    scales: Integers,
    shapes: Floats,
    hazard: str | None,
    back: bool,
) -> Compiled:
    """The program of a model.

    Args:
        equations: the model.
        fitted: names of its parameters that a fit gives; others keep their value.
        scales: of these, see `records.EXPONENTIAL`.
        shapes: of these, of the Box-Cox scale.
        hazard: the output that is a hazard, whose integral becomes a state.
        back: whether the parameters of a record hold for the time before it too.

    Raises:
        ModelError: functions that have no derivatives here.
    """
    count = len(equations.states) + (hazard is not None)
    parameter = FIRST_FREE
    covariate = parameter + len(fitted)
    state = covariate + len(equations.covariates)
    stage = state + count
    trial = stage + STAGES * count
    flow = trial + count
    pending = flow + count
    known: dict[sympy.Basic, int] = {_symbol("time"): TIME}
    known |= {_symbol(name): parameter + k for k, name in enumerate(fitted)}
    known |= {_symbol(c.name): covariate + k for k, c in enumerate(equations.covariates)}
    known |= {_symbol(s.name): state + k for k, s in enumerate(equations.states)}
    moving = {_symbol("time"), *(_symbol(s.name) for s in equations.states)}
    fixed = {_symbol(p.name) for p in equations.parameters}
    fixed |= {_symbol(c.name) for c in equations.covariates}
    fixed |= {_symbol(d.name) for d in equations.derived}
    modes = pending + 2 * MOST_PENDING
    first = modes + rows_of_modes(count if count <= MOST_LINEAR else 0)
    writer = _Writer(known, first, equations.name, fixed - moving)
    for p in equations.parameters:
        if p.name not in fitted:
            known[_symbol(p.name)] = writer(sympy.Float(p.value))
    for d in equations.derived_in_order:
        known[_symbol(d.name)] = writer(undecided(d.expression))
    return _assembled(
        writer, equations, fitted, scales, shapes, hazard, back,
        (parameter, covariate, state, count, stage, trial, flow, pending, modes),
    )  # fmt: skip


def _assembled(
    writer: _Writer,
    equations: Equations,
    fitted: Sequence[str],
    scales: Integers,
    shapes: Floats,
    hazard: str | None,
    back: bool,
    places: tuple[int, ...],
) -> Compiled:
    initial = [writer(undecided(s.initial)) for s in equations.states]
    entries = _entries(writer, equations)
    rates = list(map(writer, equations.inlined_rates))
    outputs = dict(zip(equations.output_names, equations.inlined_outputs, strict=True))
    if hazard is not None:
        rates.append(writer(outputs[hazard]))
        initial.append(writer(sympy.Float(0.0)))
    parts = linear_parts([*equations.inlined_rates, *([outputs[hazard]] if hazard else [])], [
        _symbol(s) for s in equations.state_names
    ], writer.fixed)  # fmt: skip
    matrix, constants = ([_row(writer, part) for part in some] for some in parts)
    rates_end = len(writer.dynamic)
    begins, ends, rows = _read(writer, outputs.values())
    _refuse(writer, equations)
    before = len(writer.group)
    moving = any(_symbol("time") in rate.free_symbols for rate in equations.inlined_rates)
    parameter, covariate, state, count, stage, trial, flow, pending, modes = places
    program = Program(
        _tape([*writer.group, *writer.dynamic]), before, before + rates_end,
        _whole([before + at for at in begins]), _whole([before + at for at in ends]), _whole(rows),
        _whole(rates), _whole(initial),
        parameter, covariate, state, count, stage, trial, flow, pending,
        list(outputs).index(hazard) if hazard is not None else -1,
        *entries,
        scales, np.ascontiguousarray(shapes, dtype=np.float64),
        int(back), int(moving), int(bool(matrix)), modes, _whole(matrix), _whole(constants),
    )  # fmt: skip
    return Compiled(program, writer.row, tuple(outputs), equations.target_names)


def _entries(
    writer: _Writer, equations: Equations
) -> tuple[Integers, Integers, Integers, Integers, Integers, Integers]:
    """Where the entries of each dose target begin, and of each its state and rows of share, lag, duration and rate."""
    of = [[e for e in equations.targets if e.name == name] for name in equations.target_names]
    flat = [e for several in of for e in several]
    states = list(equations.state_names)
    shares = [writer(undecided(e.bioavailability)) for e in flat]
    lags = [writer(undecided(e.lag)) for e in flat]
    durations = [-1 if e.duration is None else writer(undecided(e.duration)) for e in flat]
    rates = [-1 if e.rate is None else writer(undecided(e.rate)) for e in flat]
    first = _whole(np.cumsum([0, *map(len, of)]))
    placed = _whole([states.index(e.state) for e in flat])
    return first, placed, _whole(shares), _whole(lags), _whole(durations), _whole(rates)


def _read(writer: _Writer, outputs: Iterable[sympy.Expr]) -> tuple[list[int], list[int], list[int]]:
    """Of each output where its instructions begin and end, and its row; each is computed by itself."""
    begins, ends, rows = list[int](), list[int](), list[int]()
    for expression in outputs:
        writer.seen = {}
        begins.append(len(writer.dynamic))
        rows.append(writer(expression))
        ends.append(len(writer.dynamic))
    return begins, ends, rows


def _refuse(writer: _Writer, equations: Equations) -> None:
    """What a model to be fitted cannot hold, beside what could not be written."""
    if equations.events:
        names = ", ".join(event.name for event in equations.events)
        writer.faults.append(Fault("events of the model", "none in a model to be fitted", names))
    if equations.last_doses:
        names = ", ".join(one.target for one in equations.last_doses)
        writer.faults.append(Fault("last dose of", "none in a model to be fitted", names))
    if writer.faults:
        raise ModelError(dict.fromkeys(writer.faults))


def _row(writer: _Writer, part: sympy.Expr) -> int:
    """The row of a coefficient, -1 for 0."""
    return -1 if part == 0 else writer(part)


def _symbol(name: str) -> sympy.Symbol:
    return sympy.Symbol(name, real=True)


def _whole(values: Sequence[int] | Integers) -> Integers:
    return np.ascontiguousarray(values, dtype=np.int64).reshape(-1)


def _tape(listed: Sequence[tuple[int, int, int, int, int, float]]) -> Tape:
    columns: Mapping[int, list[float]] = {k: [one[k] for one in listed] for k in range(6)}
    operation, a, b, c, into = (_whole([int(v) for v in columns[k]]) for k in range(5))
    return Tape(operation, a, b, c, into, np.array(columns[5], dtype=np.float64))
