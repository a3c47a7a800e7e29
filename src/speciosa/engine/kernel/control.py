"""Step size control, the same for both solvers, in every patient separately.

A step is accepted when the largest error of a state is within the tolerance, relative to the state's size now or to a
share of its largest size so far, whichever is larger. The next step follows a proportional-integral rule (K.
Gustafsson, ACM Trans. Math. Softw. 17 (1991) 533-554, doi:10.1145/210232.210242).
"""

from dataclasses import dataclass

from llvmlite import ir

from speciosa.engine.codes import NOTHING, WIDTH
from speciosa.engine.kernel.frame import Frame
from speciosa.engine.kernel.rows import Row
from speciosa.engine.kernel.vector import INT64, Mask, Vec, fill

SAFETY = 0.9
GROW, SHRINK = 5.0, 0.2
_LOG_SMALLEST_ERROR = -9.2
_ANY_SIZE = 1e150


@dataclass(frozen=True)
class Step:
    """The step about to be tried.

    Attributes:
        t: when it begins.
        proposed, used: its length as proposed, and as it is.
        stop: the next time to halt at.
        hit: whether it ends there.
        seen: whether it is looked into.
        shorter: whether it was proposed and is shorter for that, by `seen_share`.
        seen_share: how much shorter steps are that are looked into.
    """

    t: Vec
    proposed: Vec
    used: Vec
    stop: Vec
    hit: Mask
    observed: Mask
    shorter: Mask
    observed_share: float


def start_step(frame: Frame, observed_share: float = 1.0) -> Step:
    """Cuts the proposed step so that it lands on the next stop, without a sliver before it.

    A step that is looked into is made shorter, to `seen_share`: the solution within it is less exact than that at its end.
    """
    t, stop = frame.load(Row.T), frame.load(Row.STOP)
    proposed = frame.load(Row.H).min(frame.load(Row.MOST))
    left = stop - t
    reach = t + left.min(proposed) - frame.load(Row.LEAST).abs()
    observed = (frame.load(Row.DUE) < reach) | (frame.load(Row.LOOK) < reach)
    length = observed.choose(proposed * observed_share, proposed)
    hit = length * 1.0000001 >= left
    halved = length * 2.0 > left
    used = hit.choose(left, halved.choose(left * 0.5, length))
    return Step(t, proposed, used, stop, hit, observed, observed & ~halved, observed_share)


def finish_step(frame: Frame, step: Step, f_end: ir.Value, error: ir.Value, order: int) -> ir.Value:
    """Accepts or rejects in each patient and proposes the next step.

    The state at the end of the step is in the rows ``u``.

    Args:
        frame: the function being written.
        step: what was tried.
        f_end: first row of ``stage`` with the derivatives at the end of the step.
        error: first row of ``stage`` with the estimated errors.
        order: of the solution.

    Returns four groups of `WIDTH` bits: an observation is due within the step, the stop is reached, accepted, failed.
    """
    q = _error_ratio(frame, step.used, error)
    # shorter by the share, a step is as close to its tolerance as the one that was proposed
    q = step.observed.choose(q * step.observed_share**-order, q)
    end = step.hit.choose(step.stop, step.t + step.used)
    poles = frame.poles(Row.U, end)
    for i, pole in enumerate(poles):
        # beyond a pole of the rates lies another solution, of which the estimate of the error knows nothing
        q = (pole * frame.load(Row.POLE, i) < 0.0).choose(fill(frame.b, float("nan")), q)
    accepted = q <= 1.0
    _go_on(frame, accepted, f_end)
    for i, pole in enumerate(poles):
        frame.store(Row.POLE, i, accepted.choose(pole, frame.load(Row.POLE, i)))
    frame.store(Row.T0, 0, step.t)
    frame.store(Row.USED, 0, step.used)
    frame.store(Row.Q, 0, q)
    frame.store(Row.T, 0, accepted.choose(end, step.t))
    log_q = q.max(1e-10).log_positive()
    before = frame.load(Row.LOG_ERROR)
    frame.store(Row.H, 0, _next_length(step, accepted, q, log_q, before, order))
    frame.store(Row.LOG_ERROR, 0, accepted.choose(log_q.max(_LOG_SMALLEST_ERROR), before))
    total = frame.load(Row.ERROR_SUM)
    frame.store(Row.ERROR_SUM, 0, accepted.choose(total + q, total))
    due = frame.load(Row.DUE)
    observe = accepted & (
        (~step.hit & (due <= end)) | (step.hit & (due < end - frame.load(Row.LEAST)))
    )
    failed = ~accepted & (step.used <= step.t.abs().max(1.0) * 1e-13)
    return _pack(frame, [observe, accepted & step.hit, accepted, failed])


