"""Where doses of a data set enter a structure, and which of them cannot."""

import math
from collections.abc import Iterator

import numpy as np

from speciosa.errors import Fault, nearest
from speciosa.estimation.closed_form.arrays import (
    DURATION,
    RATE,
)
from speciosa.estimation.jet.table import Integers
from speciosa.estimation.question.schema import Question
from speciosa.estimation.question.structures import STRUCTURES, role_of
from speciosa.exchange.nonmem.data import NonmemData


def places_of(question: Question, data: NonmemData, faults: list[Fault]) -> Integers:
    """Where each record's dose goes: a compartment (0 the depot), or a dose target of the user's model."""
    if question.equations is None:
        depot = STRUCTURES[question.structure].depot
        return np.maximum(data.compartment, 1) - (1 if depot else 0)
    targets = question.equations.target_names
    meaning = dict(question.data.compartments) or {k + 1: n for k, n in enumerate(targets)}
    for number, name in meaning.items():
        if name not in targets:
            close = nearest(name, targets) or targets
            fix = f"Known: {', '.join(close)}."
            faults.append(Fault(f"data, cmt, {number}", "a dose target of the model", name, fix))
    first = min(meaning, default=1)
    place = np.zeros(len(data), dtype=np.int64)
    for i in np.flatnonzero(data.doses):
        number = int(data.compartment[i]) or first
        name = meaning.get(number, "")
        if name in targets:
            place[i] = targets.index(name)
        elif not name:
            fix = 'Say with cmt = { 1 = "oral" } in [data] which dose target a number means.'
            where = f"{data.name}, line {data.line[i]}, CMT"
            known = ", ".join(map(str, meaning)) or "no doses: the model has no dose target"
            faults.append(Fault(where, known, str(number), fix))
    return place


def dose_faults(question: Question, data: NonmemData) -> Iterator[Fault]:
    """What the doses ask for that the structure or its parameters do not have."""
    roles = {role_of(p.name) for p in question.parameters}
    named = STRUCTURES.get(question.structure)
    written = data.columns.get("DV", np.full(len(data), math.nan))
    silent = data.columns.get("MDV", np.zeros(len(data))) == 1
    compartments = named.compartments + named.depot if named is not None else 10**6
    for i in np.flatnonzero(data.doses):
        where = f"{data.name}, line {data.line[i]}"
        if not math.isnan(written[i]) and written[i] != 0 and not silent[i]:
            fix = "An observation at the time of a dose is a record of its own."
            yield Fault(f"{where}, DV", "nothing in a record of a dose", f"{written[i]:g}", fix)
        if data.compartment[i] > compartments:
            yield Fault(
                f"{where}, CMT", f"a compartment up to {compartments}", str(data.compartment[i])
            )
        for rate, role, name in ((-1, RATE, "R1"), (-2, DURATION, "D1")):
            if data.rate[i] == rate and role not in roles and named is not None:
                yield Fault(
                    f"{where}, RATE", f"a parameter {name} in the fit file", f"{rate} without it"
                )
