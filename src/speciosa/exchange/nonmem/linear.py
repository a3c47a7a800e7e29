"""Covariates that change linearly from record to record: a model in which they do, and what a schedule sets for it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.model import Covariate, Equations
from speciosa.model.model import TIME
from speciosa.model.records import Formula

Real = NDArray[np.float64]


def slope_of(name: str) -> str:
    """The covariate that holds by how much another changes in an hour."""
    return f"{name} change an hour"


def since_of(name: str) -> str:
    """The covariate that holds since when it does."""
    return f"{name} since"


def with_linear_covariates(equations: Equations, names: Iterable[str]) -> Equations:
    """A model in which covariates change linearly from the value and the time that a schedule sets.

    Rates, formulas and outputs meet the value of the moment. Initial values, and how doses enter, are worked out from the
    value of the record.
    """
    of = [covariate for covariate in equations.covariates if covariate.name in set(names)]
    if not of:
        return equations
    swap: dict[sympy.Basic, sympy.Basic] = {}
    more: list[Covariate] = []
    for covariate in of:
        slope, since = slope_of(covariate.name), since_of(covariate.name)
        unit = "1/h" if covariate.unit == "1" else f"{covariate.unit}/h"
        more += [Covariate(slope, 0.0, unit), Covariate(since, 0.0, "h")]
        now = _symbol(covariate.name) + _symbol(slope) * (TIME - _symbol(since))
        swap[_symbol(covariate.name)] = now
    moving: list[Formula] = []
    for derived in equations.derived_in_order:
        if derived.expression.free_symbols & swap.keys():
            name = f"{derived.name} in time"
            moving.append(replace(derived, name=name, expression=derived.expression.xreplace(swap)))
            swap[_symbol(derived.name)] = _symbol(name)
    formulas = [
        replace(formula, expression=formula.expression.xreplace(swap))
        for formula in equations.formulas
    ]
    return replace(
        equations,
        covariates=(*equations.covariates, *more),
        formulas=(*moving, *formulas),
        rates=tuple(rate.xreplace(swap) for rate in equations.rates),
        outputs=tuple(
            replace(output, expression=output.expression.xreplace(swap))
            for output in equations.outputs
        ),
    )


def changes(time_h: Real, group: NDArray[np.int64], filled: Mapping[str, Real]) -> dict[str, Real]:
    """The covariates with what they change in an hour, and since when, for each record.

    Args:
        time_h: of each record.
        group: which records belong together; the last of them changes nothing.
        filled: covariates for each record, by name.
    """
    found: dict[str, Real] = {}
    together = np.diff(group) == 0
    hours = np.diff(time_h)
    for name, values in filled.items():
        slope = np.zeros(len(values))
        moves = together & (hours > 0)
        slope[:-1][moves] = np.diff(values)[moves] / hours[moves]
        found |= {name: values, slope_of(name): slope, since_of(name): np.asarray(time_h, float)}
    return found


def _symbol(name: str) -> sympy.Symbol:
    return sympy.Symbol(name, real=True)
