"""The entries of a model: small frozen records, each with its unit."""

from dataclasses import dataclass
from typing import Literal, Protocol

import sympy

Distribution = Literal["lognormal", "normal", "logitnormal", "fixed"]
DISTRIBUTIONS: tuple[Distribution, ...] = ("lognormal", "normal", "logitnormal", "fixed")


class Named(Protocol):
    """A record with a name and a unit."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Parameter:
    """A quantity that is constant in one patient.

    Attributes:
        name: as written by the user, with the prefix of its part.
        value: the typical value, in `unit`.
        unit: as written.
        between_patient_sd: standard deviation of the patient's deviation, on the scale of `distribution`: of the
            logarithm for ``lognormal``, of the logit for ``logitnormal``, in `unit` for ``normal``.
        distribution: how patients differ.
        between_occasion_sd: the same for occasions within a patient.
        uncertainty_cv: relative standard error of the typical value.
        source: where the value was seen.
    """

    name: str
    value: float
    unit: str
    between_patient_sd: float = 0.0
    distribution: Distribution = "fixed"
    between_occasion_sd: float = 0.0
    uncertainty_cv: float = 0.0
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Covariate:
    """A property of a patient, which may change at given times; `value` is the reference patient's."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A named expression: ``derived`` ones are computed once a patient, others vary in time."""

    name: str
    expression: sympy.Expr
    unit: str


@dataclass(frozen=True, slots=True)
class State:
    """A quantity that changes in time, with its value before the first dose."""

    name: str
    unit: str
    initial: sympy.Expr


@dataclass(frozen=True, slots=True)
class Output:
    """What is observed: an expression of states, parameters, covariates and time."""

    name: str
    expression: sympy.Expr
    unit: str


@dataclass(frozen=True, slots=True)
class DoseTarget:
    """Where a dose enters. Several targets may share a name: one dose then enters each of them.

    Attributes:
        name: what a regimen calls it: a product, a route, or ``product route``.
        state: the state that receives the dose.
        bioavailability: amount in the state per amount given; its unit is `State.unit` per `unit`.
        lag: hours between giving and entering.
        duration: hours over which a dose enters at a constant rate; None for a dose that enters at once.
        rate: amount per hour, in the unit of the state, at which a dose enters instead; None where there is none.
        unit: unit of the amounts given.
    """

    name: str
    state: str
    bioavailability: sympy.Expr
    lag: sympy.Expr
    duration: sympy.Expr | None
    unit: str
    rate: sympy.Expr | None = None


@dataclass(frozen=True, slots=True)
class StateEvent:
    """What happens to a patient when a condition comes to hold.

    Attributes:
        name: of the event.
        when: the condition, of states, time and constants; the event is set off each time it comes to hold.
        then: states with what they become, all at once.
        delay: hours from that to what it does.
        priority: of events due at one time the largest acts first; None comes last.
        persistent: whether it acts though the condition holds no more when its delay is over.
        initially: what the condition counts as before the start: where False and it holds then, the event is set off.
        values_from: whether `then` is worked out when the event is set off or when it acts.
    """

    name: str
    when: sympy.Basic
    then: tuple[tuple[str, sympy.Expr], ...]
    delay: sympy.Expr
    priority: sympy.Expr | None
    persistent: bool
    initially: bool
    values_from: Literal["trigger", "action"]


@dataclass(frozen=True, slots=True)
class LastDose:
    """The last dose of a target, in equations: covariates that a schedule sets at each dose.

    Attributes:
        target: the name of the dose target.
        amount: the covariate that holds how much was given; 0 before the first dose.
        time: the covariate that holds when.
    """

    target: str
    amount: str
    time: str


@dataclass(frozen=True, slots=True)
class Correlation:
    """Correlation of two parameters between patients, on the scales of their distributions."""

    one: str
    other: str
    value: float
