"""What a description says of a patient that no part of a model uses, in words, so that nothing is ignored silently."""

from collections.abc import Iterable

from speciosa.pharmacology.covariates import Description, covariates

CALLED = {
    "female": "sex",
    "egfr": "kidney function",
    "hepatic": "liver function",
    "bmi": "body-mass index",
    "opioid_history": "opioid use before",
    "cyp2d6": "the CYP2D6 phenotype",
    "cyp2b6": "the CYP2B6 phenotype",
    "cyp2c9": "the CYP2C9 phenotype",
    "cyp2c19": "the CYP2C19 phenotype",
    "cyp3a": "CYP3A activity",
}
"""Covariates as a reader calls them, where that is not their name."""


def silent(held: Iterable[str], patient: Description) -> tuple[str, ...]:
    """The covariates that a description fixes and that a model does not hold.

    Args:
        held: names of the covariates of the model.
        patient: the description.

    Example:
        >>> silent(["weight"], Description({"female": 1.0, "weight": 60.0}))
        ('female',)
    """
    known = set(held)
    if "egfr" in known and "egfr" not in patient.values:
        # the age of a kidney that is not described says what it filters
        known.add("age")
    return tuple(name for name in patient.values if name in covariates() and name not in known)


def words(name: str, on: str, given: Iterable[str]) -> str:
    """What to say of a covariate that has no effect.

    Example:
        >>> words("female", "morphine", ["morphine"])
        'no effect of sex is modelled on morphine after morphine'
        >>> words("female", "the outcomes", [])
        'no effect of sex is modelled on the outcomes without a drug'
    """
    drugs = " with ".join(given)
    after = f"after {drugs}" if drugs else "without a drug"
    return f"no effect of {CALLED.get(name, name)} is modelled on {on} {after}"
