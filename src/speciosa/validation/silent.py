"""What a description says of a patient that no part of the model uses, in words, so that nothing is ignored silently."""

from collections.abc import Iterable, Sequence

from speciosa.pharmacology.covariates import Description, covariates
from speciosa.pharmacology.dosing import SubstanceDoses
from speciosa.validation.arms import Arm, plan
from speciosa.validation.bench import arms_of
from speciosa.validation.observed.observations import Observation
from speciosa.validation.solving import model_of

CALLED = {
    "female": "sex",
    "egfr": "kidney function",
    "hepatic": "liver function",
    "food": "food",
    "bmi": "body-mass index",
    "opioid_history": "opioid use before",
    "cyp2d6": "the CYP2D6 phenotype",
    "cyp2b6": "the CYP2B6 phenotype",
    "cyp3a": "CYP3A activity",
}
"""Covariates as a reader calls them."""


def silent(plan: SubstanceDoses, outputs: Sequence[str], patient: Description) -> tuple[str, ...]:
    """The covariates that a description fixes and that the model of a question does not hold.

    Example:
        >>> from speciosa.pharmacology.covariates import describe
        >>> from speciosa.pharmacology.dosing import schedule
        >>> from speciosa.regimen import parse_regimen
        >>> given = schedule(parse_regimen("400 mg gabapentin oral"))
        >>> silent(given, ("gabapentin",), describe("sex=female; renal=severe")[0])
        ('female',)
    """
    held = {record.name for record in model_of(plan, outputs).covariates}
    return tuple(name for name in patient.values if name in covariates() and name not in held)


def words(name: str, analyte: str, given: Iterable[str]) -> str:
    """One sentence on a covariate that has no effect.

    Example:
        >>> words("female", "morphine", ["morphine"])
        'no effect of sex is modelled on morphine after morphine'
    """
    after = " with ".join(given) or "nothing"
    return f"no effect of {CALLED.get(name, name)} is modelled on {analyte} after {after}"


def unused(rows: Sequence[Observation]) -> tuple[str, ...]:
    """A sentence for every row whose description says something that the models do not use."""
    known: dict[tuple[Arm, str], tuple[str, ...]] = {}
    found = []
    for row in rows:
        arms = arms_of(row)
        missing: dict[str, Arm] = {}
        for arm in arms:
            key = (arm, row.analyte)
            if key not in known:
                known[key] = silent(plan(arm), row.substances or (row.analyte,), arm.patient)
            for name in known[key]:
                missing.setdefault(name, arm)
        found += [
            f"{row.id}: {words(name, row.analyte, plan(arm).substances)}."
            for name, arm in missing.items()
        ]
    return tuple(found)
