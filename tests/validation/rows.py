"""Observations made in a line, for tests of what is computed from them."""

from speciosa.pharmacology.covariates import describe
from speciosa.regimen import parse_regimen
from speciosa.validation.observed.observations import Observation
from speciosa.validation.observed.timing import parse_at


def observed(
    metric: str,
    unit: str,
    doses: str = "10 mg morphine iv",
    versus: str = "",
    analyte: str = "morphine",
    at: str = "",
    patient: str = "",
    **more,
) -> Observation:
    """One observation; what is left out is a single intravenous dose of morphine."""
    when, faults = parse_at(at, "at")
    assert not faults
    described, faults = describe(patient)
    assert not faults
    known = {"id": "row", "statistic": "mean", "value": 1.0} | more
    return Observation(
        regimen=parse_regimen(doses),
        versus=parse_regimen(versus) if versus else None,
        patient=described,
        analyte=analyte,
        metric=metric,
        at=when,
        unit=unit,
        **known,
    )
