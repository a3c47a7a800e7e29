"""Times at which a linear model's endpoints are looked for: dense after every event, sparser as transients fade.

Windows of endpoints and events cut a patient's time into intervals in which outputs are smooth. Within one, steps grow
with the time since it began: outputs are sums of exponentials, and of these the fast ones have gone by then. Compiled
by `native`.
"""

from speciosa.engine.codes import FAR
from speciosa.engine.dosing import near
from speciosa.engine.linear.arrays import Events, Floats, Numbers, Patient, Records, Scan
from speciosa.engine.linear.events import list_events

FIRST_STEP = 0.35
GROWTH = 1.35


def list_nodes(
    records: Records,
    numbers: Numbers,
    patient: Patient,
    bounds: Floats,
    events: Events,
    scan: Scan,
) -> int:
    """Writes the nodes of a patient; returns how many there are, also those for which there is no room.

    The last node of an interval is observed just before what happens then, its others after.
    """
    changing = patient.end - patient.base > 1
    happen = list_events(records, patient.schedule, numbers, patient.base, changing, events)
    count, number, e, k = 0, 0, 0, 0
    begin, last = bounds[0], bounds[bounds.shape[0] - 1]
    while begin + near(begin) < last:
        while e < happen and events.time[e] <= begin + near(begin):
            e += 1
        while bounds[k] <= begin + near(begin):
            k += 1
        end = min(bounds[k], events.time[e] if e < happen else FAR)
        count = _interval(begin, end, patient.fastest, number, count, scan)
        begin = end
        number += 1
    return count


def _interval(begin: float, end: float, fastest: float, number: int, count: int, scan: Scan) -> int:
    time, step = begin, end - begin
    if fastest > 0.0:
        step = max(min(step, FIRST_STEP / fastest), 1e-6 * step)
    while time < end - 0.5 * step:
        count = _node(time, time + near(time), number, count, scan)
        time += step
        step *= GROWTH
    return _node(end, end - near(end), number, count, scan)


def _node(time: float, reach: float, number: int, count: int, scan: Scan) -> int:
    if count < scan.time.shape[0]:
        scan.time[count] = time
        scan.reach[count] = reach
        scan.interval[count] = number
    return count + 1
