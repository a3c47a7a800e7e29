"""Rows that say something of their patients which no part of their models uses, each with a sentence."""

from collections.abc import Sequence

from speciosa.errors import SpeciosaError
from speciosa.pharmacology.silent import silent, words
from speciosa.validation.arms import Arm, plan
from speciosa.validation.bench import arms_of
from speciosa.validation.observed.observations import Observation
from speciosa.validation.solving import model_of


def unused(rows: Sequence[Observation]) -> tuple[str, ...]:
    """A sentence for every row whose description says something that the models do not use."""
    known: dict[tuple[Arm, str], tuple[str, ...]] = {}
    found = []
    for row in rows:
        missing: dict[str, Arm] = {}
        for arm in arms_of(row):
            key = (arm, row.analyte)
            if key not in known:
                known[key] = _silent(arm, row)
            for name in known[key]:
                missing.setdefault(name, arm)
        found += [
            f"{row.id}: {words(name, row.analyte, plan(arm).substances)}."
            for name, arm in missing.items()
        ]
    return tuple(found)


def _silent(arm: Arm, row: Observation) -> tuple[str, ...]:
    """The same of one arm; nothing of an arm that cannot be made, which is told elsewhere."""
    if not arm.patient.values:
        return ()
    try:
        equations = model_of(plan(arm), row.substances or (row.analyte,))
    except SpeciosaError:
        return ()
    return silent([record.name for record in equations.covariates], arm.patient)
