"""What is free in a fit: uncertain parameters of the sheets, on the scale on which they are believed.

A parameter theta with prior median theta0 and width sigma is written as z = (log theta - log theta0) / sigma, or with
logits for a fraction, so that the prior of every z is standard normal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from speciosa.facts.sheets.sheet import SheetParameter, names
from speciosa.facts.uncertainty import Distribution
from speciosa.model import Equations
from speciosa.pharmacology.parameters import believed, parameters_of
from speciosa.validation.metrics import Array


@dataclass(frozen=True, slots=True)
class Free:
    """One free parameter.

    Attributes:
        name: the name in the models, ``substance.path``.
        prior: what the sheet's rule believes, in `unit`.
        unit: the unit of the sheet.
        scale: what a value in `unit` is multiplied by in the models.
    """

    name: str
    prior: Distribution
    unit: str
    scale: float

    def value(self, z: float) -> float:
        """The value in `unit` at a standardised deviation from the prior median."""
        return float(self.prior.at(np.array(z)))

    def in_model(self, z: float) -> float:
        """The value as the models have it."""
        return self.value(z) * self.scale

    def cv(self, sd: float, z: float) -> float:
        """Coefficient of variation of the value when the standard deviation of z is `sd`."""
        width = self.prior.sigma * sd
        if self.prior.shape == "logitnormal":
            return width * (1 - self.value(z))
        return float(np.sqrt(np.expm1(width**2)))


def free_parameters(models: Iterable[Equations]) -> dict[str, Free]:
    """The uncertain sheet parameters of some models, by name.

    What a study of dose and plasma says nothing about (binding to receptors, the biophase) is not in such models; what
    belongs to no sheet (flows, turnover, content of a lot) is left as it is.
    """
    found: dict[str, Free] = {}
    for equations in models:
        for record in equations.parameters:
            substance, _, path = record.name.partition(".")
            if record.name in found or not path or record.uncertainty_cv <= 0:
                continue
            entry = _entries(substance).get(path)
            if entry is None:
                continue
            found[record.name] = Free(
                record.name,
                believed(substance, path),
                entry.unit,
                entry.to(record.unit) / entry.value,
            )
    return found


def _entries(substance: str) -> Mapping[str, SheetParameter]:
    return parameters_of(substance) if substance in names() else {}


def table(
    equations: Equations, covariates: Mapping[str, float], rows: list[dict[str, float]]
) -> dict[str, Array]:
    """Parameters and covariates of a model, a column each; every row changes some of the typical values."""
    columns = {record.name: np.full(len(rows), record.value) for record in equations.parameters}
    for record in equations.covariates:
        columns[record.name] = np.full(len(rows), covariates.get(record.name, record.value))
    for number, changes in enumerate(rows):
        for name, value in changes.items():
            if name in columns:
                columns[name][number] = value
    return columns
