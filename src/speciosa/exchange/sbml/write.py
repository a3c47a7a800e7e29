"""A `Model` as SBML Level 3 Version 2: states as parameters with rate rules, formulas and outputs as assignment rules, events."""

import re
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.printing.str import StrPrinter

from speciosa.errors import Fault, MissingExtraError, ModelError
from speciosa.model import Equations, Model
from speciosa.model.records import StateEvent


@dataclass(frozen=True)
class SbmlText:
    """A model written down.

    Attributes:
        text: the XML.
        names: by name in the model, the identifier in the file.
        left_out: what SBML does not say, in words.
    """

    text: str
    names: dict[str, str]
    left_out: tuple[str, ...]


def sbml_text(model: Model | Equations) -> SbmlText:
    """Writes a model as SBML, Level 3 Version 2, with time in hours.

    Args:
        model: the equations, at their typical values.

    Raises:
        ModelError: the model holds what cannot be written.
        MissingExtraError: libSBML is not installed (extra ``exchange``).

    Example:
        >>> m = Model("bolus")
        >>> k, a = m.parameter("k", 0.1, "1/h"), m.state("a", "mg", 100)
        >>> m.rate(a, -k * a)
        >>> sbml_text(m).names
        {'k': 'k', 'a': 'a'}
    """
    try:
        import libsbml
    except ImportError:
        raise MissingExtraError("exchange", "python-libsbml") from None
    equations = model.build() if isinstance(model, Model) else model
    document = libsbml.SBMLDocument(3, 2)
    writing = _Writing(document.createModel(), equations, libsbml)
    writing.write()
    return SbmlText(libsbml.writeSBMLToString(document), writing.names, tuple(_left_out(equations)))


def _left_out(equations: Equations) -> list[str]:
    found = []
    if equations.targets:
        found.append("Dose targets: SBML has no doses. Give a state its amount at the beginning.")
    if equations.last_doses:
        found.append("The last dose: what says its amount and time says that there was none.")
    if any(record.between_patient_sd for record in equations.parameters):
        found.append("Variability between patients: the values are those of the typical patient.")
    if any(record.uncertainty_cv for record in equations.parameters):
        found.append("Uncertainty of parameters.")
    found.append("Units: numbers are in those of the model, which the notes of each element name.")
    return found


class _Writing:
    def __init__(self, target: Any, equations: Equations, libsbml: Any) -> None:
        self.target, self.equations, self.libsbml = target, equations, libsbml
        self.names: dict[str, str] = {}

    def write(self) -> None:
        e, model = self.equations, self.target
        model.setId(self._identifier(e.name, {}))
        model.setName(e.name)
        self._hours()
        quantities: list[Any] = [*e.parameters, *e.covariates, *e.derived, *e.states, *e.formulas]
        own = {record.name for record in quantities}
        outputs = [record for record in e.outputs if record.name not in own]
        for record in (*quantities, *outputs):
            self.names[record.name] = self._identifier(record.name, self.names)
        self.printer = _Printer(self.names)
        numbers: list[Any] = [*e.parameters, *e.covariates]
        for record in numbers:
            self._quantity(record, constant=True).setValue(record.value)
        for record in e.derived:
            self._quantity(record, constant=True)
            self._begins(record.name, record.expression)
        for state, rate in zip(e.states, e.rates, strict=True):
            self._quantity(state, constant=False)
            self._begins(state.name, state.initial)
            self._ruled(model.createRateRule(), state.name, rate)
        written: list[Any] = [*e.formulas, *outputs]
        for record in written:
            self._quantity(record, constant=False)
            self._ruled(model.createAssignmentRule(), record.name, record.expression)
        for event in e.events:
            self._event(event)

    def _event(self, event: StateEvent) -> None:
        written, name = self.target.createEvent(), f"event {event.name}"
        self.names[name] = self._identifier(event.name, self.names)
        written.setId(self.names[name])
        written.setName(event.name)
        written.setUseValuesFromTriggerTime(event.values_from == "trigger")
        trigger = written.createTrigger()
        trigger.setMath(self._math(name, event.when))
        trigger.setPersistent(event.persistent)
        trigger.setInitialValue(event.initially)
        if event.delay != 0:
            written.createDelay().setMath(self._math(name, event.delay))
        if event.priority is not None:
            written.createPriority().setMath(self._math(name, event.priority))
        for state, value in event.then:
            change = written.createEventAssignment()
            change.setVariable(self.names[state])
            change.setMath(self._math(name, value))

    def _hours(self) -> None:
        unit = self.target.createUnitDefinition()
        unit.setId("hour")
        part = unit.createUnit()
        part.setKind(self.libsbml.UNIT_KIND_SECOND)
        part.setMultiplier(3600.0)
        part.setScale(0)
        part.setExponent(1)
        self.target.setTimeUnits("hour")

    @staticmethod
    def _identifier(name: str, taken: dict[str, str]) -> str:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII) or "_"
        plain = f"_{plain}" if plain[0].isdigit() or plain in _RESERVED else plain
        found, number = plain, 2
        while found in taken.values():
            found, number = f"{plain}_{number}", number + 1
        return found

    def _quantity(self, record: Any, *, constant: bool) -> Any:
        parameter = self.target.createParameter()
        parameter.setId(self.names[record.name])
        parameter.setName(f"{record.name} [{record.unit}]")
        parameter.setConstant(constant)
        return parameter

    def _begins(self, name: str, expression: sympy.Expr) -> None:
        start = self.target.createInitialAssignment()
        start.setSymbol(self.names[name])
        start.setMath(self._math(name, expression))

    def _ruled(self, rule: Any, name: str, expression: sympy.Expr) -> None:
        rule.setVariable(self.names[name])
        rule.setMath(self._math(name, expression))

    def _math(self, name: str, expression: sympy.Expr) -> Any:
        text = self.printer.doprint(expression)
        found = self.libsbml.parseL3Formula(text)
        if found is None:
            raise ModelError(Fault(f"equation of {name!r}", "mathematics of SBML", text[:200]))
        return found


