"""Steady states whose lag is longer than their interval, as NONMEM has them.

Here, doses that were given before a record of a steady state and are still on their way arrive after it. NONMEM (7.4.3) has
the steady state at the moment at which the record's own dose arrives, and goes back from there to the time of the record as
if nothing else arrived in between: doses given at once that are on their way are left out; of infusions, those that run at
the steady state (as many as intervals begin in the length of one) run from the record on to their ends. Going back makes
large what elimination makes small: concentrations before the arrival may be a multiple of the peak, or below 0. From the
arrival on both are the same.

What NONMEM predicts differs from what is predicted here by a course δ that is 0 at the arrival, at the time s = T, and obeys
the same linear equations with what enters in one and not in the other, Δu:

    δ(t) = -∫ from t to T of exp(A (t - s)) Δu(s) ds
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.linear.system import LinearSystem, Static, linear_system
from speciosa.engine.source import typical
from speciosa.errors import Fault, InputError
from speciosa.exchange.nonmem.compartments import Compartment, meaning
from speciosa.exchange.nonmem.data import RESET, RESET_AND_DOSE, NonmemData
from speciosa.exchange.nonmem.doses import entry_covariates
from speciosa.model import Equations

Real = NDArray[np.float64]
Late = Literal["arrive", "nonmem"]
_CLOSE = 1e-9


@dataclass(frozen=True)
class _Late:
    """A dose at steady state into one state, that arrives later than an interval after its record.

    Attributes:
        record_h, arrives_h: times of the record and of its dose's arrival.
        interval_h: of the steady state.
        amount: that enters; `length_h` how long it takes, 0 at once.
        state: into which.
    """

    record_h: float
    arrives_h: float
    interval_h: float
    amount: float
    length_h: float
    state: int

    def course(self, a: Real, time_h: float) -> Real:
        """By how much the states of NONMEM are more than those here."""
        n = len(a)
        into = np.eye(n)[self.state] * (self.amount / (self.length_h or 1.0))
        more = np.zeros(n)
        running = math.ceil(self.length_h / self.interval_h - _CLOSE)
        for m in range(
            1, running + math.ceil((self.arrives_h - self.record_h) / self.interval_h) + 1
        ):
            begin = self.arrives_h - m * self.interval_h
            end = begin + self.length_h
            if self.length_h == 0:
                if begin > time_h:
                    more += _back(a, begin - time_h) @ into
            elif m <= running:
                more -= _integral(a, into, time_h, time_h, begin)
            else:
                more += _integral(a, into, time_h, max(begin, time_h), end)
        return more


def _back(a: Real, hours: float) -> Real:
    from scipy.linalg import expm

    found: Real = expm(-a * hours)
    return found


def _integral(a: Real, into: Real, time_h: float, begin_h: float, end_h: float) -> Real:
    """What enters at a rate `into` between two times, seen from an earlier one by going back."""
    n = len(a)
    if end_h <= begin_h:
        return np.zeros(n)
    wider = np.zeros((n + 1, n + 1))
    wider[:n, :n], wider[:n, n] = a, -into
    found: Real = _back(a, begin_h - time_h) @ _back(wider, end_h - begin_h)[:n, n]
    return found


def late_courses(
    equations: Equations,
    data: NonmemData,
    known: Mapping[int, Compartment],
    alone: bool,
    given: Mapping[str, Real],
    filled: Mapping[str, Real],
    wanted: NDArray[np.str_],
    before: NDArray[np.bool_],
) -> Real:
    """What NONMEM predicts for each record more than is predicted here.

    Args:
        equations: of the model.
        data: of all individuals.
        known: what numbers of CMT mean.
        alone: whether one meaning holds for all numbers.
        given: parameters for each individual, by name.
        filled: covariates for each record, by name.
        wanted: the output that each record asks for.
        before: records that observe before the doses of their time.

    Raises:
        InputError: a model that is not linear, or a covariate that changes on the way.
    """
    more = np.zeros(len(data))
    steady = np.flatnonzero(data.doses & (data.steady_state > 0) & (data.interval_h > 0))
    if len(steady) == 0:
        return more
    system = linear_system(equations)
    if system is None:
        raise InputError([Fault("late", "a linear model", "rates that are not linear", _FIX)])
    faults: list[Fault] = []
    entry = entry_covariates(equations)
    course_of = {name: values for name, values in filled.items() if name not in entry}
    for row in steady:
        rows = _same(data, int(row))
        static = _static(equations, system, given, filled, int(data.individual[row]), int(row))
        doses = list(_late_doses(equations, data, int(row), known, alone, static))
        if not doses:
            continue
        until = min(max(dose.arrives_h for dose in doses), _cancelled_at(data, rows[rows > row]))
        for at in rows[data.observations[rows]]:
            time = float(data.time_h[at])
            after = data.time_h[row] < time or (data.time_h[row] == time and not before[at])
            if not (after and (time < until or (time == until and before[at]))):
                continue
            faults += _changed(data, course_of, int(row), int(at))
            index = equations.output_names.index(wanted[at])
            if index not in system.linear_outputs:
                where = f"outputs, {wanted[at]}"
                faults.append(Fault(where, "an output linear in the states", "another", _FIX))
                continue
            course = sum(dose.course(static.a[0], time) for dose in doses)
            more[at] += float(static.c[0, system.linear_outputs[index]] @ course)
    if faults:
        raise InputError(dict.fromkeys(faults))
    return more


_FIX = 'NONMEM\'s way of lags beyond the interval of a steady state is known of these only: late="arrive".'


def _same(data: NonmemData, row: int) -> NDArray[np.int64]:
    """The records of a record's individual and period."""
    same = (data.individual == data.individual[row]) & (data.period == data.period[row])
    return np.flatnonzero(same)


