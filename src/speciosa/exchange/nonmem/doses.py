"""The records of an individual as events of the engine."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.engine import Event
from speciosa.exchange.nonmem.compartments import Compartment, meaning
from speciosa.exchange.nonmem.data import DOSE, RESET, RESET_AND_DOSE, NonmemData
from speciosa.model import Equations

Carry = Literal["locf", "nocb", "linear"]


def entry_covariates(equations: Equations) -> frozenset[str]:
    """Covariates that act on how doses enter (bioavailability, lag, duration, rate) and on nothing else."""
    parts = {d.name: d.expression for d in equations.derived}

    def names(expressions: Iterable[sympy.Expr]) -> set[str]:
        found: set[str] = set()
        new = {str(s) for e in expressions for s in e.free_symbols}
        while new - found:
            found |= new
            new = {str(s) for name in new if name in parts for s in parts[name].free_symbols}
        return found

    entry = names(
        e
        for t in equations.targets
        for e in (t.bioavailability, t.lag, t.duration, t.rate)
        if e is not None
    )
    course = [*equations.inlined_rates, *equations.inlined_outputs]
    elsewhere = names([*course, *(state.initial for state in equations.states)])
    return frozenset({c.name for c in equations.covariates} & (entry - elsewhere))


def events_of(
    data: NonmemData,
    rows: NDArray[np.int64],
    known: Mapping[int, Compartment],
    alone: bool,
    covariates: Mapping[str, NDArray[np.float64]],
    entry: frozenset[str],
    carry: Carry,
) -> list[Event]:
    """What happens to an individual, in the order of its records.

    Args:
        data: of all.
        rows: the records of this individual and period.
        known: what numbers of CMT mean.
        alone: whether one meaning holds for all numbers.
        covariates: of the model that the data hold, by name, filled, for all records.
        entry: those of them that act on how doses enter only: of a dose and its additional ones they are those of its
            record.
        carry: a covariate that changes at a record does so at its time (``locf``), or holds from the record before, as
            NONMEM has it (``nocb``). ``linear`` is as ``locf`` with covariates that hold how others change (`linear`).
    """
    course = {name: values for name, values in covariates.items() if name not in entry}
    entering = {name: values for name, values in covariates.items() if name in entry}
    present = {name: float(values[rows[0]]) for name, values in covariates.items()}
    acts: list[_Act] = []
    for place, row in enumerate(rows):
        time = float(data.time_h[row])
        if carry != "nocb":
            acts.append(_Act(time, row, course))
        if data.event[row] == RESET:
            acts.append(_Act(time, row, {}, (Event(time, kind="reset"),)))
        elif data.event[row] in (DOSE, RESET_AND_DOSE):
            dose = _dose(data, int(row), known, alone)
            apart = any((values[rows] != values[rows[0]]).any() for values in entering.values())
            until = _cancelled_at(data, rows[place + 1 :])
            each = _each(dose, until) if apart else [dose]
            acts += [_Act(one[0].time_h, row, entering, one) for one in each]
        if carry == "nocb" and place + 1 < len(rows):
            acts.append(_Act(time, rows[place + 1], course))
    events: list[Event] = []
    for act in sorted(acts, key=lambda act: act.time_h):
        for name, values in act.covariates.items():
            if values[act.row] != present[name]:
                present[name] = float(values[act.row])
                events.append(Event(act.time_h, name, present[name], kind="covariate"))
        events += act.events
    return events


@dataclass(frozen=True)
class _Act:
    """What a record does at a time: covariates take its values, then events happen."""

    time_h: float
    row: np.int64
    covariates: Mapping[str, NDArray[np.float64]]
    events: tuple[Event, ...] = ()


def _cancelled_at(data: NonmemData, later: NDArray[np.int64]) -> float:
    """When a record after a dose cancels what of it has not been given."""
    for row in later:
        if data.event[row] in (RESET, RESET_AND_DOSE) or data.steady_state[row] == 1:
            return float(data.time_h[row])
    return math.inf


def _each(dose: tuple[Event, ...], until: float) -> Iterator[tuple[Event, ...]]:
    """A dose and its additional ones, each apart: what it enters by is that of its record, whatever comes between."""
    first = dose[0]
    yield (replace(first, count=1), *dose[1:])
    for k in range(1, first.count):
        time = first.time_h + k * (first.every_h or 0.0)
        if time >= until:
            return
        yield (
            Event(time, first.target, first.amount, over_h=first.over_h, rate=first.rate),
        )  # fmt: skip


def _dose(
    data: NonmemData, row: int, known: Mapping[int, Compartment], alone: bool
) -> tuple[Event, ...]:
    rate, interval = float(data.rate[row]), float(data.interval_h[row])
    one = meaning(known, int(data.compartment[row]), alone)
    target = one.target(rate) if one is not None else None
    steady, additional = int(data.steady_state[row]), int(data.additional[row])
    time, amount = float(data.time_h[row]), float(data.amount[row])
    dose = Event(
        time,
        target or "",
        amount,
        over_h=float(data.duration_h[row]) or None,
        rate=rate if rate > 0 else None,
        every_h=interval if additional or steady else None,
        count=1 + additional,
        steady_state=steady > 0,
        added=steady == 2,
        reset_first=bool(data.event[row] == RESET_AND_DOSE),
    )
    if steady and interval == 0 and amount == 0:
        # an infusion from ever ends at its record (NONMEM help, "SS", constant infusion)
        return dose, Event(time, kind="halt")
    return (dose,)
