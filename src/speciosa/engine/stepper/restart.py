"""The first step after an event, when the last one says nothing about what follows."""

from speciosa.engine.codes import NOTHING, WIDTH
from speciosa.engine.stepper import field as at
from speciosa.engine.stepper.access import get_float64, get_int64, number, set_float64, set_int64
from speciosa.engine.stepper.lanes import near

_SHORT, _VERY_SHORT, _BIRTH = 1e-3, 1e-6, 1e-8


def first_step(c: int, lane: int, left: float) -> None:
    """The first step after an event: the one learnt from the last event, or a tenth of the fastest state's time.

    Where the event sets off a state that has been zero so far, its error cannot be judged: the step is short enough not
    to need it, and nothing is learnt from it. States that stayed zero after the last event, and begin nothing now, do
    not count: what was given does not reach them.
    """
    length, moving, still, alive = left, False, False, 0
    for i in range(number(c, at.STATES)):
        size, rate = (
            abs(get_float64(c, at.Y, i * WIDTH + lane)),
            abs(get_float64(c, at.F, i * WIDTH + lane)),
        )
        size = max(size, get_float64(c, at.PEAK, i * WIDTH + lane))
        if size > NOTHING:
            alive += 1
            if rate * length > 0.1 * size:
                length = 0.1 * size / rate
        elif rate > 0.0:
            moving = True
        else:
            still = True
    unborn = moving or (still and alive != get_int64(c, at.LANE_ALIVE, lane))
    set_int64(c, at.LANE_ALIVE, lane, alive)
    learnt = get_float64(c, at.LANE_RESTART, lane)
    set_float64(c, at.BIRTH, lane, max(_BIRTH * left, near(get_float64(c, at.T, lane))))
    if unborn:
        length = min(_SHORT * length, _VERY_SHORT * left)
        set_float64(c, at.BIRTH, lane, 1.0000001 * length)
        set_int64(c, at.LANE_FRESH, lane, 0)
    elif learnt > 0.0:
        length = learnt
    set_float64(c, at.H, lane, length)


def learn(c: int, lane: int) -> None:
    """Remembers the first step that was accepted after an event, unless the next stop cut it short."""
    set_int64(c, at.LANE_FRESH, lane, 0)
    cut = get_float64(c, at.T, lane) >= get_float64(c, at.STOP, lane)
    if not cut or get_float64(c, at.LANE_RESTART, lane) == 0.0:
        set_float64(
            c,
            at.LANE_RESTART,
            lane,
            min(get_float64(c, at.H, lane), 2.0 * get_float64(c, at.USED, lane)),
        )
