"""What the compiled solver of linear models works on: the records of schedules, numbers by row, work space."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Matrix: TypeAlias = NDArray[np.float64]
Cube: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Truth: TypeAlias = NDArray[np.bool_]

KEPT = 8
EVEN = 8
"""Times, or doses, that are worked out at once."""


class Records(NamedTuple):
    """The arrays of a `Schedule`, and what is common to them.

    Attributes:
        state: of each dose target.
        plain: whether all are single doses at once.
        target_of_all: where they are, the target of all records, in order of time in every schedule; otherwise -1.
    """

    first: Integers
    time: Floats
    kind: NDArray[np.int8]
    target: NDArray[np.int32]
    amount: Floats
    duration: Floats
    rate: Floats
    every: Floats
    doses: Integers
    steady: NDArray[np.int32]
    added: NDArray[np.int8]
    state: Integers
    plain: bool
    target_of_all: int


class Events(NamedTuple):
    """Single events of a patient.

    Attributes:
        time, kind, place, value: when, what, which state, how much.
        rank, order: the order of those of the same time: when their records began, then as listed.
        about: whether any begins a new piece; whether any is an infusion; the state of all, -1 for none, -2 for several.
    """

    time: Floats
    kind: Integers
    place: Integers
    value: Floats
    rank: Floats
    order: Integers
    about: Integers


class Numbers(NamedTuple):
    """What `Static` and `Modes` hold, by row.

    Attributes:
        observed: what each mode adds to what is observed, ``(rows, observed, states)``.
        model_states: how many states are the model's; those after them are areas, which nothing resets.
    """

    a: Cube
    b: Matrix
    c: Cube
    d: Matrix
    initial: Matrix
    bioavailability: Matrix
    lag: Matrix
    duration: Matrix
    entry_rate: Matrix
    rates: Matrix
    right: Cube
    left: Cube
    good: Truth
    observed: Cube
    doubt: Matrix
    model_states: int


class Grid(NamedTuple):
    """Times at which a patient is observed.

    Attributes:
        time: hours, ascending.
        reach: until when events have happened at a time: a little later, or a little earlier for one that is observed just
            before what happens then.
        step: index of the step to each time from the one before it, in `steps`.
        steps: the distinct steps, hours.
        offset: where in the output the first time stands.
        guess: for times that fall into equal parts of the whole span, the first time of the grid that may be meant.
        parts: how many such parts an hour has.
        even: whether all steps after the first, which is 0, are the same.
    """

    time: Floats
    reach: Floats
    step: Integers
    steps: Floats
    offset: int
    guess: Integers
    parts: float
    even: bool


class Work(NamedTuple):
    """Work space of one patient.

    Attributes:
        x, flow: states, and what enters each per hour.
        z, source: modes, and what enters each per hour.
        power: of each mode, what is left of it after 0 to `EVEN` even steps.
        decay, gain: of each mode in each distinct step: what is left of it, and what a constant input becomes.
        added, driven: what each event adds to each mode and to its input, at the time of the grid after it.
        at: position of that time.
        path, input: each mode, and what enters it per hour, at each time.
        matrix, scale: the matrix with its inputs as a further column, that column's scale, and spare room.
        kept, kept_time, kept_next: its latest exponentials, their steps, and which is replaced next.
        moments, boluses, flows: what happens within one interval of a series at steady state.
        total, before, running, spare: room for states, or for what enters them.
    """

    x: Floats
    flow: Floats
    z: Floats
    source: Floats
    power: Matrix
    decay: Matrix
    gain: Matrix
    added: Matrix
    driven: Matrix
    at: Integers
    path: Matrix
    input: Matrix
    matrix: Cube
    kept: Cube
    scale: Floats
    kept_time: Floats
    kept_next: Integers
    total: Floats
    before: Floats
    running: Floats
    spare: Floats
    boluses: Matrix
    flows: Matrix
    moments: Floats


class Patient(NamedTuple):
    """One row: its schedule, its first numbers and where they end, when it begins, its fastest rate per hour."""

    schedule: int
    base: int
    end: int
    begins: float
    fastest: float


class Requests(NamedTuple):
    """Endpoints: kind (`codes`), what is observed, window, level; and of the patient being solved the sum and the time."""

    kind: Integers
    observed: Integers
    opens: Floats
    closes: Floats
    level: Floats
    total: Floats
    when: Floats


class Scan(NamedTuple):
    """Times of one patient and what is observed there.

    Attributes:
        time, reach: see `Grid`.
        interval: the interval, or item, that a time belongs to.
        step, steps: room for `Grid`.
        out: values, then slopes, of all that is observed, ``(2 observed, 1, times)``.
    """

    time: Floats
    reach: Floats
    interval: Integers
    step: Integers
    steps: Floats
    out: Cube


class Brackets(NamedTuple):
    """Items of a patient's endpoints: points, and parts of curves that turn or cross a level.

    Attributes:
        kind, of, node: what it is, of which endpoint, and after which node.
        time_a, a, slope_a: begin of what is left of a part, with value and slope; of a point, `a` is its factor.
        time_b, b, slope_b: its end.
        begin, end: of the whole part.
        at, value, reach: where it was evaluated last, with what result.
        moving: whether it is to be evaluated again.
    """

    kind: Integers
    of: Integers
    node: Integers
    time_a: Floats
    a: Floats
    slope_a: Floats
    time_b: Floats
    b: Floats
    slope_b: Floats
    begin: Floats
    end: Floats
    at: Floats
    value: Floats
    reach: Floats
    moving: Truth


def make_scan(times: int, observed: int) -> Scan:
    """Room for so many times."""
    return Scan(
        np.zeros(times),
        np.zeros(times),
        np.zeros(times, dtype=np.int64),
        np.arange(times),
        np.zeros(times),
        np.zeros((2 * observed, 1, times)),
    )


def make_brackets(room: int) -> Brackets:
    """Room for so many items."""
    i, x = np.zeros((3, room), dtype=np.int64), np.zeros((11, room))
    moving = np.zeros(room, dtype=np.bool_)
    return Brackets._make([*i, *x, moving])


def make_events(room: int) -> Events:
    """Room for so many events, and for some more that are worked out with them."""
    room += EVEN
    integers, floats = np.zeros((3, room), dtype=np.int64), np.zeros((3, room))
    about = np.zeros(3, dtype=np.int64)
    return Events(floats[0], integers[0], integers[1], floats[1], floats[2], integers[2], about)


def make_work(states: int, steps: int, times: int, room: int) -> Work:
    """Work space for a model of so many states, and so many time steps, times and events of a patient."""
    wide, room = 4 * ((states + 3) // 4), room + EVEN
    return Work(
        x=np.zeros(states),
        flow=np.zeros(states),
        z=np.zeros(wide),
        source=np.zeros(wide),
        power=np.zeros((wide, EVEN + 1)),
        decay=np.zeros((wide, steps)),
        gain=np.zeros((wide, steps)),
        added=np.zeros((wide, room)),
        driven=np.zeros((wide, room)),
        at=np.zeros(room + 1, dtype=np.int64),
        path=np.zeros((wide, times + 1)),
        input=np.zeros((wide, times + 1)),
        matrix=np.zeros((3, states + 1, states + 1)),
        kept=np.zeros((KEPT, states + 1, states + 1)),
        scale=np.zeros(1),
        kept_time=np.zeros(KEPT),
        kept_next=np.zeros(1, dtype=np.int64),
        total=np.zeros(states),
        before=np.zeros(states),
        running=np.zeros(states),
        spare=np.zeros(states),
        boluses=np.zeros((3, states)),
        flows=np.zeros((3, states)),
        moments=np.zeros(3),
    )
