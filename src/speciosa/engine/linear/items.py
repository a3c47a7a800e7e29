"""What is to be looked for in each endpoint of a patient: points, and parts of curves that turn or cross a level.

Compiled by `native`.
"""

from speciosa.engine.codes import ABOVE, AREA, AT, BELOW, MEAN, PEAK_TIME
from speciosa.engine.dosing import near
from speciosa.engine.linear.arrays import Brackets, Requests, Scan
from speciosa.engine.linear.brackets import cubic, turning_place

POINT, TURN, ZERO = 0, 1, 2


def first_items(
    e: int, count: int, last: int, requests: Requests, nodes: Scan, items: Brackets
) -> int:
    """Points wanted, and parts in which extremes or crossings may lie. Returns how many items there are then."""
    kind = requests.kind[e]
    if kind == AREA or kind == MEAN:
        last = _add_point(e, requests.opens[e], True, -1.0, last, items)
        return _add_point(e, requests.closes[e], False, 1.0, last, items)
    if kind == AT:
        return _add_point(e, requests.opens[e], True, 1.0, last, items)
    if kind == ABOVE or kind == BELOW:
        return _add_crossings(e, count, last, requests, nodes, items)
    return _add_extremes(e, count, last, requests, nodes, items)


def _add_point(e: int, time: float, after: bool, factor: float, last: int, items: Brackets) -> int:
    items.kind[last] = POINT
    items.of[last] = e
    items.at[last] = time
    items.a[last] = factor
    items.reach[last] = time + near(time) if after else time - near(time)
    items.moving[last] = True
    return last + 1


def set_part(
    e: int,
    p: int,
    level: float,
    kind: int,
    k: int,
    requests: Requests,
    nodes: Scan,
    items: Brackets,
) -> None:
    """Makes an item of the part between a node and the next."""
    observed, slopes = requests.observed[e], nodes.out.shape[0] // 2
    items.kind[k] = kind
    items.of[k] = e
    items.node[k] = p
    items.at[k] = -1e300
    items.moving[k] = True
    items.time_a[k] = nodes.time[p]
    items.a[k] = nodes.out[observed, 0, p] - level
    items.slope_a[k] = nodes.out[slopes + observed, 0, p]
    items.time_b[k] = nodes.time[p + 1]
    items.b[k] = nodes.out[observed, 0, p + 1] - level
    items.slope_b[k] = nodes.out[slopes + observed, 0, p + 1]
    items.begin[k] = items.time_a[k]
    items.end[k] = items.time_b[k]


def _in_window(e: int, p: int, requests: Requests, nodes: Scan) -> bool:
    """Whether a node and the next are of one interval, in the window of an endpoint."""
    opens, closes = requests.opens[e], requests.closes[e]
    if nodes.interval[p] != nodes.interval[p + 1] or nodes.time[p] < opens - near(opens):
        return False
    return bool(nodes.time[p + 1] <= closes + near(closes))


def _add_extremes(
    e: int, count: int, last: int, requests: Requests, nodes: Scan, items: Brackets
) -> int:
    """The largest value at nodes, and the turns between nodes that may be larger."""
    sign = 1.0 if requests.kind[e] <= PEAK_TIME else -1.0
    best, highest, first = -1e300, -1e300, last
    for p in range(count - 1):
        if not _in_window(e, p, requests, nodes):
            continue
        set_part(e, p, 0.0, TURN, last, requests, nodes, items)
        if sign * items.a[last] > best:
            best = sign * items.a[last]
            requests.when[e] = items.time_a[last]
        if sign * items.b[last] > best:
            best = sign * items.b[last]
            requests.when[e] = items.time_b[last]
        if sign * items.slope_a[last] > 0.0 and sign * items.slope_b[last] < 0.0:
            highest = max(highest, sign * cubic(items, last, turning_place(items, last)))
            last += 1
    requests.total[e] = sign * best
    kept = first
    for k in range(first, last):
        guess = sign * cubic(items, k, turning_place(items, k))
        if guess + _doubt(items, k) >= max(best, highest):
            set_part(e, items.node[k], 0.0, TURN, kept, requests, nodes, items)
            kept += 1
    return kept


def _doubt(items: Brackets, k: int) -> float:
    """By how much the cubic may be wrong, generously."""
    bend = abs(items.slope_a[k] - items.slope_b[k])
    return float(bend * (items.time_b[k] - items.time_a[k]))


def _add_crossings(
    e: int, count: int, last: int, requests: Requests, nodes: Scan, items: Brackets
) -> int:
    """Hours above the level between nodes where that is plain, and the parts where it is not."""
    for p in range(count - 1):
        if not _in_window(e, p, requests, nodes):
            continue
        set_part(e, p, requests.level[e], ZERO, last, requests, nodes, items)
        above = items.a[last] > 0.0
        if above != (items.b[last] > 0.0):
            last += 1
            continue
        if items.slope_a[last] * items.slope_b[last] < 0.0:
            guess, doubt = cubic(items, last, turning_place(items, last)), _doubt(items, last)
            if guess - doubt <= 0.0 if above else guess + doubt > 0.0:
                items.kind[last] = TURN
                last += 1
                continue
        if above:
            requests.total[e] += items.time_b[last] - items.time_a[last]
    return last
