"""What a `Model` has collected so far, and its way into another model under a prefix."""

from dataclasses import replace
from typing import Any

import sympy

from speciosa.errors import Fault, ModelError, UnknownNameError
from speciosa.model.equations import Equations
from speciosa.model.records import (
    Correlation,
    Covariate,
    DoseTarget,
    Formula,
    LastDose,
    Output,
    Parameter,
    State,
    StateEvent,
)


class Draft:
    """The tables of an unfinished model, shared by all its parts."""

    def __init__(self) -> None:
        self.parameters: dict[str, Parameter] = {}
        self.covariates: dict[str, Covariate] = {}
        self.derived: dict[str, Formula] = {}
        self.formulas: dict[str, Formula] = {}
        self.states: dict[str, State] = {}
        self.rates: dict[str, list[sympy.Expr]] = {}
        self.whole_rates: set[str] = set()
        self.outputs: dict[str, Output] = {}
        self.targets: list[DoseTarget] = []
        self.correlations: list[Correlation] = []
        self.events: list[StateEvent] = []
        self.last_doses: dict[str, LastDose] = {}
        self.faults: list[Fault] = []
        self._kinds: dict[str, str] = {"time": "time"}

    def fault(self, where: str, expected: str, found: str, fix: str = "") -> None:
        """Notes a fault, to be raised with all others by `build`."""
        self.faults.append(Fault(where, expected, found, fix))

    def claim(self, kind: str, name: str) -> None:
        """Takes a name for a symbol; a name taken twice is a fault."""
        if name in self._kinds:
            self.fault(f"{kind} {name!r}", "a name used once", f"the name of a {self._kinds[name]}")
        self._kinds[name] = kind

    def knows(self, name: str) -> bool:
        """Whether a symbol or an output of this name is declared."""
        return name in self._kinds or name in self.outputs

    def lookup(self, name: str) -> sympy.Expr:
        """The symbol of a declared name, or the expression of an output.

        Raises:
            UnknownNameError: neither.
        """
        if name in self._kinds:
            return sympy.Symbol(name, real=True)
        if name in self.outputs:
            return self.outputs[name].expression
        raise UnknownNameError("symbol or output", name, [*self._kinds, *self.outputs])

    def include(
        self, other: "Draft", prefix: str, connect: dict[str, sympy.Expr]
    ) -> dict[str, sympy.Symbol]:
        """Copies `other` under `prefix`; see `Model.include`."""
        replaceable = {*other.parameters, *other.covariates, *other.derived, *other.formulas}
        for name in connect:
            if name not in replaceable:
                self.fault(
                    f"connection {name!r}",
                    "a parameter, covariate, derived quantity or formula of the included model",
                    "none of that name",
                )
        names = [name for name in other._kinds if name != "time" and name not in connect]
        renamed = {name: sympy.Symbol(prefix + name, real=True) for name in names}
        swap: dict[Any, Any] = {
            sympy.Symbol(name, real=True): symbol for name, symbol in (renamed | connect).items()
        }
        self.faults += other.faults
        for name in names:
            self.claim(other._kinds[name], prefix + name)
        for kind in ("parameters", "covariates", "derived", "formulas", "states"):
            mine, theirs = getattr(self, kind), getattr(other, kind)
            for name, record in theirs.items():
                if name not in connect:
                    mine[prefix + name] = _renamed(record, prefix, swap)
        for name, terms in other.rates.items():
            self.rates.setdefault(prefix + name, []).extend(t.xreplace(swap) for t in terms)
        self.whole_rates |= {prefix + name for name in other.whole_rates}
        for name, output in other.outputs.items():
            self.outputs[prefix + name] = _renamed(output, prefix, swap)
        self.targets += [
            replace(_renamed(target, prefix, swap), state=prefix + target.state)
            for target in other.targets
        ]
        self.correlations += [
            Correlation(prefix + c.one, prefix + c.other, c.value)
            for c in other.correlations
            if c.one not in connect and c.other not in connect
        ]
        self.events += [
            replace(
                _renamed(event, prefix, swap),
                then=tuple((prefix + name, value.xreplace(swap)) for name, value in event.then),
            )
            for event in other.events
        ]
        for one in other.last_doses.values():
            names_of = (prefix + part for part in (one.target, one.amount, one.time))
            self.last_doses[prefix + one.target] = LastDose(*names_of)
        return renamed

    def build(self, name: str, *, static: bool = False) -> Equations:
        """See `Model.build`."""
        from speciosa.model.check import faults_of

        equations = Equations(
            name=name,
            parameters=tuple(self.parameters.values()),
            covariates=tuple(self.covariates.values()),
            derived=tuple(self.derived.values()),
            formulas=tuple(self.formulas.values()),
            states=tuple(self.states.values()),
            rates=tuple(sympy.Add(*self.rates.get(state, [])) for state in self.states),
            outputs=tuple(self.outputs.values()),
            targets=tuple(self.targets),
            correlations=tuple(self.correlations),
            events=tuple(self.events),
            last_doses=tuple(self.last_doses.values()),
        )
        faults = [*self.faults, *faults_of(equations, self.rates, static=static)]
        if faults:
            raise ModelError(dict.fromkeys(faults))
        return equations


def _renamed(record: Any, prefix: str, swap: dict[Any, Any]) -> Any:
    """A record under its new name, its expressions in the new symbols."""
    changed: dict[str, Any] = {"name": prefix + record.name}
    fields = ("expression", "initial", "bioavailability", "lag", "duration", "rate")
    for field in (*fields, "when", "delay", "priority"):
        value = getattr(record, field, None)
        if isinstance(value, sympy.Basic):
            changed[field] = value.xreplace(swap)
    return replace(record, **changed)
