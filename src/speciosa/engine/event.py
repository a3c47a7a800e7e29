"""One dosing record, and reading what a user gives as doses into a list of them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeAlias, Union, get_args

import numpy as np
import sympy

from speciosa.errors import Fault, InputError, nearest
from speciosa.model import Equations
from speciosa.regimen import Dose, Regimen, parse_regimen
from speciosa.units import factor

Kind = Literal["dose", "reset", "halt", "replace", "covariate"]


@dataclass(frozen=True, slots=True)
class Event:
    """A dose, or another thing that happens to a patient.

    Attributes:
        time_h: when, in hours; may be before 0.
        target: name of the dose target, or of the state (``replace``) or covariate (``covariate``) concerned.
        amount: amount given, in the unit of the target; new value for ``replace`` and ``covariate``.
        kind: ``reset`` returns all states to their initial values and cancels whatever was begun before: running
            infusions, doses still in their lag, doses of a series not yet given. ``halt`` cancels the same and leaves the
            states.
        over_h: the dose enters at a constant rate during this time; bioavailability scales the rate.
        rate: the dose enters at this rate per hour; bioavailability scales the time it takes.
        every_h: time between the doses of a series.
        count: number of doses in the series.
        steady_state: the patient is at the steady state of the series, endless before `time_h`, when the dose is given.
            Doses of the same time marked so are one regimen, whose intervals may differ; solvers that run it in need
            them to have a common multiple. With `rate`, no amount and no interval: a constant infusion that never ends.
        added: the steady state is added to what is there, and what was begun before goes on: regimens on top of each
            other, such as a morning and an evening dose (SS = 2 of NONMEM). Right for linear models; in others it is
            that convention. Not where the body makes something of its own, which would count twice.
        reset_first: a reset just before the (first) dose.
    """

    time_h: float = 0.0
    target: str = ""
    amount: float = 0.0
    kind: Kind = "dose"
    over_h: float | None = None
    rate: float | None = None
    every_h: float | None = None
    count: int = 1
    steady_state: bool = False
    added: bool = False
    reset_first: bool = False


Doses: TypeAlias = Union[str, Regimen, Event, Sequence[Event]]  # noqa: UP007


def read_events(doses: Doses, equations: Equations, where: str = "doses") -> list[Event]:
    """The records of one patient, checked, each with a target of the model and amounts in its unit.

    Raises:
        InputError: every fault of every record.
    """
    if isinstance(doses, str):
        try:
            doses = parse_regimen(doses)
        except InputError as error:
            named = [replace(fault, where=f"{where}, {fault.where}") for fault in error.faults]
            raise InputError(named if where != "doses" else error.faults) from None
    faults: list[Fault] = []
    if isinstance(doses, Regimen):
        many = len(doses.doses) > 1
        events = [
            event
            for i, dose in enumerate(doses.doses, start=1)
            for event in _from_dose(
                dose, equations, f"{where}, dose {i}" if many else where, faults
            )
        ]
    else:
        events = [doses] if isinstance(doses, Event) else list(doses)
        if not all(isinstance(event, Event) for event in events):
            raise InputError(Fault(where, "events", ", ".join(map(repr, events))[:60]))
        for i, event in enumerate(events, start=1):
            faults.extend(_faults(event, equations, f"{where}, record {i}"))
    if faults:
        raise InputError(faults)
    return events


def find_target(product: str | None, route: str | None, names: Sequence[str]) -> str | None:
    """The dose target that a product and a route mean; None where there is none.

    Example:
        >>> find_target("morphine", "iv", ["morphine iv", "morphine oral"])
        'morphine iv'
    """
    if product is None and route is None:
        return names[0] if len(names) == 1 else None
    candidates = []
    if product is not None and route is not None:
        candidates = [f"{product} {route}", f"{product}.{route}"]
    candidates += [name for name in (product, route) if name is not None]
    return next((name for name in candidates if name in names), None)


def _from_dose(
    dose: Dose, equations: Equations, where: str, faults: list[Fault]
) -> Iterator[Event]:
    names = equations.target_names
    name = find_target(dose.product, dose.route, names)
    if name is None:
        wanted = " ".join(word for word in (dose.product, dose.route) if word) or "neither"
        close = nearest(wanted, names) or list(names)
        faults.append(
            Fault(where, "a product or route of the model", wanted, f"Known: {', '.join(close)}.")
        )
        return
    unit = next(target.unit for target in equations.targets if target.name == name)
    try:
        scale = factor(dose.unit, unit)
    except InputError:
        faults.append(
            Fault(where, f"an amount in {unit} or its like", f"{dose.amount} {dose.unit}")
        )
        return
    yield Event(
        dose.at_h,
        name,
        dose.amount * scale,
        over_h=dose.over_h,
        every_h=dose.every_h if dose.count > 1 else None,
        count=dose.count,
    )


def _faults(event: Event, equations: Equations, where: str) -> Iterator[Fault]:
    known: tuple[str, ...] = {
        "dose": equations.target_names,
        "replace": equations.state_names,
        "covariate": tuple(c.name for c in equations.covariates),
    }.get(event.kind, ("",))
    if event.kind not in get_args(Kind):
        yield Fault(where, f"one of {', '.join(get_args(Kind))}", str(event.kind))
    elif event.kind not in ("reset", "halt") and event.target not in known:
        close = nearest(str(event.target), known) or list(known)
        yield Fault(
            where, f"a target of a {event.kind}", repr(event.target), f"Known: {', '.join(close)}."
        )
    numbers = {
        "time": event.time_h,
        "amount": event.amount,
        "over": event.over_h,
        "rate": event.rate,
        "every": event.every_h,
    }
    for name, number in numbers.items():
        if number is None and name in ("over", "rate", "every"):
            continue
        if not isinstance(number, int | float | np.integer | np.floating):
            yield Fault(f"{where}, {name}", "a number", repr(number))
            return
        if not math.isfinite(number):
            yield Fault(f"{where}, {name}", "a finite number", str(number))
        elif number < 0 and (name not in ("time", "amount")):
            yield Fault(f"{where}, {name}", "0 or more", f"{number:g}")
    if event.kind == "dose" and event.amount < 0:
        yield Fault(f"{where}, amount", "0 or more", f"{event.amount:g}")
    if not (1 <= event.count < math.inf) or event.count != int(event.count):
        yield Fault(f"{where}, count", "a whole number above 0", str(event.count))
    elif event.count > 1 and not event.every_h:
        yield Fault(f"{where}, every", "a time above 0 for a series", str(event.every_h))
    if event.over_h and event.rate:
        yield Fault(where, "a duration or a rate", "both")
    if event.added and not event.steady_state:
        yield Fault(f"{where}, added", "a steady state to add", "none")
    if event.added and _makes_its_own(equations):
        yield Fault(
            f"{where}, added",
            "a patient whose body makes nothing of its own",
            "initial amounts or production",
            "Both would count twice; write the doses of both regimens as one steady state.",
        )
    constant = bool(event.rate) and event.amount == 0
    if event.steady_state and not event.every_h and not constant:
        yield Fault(f"{where}, every", "the interval of the steady state", str(event.every_h))


@lru_cache(maxsize=64)
def _makes_its_own(equations: Equations) -> bool:
    """Whether amounts are there, or are made, where nothing is given."""
    empty = {sympy.Symbol(name, real=True): 0 for name in equations.state_names}
    if not all(state.initial.is_zero for state in equations.states):
        return True
    return not all(rate.subs(empty).is_zero for rate in equations.inlined_rates)


def at_steady_state(events: Sequence[Event]) -> list[Event]:
    """The same records, every series beginning at its steady state."""
    return [
        replace(event, steady_state=True) if event.kind == "dose" and event.every_h else event
        for event in events
    ]
