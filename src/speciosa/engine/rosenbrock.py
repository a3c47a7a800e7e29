"""Solvers for stiff models: Rosenbrock methods of the Rodas family, with the Jacobian derived symbolically.

Stage i solves ``(I / (gamma h) - J) x_i = f(u_i) + sum_j c_ij x_j / h + h d_i df/dt`` with ``u_i = y + sum_j a_ij x_j``; the
last stages add one after another, and the last one is the estimate of the error (E. Hairer, G. Wanner, Solving
Ordinary Differential Equations II, 2nd edition, Springer 1996, section IV.7, doi:10.1007/978-3-642-05221-7).
"""

from dataclasses import dataclass

from speciosa.engine.control import finish_step, start_step
from speciosa.engine.frame import Frame, Rows, blank
from speciosa.engine.plan import Block
from speciosa.engine.sparse import Factors, factor
from speciosa.engine.vector import Vec, fill

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
    """

    order: int
    gamma: float
    nodes: Weights
    time_weights: Weights
    state_weights: tuple[Weights, ...]
    right_weights: tuple[Weights, ...]
    dense: tuple[Weights, ...]

    def add_rows(self, rows: Rows, states: int) -> None:
        """The state at the end of the step and the further terms of its interpolant."""
        rows.add("y1", states)
        for term in range(len(self.dense)):
            rows.add(f"dense{term}", states)

    def write_step(self, frame: Frame) -> None:
        """One step of every patient, accepted or not."""
        n = len(frame.plan.states)
        step = start_step(frame)
        y, f = frame.rows_of("y", n), frame.rows_of("f", n)
        per_step = 1.0 / step.used
        factors = self._factored(frame, y, step.t, per_step)
        slopes = _time_slopes(frame, y, step.t)
        x: list[list[Vec]] = []
        u, right = y, f
        for stage, node in enumerate(self.nodes):
            if stage:
                u = self._state(stage, y, u, x)
                rates = frame.derivative(u, step.t + node * step.used)
                weights = self.right_weights[stage - 1]
                right = [rates[i] + per_step * _combine(weights, x, i) for i in range(n)]
            right = list(right)
            for i, slope in slopes.items():
                right[i] = right[i] + (self.time_weights[stage] * step.used) * slope
            x.append(factors.solve(right))
        new = [u[i] + x[-1][i] for i in range(n)]
        for i in frame.plan.observed:
            frame.store("y1", i, new[i])
            for term, weights in enumerate(self.dense):
                frame.store(f"dense{term}", i, _combine(weights, x, i))
        f_end = frame.derivative(new, step.t + step.used)
        frame.close(finish_step(frame, step, y, new, f, f_end, x[-1], self.order))

    def write_states_at(self, frame: Frame) -> tuple[list[Vec], list[Vec], Vec]:
        """Observed states, their derivatives and the time at the place ``at`` in the last step."""
        s, used = frame.load("at"), frame.load("used")
        rest, per_step = 1.0 - s, 1.0 / used
        states, derivatives = blank(frame), blank(frame)
        for i in frame.plan.observed:
            start, end = frame.load("y0", i), frame.load("y1", i)
            terms = [frame.load(f"dense{term}", i) for term in range(len(self.dense))]
            bend, slope = terms[-1], None
            for term in reversed(terms[:-1]):
                slope = bend if slope is None else bend + s * slope
                bend = term + s * bend
            states[i] = start * rest + s * (end + rest * bend)
            change = end - start + (rest - s) * bend
            if slope is not None:
                change = change + (s * rest) * slope
            derivatives[i] = change * per_step
        return states, derivatives, frame.load("t0") + s * used

    def _state(self, stage: int, y: list[Vec], u: list[Vec], x: list[list[Vec]]) -> list[Vec]:
        """Where a stage is evaluated."""
        if stage <= len(self.state_weights):
            weights = self.state_weights[stage - 1]
            return [y[i] + _combine(weights, x, i) for i in range(len(y))]
        return [u[i] + x[-1][i] for i in range(len(y))]

    def _factored(self, frame: Frame, y: list[Vec], time: Vec, per_step: Vec) -> Factors:
        """The matrix ``I / (gamma h) - J``, factored."""
        entries = frame.plan.jacobian
        values = frame.block(Block.of(list(entries.values()), "_j"), y, time)
        diagonal = per_step * (1.0 / self.gamma)
        # a slope may be infinite at the edge, as that of a root at 0: without it the method still holds, at lower order
        values = [(v - v).compare("==", 0.0).choose(v, fill(frame.b, 0.0)) for v in values]
        matrix = {place: -value for place, value in zip(entries, values, strict=True)}
        for i in range(len(y)):
            matrix[i, i] = diagonal + matrix[i, i] if (i, i) in matrix else diagonal
        return factor(matrix, len(y))


def _time_slopes(frame: Frame, y: list[Vec], time: Vec) -> dict[int, Vec]:
    """Derivatives of the rates by time itself."""
    slopes = frame.plan.time_slopes
    values = frame.block(Block.of(list(slopes.values()), "_t"), y, time)
    return dict(zip(slopes, values, strict=True))


def _combine(weights: Weights, x: list[list[Vec]], i: int) -> Vec:
    value = x[0][i] * weights[0]
    for weight, stage in zip(weights[1:], x[1:], strict=False):
        value = value + stage[i] * weight
    return value
