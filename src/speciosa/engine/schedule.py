"""The schedules of a population as arrays, which a kernel reads while it runs.

Patients with the same doses share one schedule. Lengths are data: a longer schedule compiles nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.codes import COVARIATE, DOSE, HALT, REPLACE, RESET
from speciosa.engine.compiler.by_address import ByAddress
from speciosa.engine.dosing import same
from speciosa.engine.event import Doses, Event, at_steady_state, read_events
from speciosa.engine.last_dose import with_last_doses
from speciosa.errors import Fault, InputError
from speciosa.model import Equations
from speciosa.regimen import Regimen

_WANTED = "a regimen text, events, or a list with one of these a patient"
_KINDS = {
    "dose": DOSE,
    "reset": RESET,
    "halt": HALT,
    "replace": REPLACE,
    "covariate": COVARIATE,
}
PopulationDoses: TypeAlias = Union[  # noqa: UP007
    Doses, Sequence[Doses], Mapping[int, Doses], "Schedule"
]


@dataclass(frozen=True)
class Schedule(ByAddress):
    """Records of every distinct schedule one after another, and which schedule each patient has.

    Attributes:
        first: where the records of each distinct schedule begin, shape ``(schedules + 1,)``.
        of_patient: the schedule of each patient; shape ``(1,)`` where all have the same.
        time_h: when a record happens first, before any lag, shape ``(records,)`` like all that follow.
        kind: ``DOSE``, ``RESET``, ``HALT``, ``REPLACE`` or ``COVARIATE``.
        target: index into `Equations.targets` (doses; a dose into several states is several records), ``states``
            (replace) or ``covariates``.
        amount: amount of each dose before bioavailability, in the target's unit; the new value otherwise.
        duration_h: length of an infusion given by duration; 0 for none.
        rate: rate of an infusion given by rate; 0 for none.
        every_h: time between the doses of a series.
        count: number of doses.
        steady: 0 or, for a dose at steady state, a number that the records of one regimen share: those of the same
            time with no reset between them.
        added: 1 where the steady state is added to what is there.

    Records of one time happen in the order of the schedule: infusions that end first, then records as written, a
    record of a series by its first time. What is observed at that time comes after them.
    """

    first: NDArray[np.int64]
    of_patient: NDArray[np.int32]
    time_h: NDArray[np.float64]
    kind: NDArray[np.int8]
    target: NDArray[np.int32]
    amount: NDArray[np.float64]
    duration_h: NDArray[np.float64]
    rate: NDArray[np.float64]
    every_h: NDArray[np.float64]
    count: NDArray[np.int64]
    steady: NDArray[np.int32]
    added: NDArray[np.int8]

    @property
    def longest(self) -> int:
        """Records in the longest schedule."""
        return int(np.max(np.diff(self.first), initial=0))

    @cached_property
    def plain(self) -> bool:
        """Whether all records are single doses that enter at once, as far as the records say."""
        odd = self.kind, self.duration_h, self.rate, self.steady
        return not any(column.any() for column in odd) and bool((self.count == 1).all())

    @cached_property
    def target_of_all(self) -> int:
        """The target of all records where they are plain and in order of time in every schedule; otherwise -1."""
        target, first = self.target, self.first[1:-1]
        if not (self.plain and len(target)) or (target != target[0]).any():
            return -1
        in_order = np.diff(self.time_h) >= 0
        # a schedule may begin before the one listed before it ends
        in_order[first[(first > 0) & (first < len(target))] - 1] = True
        return int(target[0]) if in_order.all() else -1

    @property
    def begins_h(self) -> float:
        """When the earliest record happens, before any lag; 0 where there is none."""
        return float(np.min(self.time_h, initial=0.0)) if len(self.time_h) else 0.0

    @property
    def last_h(self) -> float:
        """When the last dose begins or infusion by duration ends, before any lag; 0 where there is none."""
        ends = self.time_h + (self.count - 1) * self.every_h + self.duration_h
        return float(np.max(ends, initial=0.0))

    @staticmethod
    def of(
        doses: PopulationDoses,
        equations: Equations,
        patients: int | None = None,
        *,
        steady_state: bool = False,
    ) -> "Schedule":
        """Reads doses.

        Args:
            doses: a regimen text, a `Regimen`, an `Event` or a list of events for all patients; or a list with one
                of these a patient; or a mapping from patient number to one of these (others get nothing).
            equations: the model that is dosed.
            patients: how many there are, where it is known.
            steady_state: every series begins at its steady state.

        Raises:
            InputError: every fault, with its patient and record.
        """
        if isinstance(doses, Schedule):
            return doses
        faults: list[Fault] = []
        each, of_patient = _distinct(doses, patients, faults)
        tables = []
        for where, one in each:
            try:
                events = read_events(one, equations, where)
                events = at_steady_state(events) if steady_state else events
                tables.append(_rows(with_last_doses(events, equations), equations))
            except InputError as error:
                faults.extend(error.faults)
        if faults:
            raise InputError(faults)
        rows = [row for table in tables for row in table]
        first = np.concatenate([[0], np.cumsum([len(table) for table in tables])])
        columns = list(zip(*rows, strict=True)) or [()] * 10
        types = [np.float64, np.int8, np.int32, np.float64, np.float64]
        types += [np.float64, np.float64, np.int64, np.int32, np.int8]
        arrays = [np.array(c, dtype=t) for c, t in zip(columns, types, strict=True)]
        return Schedule(first.astype(np.int64), np.asarray(of_patient, dtype=np.int32), *arrays)


def _distinct(
    doses: Any, patients: int | None, faults: list[Fault]
) -> tuple[list[tuple[str, Doses]], list[int]]:
    """The distinct schedules, each with a name for messages, and the schedule of each patient."""
    if isinstance(doses, Mapping):
        total = patients if patients is not None else max(doses, default=-1) + 1
        for key in doses:
            if not (isinstance(key, int | np.integer) and 0 <= key < total):
                faults.append(
                    Fault("doses", f"a patient from 0 to {total - 1}", f"one for patient {key!r}")
                )
        doses = [doses.get(i, Regimen()) for i in range(total)]
    elif _is_one(doses):
        return [("doses", doses)], [0]
    elif not isinstance(doses, Sequence | np.ndarray):
        faults.append(Fault("doses", _WANTED, repr(doses)[:60]))
        return [], []
    elif patients is not None and len(doses) != patients:
        faults.append(
            Fault("doses", f"one schedule for each of {patients} patients", f"{len(doses)}")
        )
    seen: dict[Any, int] = {}
    each: list[tuple[str, Doses]] = []
    of_patient = []
    for i, one in enumerate(doses):
        if not isinstance(one, str | Regimen | Event | Sequence):
            faults.append(Fault(f"doses of patient {i}", _WANTED, repr(one)[:60]))
            continue
        key = one if isinstance(one, str | Regimen | Event) else tuple(one)
        if key not in seen:
            seen[key] = len(each)
            each.append((f"doses of patient {i}", one))
        of_patient.append(seen[key])
    return each, of_patient


def _is_one(doses: Any) -> bool:
    if isinstance(doses, str | Regimen | Event):
        return True
    return isinstance(doses, Sequence) and all(isinstance(item, Event) for item in doses)


def _rows(events: Sequence[Event], equations: Equations) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    regimens: list[tuple[float, bool]] = []
    for event in events:
        if event.reset_first or event.kind in ("reset", "halt"):
            # what is at steady state after a reset or halt is another regimen than before it
            regimens = [(math.nan, a) if same(t, event.time_h) else (t, a) for t, a in regimens]
        if event.reset_first:
            rows.append((event.time_h, RESET, 0, 0.0, 0.0, 0.0, 0.0, 1, 0, 0))
        steady = 0
        if event.steady_state and event.kind == "dose":
            known = [
                i
                for i, (time, added) in enumerate(regimens)
                if same(time, event.time_h) and added == event.added
            ]
            regimens += [] if known else [(event.time_h, event.added)]
            steady = known[0] + 1 if known else len(regimens)
        for target in _targets(event, equations):
            rows.append(
                (
                    event.time_h,
                    _KINDS[event.kind],
                    target,
                    event.amount,
                    event.over_h or 0.0,
                    event.rate or 0.0,
                    event.every_h or 0.0,
                    event.count,
                    steady,
                    int(event.added),
                )
            )
    return rows


def _targets(event: Event, equations: Equations) -> list[int]:
    if event.kind == "dose":
        return [i for i, target in enumerate(equations.targets) if target.name == event.target]
    if event.kind == "replace":
        return [equations.state_names.index(event.target)]
    if event.kind == "covariate":
        return [[c.name for c in equations.covariates].index(event.target)]
    return [0]
