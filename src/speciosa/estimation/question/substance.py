"""A model of the library as a model to fit: a substance by some routes, in the units of the data, with short names."""

from collections import Counter
from dataclasses import replace

import sympy

from speciosa import units
from speciosa.errors import Fault, InputError, nearest
from speciosa.estimation.question.form import Form
from speciosa.facts.sheets.sheet import names, sheet
from speciosa.model import Equations
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.exposure.absorption import Way

_PER_KINETIC = 1e6
"""Nanomoles of a milligram, times the molar mass in g/mol; and ng/mL of one nmol/L by it through 1000."""


def substance_model(form: Form) -> tuple[Equations | None, dict[str, str]]:
    """The library's model of the substance that a fit file names; what is wrong is noted.

    Amounts given are in ``amount`` (mg) of the base and concentrations in ``concentration`` (ng/mL). A dose target is called by its
    route, ``oral``, or with its form, ``oral.er``. A parameter is called by the shortest end of its name that no other has:
    ``morphine.disposition.CL`` is ``CL``. With the model come the names of its parameters in the library, by those here.
    """
    name = form.text("substance")
    routes = form.texts("routes") or []
    amount = form.text("amount", "mg")
    concentration = form.text("concentration", "ng/mL")
    form.end()
    if name not in names():
        close = nearest(name, names())
        fix = f"Did you mean {close[0]}?" if close else "speciosa show lists them."
        form.fault("substance", "a substance of the library", name, fix)
        return None, {}
    entries = {_called(e.route, e.form): e for e in sheet(name).absorption}
    for route in routes:
        if route not in entries:
            form.fault("routes", f"routes of {name}: {', '.join(entries)}", route)
            return None, {}
    mass = sheet(name).molar_mass.to("g/mol")
    try:
        per_dose = _moles(amount, mass)
        per_reading = _reading(concentration, mass)
    except InputError as wrong:
        form.faults.extend(
            Fault(form.where("substance"), f.expected, f.found, f.fix) for f in wrong.faults
        )
        return None, {}
    ways = [Way(name, entries[r].route, entries[r].form) for r in routes or entries]
    equations = system((name,), ways=ways).build(static=True)
    called = {f"{name}.{e.route}.{e.form}": short for short, e in entries.items()}
    others = (equations.covariates, equations.derived, equations.formulas, equations.states)
    taken = {"time", *(one.name for some in others for one in some)}
    short = _short_names([p.name for p in equations.parameters], taken)
    found = _in_units(equations, called, amount, per_dose, concentration, per_reading)
    return _renamed(found, short), {here: there for there, here in short.items()}


def _called(route: str, form: str) -> str:
    return route if form == "any" else f"{route}.{form}"


def _moles(amount: str, mass: float) -> float:
    """Nanomoles of one unit of what is given."""
    try:
        return units.factor(amount, "nmol")
    except InputError:
        return units.factor(amount, "mg") * _PER_KINETIC / mass


def _reading(concentration: str, mass: float) -> float:
    """Units of what is read from one nmol/L."""
    try:
        return units.factor("nmol/L", concentration)
    except InputError:
        return units.factor("ng/mL", concentration) * mass / 1000


def _in_units(
    equations: Equations,
    called: dict[str, str],
    amount: str,
    per_dose: float,
    concentration: str,
    per_reading: float,
) -> Equations:
    targets = tuple(
        replace(
            t,
            name=called.get(t.name, t.name),
            bioavailability=per_dose * t.bioavailability,
            unit=amount,
        )
        for t in equations.targets
    )
    outputs = tuple(
        replace(o, expression=per_reading * o.expression, unit=concentration)
        for o in equations.outputs
    )
    return replace(equations, targets=targets, outputs=outputs)


def _short_names(full: list[str], taken: set[str]) -> dict[str, str]:
    """The shortest end of each dotted name that no other has, and that is not taken.

    Example:
        >>> _short_names(["m.disposition.CL", "m.oral.any.F", "m.iv.any.F"], set())
        {'m.disposition.CL': 'CL', 'm.oral.any.F': 'oral.any.F', 'm.iv.any.F': 'iv.any.F'}
        >>> _short_names(["m.covariates.age"], {"age"})
        {'m.covariates.age': 'covariates.age'}
    """
    ends = Counter(
        ".".join(parts[k:]) for parts in (n.split(".") for n in full) for k in range(len(parts))
    )
    found = {}
    for name in full:
        parts = name.split(".")
        options = (".".join(parts[k:]) for k in range(len(parts) - 1, -1, -1))
        found[name] = next((o for o in options if ends[o] == 1 and o not in taken), name)
    return found


def _renamed(equations: Equations, called: dict[str, str]) -> Equations:
    symbols = {
        sympy.Symbol(old, real=True): sympy.Symbol(new, real=True) for old, new in called.items()
    }

    def of(expression: sympy.Expr | None) -> sympy.Expr | None:
        return None if expression is None else sympy.sympify(expression).xreplace(symbols)

    return replace(
        equations,
        parameters=tuple(replace(p, name=called[p.name]) for p in equations.parameters),
        derived=tuple(replace(d, expression=of(d.expression)) for d in equations.derived),
        formulas=tuple(replace(f, expression=of(f.expression)) for f in equations.formulas),
        states=tuple(replace(s, initial=of(s.initial)) for s in equations.states),
        rates=tuple(of(r) for r in equations.rates),
        outputs=tuple(replace(o, expression=of(o.expression)) for o in equations.outputs),
        targets=tuple(
            replace(
                t,
                bioavailability=of(t.bioavailability),
                lag=of(t.lag),
                duration=of(t.duration),
                rate=of(t.rate),
            )
            for t in equations.targets
        ),
        correlations=(),
    )
