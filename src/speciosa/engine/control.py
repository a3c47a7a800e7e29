"""Step size control, the same for both solvers, in every patient separately.

A step is accepted when the largest error of a state is within the tolerance, relative to the state's size now or to a
share of its largest size so far, whichever is larger. The next step follows a proportional-integral rule (K.
Gustafsson, ACM Trans. Math. Softw. 17 (1991) 533-554, doi:10.1145/210232.210242).
"""

from dataclasses import dataclass

from llvmlite import ir

from speciosa.engine.frame import Frame
from speciosa.engine.vector import INT64, Mask, Vec, fill

SAFETY = 0.9
GROW, SHRINK = 5.0, 0.2
_SMALLEST_ERROR = 1e-4


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

    Returns bits: 0-7 an observation is due within the step, 8-15 the stop is reached, 16-23 accepted, 24-31 failed.
    """
    q = _error_ratio(frame, y, u, error)
    accepted = q <= 1.0
    for i in range(len(y)):
        frame.store("y0", i, y[i])
        frame.store("f0", i, f[i])
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
    floor = fill(frame.b, _SMALLEST_ERROR).log_positive()
    frame.store("log_error", 0, accepted.choose(log_q.max(floor), before))
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
    above = below = None
    for i in range(len(y)):
        size = y[i].abs().max(u[i].abs()).max(frame.load("peak", i))
        wrong = error[i].abs()
        if above is None or below is None:
            above, below = wrong, size
            continue
        # written so that NaN anywhere wins and stays
        smaller = wrong * below <= above * size
        above, below = smaller.choose(above, wrong), smaller.choose(below, size)
    assert above is not None and below is not None
    return above / (below * rtol)


def _next_length(step: Step, accepted: Mask, q: Vec, log_q: Vec, before: Vec, order: int) -> Vec:
    grow = (log_q * (-0.7 / order) + before * (0.4 / order)).exp() * SAFETY
    grow = grow.max(SHRINK).min(GROW)
    after = step.used * grow
    # a step cut short by a stop says little: keep what was proposed, unless the error asks for less
    after = (step.hit & (grow >= 1.0)).choose(after.max(step.proposed), after)
    shrink = ((log_q * (-1.0 / order)).exp() * SAFETY).max(SHRINK).min(1.0)
    shrink = (q <= 1e300).choose(shrink, fill(shrink.b, SHRINK))
    return accepted.choose(after, step.used * shrink)


def _pack(frame: Frame, masks: list[Mask]) -> ir.Value:
    b = frame.b
    value = ir.Constant(INT64, 0)
    for place, mask in enumerate(masks):
        value = b.or_(value, b.shl(mask.bits(), ir.Constant(INT64, 8 * place)))
    return value
