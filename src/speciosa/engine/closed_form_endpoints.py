"""Endpoints of linear models: areas exactly, extremes and times above a threshold to rounding.

The area under a linear output is one more state of the model. Extremes are looked for at nodes (`closed_form_nodes`):
where the slope changes sign between two of them, the cubic through values and slopes says where, and the solution
itself, evaluated there, says how much; twice more, each time in a smaller interval. Times above a threshold likewise.
Areas under outputs that are not linear are integrated by Gauss's rule between nodes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.engine.closed_form import LinearChunk, near
from speciosa.engine.closed_form_arrays import Numbers, Whole, make_events, make_work
from speciosa.engine.closed_form_brackets import Brackets, Values
from speciosa.engine.closed_form_nodes import list_nodes
from speciosa.engine.closed_form_solver import solve_own
from speciosa.engine.closed_form_system import linear_system
from speciosa.engine.codes import NOT_FINITE, OK
from speciosa.engine.endpoint import Endpoint
from speciosa.engine.schedule import Schedule
from speciosa.model import Equations
from speciosa.model.records import Output, State

Truth = NDArray[np.bool_]

_BATCH = 256
_REFINEMENTS = 3
_GAUSS = np.polynomial.legendre.leggauss(6)


def endpoint_chunk(
    equations: Equations,
    schedule: Schedule,
    of_row: NDArray[np.int32],
    parameters: Values,
    covariates: Values,
    endpoints: Sequence[Endpoint],
    begin: float,
    until: float,
) -> tuple[Values, NDArray[np.int8]]:
    """Endpoints of many patients.

    Args:
        equations: a linear model.
        schedule: the distinct schedules.
        of_row: the schedule of each row, shape ``(rows,)``.
        parameters: shape ``(parameters, rows)``.
        covariates: before any change, shape ``(covariates, rows)``.
        endpoints: what is asked for.
        begin: when windows without a begin begin, hours.
        until: when windows without an end end.

    Returns:
        Values, shape ``(endpoints, rows)``, NaN where a row failed; and the status code of each row.
    """
    wider, areas = _with_areas(equations, endpoints)
    chunk = LinearChunk.of(wider, schedule, of_row, parameters, covariates, begin, len(areas))
    rows = len(of_row)
    values, codes = np.empty((len(endpoints), rows)), np.zeros(rows, dtype=np.int8)
    for start in range(0, rows, _BATCH):
        part = slice(start, min(start + _BATCH, rows))
        asked = _Asked(chunk.part(part), endpoints, areas, begin, until)
        values[:, part] = [asked.value(endpoint) for endpoint in endpoints]
        codes[part] = np.where(
            (asked.codes == OK) & ~np.isfinite(values[:, part]).all(axis=0), NOT_FINITE, asked.codes
        )
    values[:, codes != OK] = np.nan
    return values, codes


def _with_areas(
    equations: Equations, endpoints: Sequence[Endpoint]
) -> tuple[Equations, dict[str, int]]:
    """The model with a state for the area under each linear output asked for; the index of each area's output."""
    system = linear_system(equations)
    if system is None:
        raise ValueError(f"`{equations.name}` is not linear; use another method.")
    wanted = {e.output for e in endpoints if e.kind in ("area", "mean")}
    linear = [equations.outputs[index] for index in system.linear_outputs]
    states: list[State] = []
    rates: list[sympy.Expr] = []
    outputs: list[Output] = []
    areas: dict[str, int] = {}
    for output in linear:
        if output.name in wanted:
            name = f"area under {output.name}"
            areas[output.name] = len(equations.outputs) + len(outputs)
            states.append(State(name, f"({output.unit})*h", sympy.Integer(0)))
            rates.append(output.expression)
            outputs.append(Output(name, sympy.Symbol(name, real=True), f"({output.unit})*h"))
    wider = replace(
        equations,
        states=(*equations.states, *states),
        rates=(*equations.rates, *rates),
        outputs=(*equations.outputs, *outputs),
    )
    return wider, areas


@dataclass(frozen=True)
class _Seen:
    """An output at some times: values and slopes."""

    value: Values
    slope: Values


