"""Covariates and occasions of a data set, as the parameters of a fit file ask for them."""

import math

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault, nearest
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.question.schema import Question
from speciosa.exchange.nonmem.data import NonmemData


def covariates_of(
    question: Question, data: NonmemData, faults: list[Fault]
) -> tuple[dict[str, Floats], dict[str, NDArray[np.str_]]]:
    """Columns that expressions name, each cell filled from the one before it (the first from the one after)."""
    columns: dict[str, Floats] = {}
    texts: dict[str, NDArray[np.str_]] = {}
    for parameter in question.parameters:
        expression = parameter.covariates
        if expression is None:
            continue
        where = f"covariates of {parameter.name}"
        for name, _ in sorted(expression.texts):
            upper = name.upper()
            if upper in data.texts:
                texts[upper] = data.texts[upper]
            else:
                faults.append(_unknown(where, f"a column of text {name}", name, data.texts, {}))
        for name in sorted(expression.names - question.coefficients.keys()):
            upper = name.upper()
            if upper in data.columns:
                columns[upper] = data.columns[upper]
            else:
                known = {**data.columns}
                wanted = f"a column of {data.name} or a coefficient"
                faults.append(_unknown(where, wanted, name, known, question.coefficients))
    for name in columns:
        columns[name] = _filled(data, name, faults)
    for name in question.coefficients:
        if not any(
            p.covariates is not None and name in p.covariates.names for p in question.parameters
        ):
            faults.append(
                Fault(
                    f"coefficients, {name}", "a coefficient that an expression uses", "one of none"
                )
            )
    return columns, texts


def _unknown(where: str, wanted: str, name: str, columns: object, coefficients: object) -> Fault:
    known = [*columns, *coefficients]  # type: ignore[misc]
    close = nearest(name, known)
    fix = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(map(str, known[:20]))}."
    return Fault(where, wanted, repr(name), fix)


def _filled(data: NonmemData, name: str, faults: list[Fault]) -> Floats:
    values = data.columns[name].copy()
    for i in range(1, len(values)):
        if math.isnan(values[i]) and data.individual[i] == data.individual[i - 1]:
            values[i] = values[i - 1]
    for i in range(len(values) - 2, -1, -1):
        if math.isnan(values[i]) and data.individual[i] == data.individual[i + 1]:
            values[i] = values[i + 1]
    for subject in np.unique(data.individual[np.isnan(values)]):
        line = data.line[np.flatnonzero(data.individual == subject)[0]]
        faults.append(
            Fault(
                f"{data.name}, line {line}, {name}",
                "a value in one record of each subject",
                f"none for ID {data.ids[subject]:g}",
            )
        )
    return values


def occasions_of(question: Question, data: NonmemData, faults: list[Fault]) -> Integers:
    """Which occasion of its subject every record belongs to, from 0."""
    column = question.data.occasion
    if column is None:
        return np.zeros(len(data), dtype=np.int64)
    if column not in data.columns:
        faults.append(
            _unknown("data, occasion", f"a column of {data.name}", column, data.columns, {})
        )
        return np.zeros(len(data), dtype=np.int64)
    values = _filled(data, column, faults)
    if len(np.unique(values)) < 2:
        faults.append(
            Fault(
                f"{data.name}, {column}", "two occasions or more", f"{values[0]:g} in every record"
            )
        )
    found = np.zeros(len(data), dtype=np.int64)
    for subject in range(len(data.ids)):
        own = data.individual == subject
        known = list(dict.fromkeys(values[own].tolist()))
        found[own] = [known.index(v) for v in values[own]]
    return found


def model_covariates_of(question: Question, data: NonmemData, faults: list[Fault]) -> Floats:
    """Covariates of a model of the user's own: columns of the same name (of weight also WT), otherwise the reference value."""
    if question.equations is None:
        return np.zeros((len(data), 0))
    found = np.zeros((len(data), len(question.equations.covariates)))
    for k, covariate in enumerate(question.equations.covariates):
        name = covariate.name.upper()
        if name == "WEIGHT" and name not in data.columns:
            name = "WT"
        found[:, k] = _filled(data, name, faults) if name in data.columns else covariate.value
    return found
