"""Endpoints of one patient after another: nodes, what lies between them, and refinement on the solution itself.

Compiled by `native`. Work goes by items: a point at which an output is wanted, a part of a curve in which it turns, or
one in which it crosses a level. All items of a patient are evaluated together, until none moves.
"""

from speciosa.engine.codes import ABOVE, BELOW, MEAN, OK, PEAK_TIME, TROUGH_TIME
from speciosa.engine.compiler.native import native
from speciosa.engine.dosing import near
from speciosa.engine.linear.arrays import (
    Brackets,
    Events,
    Floats,
    Grid,
    Integers,
    Matrix,
    Numbers,
    Patient,
    Records,
    Requests,
    Scan,
    Work,
)
from speciosa.engine.linear.brackets import narrow, turning_place, zero_place
from speciosa.engine.linear.items import POINT, TURN, ZERO, first_items, set_part
from speciosa.engine.linear.nodes import list_nodes
from speciosa.engine.linear.solver import solve_row

_MOST_PASSES = 12


@native
def most_nodes(
    records: Records,
    of_row: Integers,
    version: Integers,
    numbers: Numbers,
    fastest: Floats,
    bounds: Floats,
    events: Events,
    scan: Scan,
) -> int:
    """Nodes of the patient that has most."""
    most = 0
    for row in range(of_row.shape[0]):
        patient = Patient(of_row[row], version[row], version[row + 1], 0.0, fastest[row])
        most = max(most, list_nodes(records, numbers, patient, bounds, events, scan))
    return most


@native
def find_endpoints(
    records: Records,
    of_row: Integers,
    version: Integers,
    numbers: Numbers,
    begins: Floats,
    fastest: Floats,
    bounds: Floats,
    requests: Requests,
    events: Events,
    nodes: Scan,
    points: Scan,
    items: Brackets,
    work: Work,
    values: Matrix,
    codes: Integers,
) -> None:
    """Endpoints of all rows, into ``values[endpoint, row]``."""
    for row in range(of_row.shape[0]):
        schedule, base, end = of_row[row], version[row], version[row + 1]
        patient = Patient(schedule, base, end, begins[row], fastest[row])
        codes[row] = _find(
            records, numbers, patient, bounds, requests, events, nodes, points, items, work
        )
        for e in range(requests.kind.shape[0]):
            values[e, row] = _result(e, requests)


def _find(
    records: Records,
    numbers: Numbers,
    patient: Patient,
    bounds: Floats,
    requests: Requests,
    events: Events,
    nodes: Scan,
    points: Scan,
    items: Brackets,
    work: Work,
) -> int:
    """Endpoints of one patient, into `requests`."""
    count, code = 0, OK
    if bounds.shape[0] > 1:
        count = list_nodes(records, numbers, patient, bounds, events, nodes)
        code = _solve(records, numbers, patient, count, events, nodes, work)
    last = 0
    for e in range(requests.kind.shape[0]):
        requests.total[e] = 0.0
        if code == OK:
            last = first_items(e, count, last, requests, nodes, items)
    for turned in range(2):
        for _ in range(_MOST_PASSES):
            placed = _place(last, items, points)
            if placed == 0 or code != OK:
                break
            code = _solve(records, numbers, patient, placed, events, points, work)
            _learn(placed, requests, points, items)
        if turned == 0 and code == OK:
            _take_turns(last, requests, items)
            last = _split_at_turns(last, requests, nodes, items)
        elif code == OK:
            _take_crossings(last, requests, items)
    return code


def _result(e: int, requests: Requests) -> float:
    kind, total = requests.kind[e], requests.total[e]
    length = requests.closes[e] - requests.opens[e]
    if kind == PEAK_TIME or kind == TROUGH_TIME:
        return float(requests.when[e])
    if kind == MEAN:
        return float(total / length)
    return float(length - total) if kind == BELOW else float(total)


