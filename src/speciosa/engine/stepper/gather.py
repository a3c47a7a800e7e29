"""Adding a step to the endpoints of eight patients at once: one function on vectors, for any model.

It takes the address of a `Loop` and the lanes whose step was accepted, as bits, and goes through the watched outputs (see
`watch`): larger values, areas and times above a level are added in all lanes; where an extremum or a crossing lies inside the
step, the lane is noted, for `observe` to look at the solution there. Most steps have neither.
"""

import hashlib
import threading
from collections.abc import Callable
from functools import lru_cache

from llvmlite import ir

from speciosa.engine.codes import WIDTH
from speciosa.engine.compiler import cache
from speciosa.engine.compiler.machine import Loaded, compile_object, signature
from speciosa.engine.compiler.types import numbered
from speciosa.engine.kernel.vector import (
    BITS,
    DOUBLE,
    INT64,
    VECTOR,
    Mask,
    Vec,
    constant,
    fill,
    spread,
)
from speciosa.engine.stepper.loop import Loop

# where the fields of a `Loop` are: the numbers of their slots
_AT = numbered(Loop)
_LOCK = threading.Lock()
_NAME = "gather"
# A cubic leaves the range of its ends by at most a quarter of its steeper slope.
_MOST_BEND = 0.25
# An extremum that exceeds another by less than this share of the tolerance is not told from it.
WORTH = 1e-2


def gather_address() -> int:
    """Where the function begins; compiled where the cache does not have it."""
    # without it two threads would both load the code, and only one copy stays
    with _LOCK:
        return _loaded().address(_NAME)


@lru_cache(maxsize=1)
def _loaded() -> Loaded:
    text = _Gather().text()
    key = hashlib.sha256(f"{signature()}\n{text}".encode()).hexdigest()
    entry = cache.read(key)
    if entry is None:
        entry = cache.Entry(compile_object(text), 0, {})
        cache.write(key, entry)
    return Loaded(entry.code)


