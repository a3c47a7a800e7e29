"""Times at which a linear model's endpoints are looked at: dense after every event, sparser as transients fade.

Windows of endpoints and events cut a patient's time into intervals in which outputs are smooth. Within one, steps grow
with the time since it began: outputs are sums of exponentials, and of these the fast ones have gone by then. Compiled
by `native`.
"""

from speciosa.engine.closed_form_arrays import Events, Floats, Numbers, Records, Whole
from speciosa.engine.closed_form_events import FAR, list_events, near
from speciosa.engine.native import native

FIRST_STEP = 0.35
GROWTH = 1.35


@native
def list_nodes(
    records: Records,
    of_row: Whole,
    version: Whole,
    numbers: Numbers,
    fastest: Floats,
    bounds: Floats,
    events: Events,
    first: Whole,
    times: Floats,
    interval: Whole,
) -> int:
    """Writes the nodes of each row; returns how many there are. Only counts them where `times` is empty.

    Args:
        records: of all schedules.
        of_row: the schedule of each row.
        version: first row in `numbers` of each row, and their count at the end.
        numbers: of each row, and after each change of a covariate.
        fastest: the fastest rate of each row, per hour.
        bounds: begins and ends of windows, ascending.
        events: work space.
        first: filled: where the nodes of each row begin, and their count at the end.
        times: filled, hours.
        interval: filled with the number of each node's interval; an interval's last node is seen before what happens
            then, its others after.
    """
    count, number = 0, 0
    for row in range(of_row.shape[0]):
        first[row] = count
        changing = version[row + 1] - version[row] > 1
        happen = list_events(records, of_row[row], numbers, version[row], changing, events)
        e, begin, last = 0, bounds[0], bounds[bounds.shape[0] - 1]
        k = 0
        while begin + near(begin) < last:
            while e < happen and events.time[e] <= begin + near(begin):
                e += 1
            while bounds[k] <= begin + near(begin):
                k += 1
            end = min(bounds[k], events.time[e] if e < happen else FAR)
            count = _interval(begin, end, fastest[row], number, count, times, interval)
            begin = end
            number += 1
    first[of_row.shape[0]] = count
    return count


def _interval(
    begin: float,
    end: float,
    fastest: float,
    number: int,
    count: int,
    times: Floats,
    interval: Whole,
) -> int:
    time, step = begin, end - begin
    if fastest > 0.0:
        step = max(min(step, FIRST_STEP / fastest), 1e-6 * step)
    while time < end - 0.5 * step:
        count = _node(time, number, count, times, interval)
        time += step
        step *= GROWTH
    return _node(end, number, count, times, interval)


def _node(time: float, number: int, count: int, times: Floats, interval: Whole) -> int:
    if count < times.shape[0]:
        times[count] = time
        interval[count] = number
    return count + 1
