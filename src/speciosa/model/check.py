"""Everything that can be wrong with a model, found at once."""

import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import sympy

from speciosa.errors import Fault, nearest
from speciosa.model.equations import Equations
from speciosa.model.records import DISTRIBUTIONS, Formula, Named, Parameter, StateEvent
from speciosa.model.unit import ONE, Unit, hour
from speciosa.model.unit_check import UnitMismatch, check_condition, unit_of

Rates = Mapping[str, list[sympy.Expr]]


def faults_of(equations: Equations, rates: Rates, *, static: bool = False) -> list[Fault]:
    """All faults of a model; `rates` also holds those of states that do not exist."""
    units, faults = _declared_units(equations)
    checker = _Places(equations, units)
    return [
        *faults,
        *_value_faults(equations),
        *_rate_faults(equations, rates, static),
        *checker.faults(),
        *_circles(equations.derived, "derived"),
        *_circles(equations.formulas, "formula"),
        *_correlation_faults(equations),
    ]


def _declared_units(equations: Equations) -> tuple[dict[sympy.Symbol, Unit], list[Fault]]:
    units: dict[sympy.Symbol, Unit] = {sympy.Symbol("time", real=True): hour()}
    faults = []
    groups: tuple[tuple[str, tuple[Named, ...]], ...] = (
        ("parameter", equations.parameters),
        ("covariate", equations.covariates),
        ("derived", equations.derived),
        ("formula", equations.formulas),
        ("state", equations.states),
    )
    named = [(kind, record) for kind, group in groups for record in group]
    for kind, record in named:
        try:
            units[sympy.Symbol(record.name, real=True)] = Unit.read(record.unit)
        except ValueError:
            units[sympy.Symbol(record.name, real=True)] = ONE
            faults.append(Fault(f"{kind} {record.name!r}", "a known unit", repr(record.unit)))
    return units, faults


class _Places:
    """Looks at every expression of a model: its symbols, then its unit."""

    def __init__(self, equations: Equations, units: dict[sympy.Symbol, Unit]) -> None:
        self._equations = equations
        self._units = units
        self._static = equations.static_symbols

    def faults(self) -> Iterator[Fault]:
        e = self._equations
        for d in e.derived:
            yield from self._one(f"derived {d.name!r}", d.expression, d.unit, static=True)
        for f in e.formulas:
            yield from self._one(f"formula {f.name!r}", f.expression, f.unit)
        for state, rate in zip(e.states, e.rates, strict=True):
            yield from self._one(
                f"initial value of {state.name!r}", state.initial, state.unit, static=True
            )
            yield from self._one(f"rate of {state.name!r}", rate, state.unit, per=hour())
        for o in e.outputs:
            yield from self._one(f"output {o.name!r}", o.expression, o.unit)
        units = {state.name: state.unit for state in e.states}
        for t in e.targets:
            where = f"dose target {t.name!r}"
            if t.state not in units:
                fix = " or ".join(nearest(t.state, units))
                yield Fault(where, "a state", t.state, f"Did you mean {fix}?" if fix else "")
                continue
            yield from self._bioavailability(where, t.bioavailability, units[t.state], t.unit)
            yield from self._one(f"lag of {where}", t.lag, "h", static=True)
            if t.duration is not None:
                yield from self._one(f"duration of {where}", t.duration, "h", static=True)
            if t.rate is not None:
                yield from self._one(
                    f"rate of {where}", t.rate, units[t.state], static=True, per=hour()
                )
            if t.duration is not None and t.rate is not None:
                yield Fault(where, "a duration or a rate", "both")
        for event in e.events:
            yield from self._event(event, units)

    def _event(self, event: StateEvent, units: Mapping[str, str]) -> Iterator[Fault]:
        where = f"event {event.name!r}"
        if [one.name for one in self._equations.events].count(event.name) > 1:
            yield Fault(where, "a name used once", "a second event")
        unknown = self._unknown(f"condition of {where}", event.when)
        yield from unknown
        if not unknown:
            try:
                check_condition(event.when, self._units)
            except UnitMismatch as mismatch:
                yield Fault(f"condition of {where}", "terms whose units fit", str(mismatch))
        if not event.then:
            yield Fault(where, "a state that it changes", "none")
        for name, value in event.then:
            if name not in units:
                fix = " or ".join(nearest(name, units))
                yield Fault(where, "a state", name, f"Did you mean {fix}?" if fix else "")
            elif not value.is_number:
                yield from self._one(f"{name} after {where}", value, units[name])
        if not event.delay.is_number:
            yield from self._one(f"delay of {where}", event.delay, "h")
        elif not event.delay.is_nonnegative:
            yield Fault(f"delay of {where}", "0 or more", str(event.delay))
        if event.priority is not None:
            yield from self._one(f"priority of {where}", event.priority, "1")
        if event.values_from not in ("trigger", "action"):
            yield Fault(f"values of {where}", "trigger or action", repr(event.values_from))

    def _bioavailability(
        self, where: str, expression: sympy.Expr, state_unit: str, dose_unit: str
    ) -> Iterator[Fault]:
        try:
            given = Unit.read(dose_unit)
        except ValueError:
            yield Fault(where, "a known unit", repr(dose_unit))
            return
        named = f"bioavailability of {where}"
        if expression.is_number and not expression.is_nonnegative:
            yield Fault(named, "a number, 0 or more", str(expression))
        yield from self._one(named, expression, state_unit, per=given, static=True)

    def _one(
        self,
        where: str,
        expression: sympy.Expr,
        written: str,
        *,
        per: Unit = ONE,
        static: bool = False,
    ) -> Iterator[Fault]:
        unknown = self._unknown(where, expression)
        if unknown:
            yield from unknown
            return
        if static:
            moving = sorted(str(s) for s in expression.free_symbols - self._static)
            if moving:
                yield Fault(
                    where, "parameters, covariates and derived quantities only", ", ".join(moving)
                )
        try:
            wanted = Unit.read(written) / per
        except ValueError:
            wanted = None
            if where.startswith("output"):
                yield Fault(where, "a known unit", repr(written))
        try:
            found = unit_of(expression, self._units)
        except UnitMismatch as mismatch:
            yield Fault(where, "terms whose units fit", str(mismatch))
            return
        if static and expression.is_number and per is ONE:
            return  # an initial value or a lag written as a number is in its own unit
        if wanted is not None and found is not None and not found.same(wanted):
            yield Fault(where, f"unit {wanted}", f"{found} in {_short(expression)}")

    def _unknown(self, where: str, expression: sympy.Basic) -> list[Fault]:
        strange = expression.free_symbols - self._units.keys()
        if not strange:
            return []
        known = {str(symbol) for symbol in self._units}
        faults = []
        for symbol in sorted(strange, key=str):
            if str(symbol) in known:
                fix = "Use the symbol that the model returned, not one made by hand."
            else:
                close = nearest(str(symbol), known)
                fix = f"Did you mean {' or '.join(close)}?" if close else ""
            faults.append(
                Fault(where, "symbols of this model", f"unknown symbol {str(symbol)!r}", fix)
            )
        return faults


