"""Rows of which a part is left out of their models, each with a sentence: of their patients, or of what they are given."""

from collections.abc import Sequence

from speciosa.errors import SpeciosaError
from speciosa.pharmacology.effect.effects import CHANNELS, OUTPUTS, untold
from speciosa.pharmacology.silent import silent, words
from speciosa.validation.arms import Arm, plan
from speciosa.validation.bench import arms_of
from speciosa.validation.observed.observations import Observation
from speciosa.validation.solving import model_of


def unused(rows: Sequence[Observation]) -> tuple[str, ...]:
    """A sentence for every row that says something of its people that the models do not use, or has a part that is not known."""
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
        found += _uncounted(row)
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


def _uncounted(row: Observation) -> list[str]:
    """Of QTc: what is given besides and counts as nothing, as what it does is not known."""
    if row.analyte not in OUTPUTS or OUTPUTS[row.analyte].targets != CHANNELS:
        return []
    try:
        given = dict.fromkeys(name for arm in arms_of(row) for name in plan(arm).substances)
    except SpeciosaError:
        return []
    return [
        f"{row.id}: what {name} does to {row.analyte} is not known and counts as nothing."
        for name in untold(given, row.analyte)
    ]
