"""The first step after an event, when the last one says nothing about what follows."""

from speciosa.engine.codes import NOTHING
from speciosa.engine.dosing import near
from speciosa.engine.stepper.loop import Loop

_SHORT, _VERY_SHORT, _BIRTH = 1e-3, 1e-6, 1e-8


def first_step(c: Loop, lane: int, left: float) -> None:
    """The first step after an event: the one learnt from the last event, or a tenth of the fastest state's time.

    Where the event sets off a state that has been zero so far, its error cannot be judged: the step is short enough not
    to need it, and nothing is learnt from it. States that stayed zero after the last event, and begin nothing now, do
    not count: what was given does not reach them.
    """
    length, moving, still, alive = left, False, False, 0
    for i in range(c.size.states):
        size, rate = (
            abs(c.space.y[i, lane]),
            abs(c.space.f[i, lane]),
        )
        size = max(size, c.space.peak[i, lane])
        if size > NOTHING:
            alive += 1
            if rate * length > 0.1 * size:
                length = 0.1 * size / rate
        elif rate > 0.0:
            moving = True
        else:
            still = True
    unborn = moving or (still and alive != c.lanes.alive[lane])
    c.lanes.alive[lane] = alive
    learnt = c.lanes.restart[lane]
    c.space.birth[lane] = max(_BIRTH * left, near(c.space.t[lane]))
    if unborn:
        length = min(_SHORT * length, _VERY_SHORT * left)
        c.space.birth[lane] = 1.0000001 * length
        c.lanes.fresh[lane] = 0
    elif learnt > 0.0:
        length = learnt
    c.space.h[lane] = length


def learn(c: Loop, lane: int) -> None:
    """Remembers the first step that was accepted after an event, unless the next stop cut it short."""
    c.lanes.fresh[lane] = 0
    cut = c.space.t[lane] >= c.space.stop[lane]
    if not cut or c.lanes.restart[lane] == 0.0:
        c.lanes.restart[lane] = min(c.space.h[lane], 2.0 * c.space.used[lane])
