"""The order of what happens to a patient: by time, and at one time by when each record began. Compiled by `native`."""

from speciosa.engine.dosing import near
from speciosa.engine.linear.arrays import Events


def sort(events: Events, count: int, breaks: bool) -> None:
    """Sorts by time, and where order matters by rank among events of the same time."""
    ordered = True
    for k in range(1, count):
        ordered &= events.time[k - 1] <= events.time[k]
    if not ordered:
        sort_by_time(events, count)
    if not breaks:
        return
    k = 0
    while k < count:
        last, limit = k + 1, events.time[k] + near(events.time[k])
        while last < count and events.time[last] <= limit:
            last += 1
        for i in range(k + 1, last):
            j = i
            while j > k and _comes_later(events, j - 1, j):
                _swap(events, j - 1, j)
                j -= 1
        k = last


def _comes_later(events: Events, i: int, j: int) -> bool:
    """Whether of two events of the same time the first comes later."""
    if events.rank[i] == events.rank[j]:
        return bool(events.order[i] > events.order[j])
    return bool(events.rank[i] > events.rank[j])


def sort_by_time(events: Events, count: int) -> None:
    """Shell's sort."""
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, count):
            i = k
            while i >= gap and events.time[i - gap] > events.time[i]:
                _swap(events, i - gap, i)
                i -= gap
        gap //= 3


def _swap(events: Events, i: int, j: int) -> None:
    events.time[i], events.time[j] = events.time[j], events.time[i]
    events.kind[i], events.kind[j] = events.kind[j], events.kind[i]
    events.place[i], events.place[j] = events.place[j], events.place[i]
    events.value[i], events.value[j] = events.value[j], events.value[i]
    events.rank[i], events.rank[j] = events.rank[j], events.rank[i]
    events.order[i], events.order[j] = events.order[j], events.order[i]
