"""Step size control, the same for both solvers, in every patient separately.

A step is accepted when the largest error of a state is within the tolerance, relative to the state's size now or to a
share of its largest size so far, whichever is larger. The next step follows a proportional-integral rule (K.
Gustafsson, ACM Trans. Math. Softw. 17 (1991) 533-554, doi:10.1145/210232.210242).
"""

from dataclasses import dataclass

from llvmlite import ir

from speciosa.engine.codes import NOTHING, WIDTH
from speciosa.engine.frame import Frame
from speciosa.engine.vector import INT64, Mask, Vec, fill

SAFETY = 0.9
GROW, SHRINK = 5.0, 0.2
_LOG_SMALLEST_ERROR = -9.2
_ANY_SIZE = 1e150


@dataclass(frozen=True)
class Step:
    """The step about to be tried: time, proposed length, length used, whether it ends at the next stop."""

    t: Vec
    proposed: Vec
    used: Vec
    stop: Vec
    hit: Mask


def start_step(frame: Frame) -> Step:
    """Cuts the proposed step so that it lands on the next stop, without a sliver before it."""
    t, proposed, stop = frame.load("t"), frame.load("h"), frame.load("stop")
    left = stop - t
    hit = proposed * 1.0000001 >= left
    split = (proposed * 2.0 > left).choose(left * 0.5, proposed)
    return Step(t, proposed, hit.choose(left, split), stop, hit)


def finish_step(
    frame: Frame,
    step: Step,
    y: list[Vec],
    u: list[Vec],
    f: list[Vec],
    f_end: list[Vec],
    error: list[Vec],
    order: int,
) -> ir.Value:
    """Accepts or rejects in each patient and proposes the next step.

    Returns four groups of `WIDTH` bits: an observation is due within the step, the stop is reached, accepted, failed.
    """
    q = _error_ratio(frame, y, u, error)
    accepted = q <= 1.0
    for i in frame.plan.observed:
        frame.store("y0", i, y[i])
        frame.store("f0", i, f[i])
    for i in range(len(y)):
        frame.store("y", i, accepted.choose(u[i], y[i]))
        frame.store("f", i, accepted.choose(f_end[i], f[i]))
        peak = frame.load("peak", i)
        grown = peak.max(u[i].abs() * frame.load("peak_share"))
        frame.store("peak", i, accepted.choose(grown, peak))
    end = step.hit.choose(step.stop, step.t + step.used)
    frame.store("t0", 0, step.t)
    frame.store("used", 0, step.used)
    frame.store("q", 0, q)
    frame.store("t", 0, accepted.choose(end, step.t))
    log_q = q.max(1e-10).log_positive()
    before = frame.load("log_error")
    frame.store("h", 0, _next_length(step, accepted, q, log_q, before, order))
    frame.store("log_error", 0, accepted.choose(log_q.max(_LOG_SMALLEST_ERROR), before))
    total = frame.load("error_sum")
    frame.store("error_sum", 0, accepted.choose(total + q, total))
    due = frame.load("due")
    observe = accepted & (
        (~step.hit & (due <= end)) | (step.hit & (due < end - frame.load("least")))
    )
    failed = ~accepted & (step.used <= step.t.abs().max(1.0) * 1e-13)
    return _pack(frame, [observe, accepted & step.hit, accepted, failed])


def _error_ratio(frame: Frame, y: list[Vec], u: list[Vec], error: list[Vec]) -> Vec:
    """The largest error over its tolerance. Fractions are compared crosswise, which takes one division in all."""
    rtol = frame.load("rtol")
    ratios = []
    for i in range(len(y)):
        peak = frame.load("peak", i)
        size = y[i].abs().max(u[i].abs()).max(peak)
        # a state that has been zero so far has no size to compare with: its first step is short, and not judged
        unborn = (y[i].abs() <= NOTHING) & (peak <= NOTHING)
        ratios.append((error[i].abs(), unborn.choose(fill(frame.b, _ANY_SIZE), size)))
    while len(ratios) > 1:
        pairs = zip(ratios[::2], ratios[1::2], strict=False)
        ratios = [_larger(*pair) for pair in pairs] + ratios[len(ratios) & ~1 :]
    above, below = ratios[0]
    total = u[0]
    for value in u[1:]:
        total = total + value
    # comparisons lose NaN; a sum keeps it
    finite = (total - total).compare("==", 0.0)
    return finite.choose(above / (below * rtol), fill(frame.b, float("nan")))


def _larger(one: tuple[Vec, Vec], other: tuple[Vec, Vec]) -> tuple[Vec, Vec]:
    """The larger of two fractions."""
    smaller = other[0] * one[1] <= one[0] * other[1]
    return smaller.choose(one[0], other[0]), smaller.choose(one[1], other[1])


def _next_length(step: Step, accepted: Mask, q: Vec, log_q: Vec, before: Vec, order: int) -> Vec:
    growing = log_q * (-0.85 / order) + before * (0.2 / order)
    factor = accepted.choose(growing, log_q * (-1.0 / order)).exp() * SAFETY
    factor = accepted.choose(factor.min(GROW), factor.min(1.0)).max(SHRINK)
    after = step.used * (q <= 1e300).choose(factor, fill(factor.b, SHRINK))
    # a step cut short by a stop says little: keep what was proposed, unless the error asks for less
    kept = accepted & step.hit & (factor >= 1.0)
    return kept.choose(after.max(step.proposed), after)


def _pack(frame: Frame, masks: list[Mask]) -> ir.Value:
    b = frame.b
    value = ir.Constant(INT64, 0)
    for place, mask in enumerate(masks):
        value = b.or_(value, b.shl(mask.bits(), ir.Constant(INT64, WIDTH * place)))
    return value