def _error_ratio(frame: Frame, used: Vec, error: ir.Value) -> Vec:
    """The largest error over its tolerance. Fractions are compared crosswise, which takes one division in all."""
    b, rtol = frame.b, frame.load(Row.RTOL)
    short = used <= frame.load(Row.BIRTH)

    def look(first: ir.Value, count: int, found: list[Vec]) -> list[Vec]:
        y, u, peak = (frame.rows_of(name, count, first) for name in (Row.Y, Row.U, Row.PEAK))
        errors = frame.rows_of(Row.STAGE, count, b.add(error, first))
        above, below, total = found
        ratios = []
        for i in range(count):
            before = y[i].abs().max(peak[i])
            # A state that has been zero so far has no size to compare with: its first step is short, and not judged. What
            # comes to life in a longer one, by a condition, is judged by itself, which cuts the step until it is short.
            unborn = (before <= NOTHING) & (short | (y[i].abs() > 0.0))
            size = unborn.choose(fill(b, _ANY_SIZE), before.max(u[i].abs()))
            ratios.append((errors[i].abs(), size))
            total = total + u[i]
        above, below = _largest([(above, below), *ratios])
        return [above, below, total]

    nothing = [fill(b, 0.0), fill(b, 1.0), fill(b, 0.0)]
    above, below, total = frame.by_states(nothing, look)
    # comparisons lose NaN; a sum keeps it
    finite = (total - total).compare("==", 0.0)
    return finite.choose(above / (below * rtol), fill(b, float("nan")))


def _go_on(frame: Frame, accepted: Mask, f_end: ir.Value) -> None:
    """Takes the state at the end of the step for the present one, where the step was accepted."""
    b, share = frame.b, frame.load(Row.PEAK_SHARE)

    def take(first: ir.Value, count: int, _: list[Vec]) -> list[Vec]:
        y, f, u, peak = (
            frame.rows_of(name, count, first) for name in (Row.Y, Row.F, Row.U, Row.PEAK)
        )
        end = frame.rows_of(Row.STAGE, count, b.add(f_end, first))
        frame.store_rows(Row.Y0, y, first)
        frame.store_rows(Row.Y, [accepted.choose(*pair) for pair in zip(u, y, strict=True)], first)
        frame.store_rows(
            Row.F, [accepted.choose(*pair) for pair in zip(end, f, strict=True)], first
        )
        grown = [old.max(new.abs() * share) for old, new in zip(peak, u, strict=True)]
        peaks = [accepted.choose(*pair) for pair in zip(grown, peak, strict=True)]
        frame.store_rows(Row.PEAK, peaks, first)
        return []

    frame.by_states([], take)


def _largest(ratios: list[tuple[Vec, Vec]]) -> tuple[Vec, Vec]:
    """The largest of some fractions."""
    while len(ratios) > 1:
        pairs = zip(ratios[::2], ratios[1::2], strict=False)
        ratios = [_larger(*pair) for pair in pairs] + ratios[len(ratios) & ~1 :]
    return ratios[0]


def _larger(one: tuple[Vec, Vec], other: tuple[Vec, Vec]) -> tuple[Vec, Vec]:
    """The larger of two fractions."""
    smaller = other[0] * one[1] <= one[0] * other[1]
    return smaller.choose(one[0], other[0]), smaller.choose(one[1], other[1])


def _next_length(step: Step, accepted: Mask, q: Vec, log_q: Vec, before: Vec, order: int) -> Vec:
    growing = log_q * (-0.85 / order) + before * (0.2 / order)
    factor = accepted.choose(growing, log_q * (-1.0 / order)).exp() * SAFETY
    factor = accepted.choose(factor.min(GROW), factor.min(1.0)).max(SHRINK)
    used = step.shorter.choose(step.used * (1.0 / step.observed_share), step.used)
    after = used * (q <= 1e300).choose(factor, fill(factor.b, SHRINK))
    # a step cut short by a stop says little: keep what was proposed, unless the error asks for less
    kept = accepted & step.hit & (factor >= 1.0)
    return kept.choose(after.max(step.proposed), after)


def _pack(frame: Frame, masks: list[Mask]) -> ir.Value:
    b = frame.b
    value = ir.Constant(INT64, 0)
    for place, mask in enumerate(masks):
        value = b.or_(value, b.shl(mask.bits(), ir.Constant(INT64, WIDTH * place)))
    return value