def _rate_faults(equations: Equations, rates: Rates, static: bool) -> Iterator[Fault]:
    states = equations.state_names
    for name in rates:
        if name not in states:
            close = nearest(name, states)
            fix = f"Did you mean {' or '.join(close)}?" if close else ""
            yield Fault(f"rate of {name!r}", "a state of this model", repr(name), fix)
    for name in states:
        if name not in rates:
            yield Fault(
                f"state {name!r}", "a rate", "none", "Write rate(state, 0) if it is constant."
            )
    if not states and not static:
        yield Fault(f"model {equations.name!r}", "at least one state", "none")


def _value_faults(equations: Equations) -> Iterator[Fault]:
    for parameter in equations.parameters:
        yield from _parameter_faults(parameter)
    for covariate in equations.covariates:
        if not math.isfinite(covariate.value):
            yield Fault(f"covariate {covariate.name!r}", "a finite value", str(covariate.value))


def _parameter_faults(p: Parameter) -> Iterator[Fault]:
    where = f"parameter {p.name!r}"
    if not math.isfinite(p.value):
        yield Fault(where, "a finite value", str(p.value))
    for label, number in (
        ("between-patient variability", p.between_patient_sd),
        ("between-occasion variability", p.between_occasion_sd),
        ("uncertainty", p.uncertainty_cv),
    ):
        if not (number >= 0 and math.isfinite(number)):
            yield Fault(f"{where}, {label}", "0 or more", f"{number:g}")
    if p.distribution not in DISTRIBUTIONS:
        yield Fault(where, f"a distribution, one of {', '.join(DISTRIBUTIONS)}", p.distribution)
    if p.distribution == "fixed" and (p.between_patient_sd or p.between_occasion_sd):
        yield Fault(where, "no variability in a fixed parameter", f"{p.between_patient_sd:g}")
    if p.distribution == "lognormal" and p.value <= 0:
        yield Fault(where, "a typical value above 0 (lognormal)", f"{p.value:g}")
    if p.distribution == "logitnormal" and not 0 < p.value < 1:
        yield Fault(where, "a typical value between 0 and 1 (logitnormal)", f"{p.value:g}")


def _circles(formulas: Iterable[Formula], kind: str) -> Iterator[Fault]:
    needs = {f.name: {str(s) for s in f.expression.free_symbols} for f in formulas}
    for name in needs:
        reached: set[str] = set()
        edge = needs[name] & needs.keys()
        while edge:
            reached |= edge
            edge = {n for e in edge for n in needs[e] & needs.keys()} - reached
        if name in reached:
            yield Fault(f"{kind} {name!r}", "no circle of definitions", "one that leads back to it")


def _correlation_faults(equations: Equations) -> Iterator[Fault]:
    varying = {p.name for p in equations.parameters if p.between_patient_sd > 0}
    names: list[str] = []
    usable = True
    for c in equations.correlations:
        where = f"correlation of {c.one!r} and {c.other!r}"
        for name in (c.one, c.other):
            if name not in varying:
                usable = False
                yield Fault(where, "parameters that vary between patients", repr(name))
        if not -1 < c.value < 1:
            usable = False
            yield Fault(where, "a value between -1 and 1", f"{c.value:g}")
        names += [name for name in (c.one, c.other) if name not in names]
    if not usable or not names:
        return
    matrix = np.eye(len(names))
    for c in equations.correlations:
        i, j = names.index(c.one), names.index(c.other)
        matrix[i, j] = matrix[j, i] = c.value
    values, vectors = np.linalg.eigh(matrix)
    if values[0] <= 1e-12:
        weight = np.abs(np.outer(vectors[:, 0], vectors[:, 0]) * np.where(matrix == 1, 0, matrix))
        i, j = divmod(int(np.argmax(weight)), len(names))
        yield Fault(
            f"correlation of {names[i]!r} and {names[j]!r}",
            "a covariance that is positive definite",
            f"one whose smallest eigenvalue is {values[0]:.3g}",
            "This pair contributes most to it.",
        )


def _short(expression: sympy.Expr) -> str:
    text = str(expression)
    return text if len(text) <= 80 else text[:77] + "..."