class _Asked:
    """Some rows, and what is asked of them."""

    def __init__(
        self,
        chunk: LinearChunk,
        endpoints: Sequence[Endpoint],
        areas: dict[str, int],
        begin: float,
        until: float,
    ) -> None:
        self.chunk, self.system, self.areas = chunk, chunk.system, areas
        self.begin, self.until = begin, until
        self.rows = len(chunk.of_row)
        self.version, self.static = chunk.versions()
        self.numbers: Numbers = chunk.numbers(self.static)
        self.room = chunk.room(self.version, self.numbers)
        self.codes = np.zeros(self.rows, dtype=np.int64)
        names = chunk.system.equations.output_names
        self.index = {name: names.index(name) for name in names}
        self.known: dict[int, _Seen] = {}
        searched = [e for e in endpoints if not self._exact(e)]
        if searched:
            self._find_nodes(searched)

    def value(self, endpoint: Endpoint) -> Values:
        """One endpoint of every row."""
        if endpoint.kind == "at":
            assert endpoint.start_h is not None
            return self._at_common(self.index[endpoint.output], endpoint.start_h, False)
        opens, closes = self._window(endpoint)
        if endpoint.kind in ("area", "mean"):
            area = self._area(endpoint, opens, closes)
            return area / (closes - opens) if endpoint.kind == "mean" else area
        output = self.index[endpoint.output]
        if endpoint.kind in ("time above", "time below"):
            above = self._time_above(output, endpoint.threshold, opens, closes)
            return above if endpoint.kind == "time above" else closes - opens - above
        sign = 1.0 if "peak" in endpoint.kind else -1.0
        extreme, when = self._extreme(output, sign, opens, closes)
        return when if endpoint.kind.startswith("time of") else extreme

    def _exact(self, endpoint: Endpoint) -> bool:
        in_area = endpoint.kind in ("area", "mean") and endpoint.output in self.areas
        return in_area or endpoint.kind == "at"

    def _window(self, endpoint: Endpoint) -> tuple[float, float]:
        opens = self.begin if endpoint.start_h is None else endpoint.start_h
        return opens, self.until if endpoint.end_h is None else endpoint.end_h

    def _find_nodes(self, endpoints: Sequence[Endpoint]) -> None:
        bounds = np.unique([bound for e in endpoints for bound in self._window(e)])
        rates = np.abs(self.numbers.rates).max(axis=1, initial=0.0)
        norm = np.abs(self.numbers.a).sum(axis=1).max(axis=1, initial=0.0)
        fastest = np.where(self.numbers.good, rates, norm)
        fastest = np.maximum.reduceat(np.nan_to_num(fastest, posinf=0.0), self.version[:-1])
        first = np.zeros(self.rows + 1, dtype=np.int64)
        given = (self.chunk.records, self.chunk.of_row, self.version, self.numbers, fastest, bounds)
        count = 0
        for _ in range(2):
            times, interval = np.zeros(count), np.zeros(count, dtype=np.int64)
            count = list_nodes(*given, make_events(self.room), first, times, interval)
        self.first, self.times, self.interval = first, times, interval
        self.row = np.repeat(np.arange(self.rows), np.diff(first))
        # neighbours within one interval; its last node is seen before what happens then
        self.joined = np.append(interval[1:] == interval[:-1], False)
        self.final = ~self.joined
        begins = np.flatnonzero(np.append(True, interval[1:] != interval[:-1]))
        self.opens = self.times[begins][interval - interval[0]]
        self.closes = self.times[np.flatnonzero(self.final)][interval - interval[0]]

    def _at_nodes(self, output: int) -> _Seen:
        if output not in self.known:
            self.known[output] = self._see(output, self.row, self.first, self.times, self.final)
        return self.known[output]

    def _at_common(self, output: int, time: float, before: bool) -> Values:
        rows = np.arange(self.rows)
        times, flags = np.full(self.rows, time), np.full(self.rows, before)
        return self._see(output, rows, np.arange(self.rows + 1), times, flags).value

    def _see(self, output: int, row: Whole, first: Whole, times: Values, before: Truth) -> _Seen:
        """An output at times of each row's own."""
        system, count = self.system, self.system.seen_count
        reach = times + np.where(before, -1.0, 1.0) * near(times)
        longest = int(np.max(np.diff(first), initial=1))
        seen = np.full((2 * count, 1, len(times)), np.nan)
        codes = np.zeros(self.rows, dtype=np.int64)
        states = len(system.states)
        work = make_work(states, longest, longest, self.room, self.chunk.schedule.longest)
        solve_own(
            self.chunk.records, self.chunk.of_row, self.version, self.numbers, self.chunk.begins,
            first, times, reach, np.arange(longest), np.zeros(longest),
            np.zeros(0, dtype=np.int64), work, make_events(self.room), seen, codes,
        )  # fmt: skip
        self.codes = np.maximum(self.codes, codes)
        flat = seen[:, 0]
        if output in system.linear_outputs:
            place = system.linear_outputs[output]
            return _Seen(flat[place], flat[count + place])
        needed = list(system.needed.values())
        static = self._static_at(row, times, before)
        which = list(system.curved).index(output)
        value = system.curved_values(flat[needed], static, times)[which]
        slopes = system.curved_slopes(flat[needed], static, times)[which]
        moving = np.concatenate(
            [flat[[count + place for place in needed]], np.ones((1, len(times)))]
        )
        return _Seen(value, (slopes * moving).sum(axis=0))

    def _static_at(self, row: Whole, times: Values, before: Truth) -> Values:
        """Parameters and covariates of rows at times."""
        at = self.version[row]
        if self.version[-1] > self.rows:
            reach = times + np.where(before, -1.0, 1.0) * near(times)
            for r in range(self.rows):
                here = row == r
                moments = self.chunk.change_times(int(self.chunk.of_row[r]))
                at[here] += np.searchsorted(moments, reach[here], side="right")
        return np.asarray(self.static[:, at])

    def _area(self, endpoint: Endpoint, opens: float, closes: float) -> Values:
        if endpoint.output in self.areas:
            output = self.areas[endpoint.output]
            return self._at_common(output, closes, True) - self._at_common(output, opens, False)
        within = self._within(opens, closes) & self.joined
        left = np.flatnonzero(within)
        length = self.times[left + 1] - self.times[left]
        places, weights = 0.5 * (_GAUSS[0] + 1), 0.5 * _GAUSS[1]
        times = (self.times[left, None] + length[:, None] * places).ravel()
        row = np.repeat(self.row[left], len(places))
        first = np.searchsorted(row, np.arange(self.rows + 1))
        seen = self._see(self.index[endpoint.output], row, first, times, np.zeros(len(row), bool))
        parts = (seen.value.reshape(len(left), -1) @ weights) * length
        return _sum_by_row(self.row[left], parts, self.rows)

    def _within(self, opens: float, closes: float) -> Truth:
        """Which nodes are in a window."""
        inside = self.opens >= opens - near(np.asarray(opens))
        return np.asarray(inside & (self.closes <= closes + near(np.asarray(closes))))

    def _extreme(
        self, output: int, sign: float, opens: float, closes: float
    ) -> tuple[Values, Values]:
        """The largest value times `sign`, and when."""
        seen = self._at_nodes(output)
        height = np.where(self._within(opens, closes), sign * seen.value, -np.inf)
        best = _largest_by_row(height, self.row)
        value, when = height[best], self.times[best]
        turns = self.joined & (height > -np.inf)
        turns &= (sign * seen.slope > 0) & (sign * np.roll(seen.slope, -1) < 0)
        turning = self._brackets(np.flatnonzero(turns), seen)
        if len(turning.row):
            at, found = self._refined(output, turning, True)
            highest = _largest_by_row(sign * found, turning.row)
            row, at, found = turning.row[highest], at[highest], sign * found[highest]
            better = found > value[row]
            value[row[better]], when[row[better]] = found[better], at[better]
        return sign * value, when

    def _time_above(self, output: int, level: float, opens: float, closes: float) -> Values:
        """Hours above a threshold."""
        seen = self._at_nodes(output)
        pieces = self._brackets(
            np.flatnonzero(self._within(opens, closes) & self.joined),
            _Seen(seen.value - level, seen.slope),
        )
        turns = pieces.slope_a * pieces.slope_b < 0
        turning = pieces.some(turns)
        when, height = self._refined(output, turning, True, level)
        pieces = Brackets.concatenate(
            [pieces.some(~turns), turning.until(when, height), turning.since(when, height)]
        ).in_order()
        both = (pieces.a > 0) & (pieces.b > 0)
        hours = np.where(both, pieces.time_b - pieces.time_a, 0.0)
        crosses = (pieces.a > 0) != (pieces.b > 0)
        crossing = pieces.some(crosses)
        when, _ = self._refined(output, crossing, False, level)
        falls = crossing.a > 0
        hours[crosses] = np.where(falls, when - crossing.time_a, crossing.time_b - when)
        return _sum_by_row(pieces.row, hours, self.rows)

    def _brackets(self, left: Whole, seen: _Seen) -> Brackets:
        """The parts between nodes and those after them."""
        right = left + 1
        return Brackets(
            self.row[left],
            *(self.times[left], seen.value[left], seen.slope[left]),
            *(self.times[right], seen.value[right], seen.slope[right]),
        )

    def _refined(
        self, output: int, brackets: Brackets, turn: bool, level: float = 0.0
    ) -> tuple[Values, Values]:
        """Where an output turns, or crosses a level, in each bracket; and how far above the level it is there."""
        time, value = brackets.time_a, brackets.a
        first = np.searchsorted(brackets.row, np.arange(self.rows + 1))
        for _ in range(_REFINEMENTS if len(brackets.row) else 0):
            place = brackets.place(turn)
            time = brackets.time_a + place * (brackets.time_b - brackets.time_a)
            seen = self._see(output, brackets.row, first, time, np.zeros(len(time), dtype=bool))
            value = seen.value - level
            brackets = brackets.narrowed(time, value, seen.slope, turn)
        return time, value


def _largest_by_row(values: Values, row: Whole) -> Whole:
    """Position of the largest value of each row that is there; rows in ascending order."""
    order: Whole = np.lexsort((-np.arange(len(values)), values, row))
    last = np.append(row[order][1:] != row[order][:-1], True)
    return np.asarray(order[last])


def _sum_by_row(row: Whole, values: Values, rows: int) -> Values:
    return np.bincount(row, values, minlength=rows).astype(np.float64)