def _solve(
    records: Records,
    numbers: Numbers,
    patient: Patient,
    count: int,
    events: Events,
    scan: Scan,
    work: Work,
) -> int:
    """Solves a patient at the first times of a scan."""
    scan.steps[0] = 0.0
    for p in range(1, count):
        scan.steps[p] = scan.time[p] - scan.time[p - 1]
    grid = Grid(
        scan.time[0:count], scan.reach[0:count], scan.step[0:count], scan.steps[0:count], 0,
        scan.step[0:0], 0.0, False,
    )  # fmt: skip
    return solve_row(
        records, patient.schedule, patient.base, patient.end, numbers, patient.begins, grid, work,
        events, scan.out, 0,
    )  # fmt: skip


def _place(last: int, items: Brackets, points: Scan) -> int:
    """Lists where items that still move are to be evaluated, in order of time. Returns how many."""
    placed = 0
    for k in range(last):
        if not items.moving[k]:
            continue
        if items.kind[k] != POINT:
            share = turning_place(items, k) if items.kind[k] == TURN else zero_place(items, k)
            time = items.time_a[k] + share * (items.time_b[k] - items.time_a[k])
            items.moving[k] = abs(time - items.at[k]) > 1e-11 * max(1.0, abs(time))
            items.at[k] = time
            items.reach[k] = min(time, items.end[k] - near(items.end[k]))
        i = placed
        while i > 0 and points.reach[i - 1] > items.reach[k]:
            points.reach[i] = points.reach[i - 1]
            points.interval[i] = points.interval[i - 1]
            i -= 1
        points.reach[i] = items.reach[k]
        points.interval[i] = k
        placed += 1
    for i in range(placed):
        points.time[i] = items.at[points.interval[i]]
    return placed


def _learn(placed: int, requests: Requests, points: Scan, items: Brackets) -> None:
    """What the evaluation says of each item."""
    slopes = points.out.shape[0] // 2
    for i in range(placed):
        k = points.interval[i]
        e, kind = items.of[k], items.kind[k]
        value, slope = (
            points.out[requests.observed[e], 0, i],
            points.out[slopes + requests.observed[e], 0, i],
        )
        if kind == POINT:
            requests.total[e] += items.a[k] * value
            items.moving[k] = False
            continue
        items.value[k] = value
        if requests.kind[e] >= ABOVE:
            items.value[k] -= requests.level[e]
        if items.moving[k]:
            narrow(items, k, items.at[k], items.value[k], slope, kind == TURN)


def _take_turns(last: int, requests: Requests, items: Brackets) -> None:
    """Extremes: the best of the nodes and the turns."""
    for k in range(last):
        e = items.of[k]
        if items.kind[k] == TURN and requests.kind[e] < ABOVE:
            sign = 1.0 if requests.kind[e] <= PEAK_TIME else -1.0
            if sign * items.value[k] > sign * requests.total[e]:
                requests.total[e] = items.value[k]
                requests.when[e] = items.at[k]


def _split_at_turns(last: int, requests: Requests, nodes: Scan, items: Brackets) -> int:
    """Of each part that turns near its level, the two halves. Returns how many items there are then."""
    known = last
    for k in range(known):
        e, p, turn, height = items.of[k], items.node[k], items.at[k], items.value[k]
        if items.kind[k] != TURN or requests.kind[e] < ABOVE:
            continue
        for half in range(2):
            set_part(e, p, requests.level[e], ZERO, last, requests, nodes, items)
            if half == 0:
                items.time_b[last] = turn
                items.b[last] = height
                items.slope_b[last] = 0.0
                items.end[last] = turn
            else:
                items.time_a[last] = turn
                items.a[last] = height
                items.slope_a[last] = 0.0
                items.begin[last] = turn
            if (items.a[last] > 0.0) != (items.b[last] > 0.0):
                last += 1
            elif items.a[last] > 0.0:
                requests.total[e] += items.time_b[last] - items.time_a[last]
    return last


def _take_crossings(last: int, requests: Requests, items: Brackets) -> None:
    """Hours above the level in parts that cross it."""
    for k in range(last):
        if items.kind[k] == ZERO:
            falls = items.a[k] > 0.0
            hours = items.at[k] - items.begin[k] if falls else items.end[k] - items.at[k]
            requests.total[items.of[k]] += hours
