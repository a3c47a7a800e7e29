"""Writing a model down: `Model` collects equations and returns the symbols that later equations need."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, Union

import sympy
from sympy.logic.boolalg import Boolean

from speciosa.errors import Fault
from speciosa.model.draft import Draft
from speciosa.model.equations import Equations
from speciosa.model.records import (
    Correlation,
    Covariate,
    Distribution,
    DoseTarget,
    Formula,
    LastDose,
    Output,
    Parameter,
    State,
    StateEvent,
)

TIME = sympy.Symbol("time", real=True)
# when the last dose was, before there was one
_NEVER_H = -1e6
Value: TypeAlias = Union[sympy.Expr, float, int]  # noqa: UP007


class Model:
    """A model being written. Time is in hours.

    Every method records one entry and returns what later equations refer to. Nothing is judged until `build`, which
    names all faults at once. A part is a plain function that takes a model and adds to it; `part` gives it a prefix.

    Example:
        >>> m = Model("oral one-compartment")
        >>> ka = m.parameter("ka", 1.4, "1/h", between_patient_cv=0.30)
        >>> cl, v = m.parameter("CL/F", 25, "L/h"), m.parameter("V/F", 184, "L")
        >>> gut, central = m.state("gut", "mg"), m.state("central", "mg")
        >>> m.rate(gut, -ka * gut)
        >>> m.rate(central, ka * gut - cl / v * central)
        >>> plasma = m.output("plasma", central / v, "mg/L")
        >>> m.dose_target("oral", gut)
        >>> m.build().state_names
        ('gut', 'central')
    """

    def __init__(self, name: str, *, _draft: Draft | None = None, _prefix: str = "") -> None:
        self.name = name
        self._draft = _draft if _draft is not None else Draft()
        self._prefix = _prefix

    @property
    def time(self) -> sympy.Symbol:
        """Time since the start of the study, in hours."""
        return TIME

    def parameter(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        between_patient_cv: float | None = None,
        between_patient_sd: float | None = None,
        distribution: Distribution | None = None,
        between_occasion_sd: float = 0.0,
        uncertainty_cv: float = 0.0,
        source: str | None = None,
    ) -> sympy.Symbol:
        """A quantity that is constant in one patient.

        Args:
            name: unique in the model; any text.
            value: typical value in `unit`.
            unit: such as ``"L/h"``; ``"1"`` for none.
            between_patient_cv: coefficient of variation between patients; a log-normal parameter's standard deviation
                of the logarithm is then sqrt(log(1 + cv^2)), a normal one's is cv times value.
            between_patient_sd: the standard deviation itself, on the scale of `distribution`.
            distribution: ``lognormal`` where variability is given, otherwise ``fixed``.
            between_occasion_sd: standard deviation between occasions, on the same scale.
            uncertainty_cv: relative standard error of `value`.
            source: where it was seen.
        """
        given = between_patient_cv is not None or between_patient_sd is not None
        chosen: Distribution = distribution or (
            "lognormal" if given or between_occasion_sd else "fixed"
        )
        sd = self._spread(name, float(value), chosen, between_patient_cv, between_patient_sd)
        full = self._full(name)
        record = Parameter(
            full,
            float(value),
            unit,
            sd,
            chosen,
            float(between_occasion_sd),
            float(uncertainty_cv),
            source,
        )
        return self._declare("parameter", full, record, self._draft.parameters)

    def covariate(self, name: str, value: float, unit: str) -> sympy.Symbol:
        """A property of a patient, such as body weight; `value` is the reference patient's.

        A schedule may change it at given times.
        """
        full = self._full(name)
        record = Covariate(full, float(value), unit)
        return self._declare("covariate", full, record, self._draft.covariates)

    def derived(self, name: str, expression: Value, unit: str) -> sympy.Symbol:
        """A formula of parameters and covariates, computed once a patient."""
        full = self._full(name)
        record = Formula(full, self._expression(expression, f"derived {full!r}"), unit)
        return self._declare("derived", full, record, self._draft.derived)

    def formula(self, name: str, expression: Value, unit: str) -> sympy.Symbol:
        """A named expression of states and time, which other equations may use."""
        full = self._full(name)
        record = Formula(full, self._expression(expression, f"formula {full!r}"), unit)
        return self._declare("formula", full, record, self._draft.formulas)

    def state(self, name: str, unit: str, initial: Value = 0) -> sympy.Symbol:
        """A quantity that changes in time; `initial` is a number or a formula of parameters and covariates."""
        full = self._full(name)
        record = State(full, unit, self._expression(initial, f"initial value of {full!r}"))
        return self._declare("state", full, record, self._draft.states)

    def rate(self, state: sympy.Symbol, expression: Value) -> None:
        """The rate of change of `state`, per hour. Once a state; use `add_rate` for contributions."""
        name = str(state)
        if name in self._draft.whole_rates:
            self._draft.fault(
                f"rate of {name!r}", "one rate", "a second one", "Use add_rate to add to it."
            )
        self._draft.whole_rates.add(name)
        self.add_rate(state, expression)

    def add_rate(self, state: sympy.Symbol, expression: Value) -> None:
        """Adds a contribution to the rate of change of `state`, per hour."""
        name = str(state)
        term = self._expression(expression, f"rate of {name!r}")
        self._draft.rates.setdefault(name, []).append(term)

    def output(self, name: str, expression: Value, unit: str) -> sympy.Expr:
        """What is observed; returns the expression."""
        full = self._full(name)
        record = Output(full, self._expression(expression, f"output {full!r}"), unit)
        if full in self._draft.outputs:
            self._draft.fault(f"output {full!r}", "a name used once", "a second output")
        self._draft.outputs[full] = record
        return record.expression

    def dose_target(
        self,
        name: str,
        state: sympy.Symbol,
        *,
        bioavailability: Value = 1,
        lag: Value = 0,
        duration: Value | None = None,
        rate: Value | None = None,
        unit: str | None = None,
    ) -> None:
        """Where doses called `name` in a regimen enter. The same name may be given several states.

        Args:
            name: a product, a route, or ``"product route"``.
            state: the state that receives them.
            bioavailability: amount in the state per amount given (it may convert units, from mg to nmol).
            lag: hours between giving and entering.
            duration: hours over which a dose enters at a constant rate, unless the regimen says ``over``.
            rate: amount per hour, in the unit of the state, at which a dose enters instead, unless the regimen says
                otherwise: bioavailability changes how long it takes.
            unit: unit of the amounts given; that of the state if left out.
        """
        where = f"dose target {name!r}"
        record = self._draft.states.get(str(state))
        self._draft.targets.append(
            DoseTarget(
                self._full(name),
                str(state),
                self._expression(bioavailability, f"bioavailability of {where}"),
                self._expression(lag, f"lag of {where}"),
                None if duration is None else self._expression(duration, f"duration of {where}"),
                unit if unit is not None else (record.unit if record else "1"),
                None if rate is None else self._expression(rate, f"rate of {where}"),
            )
        )

    def last_dose(self, target: str) -> tuple[sympy.Symbol, sympy.Expr]:
        """The amount of the last dose given to a target, and the hours since it was given (whatever its lag).

        Both are constant expressions of covariates and time: `target last amount`, 0 before the first dose and after a reset
        or halt, and `target last time`. Equations with them know one dose of a target at a time: what is left of the one before
        is forgotten when the next is given.

        Example:
            >>> from sympy import exp
            >>> from speciosa.model import log_gamma
            >>> m = Model("absorption through a number of transit compartments")
            >>> n, k = m.parameter("n", 3.5, "1"), m.parameter("k", 2, "1/h")
            >>> gut = m.state("gut", "mg")
            >>> m.dose_target("oral", gut, bioavailability=0)
            >>> amount, since = m.last_dose("oral")
            >>> entry = amount * k * (k * since) ** n * exp(-k * since - log_gamma(n + 1))
            >>> m.rate(gut, entry - m.parameter("ka", 1, "1/h") * gut)
            >>> m.build().last_doses[0].amount
            'oral last amount'
        """
        full = self._full(target)
        found = self._draft.last_doses.get(full)
        if found is None:
            found = LastDose(full, f"{full} last amount", f"{full} last time")
            self._draft.last_doses[full] = found
            unit = next((t.unit for t in self._draft.targets if t.name == full), None)
            if unit is None:
                self._draft.fault(f"last dose of {full!r}", "a dose target declared before", "none")
            amount = Covariate(found.amount, 0.0, unit or "1")
            self._declare("covariate", found.amount, amount, self._draft.covariates)
            time = Covariate(found.time, _NEVER_H, "h")
            self._declare("covariate", found.time, time, self._draft.covariates)
        return sympy.Symbol(found.amount, real=True), TIME - sympy.Symbol(found.time, real=True)

    def event(
        self,
        name: str,
        when: Any,
        then: Mapping[sympy.Symbol, Value],
        *,
        delay: Value = 0,
        priority: Value | None = None,
        persistent: bool = True,
        initially: bool = True,
        values_from: Literal["trigger", "action"] = "trigger",
    ) -> None:
        """What happens each time a condition comes to hold, at the very time at which it does.

        A condition that held before and holds on sets nothing off; one that ceases to hold and comes to hold again does. All
        that is set off at one time is noted before anything acts. Then one acts after another, by priority and else as written,
        and what an action makes hold is set off in turn, at the same time. Events belong to the model: they happen in every
        patient, whatever is given; doses of that time are there before them.

        Args:
            name: of the event, unique in the model.
            when: a condition of states, formulas, constants and time, such as ``tumour > limit``; may be joined by ``&``, ``|``,
                ``~``. Equality of what changes smoothly is seen only where a dose or an event sets it.
            then: by state, what it becomes; all are worked out before any is set.
            delay: hours between the condition and the action, worked out when the condition comes to hold.
            priority: of several due at one time the largest acts first; without one an event comes last.
            persistent: whether it still acts where the condition has ceased to hold before the delay is over.
            initially: what the condition counts as before the start. False sets the event off at the start where it holds.
            values_from: whether `then` is worked out at the ``trigger`` or at the ``action``.

        Example:
            >>> m = Model("cells that divide at a size")
            >>> size, growth = m.state("size", "pg", 1), m.parameter("growth", 0.1, "1/h")
            >>> m.rate(size, growth * size)
            >>> m.event("division", size >= m.parameter("largest", 2, "pg"), {size: size / 2})
            >>> m.build().events[0].then
            (('size', size/2),)
        """
        where = f"event {self._full(name)!r}"
        condition = sympy.sympify(when)
        if not (isinstance(condition, Boolean) and not isinstance(condition, sympy.Symbol)):
            self._draft.fault(where, "a condition such as size > limit", str(condition))
            condition = sympy.false
        self._draft.events.append(
            StateEvent(
                self._full(name),
                condition,
                tuple((str(s), self._expression(v, f"{where}, {s}")) for s, v in then.items()),
                self._expression(delay, f"delay of {where}"),
                None if priority is None else self._expression(priority, f"priority of {where}"),
                persistent,
                initially,
                values_from,
            )
        )

    def correlation(self, one: sympy.Symbol, other: sympy.Symbol, value: float) -> None:
        """Correlates two parameters between patients, on the scales of their distributions."""
        self._draft.correlations.append(Correlation(str(one), str(other), float(value)))

    def part(self, prefix: str) -> "Model":
        """The same model, in which every new name gets ``prefix.`` in front.

        Example:
            >>> m = Model("two drugs")
            >>> str(m.part("morphine").parameter("CL", 70, "L/h"))
            'morphine.CL'
        """
        return Model(self.name, _draft=self._draft, _prefix=f"{self._prefix}{prefix}.")

    def include(
        self, other: "Model", prefix: str, connect: Mapping[str, Value] | None = None
    ) -> dict[str, sympy.Symbol]:
        """Adds all equations of `other` under a prefix; returns its symbols by their names in `other`.

        Args:
            other: a model; it is not changed.
            prefix: every name of it gets ``prefix.`` in front.
            connect: names of parameters, covariates, derived quantities or formulas of `other` that this
                model supplies, with what takes their place.
        """
        joined = {
            name: self._expression(value, f"connection {name!r}")
            for name, value in (connect or {}).items()
        }
        return self._draft.include(other._draft, f"{self._prefix}{prefix}.", joined)

    def __getitem__(self, name: str) -> sympy.Expr:
        """The symbol of a declared name, or the expression of an output."""
        return self._draft.lookup(self._full(name))

    def __contains__(self, name: str) -> bool:
        """Whether a symbol or an output of this name is declared."""
        return self._draft.knows(self._full(name))

    def build(self, *, static: bool = False) -> Equations:
        """Checks everything and freezes it.

        Args:
            static: whether a model may have no states: formulas of parameters, covariates and time can be fitted, though there
                is nothing to simulate.

        Raises:
            ModelError: every unknown symbol, unit that does not fit, missing rate, impossible value and covariance
                that is not positive definite, each with its place.
        """
        return self._draft.build(self.name, static=static)

    def text(self) -> str:
        """The equations to read, one a line."""
        return self.build().text()

    def latex(self) -> str:
        """The equations as LaTeX."""
        return self.build().latex()

    def __str__(self) -> str:
        return self.text()

    def _full(self, name: str) -> str:
        return self._prefix + name

    def _declare(self, kind: str, full: str, record: Any, table: dict[str, Any]) -> sympy.Symbol:
        self._draft.claim(kind, full)
        table.setdefault(full, record)
        return sympy.Symbol(full, real=True)

    def _expression(self, value: Any, where: str) -> sympy.Expr:
        if isinstance(value, str):
            self._draft.fault(where, "an expression", f"the text {value!r}")
            return sympy.Integer(0)
        expression = sympy.sympify(value)
        if not isinstance(expression, sympy.Expr):
            self._draft.fault(where, "an expression", str(expression))
            return sympy.Integer(0)
        if expression.has(sympy.nan, sympy.zoo):
            self._draft.fault(where, "finite numbers", str(expression))
        return expression

    def _spread(
        self, name: str, value: float, kind: Distribution, cv: float | None, sd: float | None
    ) -> float:
        where = f"parameter {self._full(name)!r}"
        if cv is not None and sd is not None:
            self._draft.fault(where, "between_patient_cv or between_patient_sd", "both")
        if sd is not None:
            return float(sd)
        if cv is None:
            return 0.0
        if kind == "lognormal":
            return float(sympy.sqrt(sympy.log(1 + float(cv) ** 2))) if cv >= 0 else float(cv)
        if kind == "logitnormal":
            self._draft.faults.append(
                Fault(where, "between_patient_sd (of the logit)", "between_patient_cv")
            )
        return float(cv) * abs(value)
