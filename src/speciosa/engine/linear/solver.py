"""All patients of a chunk, one after another: from break to break, at common times or at times of their own.

Compiled by `native`.
"""

from speciosa.engine.codes import FAR, NO_STEADY_STATE, NOT_FINITE, OK
from speciosa.engine.compiler.native import native
from speciosa.engine.linear.arrays import (
    Cube,
    Events,
    Floats,
    Grid,
    Integers,
    Numbers,
    Records,
    Work,
)
from speciosa.engine.linear.events import (
    BREAK,
    TO_COVARIATE,
    TO_INITIAL,
    TO_VALUE,
    list_events,
    room_needed,
)
from speciosa.engine.linear.matrix import matrix_piece
from speciosa.engine.linear.piece import modal_piece, prepare_steps
from speciosa.engine.linear.steady import steady_state


@native
def largest_room(records: Records, of_row: Integers, version: Integers, numbers: Numbers) -> int:
    """At least as many events as any patient has."""
    room = 1
    for lane in range(of_row.shape[0]):
        first, last = version[lane], version[lane + 1]
        room = max(room, room_needed(records, of_row[lane], numbers, first, last))
    return room


@native
def solve_common(
    records: Records,
    of_row: Integers,
    version: Integers,
    numbers: Numbers,
    begins: Floats,
    grid: Grid,
    work: Work,
    events: Events,
    out: Cube,
    begin: int,
    codes: Integers,
) -> None:
    """All rows at common times.

    Args:
        records: of all schedules.
        of_row: the schedule of each row.
        version: first row in `numbers` of each row, and their count at the end.
        numbers: of each row, and after each change of a covariate.
        begins: when each row begins, hours.
        grid: the times.
        work: work space.
        events: work space.
        out: filled, shape ``(observed, rows, times)``.
        begin: where in `out` the first row stands.
        codes: filled with `OK` or `NO_STEADY_STATE`.
    """
    for lane in range(of_row.shape[0]):
        codes[lane] = solve_row(
            records, of_row[lane], version[lane], version[lane + 1], numbers, begins[lane],
            grid, work, events, out, begin + lane,
        )  # fmt: skip


def solve_row(
    records: Records,
    schedule: int,
    row: int,
    rows_end: int,
    numbers: Numbers,
    begins: float,
    grid: Grid,
    work: Work,
    events: Events,
    out: Cube,
    lane: int,
) -> int:
    """Solves one row at the times of a grid, into ``out[:, lane]``; returns how it ended.

    Args:
        records: of all schedules.
        schedule: the one of this row.
        row: its first numbers.
        rows_end: where they end.
        numbers: of all rows.
        begins: when it begins, hours.
        grid: the times.
        work: work space.
        events: work space.
        out: filled, shape ``(observed, rows, times)``, or twice as many of the first for slopes too.
        lane: the row in `out`.
    """
    base, now, j, e = row, begins, 0, 0
    count = list_events(records, schedule, numbers, base, rows_end - row > 1, events)
    if count < 0:
        return NOT_FINITE
    driven = events.about[1] != 0 or _fed(numbers, row, rows_end)
    _begin(numbers, row, numbers.rates.shape[1], work)
    if numbers.good[row]:
        prepare_steps(numbers, row, grid, driven, work)
    while True:
        last = e if events.about[0] != 0 else count
        while last < count and events.kind[last] < BREAK:
            last += 1
        end = events.time[last] if last < count else FAR
        stop = grid.time.shape[0] if last == count else _until(grid, j, end)
        if numbers.good[row]:
            finite = modal_piece(
                numbers, row, events, e, last, now, end, grid, j, stop, driven, work, out, lane
            )
        else:
            finite = matrix_piece(
                numbers, row, events, e, last, now, end, grid, j, stop, work, out, lane
            )
        if not finite:
            return NOT_FINITE
        if last == count:
            return OK
        kind = events.kind[last]
        if kind == TO_INITIAL:
            _begin(numbers, row, numbers.model_states, work)
        elif kind == TO_VALUE:
            work.x[events.place[last]] = events.value[last]
        elif kind == TO_COVARIATE:
            row += 1
            if numbers.good[row]:
                prepare_steps(numbers, row, grid, driven, work)
        else:
            r, records_end = events.place[last], records.first[schedule + 1]
            if not steady_state(records, r, records_end, numbers, row, work):
                return NO_STEADY_STATE
        now, j, e = end, stop, last + 1


def _begin(numbers: Numbers, row: int, states: int, work: Work) -> None:
    for i in range(states):
        work.x[i] = numbers.initial[row, i]
        work.flow[i] = 0.0


def _until(grid: Grid, p: int, end: float) -> int:
    """The first time of the grid, from `p` on, at which a break has happened."""
    while p < grid.time.shape[0] and grid.reach[p] < end:
        p += 1
    return p


def _fed(numbers: Numbers, row: int, rows_end: int) -> bool:
    """Whether the body itself makes something."""
    for r in range(row, rows_end):
        for i in range(numbers.rates.shape[1]):
            if numbers.b[r, i] != 0.0:
                return True
    return False
