"""Numbers of a study's own fits in the place of the library's."""

from collections.abc import Sequence
from dataclasses import replace

from speciosa.model import Equations
from speciosa.study.question.schema import Fitted


def with_fits(equations: Equations, fits: Sequence[Fitted]) -> Equations:
    """The equations of an arm with typical values, variability and uncertainty as they were fitted.

    Parameters that a fit does not name keep the library's numbers, and so do the variability and the uncertainty of those that it
    gives none.

    Args:
        equations: of the arm.
        fits: of substances; those that the arm does not give change nothing.
    """
    said = {name: (one, number) for one in fits for name, number in one.parameters.items()}
    if not said:
        return equations
    parameters = []
    for record in equations.parameters:
        if record.name in said:
            fit, number = said[record.name]
            record = replace(
                record,
                value=number.value,
                source=f"fit by {fit.method or 'maximum likelihood'}: {fit.file or fit.substance}",
            )
            if number.uncertainty is not None:
                record = replace(record, uncertainty_cv=number.uncertainty)
            if number.between is not None:
                record = replace(
                    record, between_patient_sd=number.between, distribution=number.distribution
                )
        parameters.append(record)
    return replace(equations, parameters=tuple(parameters))
