"""What is free in the calibration of the effects: parameters and spreads between patients, each with its prior."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from speciosa.calibration.stages import Stage
from speciosa.facts.effects import effect_parameter
from speciosa.pharmacology.effect.effect_numbers import OMEGA, believed_effect

SPREAD_PRIOR = 0.4
"""Standard deviation of the logarithm of a spread between patients before the fit."""


@dataclass(frozen=True, slots=True)
class FreeEffect:
    """One free parameter: its name, prior median in its unit, and prior width on its scale.

    The scale is the logarithm, or the logit for a fraction between 0 and 1.
    """

    name: str
    unit: str
    center: float
    sigma: float
    fraction: bool = False

    @property
    def is_spread(self) -> bool:
        """Whether it is a spread between patients."""
        return self.name.endswith(OMEGA)

    def value(self, z: float) -> float:
        """The value at a deviation from the prior."""
        if self.fraction:
            return float(expit(logit(self.center) + self.sigma * z))
        return float(self.center * np.exp(self.sigma * z))

    def cv(self, z: float, sd: float) -> float:
        """Coefficient of variation of the value where z has the standard deviation `sd`."""
        if self.fraction:
            return self.sigma * sd * (1 - self.value(z))
        return float(np.sqrt(np.expm1((self.sigma * sd) ** 2)))


def free_effects(stage: Stage) -> tuple[FreeEffect, ...]:
    """The free parameters of a stage with their priors.

    Example:
        >>> from speciosa.calibration.stages import STAGES
        >>> free_effects(STAGES[0])[0].name
        'effects.fentanyl.mor_c50'
    """
    found = [
        FreeEffect(
            f"effects.{name}",
            effect_parameter(name).unit,
            effect_parameter(name).value,
            believed_effect(name).sigma,
            believed_effect(name).shape == "logitnormal",
        )
        for name in stage.free
    ]
    found += [
        FreeEffect(f"effects.{name}{OMEGA}", "1", effect_parameter(name).omega, SPREAD_PRIOR)
        for name in stage.spreads
    ]
    return tuple(found)


def in_model(name: str, unit: str, wanted: str) -> float:
    """What a value in the unit of the files is multiplied by in the models."""
    from speciosa import facts
    from speciosa.units import factor, nanomolar

    if wanted == "nmol/L":
        return nanomolar(1.0, unit, facts.molar_mass(name.split(".")[1]))
    return factor(unit, wanted)
