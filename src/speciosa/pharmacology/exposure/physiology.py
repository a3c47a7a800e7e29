"""Covariates as symbols of a model, and what they do to the size and function of organs.

Clearances scale with (weight / reference)^0.75, volumes with weight / reference, where a sheet does not say otherwise.
The kidney's share of a clearance is proportional to the filtration rate up to 90 mL/min; the activity of a liver
enzyme is proportional to a power of the hepatic capacity that is left, as cirrhosis takes more of some enzymes than of others
(``[cirrhosis.power]`` of ``phenotypes.toml``, 1 where it names none), and that of a polymorphic enzyme to the phenotype.
"""

from collections.abc import Sequence
from functools import lru_cache

import sympy

from speciosa.errors import UnknownNameError
from speciosa.facts.sheets.sheet import Covariate as SheetCovariate
from speciosa.facts.sheets.sheet import Sheet
from speciosa.model import Model
from speciosa.model.extremes import larger, smaller
from speciosa.pharmacology.covariates import covariates, figures
from speciosa.units import factor

FULL_FILTRATION = 90
"""Filtration rate, mL/min, above which a kidney counts as normal (KDIGO 2024)."""

_SAME = {"sex": "female", "gender": "female", "wt": "weight", "liver": "hepatic"}


def covariate(m: Model, name: str) -> sympy.Expr:
    """The symbol of a covariate, declared on first use with its reference value."""
    try:
        return m[name]
    except UnknownNameError:
        known = covariates()[name]
        return m.covariate(name, known.reference, known.unit)


def size(m: Model, reference_weight: float, exponent: sympy.Expr) -> sympy.Expr:
    """(weight / reference)^exponent, dimensionless."""
    kilogram = quantity(m, "unit_weight", 1.0, "kg")
    return (covariate(m, "weight") / (kilogram * reference_weight)) ** exponent


def quantity(m: Model, name: str, value: float, unit: str) -> sympy.Expr:
    """A constant with a unit, so that an equation that holds a printed number still checks."""
    try:
        return m[name]
    except UnknownNameError:
        return m.parameter(name, value, unit, distribution="fixed")


def flow(m: Model, name: str) -> sympy.Expr:
    """A blood flow in L/h, from ``phenotypes.toml``."""
    try:
        return m[name]
    except UnknownNameError:
        entry = figures()["physiology"][name]
        return m.parameter(
            name,
            entry["value"] * factor(entry["unit"], "L/h"),
            "L/h",
            distribution="lognormal" if "cv" in entry else "fixed",
            uncertainty_cv=entry.get("cv", 0.0),
            source=entry["source"],
        )


def phenotype(m: Model, enzyme: str) -> sympy.Expr:
    """Activity of an enzyme relative to the typical adult, by phenotype; 1 for an enzyme without one."""
    if enzyme == "cyp2d6":
        return covariate(m, "cyp2d6") / sympy.Float(1.5)
    if enzyme in {"cyp2b6", "cyp2c9", "cyp2c19", "cyp3a"}:
        return covariate(m, enzyme)
    return sympy.Integer(1)


def organ_function(m: Model, organ: str, enzyme: str) -> sympy.Expr:
    """Activity that is left of an organ: kidney by filtration, liver by hepatic capacity, others 1."""
    if organ == "kidney" or enzyme == "renal":
        full = quantity(m, "full_filtration", FULL_FILTRATION, "mL/min")
        return smaller(covariate(m, "egfr"), full) / full
    if organ != "liver":
        return sympy.Integer(1)
    return covariate(m, "hepatic") ** figures()["cirrhosis"]["power"].get(enzyme, 1)


def perfusion(m: Model) -> sympy.Expr:
    """Blood that reaches the sinusoids of the liver over the usual: less in cirrhosis, where portal blood passes it by."""
    return _in_cirrhosis(m, "perfusion")


def portal_shunt(m: Model) -> sympy.Expr:
    """Share of the portal blood that passes the liver by."""
    return _in_cirrhosis(m, "shunt")


def _in_cirrhosis(m: Model, name: str) -> sympy.Expr:
    """A figure of ``phenotypes.toml`` at the hepatic capacity of the patient, linear between the Child-Pugh classes."""
    entry = figures()["cirrhosis"]
    points = sorted(zip(entry["hepatic"], entry[name], strict=True))
    return _along(covariate(m, "hepatic"), tuple(points))


# every model of a study asks for the same two lines, and algebra with Min and Max is slow
@lru_cache(maxsize=16)
def _along(x: sympy.Expr, points: tuple[tuple[float, float], ...]) -> sympy.Expr:
    """The height at x of the line through points in rising order, level beyond them."""
    found = sympy.Float(points[0][1])
    for (low, here), (high, after) in zip(points[:-1], points[1:], strict=True):
        step = (smaller(larger(x, low), high) - low) / (high - low)
        found = found + (after - here) * step
    return found


