"""The explicit solver: Tsitouras' pair of orders 5 and 4 with free interpolation of order 4.

Ch. Tsitouras, Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying assumption,
Computers & Mathematics with Applications 62 (2011) 770-775, doi:10.1016/j.camwa.2011.06.002.
"""

from llvmlite import ir

from speciosa.engine.kernel.control import finish_step, start_step
from speciosa.engine.kernel.frame import Frame, blank
from speciosa.engine.kernel.rows import Row, Rows
from speciosa.engine.kernel.stages import IN_REGISTERS, padded, weighted_sum
from speciosa.engine.kernel.vector import Vec, fill, index

ORDER = 5
NODES = (0.0, 0.161, 0.327, 0.9, 0.9800255409045097, 1.0, 1.0)
STAGES = (
    (0.161,),
    (-0.008480655492356989, 0.335480655492357),
    (2.8971530571054935, -6.359448489975075, 4.3622954328695815),
    (5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525),
    (
        5.86145544294642,
        -12.92096931784711,
        8.159367898576159,
        -0.071584973281401,
        -0.028269050394068383,
    ),
    (
        0.09646076681806523,
        0.01,
        0.4798896504144996,
        1.379008574103742,
        -3.290069515436081,
        2.324710524099774,
    ),
)
ERROR = (
    -0.00178001105222577714,
    -0.0008164344596567469,
    0.007880878010261995,
    -0.1447110071732629,
    0.5823571654525552,
    -0.45808210592918697,
    0.015151515151515152,
)


def _product(scale: float, *factors: tuple[float, ...]) -> tuple[float, ...]:
    total = [scale]
    for factor in factors:
        grown = [0.0] * (len(total) + len(factor) - 1)
        for i, a in enumerate(total):
            for j, b in enumerate(factor):
                grown[i + j] += a * b
        total = grown
    return tuple(total + [0.0] * (5 - len(total)))


# The weights of the interpolant as polynomials of the place in the step, lowest power first (section 3 of the paper).
WEIGHTS = (
    _product(
        -1.0530884977290216,
        (0, 1),
        (-1.3299890189751412, 1),
        (0.7139816917074209, -1.4364028541716351, 1),
    ),
    _product(0.1017, (0, 0, 1), (1.2949852507374631, -2.1966568338249754, 1)),
    _product(2.490627285651252793, (0, 0, 1), (1.57803468208092486, -2.38535645472061657, 1)),
    _product(
        -16.54810288924490272, (0, 0, 1), (-1.21712927295533244, 1), (-0.61620406037800089, 1)
    ),
    _product(
        47.37952196281928122, (0, 0, 1), (-1.203071208372362603, 1), (-0.658047292653547382, 1)
    ),
    _product(-34.87065786149660974, (0, 0, 1), (-1.2, 1), (-0.666666666666666667, 1)),
    _product(2.5, (0, 0, 1), (-1, 1), (-0.6, 1)),
)


class Tsit5:
    """Writes the steps of the explicit solver."""

    def add_rows(self, rows: Rows, states: int) -> None:
        """The derivatives at the stages, then the errors; and the state at the last stage, the end of the step."""
        rows.add(Row.STAGE, states * (len(NODES) + 1))
        rows.add(Row.U, states)

    def write_step(self, frame: Frame) -> None:
        """One step of every patient, accepted or not."""
        b, n, stages = frame.b, len(frame.plan.states), len(NODES)
        step = start_step(frame)
        table = frame.table("state_weights", padded([(), *STAGES], stages))
        nodes = frame.table("nodes", NODES)
        f = frame.rows_of(Row.F, n)
        frame.store_rows(Row.STAGE, f)

        def stage(k: ir.Value, newest: list[Vec]) -> list[Vec]:
            y, row, before = frame.rows_of(Row.Y, n), b.mul(k, index(stages)), b.sub(k, index(1))
            u = weighted_sum(frame, y, (index(0), before), (table, row), newest, step.used)
            frame.store_rows(Row.U, u)
            rates = frame.derivative(u, step.t + frame.pick(nodes, k) * step.used)
            frame.store_rows(Row.STAGE, rates, b.mul(k, index(n)))
            return rates if newest else []

        frame.fold(index(1), index(stages), f if n <= IN_REGISTERS else [], stage)
        weights = frame.table("error_weights", ERROR), index(0)
        last, place = index(stages - 1), index(stages * n)
        nothing = [fill(b, 0.0)] * n
        error = weighted_sum(frame, nothing, (index(0), last), weights, scale=step.used)
        frame.store_rows(Row.STAGE, error, place)
        frame.close(finish_step(frame, step, index((stages - 1) * n), place, ORDER))

    def write_states_at(self, frame: Frame) -> tuple[list[Vec], list[Vec], Vec]:
        """Observed states, their derivatives and the time at the place ``at`` in the last step."""
        n = len(frame.plan.states)
        at, used = frame.load(Row.AT), frame.load(Row.USED)
        weights = [_horner(at, w[1:]) * at * used for w in WEIGHTS]
        slopes = [_horner(at, tuple(p * c for p, c in enumerate(w))[1:]) for w in WEIGHTS]
        states, derivatives = blank(frame), blank(frame)
        for i in frame.plan.observed:
            k = [frame.load(Row.STAGE, stage * n + i) for stage in range(len(NODES))]
            value, slope = frame.load(Row.Y0, i), slopes[0] * k[0]
            for j in range(7):
                value = value + weights[j] * k[j]
                if j:
                    slope = slope + slopes[j] * k[j]
            states[i], derivatives[i] = value, slope
        return states, derivatives, frame.load(Row.T0) + at * used


def _horner(x: Vec, coefficients: tuple[float, ...]) -> Vec:
    value = x * coefficients[-1] + coefficients[-2]
    for coefficient in reversed(coefficients[:-2]):
        value = value * x + coefficient
    return value
