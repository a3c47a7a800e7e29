"""A checked model, frozen: what the engine solves."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import sympy

from speciosa.model.digest import Digest
from speciosa.model.extremes import undecided
from speciosa.model.records import (
    Correlation,
    Covariate,
    DoseTarget,
    Formula,
    LastDose,
    Named,
    Output,
    Parameter,
    State,
    StateEvent,
)
from speciosa.model.show import as_latex, as_text


@dataclass(frozen=True, eq=False)
class Equations:
    """The equations of a model in the order they were written.

    `rates[i]` is the rate of `states[i]` per hour, in terms of parameters, covariates, derived quantities, formulas,
    states and time. Two models are equal when their `fingerprint` is.
    """

    name: str
    parameters: tuple[Parameter, ...]
    covariates: tuple[Covariate, ...]
    derived: tuple[Formula, ...]
    formulas: tuple[Formula, ...]
    states: tuple[State, ...]
    rates: tuple[sympy.Expr, ...]
    outputs: tuple[Output, ...]
    targets: tuple[DoseTarget, ...]
    correlations: tuple[Correlation, ...] = ()
    events: tuple[StateEvent, ...] = ()
    last_doses: tuple[LastDose, ...] = ()

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states, in order."""
        return tuple(state.name for state in self.states)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in order."""
        return tuple(output.name for output in self.outputs)

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names that a regimen may give doses to, each once."""
        return tuple(dict.fromkeys(target.name for target in self.targets))

    @cached_property
    def static_symbols(self) -> frozenset[sympy.Symbol]:
        """Symbols of parameters, covariates and derived quantities: constant between events."""
        groups: tuple[tuple[Named, ...], ...] = (self.parameters, self.covariates, self.derived)
        return frozenset(
            sympy.Symbol(record.name, real=True) for group in groups for record in group
        )

    @cached_property
    def derived_in_order(self) -> tuple[Formula, ...]:
        """Derived quantities, each after those it needs."""
        return _in_order(self.derived)

    @cached_property
    def formulas_in_order(self) -> tuple[Formula, ...]:
        """Formulas, each after those it needs."""
        return _in_order(self.formulas)

    @cached_property
    def _by_symbol(self) -> dict[sympy.Basic, Formula]:
        return {sympy.Symbol(formula.name, real=True): formula for formula in self.formulas}

    @cached_property
    def _written_out(self) -> dict[sympy.Basic, sympy.Expr]:
        """The formulas that were asked for so far, written out; one that is on its way stands for itself."""
        return {}

    def _value_of(self, symbol: sympy.Symbol) -> sympy.Expr:
        if symbol not in self._written_out:
            self._written_out[symbol] = symbol
            self._written_out[symbol] = self.inline(self._by_symbol[symbol].expression)
        return self._written_out[symbol]

    def inline(self, expression: sympy.Basic) -> sympy.Basic:
        """`expression` with every formula written out in states, time and static symbols."""
        written = undecided(expression)
        needed = written.free_symbols & self._by_symbol.keys()
        return written.xreplace({symbol: self._value_of(symbol) for symbol in needed})

    @cached_property
    def _reached(self) -> dict[sympy.Basic, frozenset[sympy.Basic]]:
        reached: dict[sympy.Basic, frozenset[sympy.Basic]] = {}
        for formula in self.formulas_in_order:
            parts = [reached.get(s, frozenset({s})) for s in formula.expression.free_symbols]
            reached[sympy.Symbol(formula.name, real=True)] = frozenset().union(*parts)
        return reached

    def symbols_of(self, expression: sympy.Basic) -> frozenset[sympy.Basic]:
        """The states, time and static symbols that an expression is made of, without writing its formulas out."""
        parts = [self._reached.get(s, frozenset({s})) for s in expression.free_symbols]
        return frozenset().union(*parts)

    @cached_property
    def inlined_rates(self) -> tuple[sympy.Expr, ...]:
        """Rates with every formula written out."""
        return tuple(self.inline(rate) for rate in self.rates)

    @cached_property
    def inlined_outputs(self) -> tuple[sympy.Expr, ...]:
        """Outputs with every formula written out."""
        return tuple(self.inline(output.expression) for output in self.outputs)

    @cached_property
    def structure(self) -> str:
        """Hash of the equations without the values of parameters and covariates, without the model's name."""
        digest = Digest()
        lines = [
            *(f"parameter {p.name}" for p in self.parameters),
            *(f"covariate {c.name}" for c in self.covariates),
            *(f"derived {d.name} {digest(d.expression)}" for d in self.derived),
            *(f"state {s.name} {digest(s.initial)}" for s in self.states),
            *(f"formula {f.name} {digest(f.expression)}" for f in self.formulas),
            *(f"rate {digest(rate)}" for rate in self.rates),
            *(f"output {o.name} {digest(o.expression)}" for o in self.outputs),
            *(
                f"target {t.state} {digest(t.bioavailability)} {digest(t.lag)} "
                f"{digest(t.duration) if t.duration is not None else '-'} "
                f"{digest(t.rate) if t.rate is not None else '-'}"
                for t in self.targets
            ),
            *(
                f"event {digest(e.when)} {[(name, digest(value)) for name, value in e.then]} "
                f"{digest(e.delay)} {digest(e.priority) if e.priority is not None else '-'} "
                f"{e.persistent} {e.initially} {e.values_from}"
                for e in self.events
            ),
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that can change a result: equations, units, values, variability."""
        lines = [
            self.structure,
            *(
                f"{p.name} {p.value!r} {p.unit} {p.between_patient_sd!r} {p.distribution} "
                f"{p.between_occasion_sd!r} {p.uncertainty_cv!r}"
                for p in self.parameters
            ),
            *(f"{c.name} {c.value!r} {c.unit}" for c in self.covariates),
            *(f"{s.name} {s.unit}" for s in self.states),
            *(f"{o.name} {o.unit}" for o in self.outputs),
            *(f"{t.name} {t.unit}" for t in self.targets),
            *(f"{c.one} {c.other} {c.value!r}" for c in self.correlations),
            *(f"last dose {d.target} {d.amount} {d.time}" for d in self.last_doses),
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Equations) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        # of what equal models have in common and is at hand: a fingerprint takes as long as solving a small model
        return self._hash

    @cached_property
    def _hash(self) -> int:
        parameters = tuple(parameter.name for parameter in self.parameters)
        return hash((self.state_names, self.output_names, parameters))

    def text(self) -> str:
        """The equations to read, one a line."""
        return as_text(self)

    def latex(self) -> str:
        """The equations as LaTeX."""
        return as_latex(self)

    def __str__(self) -> str:
        return self.text()


def _in_order(formulas: tuple[Formula, ...]) -> tuple[Formula, ...]:
    """Each formula after those it needs. A circle is left in the order written; the check names it."""
    by_symbol = {sympy.Symbol(formula.name, real=True): formula for formula in formulas}
    ordered: dict[str, Formula] = {}
    on_the_way: set[str] = set()

    def visit(formula: Formula) -> None:
        if formula.name in ordered or formula.name in on_the_way:
            return
        on_the_way.add(formula.name)
        for symbol in sorted(formula.expression.free_symbols, key=str):
            if symbol in by_symbol:
                visit(by_symbol[symbol])
        ordered[formula.name] = formula

    for formula in formulas:
        visit(formula)
    return tuple(ordered.values())
