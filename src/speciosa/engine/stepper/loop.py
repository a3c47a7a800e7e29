"""All that the compiled loop reads and writes, as records that its functions take by address.

`Loop` is one chunk of patients being solved. `run` fills it; nothing else makes one. Arrays by row and lane have a row for
each quantity and a column for each of the eight patients; the others are flat.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.compiler.by_address import (
    ByAddress,
    Floats,
    Integers,
    LaneFloats,
    LaneIntegers,
    MachineCode,
)
from speciosa.engine.schedule import Schedule
from speciosa.engine.stepper.task import DecisionTable, Patients, Real, Settings
from speciosa.engine.watch import Watch


@dataclass(frozen=True)
class Kernel(ByAddress):
    """The functions of the model's kernel (`kernel.assemble`); each takes the workspace."""

    prepare: MachineCode
    start: MachineCode
    step: MachineCode
    sample: MachineCode
    inside: MachineCode
    present: MachineCode
    clock: MachineCode


@dataclass(frozen=True)
class Space(ByAddress):
    """The rows of the kernel's workspace, as `kernel.rows.Row` names and explains them; `memory` is the whole of it."""

    memory: Real
    t: Floats
    h: Floats
    stop: Floats
    due: Floats
    log_error: Floats
    q: Floats
    at: Floats
    error_sum: Floats
    rtol: Floats
    peak_share: Floats
    flag: Floats
    least: Floats
    look: Floats
    wanted: Integers
    birth: Floats
    most: Floats
    moment: Floats
    t0: Floats
    used: Floats
    held: LaneFloats
    gap: LaneFloats
    truth: LaneFloats
    spacing: LaneFloats
    y: LaneFloats
    y0: LaneFloats
    f: LaneFloats
    peak: LaneFloats
    infusion: LaneFloats
    initial: LaneFloats
    out: LaneFloats
    seen: LaneFloats
    slope: LaneFloats
    out0: LaneFloats
    slope0: LaneFloats
    seen_slope: LaneFloats
    judged: LaneFloats
    parameter: LaneFloats
    covariate: LaneFloats
    bioavailability: LaneFloats
    lag: LaneFloats
    duration: LaneFloats
    entry_rate: LaneFloats


@dataclass(frozen=True)
class Size(ByAddress):
    """How many there are of what.

    Attributes:
        records: room for records of doses in a lane.
        kept: outputs whose trajectories are stored.
        varying: parameters with a value of each occasion.
        conditions: conditions on the clock.
    """

    states: int
    outputs: int
    parameters: int
    covariates: int
    targets: int
    rows: int
    records: int
    times: int
    kept: int
    endpoints: int
    decisions: int
    occasions: int
    varying: int
    conditions: int


@dataclass(frozen=True)
class Targets(ByAddress):
    """Where doses enter: of each target its state and the number of its name."""

    state: Integers
    name: Integers


@dataclass(frozen=True)
class Records(ByAddress):
    """Records of doses in 16 tables of `Size.records`; of each table how many there are and the first not done. See `lanes`."""

    base: Floats
    given: Floats
    every: Floats
    amount: Floats
    length: Floats
    flow: Floats
    over: Floats
    pace: Floats
    count: Integers
    target: Integers
    kind: Integers
    order: Integers
    steady: Integers
    started: Integers
    ended: Integers
    mode: Integers
    size: Integers
    low: Integers


@dataclass(frozen=True)
class Search(ByAddress):
    """The search for a steady state in each lane; see `runin`. `timed`: whether a rate depends on time itself."""

    timed: bool
    seeking: Integers
    group: Integers
    added: Integers
    tried: Integers
    kept: Integers
    end: Floats
    every: Floats
    history: Floats
    basis: Floats
    triangle: Floats
    weight: Floats


@dataclass(frozen=True)
class Lanes(ByAddress):
    """The patient in each lane: row, next observation, next halt, when begun, first step learnt, and so on."""

    row: Integers
    due: Integers
    halt: Integers
    begun: Integers
    fresh: Integers
    occasion: Integers
    alive: Integers
    restart: Floats


@dataclass(frozen=True)
class Observed(ByAddress):
    """When what is observed: times, positions of the outputs that are kept, times at which every patient halts."""

    times: Floats
    kept: Integers
    halts: Floats


@dataclass(frozen=True)
class Occasions(ByAddress):
    """When occasions begin, and the parameters that vary between them."""

    time: Floats
    parameter: Integers


@dataclass(frozen=True)
class Results(ByAddress):
    """Where results go, as in `Solved`.

    Attributes:
        trajectories: of all chunks.
        first: where those of this chunk begin.
    """

    trajectories: Annotated[Real, 3]
    first: int
    endpoints: Annotated[Real, 2]
    codes: NDArray[np.int64]
    steps: NDArray[np.int64]
    error: Real
    ended: Real
    log: Annotated[NDArray[np.int64], 3]


@dataclass(frozen=True)
class Followed(ByAddress):
    """What is followed for endpoints, row by row of `Watch`; see `observe` and `gather`.

    Attributes:
        extremes, areas, levels, rows: up to which row there is what.
        touched: outputs that a dose may change at once, as bits.
        sign: -1 where the smallest value is followed.
        open: lanes in whose window the time until the next stop lies, as bits.
        closer: lanes in which to look inside the step, as bits.
        since: of each lane, the halt before which it was worked out what is followed; -1 while a steady state is sought.
        wanted, wanted_areas: of each lane, outputs followed until the next stop, as bits.
    """

    gather: MachineCode
    extremes: int
    areas: int
    levels: int
    rows: int
    touched: int
    sign: Floats
    value: LaneFloats
    time: LaneFloats
    place: LaneFloats
    open: Integers
    closer: Integers
    since: Integers
    wanted: Integers
    wanted_areas: Integers


@dataclass(frozen=True)
class Decided(ByAddress):
    """Decisions in each lane: the next time of each, how often it was met and when last."""

    next: LaneIntegers
    fired: LaneIntegers
    last: LaneFloats


@dataclass(frozen=True)
class Triggers(ByAddress):
    """Events of the model; see `trigger`.

    Attributes:
        gap, row: where gaps of comparisons, and values of each event, begin among the values of the kernel.
        gap_bits, row_bits: the bits by which they are asked for.
        most: states that an event changes, at most.
        first, state: what states each event changes, one event after another.
        last, place, force: of comparisons.
        true, acted, since, shrunk: of events.
        whose, due, kept: of what waits, lane by lane.
    """

    events: int
    compared: int
    gap: int
    gap_bits: int
    row_bits: int
    most: int
    sign: Integers
    row: Integers
    first: Integers
    state: Integers
    persistent: Integers
    initially: Integers
    at_trigger: Integers
    last: LaneFloats
    place: LaneFloats
    force: LaneIntegers
    true: LaneIntegers
    acted: LaneFloats
    since: LaneFloats
    shrunk: LaneIntegers
    fresh: Integers
    landing: Integers
    waiting: Integers
    done: Integers
    done_at: Floats
    whose: Integers
    due: Floats
    kept: Floats


@dataclass(frozen=True)
class Loop(ByAddress):
    """A chunk of patients being solved. `give_up` holds one number: solving ends once it is not 0."""

    kernel: Kernel
    space: Space
    size: Size
    settings: Settings
    schedule: Schedule
    targets: Targets
    patients: Patients
    occasions: Occasions
    observed: Observed
    watch: Watch
    decisions: DecisionTable
    triggers: Triggers
    records: Records
    search: Search
    lanes: Lanes
    followed: Followed
    decided: Decided
    results: Results
    give_up: Integers