class _Gather:
    """The function being written."""

    def __init__(self) -> None:
        self.module = ir.Module(name="speciosa")
        pointer = VECTOR.as_pointer()
        self.function = ir.Function(self.module, ir.FunctionType(INT64, [pointer, INT64]), _NAME)
        self.function.args[0].add_attribute("noalias")
        self.b = ir.IRBuilder(self.function.append_basic_block())
        self._table = self.b.bitcast(self.function.args[0], INT64.as_pointer())

    def text(self) -> str:
        """The module."""
        b = self.b
        self.found = b.alloca(INT64)
        b.store(ir.Constant(INT64, 0), self.found)
        self.end = self.row(_AT.space.t)
        self.used, self.rtol = self.row(_AT.space.used), self.row(_AT.space.rtol)
        extremes, areas, levels = map(
            self.number, (_AT.followed.extremes, _AT.followed.areas, _AT.followed.levels)
        )
        self.loop(ir.Constant(INT64, 0), extremes, self.extreme)
        self.loop(extremes, areas, self.area)
        self.loop(areas, levels, self.level)
        b.ret(b.load(self.found))
        return str(self.module)

    def number(self, field: object) -> ir.Value:
        """A plain number, or the address of an array."""
        return self.b.load(self.b.gep(self._table, [ir.Constant(INT64, field)]))

    def place(self, field: object, kind: ir.Type, index: ir.Value) -> ir.Value:
        """The address of an element."""
        return self.b.gep(self.b.inttoptr(self.number(field), kind.as_pointer()), [index])

    def row(self, field: object, index: ir.Value | None = None) -> Vec:
        """One row of eight."""
        index = ir.Constant(INT64, 0) if index is None else index
        return Vec(self.b, self.b.load(self.place(field, VECTOR, index), align=8))

    def put(self, field: object, index: ir.Value, value: Vec) -> None:
        """Writes one row of eight."""
        self.b.store(value.v, self.place(field, VECTOR, index), align=8)

    def spread(self, field: object, index: ir.Value) -> Vec:
        """One double, in all lanes."""
        return spread(self.b, self.b.load(self.place(field, DOUBLE, index)))

    def loop(self, first: ir.Value, last: ir.Value, body: Callable[[ir.Value, Mask], None]) -> None:
        """Goes through watched outputs whose windows are open in any lane that took a step."""
        b, before = self.b, self.b.block
        head, window, inside, following, after = [
            self.function.append_basic_block() for _ in range(5)
        ]
        b.branch(head)
        b.position_at_end(head)
        index = b.phi(INT64)
        index.add_incoming(first, before)
        b.cbranch(b.icmp_signed("<", index, last), window, after)
        b.position_at_end(window)
        bits = b.load(self.place(_AT.followed.open, INT64, index))
        bits = b.and_(bits, self.function.args[1])
        self.note(index, None)
        b.cbranch(b.icmp_unsigned("!=", bits, ir.Constant(INT64, 0)), inside, following)
        b.position_at_end(inside)
        body(index, Mask(b, b.bitcast(b.trunc(bits, ir.IntType(WIDTH)), BITS)))
        b.branch(following)
        b.position_at_end(following)
        index.add_incoming(b.add(index, ir.Constant(INT64, 1)), following)
        b.branch(head)
        b.position_at_end(after)

    def note(self, index: ir.Value, lanes: Mask | None) -> None:
        """Notes lanes to look at; none at first."""
        b = self.b
        bits = ir.Constant(INT64, 0) if lanes is None else lanes.bits()
        b.store(bits, self.place(_AT.followed.closer, INT64, index))
        if lanes is not None:
            b.store(b.or_(b.load(self.found), bits), self.found)

    def ends(self, index: ir.Value) -> tuple[Vec, Vec, Vec, Vec]:
        """An output at both ends of the step, and its slopes there per step."""
        output = self.b.load(self.place(_AT.watch.output, INT64, index))
        start = _finite(self.row(_AT.space.slope0, output)) * self.used
        finish = _finite(self.row(_AT.space.slope, output)) * self.used
        return self.row(_AT.space.out0, output), self.row(_AT.space.out, output), start, finish

    def extreme(self, index: ir.Value, within: Mask) -> None:
        """The largest value so far, of an output times its sign; inside the step by its cubic."""
        sign = self.spread(_AT.followed.sign, index)
        first, last, start, finish = (sign * value for value in self.ends(index))
        best = self.row(_AT.followed.value, index)
        larger = within & (last > best)
        best = larger.choose(last, best)
        self.put(_AT.followed.value, index, best)
        self.put(
            _AT.followed.time, index, larger.choose(self.end, self.row(_AT.followed.time, index))
        )
        limit = best + best.abs() * self.rtol * WORTH
        turns = within & (start > 0.0) & (finish < 0.0)
        most = first.max(last) + start.max(-finish) * _MOST_BEND
        possible = turns & (most > limit)
        with self.b.if_then(_any(possible)):
            where = _turn(first, last, start, finish)
            value = _cubic(first, last, start, finish, where)
            self.put(_AT.followed.place, index, where)
            self.note(index, possible & (value > limit))

    def area(self, index: ir.Value, within: Mask) -> None:
        """The area under the step, by the rule of order 6 with values and slopes at the ends and the middle's value."""
        first, last, start, finish = self.ends(index)
        output = self.b.load(self.place(_AT.watch.output, INT64, index))
        middle = self.row(_AT.space.seen, output)
        mean = (first + last) * (7 / 30) + middle * (16 / 30) + (start - finish) * (1 / 60)
        total = self.row(_AT.followed.value, index)
        self.put(_AT.followed.value, index, within.choose(total + self.used * mean, total))

    def level(self, index: ir.Value, within: Mask) -> None:
        """The time above a level, where the step does not cross it."""
        level = self.spread(_AT.watch.level, index)
        first, last, start, finish = self.ends(index)
        low, high = first.min(last), first.max(last)
        steepest = start.abs().max(finish.abs()) * _MOST_BEND
        hump = (start > 0.0) & (finish < 0.0) & (high <= level) & (high + steepest > level)
        dip = (start < 0.0) & (finish > 0.0) & (low > level) & (low - steepest <= level)
        crosses = within & (((low <= level) & (high > level)) | hump | dip)
        total = self.row(_AT.followed.value, index)
        above = within & (low > level) & ~crosses
        self.put(_AT.followed.value, index, above.choose(total + self.used, total))
        self.note(index, crosses)


def _finite(slope: Vec) -> Vec:
    """A slope; that of a power at 0, which is 0 times infinity, counts as flat."""
    return (slope - slope).compare("==", 0.0).choose(slope, fill(slope.b, 0.0))


def _any(mask: Mask) -> ir.Value:
    return mask.b.icmp_unsigned("!=", mask.bits(), ir.Constant(INT64, 0))


def _turn(first: Vec, last: Vec, start: Vec, finish: Vec) -> Vec:
    """Where the cubic with these values and slopes, the first above 0 and the last below, has its maximum."""
    rise = last - first
    bend = 3.0 * (start + finish - 2.0 * rise)
    slope = 2.0 * (3.0 * rise - 2.0 * start - finish)
    root = (slope * slope - 4.0 * bend * start).sqrt()
    # the form that does not cancel
    place = 2.0 * start / (root - slope)
    return place.max(0.0).min(Vec(place.b, constant(1.0)))


def _cubic(first: Vec, last: Vec, start: Vec, finish: Vec, place: Vec) -> Vec:
    rest = 1.0 - place
    bend = rest * place * (rest * start - place * finish)
    return first + (3.0 - 2.0 * place) * place * place * (last - first) + bend