_RESERVED = frozenset(
    {
        "time",
        "avogadro",
        "delay",
        "pi",
        "exponentiale",
        "true",
        "false",
        "infinity",
        "nan",
        "inf",
        "notanumber",
    }
)


class _Printer(StrPrinter):  # type: ignore[misc]
    """SymPy as the formulas that libSBML reads."""

    def __init__(self, names: dict[str, str]) -> None:
        super().__init__({"full_prec": True})
        self._names = names

    def _print_Symbol(self, node: sympy.Symbol) -> str:
        return "time" if node.name == "time" else self._names[node.name]

    def _print_Float(self, node: sympy.Float) -> str:
        return repr(float(node))

    def _print_Rational(self, node: sympy.Rational) -> str:
        return f"({node.p}/{node.q})"

    def _print_Exp1(self, node: sympy.Expr) -> str:
        return "exponentiale"

    def _print_Pow(self, node: sympy.Pow, rational: bool = False) -> str:
        return f"(({self._print(node.base)})^({self._print(node.exp)}))"

    def _print_Mul(self, node: sympy.Mul) -> str:
        return "*".join(f"({self._print(part)})" for part in node.args)

    def _print_Piecewise(self, node: sympy.Piecewise) -> str:
        parts: list[str] = []
        for value, condition in node.args:
            parts.append(self._print(value))
            if condition != sympy.true:
                parts.append(self._print(condition))
        return f"piecewise({', '.join(parts)})"

    def _print_Relational(self, node: Any) -> str:
        sign = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}[node.rel_op]
        return f"(({self._print(node.lhs)}) {sign} ({self._print(node.rhs)}))"

    def _print_And(self, node: sympy.And) -> str:
        return "(" + " && ".join(self._print(part) for part in node.args) + ")"

    def _print_Or(self, node: sympy.Or) -> str:
        return "(" + " || ".join(self._print(part) for part in node.args) + ")"

    def _print_Not(self, node: sympy.Not) -> str:
        return f"!({self._print(node.args[0])})"

    def _print_BooleanTrue(self, node: Any) -> str:
        return "true"

    def _print_BooleanFalse(self, node: Any) -> str:
        return "false"

    def _print_Function(self, node: sympy.Function) -> str:
        inside = ", ".join(self._print(part) for part in node.args)
        if isinstance(node, sympy.Heaviside):
            return f"piecewise(1, ({self._print(node.args[0])}) > 0, 0)"
        if isinstance(node, sympy.sign):
            own = f"({self._print(node.args[0])})"
            return f"piecewise(1, {own} > 0, -1, {own} < 0, 0)"
        name = _FUNCTIONS.get(type(node).__name__)
        if name is None:
            raise ModelError(Fault("equation", "functions of SBML", type(node).__name__))
        return f"{name}({inside})"

    _print_Abs = _print_exp = _print_log = _print_Max = _print_Min = _print_Function
    _print_Heaviside = _print_sign = _print_Larger = _print_Function


_FUNCTIONS = {
    **{name: name for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "floor")},
    "log": "ln",
    "Abs": "abs",
    "Max": "max",
    "Min": "min",
    "Larger": "max",
    "Smaller": "min",
    "ceiling": "ceil",
}
