"""Numbers of a model sheet as parameters of a model: units, spread between patients, uncertainty, source.

The parameter ``disposition.CL`` of the sheet of morphine becomes the model parameter ``morphine.disposition.CL``. Where
the calibration has an estimate of it, the estimate and its uncertainty take the place of the sheet's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import sympy

from speciosa import facts
from speciosa.errors import UnknownNameError
from speciosa.facts.sheets.sheet import RowLike, Sheet, SheetParameter, belief, sheet
from speciosa.facts.uncertainty import Distribution
from speciosa.model import Model
from speciosa.model.records import Distribution as Shape
from speciosa.pharmacology.calibrated import estimates


@dataclass(frozen=True)
class Binder:
    """Declares parameters of one sheet in a model, each once and only when a part needs it."""

    model: Model
    sheet: Sheet
    calibrated: bool = True
    declared: dict[str, sympy.Symbol] = field(default_factory=dict)

    def __call__(self, path: str, unit: str) -> sympy.Symbol:
        """The symbol of a sheet parameter, in `unit`; declared on first use."""
        if path not in self.declared:
            self.declared[path] = self._declare(path, unit)
        return self.declared[path]

    def has(self, path: str) -> bool:
        """Whether the sheet gives this number."""
        return path in parameters_of(self.sheet.substance)

    def entry(self, path: str) -> SheetParameter:
        """The number as the sheet has it."""
        return parameters_of(self.sheet.substance)[path]

    def _declare(self, path: str, unit: str) -> sympy.Symbol:
        entry = self.entry(path)
        name = f"{self.sheet.substance}.{path}"
        value, cv = entry.to(unit), believed(self.sheet.substance, path).cv
        source = ", ".join(entry.rows) or f"guess: {entry.guess}"
        estimate = estimates().get(name) if self.calibrated else None
        if estimate is not None:
            value, cv = estimate.to(unit), estimate.cv
            source = f"calibration; before it {source}"
        return self.model.parameter(
            name,
            value,
            unit,
            between_patient_sd=entry.omega,
            distribution=shape(entry),
            uncertainty_cv=cv,
            source=source,
        )


def shape(entry: SheetParameter) -> Shape:
    """How patients, and beliefs, spread about the typical value of a sheet parameter."""
    if entry.scale == "logit" and 0 < entry.value < 1:
        return "logitnormal"
    return "lognormal" if entry.value > 0 and (entry.omega or not entry.fixed) else "fixed"


@lru_cache(maxsize=256)
def parameters_of(substance: str) -> Mapping[str, SheetParameter]:
    """Every number of a sheet by its dotted name."""
    return sheet(substance).parameters()


@lru_cache(maxsize=8192)
def believed(substance: str, path: str) -> Distribution:
    """How sure the typical value is by the rule of the sheets, before any calibration."""
    return belief(parameters_of(substance)[path], _row)


def _row(name: str) -> RowLike | None:
    try:
        row: RowLike = facts.fact(name)
        return row
    except UnknownNameError:
        return None