def _cancelled_at(data: NonmemData, later: NDArray[np.int64]) -> float:
    """When a record after a dose takes the states, or what is on its way, from it."""
    ends = np.isin(data.event[later], (RESET, RESET_AND_DOSE)) | (data.steady_state[later] == 1)
    return float(data.time_h[later[ends][0]]) if ends.any() else math.inf


def _static(
    equations: Equations,
    system: LinearSystem,
    given: Mapping[str, Real],
    filled: Mapping[str, Real],
    individual: int,
    row: int,
) -> Static:
    parameters, covariates = typical(equations).values(0, 1)
    values = np.concatenate([parameters[:, 0], covariates[:, 0]])
    names = [p.name for p in equations.parameters] + [c.name for c in equations.covariates]
    for i, name in enumerate(names):
        if name in given:
            values[i] = given[name][individual]
        elif name in filled:
            values[i] = filled[name][row]
    return system.evaluate(values[:, None])


def _late_doses(
    equations: Equations,
    data: NonmemData,
    row: int,
    known: Mapping[int, Compartment],
    alone: bool,
    static: Static,
) -> Iterator[_Late]:
    """The doses of a record, one a state that they enter, whose lag is longer than the interval."""
    one = meaning(known, int(data.compartment[row]), alone)
    name = one.target(float(data.rate[row])) if one is not None else None
    time, interval = float(data.time_h[row]), float(data.interval_h[row])
    for i, target in enumerate(equations.targets):
        lag = float(static.lag[0, i])
        if target.name != name or lag <= interval:
            continue
        amount = float(static.bioavailability[0, i] * data.amount[row])
        rate = float(data.rate[row]) if data.rate[row] > 0 else float(static.entry_rate[0, i])
        length = float(data.duration_h[row]) or (amount / rate if rate else 0.0)
        state = equations.state_names.index(target.state)
        yield _Late(
            time, time + lag, interval, amount, length or float(static.duration[0, i]), state
        )


def _changed(
    data: NonmemData, covariates: Mapping[str, Real], row: int, at: int
) -> Iterator[Fault]:
    """Covariates that are not at an observation what they were at the dose."""
    for name, values in covariates.items():
        if values[at] != values[row]:
            where = f"{data.name}, line {data.line[at]}, {name}"
            yield Fault(where, "no change on the way of a dose at steady state", "a change", _FIX)