def effect_of_covariates(m: Model, sheet: Sheet, on: str) -> sympy.Expr:
    """The product of what the sheet's covariates do to one quantity, such as ``CL`` or ``V1``.

    How strongly a covariate acts is uncertain: its effect is raised to an uncertain power of median 1, wider where the effect is
    a guess than where facts stand behind it.
    """
    total: sympy.Expr = sympy.Integer(1)
    for entry in sheet.covariates:
        if entry.on == on:
            total = total * _effect(m, entry) ** _strength(m, sheet, entry)
    return total


def _strength(m: Model, sheet: Sheet, entry: SheetCovariate) -> sympy.Expr:
    """The uncertain power of a covariate's effect; one for all that a covariate does to a substance, as one source tells it."""
    name = f"{sheet.substance}.covariates.{entry.name}"
    try:
        return m[name]
    except UnknownNameError:
        rows = entry.rows or (entry.coefficient.rows if entry.coefficient is not None else ())
        cv = figures()["effects_of_covariates"]["known_cv" if rows else "guessed_cv"]
        return m.parameter(name, 1.0, "1", distribution="lognormal", uncertainty_cv=cv)


def _effect(m: Model, entry: SheetCovariate) -> sympy.Expr:
    if entry.form == "category":
        return _category(m, entry)
    name = _SAME.get(entry.name, entry.name)
    unit = covariates()[name].unit if name in covariates() else entry.unit
    x = _known(m, name, entry) / quantity(m, f"unit_{name}", 1.0, unit)
    if name == "egfr":
        x = x / _at_that_age(m)
    scale = _scale(entry.unit, unit)
    if entry.low is not None:
        x = larger(x, entry.low * scale)
    if entry.high is not None:
        x = smaller(x, entry.high * scale)
    assert entry.coefficient is not None
    reference = (entry.reference or 0.0) * scale
    slope = entry.coefficient.value
    if entry.form == "power":
        return (x / reference) ** slope
    change = slope * (x - reference) / scale
    return 1 + change if entry.form == "linear" else sympy.exp(change)


def _at_that_age(m: Model) -> sympy.Expr:
    """Filtration of a healthy kidney at the patient's age over that of the young, at most 1.

    What kidney disease does beyond the kidney (it holds back what slows enzymes of the liver) a healthy old kidney does not.
    """
    entry = figures()["ageing"]
    years = covariate(m, "age") / quantity(m, "unit_age", 1.0, "year")
    lost = entry["filtration_per_year"] * larger(0, years - entry["from_year"])
    return smaller(1, (covariates()["egfr"].reference - lost) / FULL_FILTRATION)


def _scale(unit: str, wanted: str) -> float:
    return 1.0 if unit in {"1", wanted} else factor(unit, wanted)


def _known(m: Model, name: str, entry: SheetCovariate) -> sympy.Expr:
    if name in covariates():
        return covariate(m, name)
    try:
        return m[name]
    except UnknownNameError:
        return m.covariate(name, entry.reference or 0.0, entry.unit)


def _category(m: Model, entry: SheetCovariate) -> sympy.Expr:
    """Categories of a patient as factors: sex by share of women, dependence by opioid use, others by their numbers.

    Of a graded covariate (stages of the kidney or liver) linear between the grades; else as in the nearest category. The
    reference stands for 1 unless it has a factor of its own.
    """
    name = _SAME.get(entry.name, entry.name)
    levels = entry.levels
    if name == "female":
        women = levels.get("female", 1.0)
        men = levels.get("male", 1.0)
        return men + (women - men) * covariate(m, "female")
    if name in {"oud", "opioid_use_disorder", "dependent"}:
        level = next(iter(levels.values()))
        use = covariate(m, "opioid_history")
        return sympy.Piecewise((sympy.Float(level), use > 0), (sympy.Integer(1), True))
    known = covariates().get(name)
    if known is None:
        indicator = _known(m, name, entry)
        return 1 + (next(iter(levels.values())) - 1) * indicator
    stated = {
        known.categories[level]: effect
        for level, effect in levels.items()
        if level in known.categories
    }
    points = sorted({known.reference: 1.0, **stated}.items())
    x = covariate(m, name) / quantity(m, f"unit_{name}", 1.0, known.unit)
    return _along(x, tuple(points)) if known.graded else _nearest(x, points)


def _nearest(x: sympy.Expr, points: Sequence[tuple[float, float]]) -> sympy.Expr:
    """The factor of the category whose number is nearest to x."""
    pieces = [
        (sympy.Float(here[1]), x < (here[0] + after[0]) / 2)
        for here, after in zip(points[:-1], points[1:], strict=True)
    ]
    return sympy.Piecewise(*pieces, (sympy.Float(points[-1][1]), True))
