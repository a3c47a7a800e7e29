"""The workspace of eight patients and the functions that work on it.

The workspace is one block of rows, each row one number for each of the eight patients (see `rows`). `Frame` is one function
being written, with loads and stores of rows.
"""

from collections.abc import Callable, Sequence

import sympy
from llvmlite import ir

from speciosa.engine.kernel.dual import Dual
from speciosa.engine.kernel.lower import Emitter, V
from speciosa.engine.kernel.plan import TIME, Block, Plan
from speciosa.engine.kernel.rows import Row, Rows
from speciosa.engine.kernel.vector import DOUBLE, INT64, VECTOR, Vec, fill, index, spread

POINTER = VECTOR.as_pointer()
_ALIGNMENT = 64
_STATES_AT_ONCE = 8


class Frame:
    """One kernel function: ``name(workspace) -> integer``."""

    def __init__(self, module: ir.Module, name: str, plan: Plan, rows: Rows) -> None:
        self.plan, self.rows, self.module = plan, rows, module
        kind = ir.FunctionType(INT64, [POINTER])
        self.function = ir.Function(module, kind, name)
        self.function.args[0].add_attribute("noalias")
        self.b = ir.IRBuilder(self.function.append_basic_block())
        self._base = self.function.args[0]

    def load(self, name: Row, index: int = 0) -> Vec:
        """One row."""
        return Vec(self.b, self.b.load(self._place(name, index), align=_ALIGNMENT))

    def store(self, name: Row, index: int, value: Vec) -> None:
        """Writes one row."""
        self.b.store(value.v, self._place(name, index), align=_ALIGNMENT)

    def rows_of(self, name: Row, count: int, first: ir.Value | None = None) -> list[Vec]:
        """Rows of a quantity, from its first or from one known only when the code runs."""
        if first is None:
            return [self.load(name, i) for i in range(count)]
        begin = self.b.gep(self._place(name, 0), [first], inbounds=True)
        places = [self.b.gep(begin, [ir.Constant(INT64, i)], inbounds=True) for i in range(count)]
        return [Vec(self.b, self.b.load(place, align=_ALIGNMENT)) for place in places]

    def store_rows(self, name: Row, values: Sequence[Vec], first: ir.Value | None = None) -> None:
        """Writes rows of a quantity, from its first or from one known only when the code runs."""
        begin = self._place(name, 0)
        if first is not None:
            begin = self.b.gep(begin, [first], inbounds=True)
        for i, value in enumerate(values):
            place = self.b.gep(begin, [ir.Constant(INT64, i)], inbounds=True)
            self.b.store(value.v, place, align=_ALIGNMENT)

    def table(self, name: str, numbers: Sequence[float]) -> ir.Value:
        """Constants to be picked from by a number known only when the code runs."""
        kind = ir.ArrayType(DOUBLE, len(numbers))
        table = self.module.globals.get(name)
        if table is None:
            table = ir.GlobalVariable(self.module, kind, name)
            table.initializer = ir.Constant(kind, list(numbers))
            table.global_constant, table.linkage = True, "internal"
        return table

    def pick(self, table: ir.Value, index: ir.Value) -> Vec:
        """One number of a table, for all patients."""
        zero = ir.Constant(INT64, 0)
        return spread(self.b, self.b.load(self.b.gep(table, [zero, index], inbounds=True)))

    def fold(
        self,
        first: ir.Value,
        last: ir.Value,
        start: Sequence[Vec],
        turn: Callable[[ir.Value, list[Vec]], list[Vec]],
    ) -> list[Vec]:
        """What becomes of `start` when `turn` is applied for each number from `first` up to, not including, `last`."""
        b, before = self.b, self.b.block
        head, body, after = (self.function.append_basic_block() for _ in range(3))
        b.branch(head)
        b.position_at_end(head)
        index, values = b.phi(INT64), [b.phi(VECTOR) for _ in start]
        index.add_incoming(first, before)
        for value, given in zip(values, start, strict=True):
            value.add_incoming(given.v, before)
        b.cbranch(b.icmp_signed("<", index, last), body, after)
        b.position_at_end(body)
        turned = turn(index, [Vec(b, value) for value in values])
        for value, new in zip(values, turned, strict=True):
            value.add_incoming(new.v, b.block)
        index.add_incoming(b.add(index, ir.Constant(INT64, 1)), b.block)
        b.branch(head)
        b.position_at_end(after)
        return [Vec(b, value) for value in values]

    def by_states(
        self, start: Sequence[Vec], turn: Callable[[ir.Value, int, list[Vec]], list[Vec]]
    ) -> list[Vec]:
        """What becomes of `start` by `turn` for all states, some at a time: it is given the first one and how many."""
        b, n = self.b, len(self.plan.states)
        some = index(_STATES_AT_ONCE)
        blocks = n // _STATES_AT_ONCE

        def block(k: ir.Value, values: list[Vec]) -> list[Vec]:
            return turn(b.mul(k, some), _STATES_AT_ONCE, values)

        values = self.fold(index(0), index(blocks), start, block)
        rest = n - blocks * _STATES_AT_ONCE
        return turn(index(n - rest), rest, values) if rest else values

    def close(self, value: ir.Value | None = None) -> None:
        """Ends the function."""
        self.b.ret(value if value is not None else ir.Constant(INT64, 0))

    def _place(self, name: Row, index: int) -> ir.Value:
        row = self.rows.start[name] + index
        return self.b.gep(self._base, [ir.Constant(INT64, row)], inbounds=True)

    def _symbols(
        self, states: list[V], time: V, number: Callable[[Vec], V]
    ) -> Callable[[sympy.Symbol], V]:
        """How the expressions of a block find their symbols, at given states and time."""
        by_state: dict[sympy.Symbol, V] = dict(zip(self.plan.states, states, strict=True))
        judged = list(self.plan.triggers.comparisons.values())

        def find(symbol: sympy.Symbol) -> V:
            if symbol in by_state:
                return by_state[symbol]
            if symbol in judged:
                return number(self.load(Row.JUDGED, judged.index(symbol)))
            if symbol == TIME:
                return time
            return number(self.load(Row.CONSTANT, int(symbol.name.removeprefix("_p"))))

        return find

    def _values(
        self, block: Block, states: list[V], time: V, number: Callable[[Vec], V]
    ) -> list[V]:
        emit = Emitter[V](self.b, self._symbols(states, time, number), number)
        for symbol, expression in block.shared:
            emit.bind({symbol: emit(expression)})
        return [emit(value) for value in block.values]

    def block(self, block: Block, states: list[Vec], time: Vec) -> list[Vec]:
        """The values of a block at given states and time."""
        return self._values(block, states, time, lambda value: value)

    def duals(self, block: Block, states: list[Dual], time: Dual) -> list[Dual]:
        """The values of a block with their slopes, at given states and time with theirs."""
        return self._values(block, states, time, Dual)

    def wanted_duals(
        self, block: Block, states: list[Dual], time: Dual, take: Callable[[int, Dual], None]
    ) -> None:
        """Gives `take` the values of a block with their slopes, but only those whose bits are set in ``wanted``."""
        bits = self.b.load(self.b.bitcast(self._place(Row.WANTED, 0), INT64.as_pointer()))
        symbols = self._symbols(states, time, Dual)
        slots = _Slots(self.b)
        for mask, shared, values in block.by_user():
            asked = self.b.and_(bits, ir.Constant(INT64, mask))
            with self.b.if_then(self.b.icmp_unsigned("!=", asked, ir.Constant(INT64, 0))):
                emit = Emitter[Dual](
                    self.b, lambda s: slots.get(s) if s in slots else symbols(s), Dual
                )
                for symbol, expression in shared:
                    value = emit(expression)
                    emit.bind({symbol: value})
                    slots.put(symbol, value)
                for i, expression in values:
                    take(i, emit(expression))

    def poles(self, name: Row, time: Vec) -> list[Vec]:
        """The denominators of the rates at the states in the rows `name`."""
        needed = set().union(*(e.free_symbols for _, e in self.plan.poles.shared))
        needed = needed.union(*(e.free_symbols for e in self.plan.poles.values))
        states = [
            self.load(name, i) if state in needed else fill(self.b, 0.0)
            for i, state in enumerate(self.plan.states)
        ]
        return self.block(self.plan.poles, states, time)

    def derivative(self, states: list[Vec], time: Vec) -> list[Vec]:
        """The rates with infusions, at given states and time."""
        values = self.block(self.plan.rates, states, time)
        for i in self.plan.infused:
            values[i] = values[i] + self.load(Row.INFUSION, i)
        return values


class _Slots:
    """Values that one part of a function leaves to later parts."""

    def __init__(self, builder: ir.IRBuilder) -> None:
        self._b = builder
        self._slots: dict[sympy.Symbol, tuple[ir.Value, ir.Value | None]] = {}

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._slots

    def put(self, symbol: sympy.Symbol, value: Dual) -> None:
        """Leaves a value."""
        with self._b.goto_entry_block():
            slots = [self._b.alloca(VECTOR) for part in (value.value, value.slope) if part]
        for slot, part in zip(slots, (value.value, value.slope), strict=False):
            assert part is not None
            self._b.store(part.v, slot)
        self._slots[symbol] = (slots[0], slots[1] if len(slots) > 1 else None)

    def get(self, symbol: sympy.Symbol) -> Dual:
        """A value that was left."""
        value, slope = self._slots[symbol]
        return Dual(
            Vec(self._b, self._b.load(value)),
            None if slope is None else Vec(self._b, self._b.load(slope)),
        )


def blank(frame: Frame) -> list[Vec]:
    """A value for every state that nobody asks for."""
    return [fill(frame.b, 0.0)] * len(frame.plan.states)
