"""From an SBML document to a `Model`: compartments, species, parameters, rules and reactions as states, formulas and rates.

Amounts of species are states; what a species' name means in mathematics, an amount or a concentration, is an expression of them.
Everything is dimensionless here; a time unit that the document declares is turned into hours.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy

from speciosa.errors import Fault, ModelError
from speciosa.exchange.sbml.document import document
from speciosa.exchange.sbml.entries import (
    Beginnings,
    Circle,
    Entry,
    Species,
    each,
    numbers_of,
    own_name,
    parts_of,
    symbol,
)
from speciosa.exchange.sbml.events import Words, add_events, assigned
from speciosa.model import Model

PER_HOUR, ELAPSED = "time.units_per_hour", "time.elapsed"
SECONDS_AN_HOUR = 3600.0
COMPUTED = (
    sympy.Abs, sympy.Heaviside, sympy.Max, sympy.Min, sympy.cos, sympy.cosh, sympy.exp,
    sympy.log, sympy.sign, sympy.sin, sympy.sinh, sympy.tanh, sympy.Piecewise,
)  # fmt: skip
"""Functions that kernels compute of what changes; others are taken of constants, once."""


@dataclass(frozen=True)
class SbmlModel:
    """A model as read.

    Attributes:
        model: with an output for each name of the document, and ``NAME.amount`` and ``NAME.concentration`` for each species.
        units_an_hour: of the document's own time; 1 where it declares none.
        names: of everything that has a value, in the order of the document.
        species: those of them that are species.
        notes: what was assumed, in words.
    """

    model: Model
    units_an_hour: float
    names: tuple[str, ...]
    species: tuple[str, ...]
    notes: tuple[str, ...]


def read_sbml(path: str | Path) -> SbmlModel:
    """Reads a model of systems biology, SBML Level 2 and 3 core.

    Algebraic rules, delays, rates of change in mathematics, and functions that kernels do not compute of what changes
    are refused, each by the element that holds it.

    Args:
        path: of the file.

    Raises:
        ModelError: everything that cannot be said here, each with its element.
        MissingExtraError: libSBML is not installed (extra ``exchange``).
    """
    place = Path(path)
    found = document(place)
    return _Reading(found.getModel(), place.name).read()


class UnknownName(LookupError):
    """A name that the document does not declare."""


class _Reading:
    def __init__(self, source: Any, file: str) -> None:
        self.source, self.file = source, file
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        self.known: dict[str, sympy.Expr] = {}
        self.locals: dict[str, float] = {}

    def read(self) -> SbmlModel:
        from speciosa.exchange.sbml.formulas import Formulas

        model = Model(self.source.getId() or self.source.getName() or Path(self.file).stem)
        units_an_hour = self._units_an_hour()
        per = model.parameter(PER_HOUR, units_an_hour, "1/h")
        functions = {f.getId(): f for f in each(self.source.getListOfFunctionDefinitions())}
        self.formulas = Formulas(self._lookup, model.time * per, functions)
        self._refuse()
        self.assigned = assigned(self.source)
        self.rules = self._rules()
        self._name_all()
        names = tuple(self.known)
        entries = [*self._plain(), *self._of_species(self._reactions())]
        entries += [
            Entry(own_name(name), "formula", None, v, f"reaction {name}")
            for name, v in self.speeds.items()
        ]
        unset = self._emit(model, entries, per)
        self._outputs(model, unset)
        if self.faults:
            raise ModelError(dict.fromkeys(self.faults))
        model.build()
        return SbmlModel(model, units_an_hour, names, tuple(self.species), tuple(self.notes))

    def _fault(self, where: str, expected: str, found: str) -> None:
        self.faults.append(Fault(f"{self.file}, {where}", expected, found))

    def _refuse(self) -> None:
        for rule in each(self.source.getListOfRules()):
            if rule.isAlgebraic():
                self._fault(
                    "an algebraic rule", "assignments and rates", "an equation to be solved"
                )
        for reaction in each(self.source.getListOfReactions()):
            if reaction.isSetFast() and reaction.getFast():
                self._fault(f"reaction {reaction.getId()}", "a rate", "a fast reaction")

    def _units_an_hour(self) -> float:
        import libsbml

        name = self.source.getTimeUnits() if self.source.isSetTimeUnits() else ""
        if name in ("", "dimensionless"):
            self.notes.append("The file declares no unit of time: its time is taken as hours.")
            return 1.0
        unit = self.source.getUnitDefinition(name)
        seconds = 1.0
        for part in each(unit.getListOfUnits()) if unit is not None else ():
            if part.getKind() not in (libsbml.UNIT_KIND_SECOND, libsbml.UNIT_KIND_DIMENSIONLESS):
                self._fault(f"unit {name}", "a unit of time", "another")
            size = part.getMultiplier() * 10.0 ** part.getScale()
            seconds *= size ** part.getExponentAsDouble()
        if not 0 < seconds < float("inf"):
            self._fault(f"unit {name}", "a unit of time", f"{seconds} s")
            return 1.0
        return SECONDS_AN_HOUR / seconds

    # names and mathematics

    def _lookup(self, name: str) -> sympy.Expr:
        if name not in self.known:
            raise UnknownName(name)
        return self.known[name]

    def _math(
        self, node: Any, where: str, local: Mapping[str, sympy.Expr] | None = None
    ) -> sympy.Expr:
        return self._said(lambda: self.formulas.number(node, local), where)

    def _said(self, translated: Callable[[], sympy.Basic], where: str) -> sympy.Basic:
        from speciosa.exchange.sbml.formulas import CannotSay

        try:
            return translated()
        except CannotSay as error:
            self._fault(where, "mathematics of models", str(error))
        except UnknownName as error:
            self._fault(where, "a name of the model", repr(error.args[0]))
        except (ArithmeticError, IndexError, TypeError, ValueError, RecursionError) as error:
            self._fault(where, "mathematics of models", type(error).__name__)
        return sympy.Integer(0)

    def _rules(self) -> dict[str, dict[str, Any]]:
        rules = [rule for rule in each(self.source.getListOfRules()) if rule.isSetMath()]
        begun = [a for a in each(self.source.getListOfInitialAssignments()) if a.isSetMath()]
        return {
            "rule": {rule.getVariable(): rule.getMath() for rule in rules if rule.isAssignment()},
            "rate": {rule.getVariable(): rule.getMath() for rule in rules if rule.isRate()},
            "initial assignment": {a.getSymbol(): a.getMath() for a in begun},
        }

    def _expression(self, kind: str, name: str) -> sympy.Expr | None:
        node = self.rules[kind].get(name)
        return None if node is None else self._math(node, f"{kind} of {name}")

    def _name_all(self) -> None:
        """Says what every name of the document means."""
        self.plain: dict[str, tuple[str, float | None]] = {}
        for c in each(self.source.getListOfCompartments()):
            point = c.getSpatialDimensionsAsDouble() == 0
            size = c.getSize() if c.isSetSize() else 1.0 if point else None
            self.plain[c.getId()] = ("compartment", size)
        for p in each(self.source.getListOfParameters()):
            self.plain[p.getId()] = ("parameter", p.getValue() if p.isSetValue() else None)
        reactions = list(each(self.source.getListOfReactions()))
        parts = [part for reaction in reactions for _, part in parts_of(reaction)]
        for part in parts:
            if part.getId():
                value = part.getStoichiometry() if part.isSetStoichiometry() else None
                self.plain[part.getId()] = ("stoichiometry", value)
        self.known |= {name: symbol(name) for name in self.plain}
        moved = {part.getSpecies() for part in parts}
        self.species: dict[str, Species] = {}
        for s in each(self.source.getListOfSpecies()):
            name, where = s.getId(), self.source.getCompartment(s.getCompartment())
            point = where.getSpatialDimensionsAsDouble() == 0
            ruled = name in self.rules["rule"] or name in self.rules["rate"]
            free = not (s.getBoundaryCondition() or s.getConstant() or ruled) and name in moved
            by_amount = s.getHasOnlySubstanceUnits() or point
            size = self.known[s.getCompartment()]
            self.species[name] = Species(s, size, by_amount, ruled, free)
            self.known[name] = self.species[name].means
        self.known |= {reaction.getId(): symbol(reaction.getId()) for reaction in reactions}

    # entries

    def _entry(
        self, name: str, what: str, declared: sympy.Expr | None, entry_name: str | None = None
    ) -> Entry:
        rule, rate = self._expression("rule", name), self._expression("rate", name)
        begins = self._expression("initial assignment", name)
        begins = declared if begins is None else begins
        if rate is None and rule is None and name in self.assigned:
            rate = sympy.Integer(0)
        kind: Any = "formula" if rule is not None else "state" if rate is not None else "constant"
        return Entry(
            own_name(entry_name or name), kind, begins, rule if rate is None else rate, what
        )

    def _plain(self) -> Iterator[Entry]:
        for name, (kind, value) in self.plain.items():
            declared = None if value is None or value != value else sympy.Float(value)
            yield self._entry(name, f"{kind} {name}", declared)

    def _of_species(self, changes: Mapping[str, sympy.Expr]) -> Iterator[Entry]:
        for name, s in self.species.items():
            declared: sympy.Expr | None = None
            if s.source.isSetInitialAmount():
                declared = sympy.Float(s.source.getInitialAmount())
                declared = declared if s.by_amount else declared / s.size
            elif s.source.isSetInitialConcentration():
                declared = sympy.Float(s.source.getInitialConcentration())
                declared = declared * s.size if s.by_amount else declared
            entry = self._entry(name, f"species {name}", declared, s.entry_name)
            if s.ruled:
                yield entry
                continue
            begins = entry.begins
            if begins is not None and not s.by_amount:
                begins = begins * s.size
            kind: Any = "state" if name in changes or name in self.assigned else "constant"
            change = changes.get(name, sympy.Integer(0)) if kind == "state" else None
            yield Entry(entry.name, kind, begins, change, entry.what)

    def _reactions(self) -> dict[str, sympy.Expr]:
        """The speed of each reaction, and by species what all of them change in a unit of time."""
        self.speeds: dict[str, sympy.Expr] = {}
        changes: dict[str, list[sympy.Expr]] = {}
        for reaction in each(self.source.getListOfReactions()):
            name, law = reaction.getId(), reaction.getKineticLaw()
            self.speeds[name] = sympy.Integer(0)
            if law is not None and law.isSetMath():
                local = {p.getId(): p for p in each(law.getListOfLocalParameters())}
                self.locals |= {f"{name}.{key}": p.getValue() for key, p in local.items()}
                own = {key: symbol(f"{name}.{key}") for key in local}
                self.speeds[name] = self._math(law.getMath(), f"reaction {name}", own)
            for sign, part in parts_of(reaction):
                if self.species[part.getSpecies()].moved:
                    change = sign * self._count(part, name) * symbol(name)
                    changes.setdefault(part.getSpecies(), []).append(change)
        return {name: sympy.Add(*terms) * self._conversion(name) for name, terms in changes.items()}

    def _count(self, part: Any, reaction: str) -> sympy.Expr:
        if part.getId():
            return self.known[part.getId()]
        if not part.isSetStoichiometry():
            self._fault(
                f"reaction {reaction}, species {part.getSpecies()}", "a stoichiometry", "none"
            )
            return sympy.Integer(0)
        return sympy.Float(part.getStoichiometry())

    def _conversion(self, name: str) -> sympy.Expr:
        chosen = (
            self.species[name].source.getConversionFactor() or self.source.getConversionFactor()
        )
        return self.known[chosen] if chosen else sympy.Integer(1)

    # the model

    def _emit(self, model: Model, entries: list[Entry], per: sympy.Symbol) -> set[sympy.Symbol]:
        """Writes entries into the model; returns those that have no value and that nothing needs."""
        beginnings = Beginnings(entries, model.time)
        local = [Entry(n, "constant", sympy.Float(v), None, n) for n, v in self.locals.items()]
        constants = [*entries, *local]
        try:
            numbers = {**numbers_of(constants, beginnings), per: 1.0}
        except Circle as error:
            self._fault(f"{error}", "a value that is not its own cause", "a circle")
            return set()
        unset = {e.symbol: e.what for e in entries if e.begins is None and e.kind != "formula"}
        used: set[sympy.Basic] = set()
        for entry in constants:
            if entry.symbol in unset:
                continue
            begins, changes = sympy.Integer(0), sympy.Integer(0)
            try:
                if entry.kind != "formula":
                    begins = self._folded(beginnings.at_start(entry.begins), numbers)
            except Circle as error:
                self._fault(f"{error}", "a value that is not its own cause", "a circle")
                continue
            if entry.expression is not None:
                changes = self._folded(entry.expression, numbers)
            used |= begins.free_symbols | changes.free_symbols
            if entry.kind == "formula":
                model.formula(entry.name, changes, "1")
            elif entry.kind == "state":
                model.rate(model.state(entry.name, "1", begins), per * changes)
            elif begins.is_number:
                model.parameter(entry.name, float(begins), "1")
            else:
                model.derived(entry.name, begins, "1")
        if not any(entry.kind == "state" for entry in constants):
            model.rate(model.state(ELAPSED, "1"), per)  # the engine solves states

        def number(node: Any, where: str) -> sympy.Basic:
            return seen(self._math(node, where))

        def truth(node: Any, where: str) -> sympy.Basic:
            return seen(self._said(lambda: self.formulas.condition(node), where))

        def seen(expression: sympy.Basic) -> sympy.Basic:
            used.update(expression.free_symbols)
            return self._folded(expression, numbers)

        add_events(model, self.source, self.species, per, Words(number, truth, self._fault))
        used |= {symbol(name) for name in self.assigned}
        for one in unset.keys() & used:
            self._fault(unset[one], "a value", "none")
        return set(unset)

    def _folded(self, expression: sympy.Expr, numbers: Mapping[sympy.Symbol, float]) -> sympy.Expr:
        """Functions of constants that kernels do not compute, as numbers."""
        swap = {}
        for part in expression.atoms(sympy.Function):
            if not isinstance(part, COMPUTED) and part.free_symbols <= numbers.keys():
                values = {one: sympy.Float(numbers[one]) for one in part.free_symbols}
                swap[part] = sympy.Float(float(part.xreplace(values).evalf()))
        return expression.xreplace(swap)

    def _outputs(self, model: Model, unset: set[sympy.Symbol]) -> None:
        shown = dict(self.known)
        for name, s in self.species.items():
            shown[f"{name}.amount"] = s.amount
            shown[f"{name}.concentration"] = s.amount / s.size
        for name, expression in shown.items():
            if not expression.free_symbols & unset:
                model.output(name, expression, "1")
