"""The numbers of the effects as parameters of a model, each declared once and only when a part needs it.

The entry ``ventilation.wakefulness`` of the parameter files becomes the model parameter ``effects.ventilation.wakefulness``. Where
the calibration has an estimate, that and its uncertainty take its place.
"""

from dataclasses import dataclass
from functools import lru_cache

import sympy

from speciosa import facts
from speciosa.errors import UnknownNameError
from speciosa.facts.effects import effect_parameter, effect_parameters
from speciosa.facts.sheets.sheet import RowLike, belief
from speciosa.facts.uncertainty import Distribution
from speciosa.model import Model
from speciosa.pharmacology.calibrated import estimates
from speciosa.pharmacology.parameters import shape
from speciosa.units import nanomolar

OMEGA = ".omega"
"""What an estimate of a spread between patients has behind the name of its parameter."""


@dataclass(frozen=True, slots=True)
class EffectNumbers:
    """Declares numbers of the effects in a model."""

    model: Model
    calibrated: bool = True

    def __call__(self, name: str, unit: str) -> sympy.Symbol:
        """The symbol of a number, in `unit`."""
        return self._declare(name, unit, effect_parameter(name).to(unit))

    def concentration(self, substance: str, name: str) -> sympy.Symbol:
        """The symbol of a concentration of a substance, nmol/L, whether its entry is in mass or moles."""
        entry = effect_parameter(f"{substance}.{name}")
        value = nanomolar(entry.value, entry.unit, facts.molar_mass(substance))
        return self._declare(f"{substance}.{name}", "nmol/L", value)

    def response(self, population: str, mechanism: str) -> sympy.Symbol:
        """How patients of a population answer to a mechanism of relief, 1 in the middle one: each mechanism by its own draw."""
        return self._declare(f"{population}.response", "1", 1.0, f".{mechanism}")

    def has(self, name: str) -> bool:
        """Whether the files give this number."""
        return name in effect_parameters()

    def _declare(self, name: str, unit: str, value: float, of: str = "") -> sympy.Symbol:
        full = f"effects.{name}"
        if full + of in self.model:
            return self.model[full + of]
        entry, cv = effect_parameter(name), believed_effect(name).cv
        source = ", ".join(entry.rows) or f"guess: {entry.guess}"
        estimate = estimates().get(full) if self.calibrated else None
        if estimate is not None:
            value, cv = estimate.to(unit), estimate.cv
            source = f"calibration; before it {source}"
        spread = estimates().get(f"{full}{OMEGA}") if self.calibrated else None
        return self.model.parameter(
            full + of,
            value,
            unit,
            between_patient_sd=entry.omega if spread is None else spread.value,
            distribution=shape(entry),
            uncertainty_cv=cv,
            source=source,
        )


@lru_cache(maxsize=1024)
def believed_effect(name: str) -> Distribution:
    """How sure the typical value is by the rule of the sheets, before any calibration."""
    return belief(effect_parameter(name), _row)


def _row(name: str) -> RowLike | None:
    try:
        row: RowLike = facts.fact(name)
        return row
    except UnknownNameError:
        return None
