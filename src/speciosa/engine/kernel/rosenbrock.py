"""Solvers for stiff models: Rosenbrock methods of the Rodas family, with the Jacobian derived symbolically.

Stage i solves ``(I / (gamma h) - J) x_i = f(u_i) + sum_j c_ij x_j / h + h d_i df/dt`` with ``u_i = y + sum_j a_ij x_j``; the
last stages add one after another, and the last one is the estimate of the error (E. Hairer, G. Wanner, Solving
Ordinary Differential Equations II, 2nd edition, Springer 1996, section IV.7, doi:10.1007/978-3-642-05221-7).
"""

from dataclasses import dataclass

from llvmlite import ir

from speciosa.engine.kernel.control import Step, finish_step, start_step
from speciosa.engine.kernel.frame import Frame, blank
from speciosa.engine.kernel.plan import Block
from speciosa.engine.kernel.rows import Row, Rows
from speciosa.engine.kernel.sparse import Factors, factor
from speciosa.engine.kernel.stages import IN_REGISTERS, padded, weighted_sum
from speciosa.engine.kernel.vector import Vec, fill, index

Weights = tuple[float, ...]


@dataclass(frozen=True)
class Rosenbrock:
    """The numbers of a method.

    Attributes:
        order: of the solution.
        gamma: diagonal coefficient.
        nodes: time of each stage in the step.
        time_weights: d_i.
        state_weights: a_ij of the second and following stages; later stages add the last x to the last u.
        right_weights: c_ij of the second and following stages.
        dense: terms of the interpolant ``(1-s) y0 + s (y1 + (1-s) (D1 + s (D2 + ...)))``.
        seen_share: how much shorter a step is made when it is looked into.
    """

    order: int
    gamma: float
    nodes: Weights
    time_weights: Weights
    state_weights: tuple[Weights, ...]
    right_weights: tuple[Weights, ...]
    dense: tuple[Weights, ...]
    observed_share: float = 1.0

    def add_rows(self, rows: Rows, states: int) -> None:
        """The stages, and the state that the last one was evaluated at, which becomes that at the end of the step."""
        rows.add(Row.STAGE, states * (len(self.nodes) + 1))
        rows.add(Row.U, states)

    def write_step(self, frame: Frame) -> None:
        """One step of every patient, accepted or not."""
        n, last = len(frame.plan.states), len(self.nodes) - 1
        step = start_step(frame, self.observed_share)
        y, f = frame.rows_of(Row.Y, n), frame.rows_of(Row.F, n)
        per_step = 1.0 / step.used
        factors = self._factored(frame, y, step, per_step)
        slopes = _time_slopes(frame, y, step.t)
        right = list(f)
        for i, slope in slopes.items():
            right[i] = f[i] + (self.time_weights[0] * step.used) * slope
        nodes = frame.table("nodes", [*self.nodes[1:], 1.0])
        time_weights = frame.table("time_weights", [*self.time_weights[1:], 0.0])

        end = index((last + 1) * n)
        frame.store_rows(Row.STAGE, right, end)

        def stage(k: ir.Value, _: list[Vec]) -> list[Vec]:
            x = factors.solve(frame.rows_of(Row.STAGE, n, end))
            frame.store_rows(Row.STAGE, x, frame.b.mul(k, index(n)))
            u, combined = self._next_state(frame, k, x)
            frame.store_rows(Row.U, u)
            rates = frame.derivative(u, step.t + frame.pick(nodes, k) * step.used)
            right = [rate + per_step * c for rate, c in zip(rates, combined, strict=True)]
            for i, slope in slopes.items():
                right[i] = right[i] + (frame.pick(time_weights, k) * step.used) * slope
            # after the last stage nothing is combined: what is left are the derivatives at the end of the step
            frame.store_rows(Row.STAGE, right, end)
            return []

        frame.fold(index(0), index(last + 1), [], stage)
        frame.close(finish_step(frame, step, end, index(last * n), self.order))

    def _next_state(self, frame: Frame, k: ir.Value, x: list[Vec]) -> tuple[list[Vec], list[Vec]]:
        """After stage `k`: where the next one is evaluated, and the stages combined for its right-hand side."""
        b, stages, n = frame.b, len(self.nodes), len(x)
        newest = x if n <= IN_REGISTERS else []
        zero, row = index(0), b.mul(k, index(stages))
        begun = b.icmp_signed("<", k, index(len(self.state_weights)))
        # early stages begin at y, the last ones go on from each other
        places = frame.rows.start
        base = frame.rows_of(Row.Y, n, b.select(begun, zero, index(places[Row.U] - places[Row.Y])))
        weights = frame.table("state_weights", self._state_table()), row
        u = weighted_sum(frame, base, (b.select(begun, zero, k), k), weights, newest)
        weights = frame.table("right_weights", self._right_table()), row
        last = b.select(b.icmp_signed("<", k, index(stages - 1)), k, zero)
        nothing = [fill(b, 0.0)] * n
        return u, weighted_sum(frame, nothing, (zero, last), weights, newest)

    def _state_table(self) -> list[float]:
        """Weights of the stages in the state of the next one; the last ones add the newest to the state before."""
        stages = len(self.nodes)
        rows = [*self.state_weights]
        rows += [(0.0,) * k + (1.0,) for k in range(len(rows), stages)]
        return padded(rows, stages)

    def _right_table(self) -> list[float]:
        """Weights of the stages in the right-hand side of the next one; there is none after the last."""
        return padded([*self.right_weights, ()], len(self.nodes))

    def write_states_at(self, frame: Frame) -> tuple[list[Vec], list[Vec], Vec]:
        """Observed states, their derivatives and the time at the place ``at`` in the last step."""
        n = len(frame.plan.states)
        s, used = frame.load(Row.AT), frame.load(Row.USED)
        rest, per_step = 1.0 - s, 1.0 / used
        terms = list(zip(*(padded([row], len(self.nodes)) for row in self.dense), strict=True))
        weights, slopes = zip(*(_bent(s, rest, term) for term in terms), strict=True)
        states, derivatives = blank(frame), blank(frame)
        for i in frame.plan.observed:
            start, end = frame.load(Row.Y0, i), frame.load(Row.U, i)
            # exact for a state that rests
            change = end - start
            value = start + s * change
            for stage, (weight, slope) in enumerate(zip(weights, slopes, strict=True)):
                x = frame.load(Row.STAGE, stage * n + i)
                value, change = value + weight * x, change + slope * x
            states[i], derivatives[i] = value, change * per_step
        return states, derivatives, frame.load(Row.T0) + s * used

    def _factored(self, frame: Frame, y: list[Vec], step: Step, per_step: Vec) -> Factors:
        """The matrix ``I / (gamma h) - J``, factored."""
        slopes = frame.plan.jacobian
        values = frame.block(slopes.block, y, step.t)
        zero = fill(frame.b, 0.0)
        matrix = {}
        for place, value, curved in zip(slopes.places, values, slopes.curved, strict=True):
            # a slope may be infinite at the edge, as that of a root at 0: without it the method still holds, at lower order
            finite = (value - value).compare("==", 0.0)
            matrix[place] = finite.choose(value, zero) if curved else value
        diagonal, inverse = per_step * (1.0 / self.gamma), step.used * self.gamma
        return factor(matrix, len(y), diagonal, inverse)


def _time_slopes(frame: Frame, y: list[Vec], time: Vec) -> dict[int, Vec]:
    """Derivatives of the rates by time itself; 0 where one is not finite, as that of a power at 0 (see `_factored`)."""
    slopes = frame.plan.time_slopes
    values = frame.block(Block.of(list(slopes.values()), "_t"), y, time)
    zero = fill(frame.b, 0.0)
    return {
        i: (value - value).compare("==", 0.0).choose(value, zero)
        for i, value in zip(slopes, values, strict=True)
    }


def _bent(s: Vec, rest: Vec, terms: Weights) -> tuple[Vec, Vec]:
    """The weight of a stage in the interpolant, ``s (1-s) (d1 + s (d2 + ...))``, and the slope of that weight."""
    bend, slope = s * terms[-1] + terms[-2], fill(s.b, terms[-1])
    for term in reversed(terms[:-2]):
        slope = bend + s * slope
        bend = term + s * bend
    return s * rest * bend, (rest - s) * bend + (s * rest) * slope
