"""From a typical value and random effects to one patient's value.

With theta the typical value and eta the patient's random effect, normal with mean 0:

====================  =================================================  =======================================
distribution          patient's value                                    a CV is turned into the SD of eta by
====================  =================================================  =======================================
log-normal            ``theta exp(eta)``                                 ``sqrt(log(1 + cv**2))``
normal                ``theta + eta``                                    ``cv |theta|``
logit-normal          ``expit(logit(theta) + eta)``                      ``cv / (1 - theta)`` (first order)
fixed                 ``theta``                                          no eta
====================  =================================================  =======================================

Uncertainty of the typical value moves theta in the same way. A parameter that does not vary between patients moves as
log-normal where it is above 0 and as normal where it is not.
"""

from dataclasses import dataclass
from math import inf, log, sqrt
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from speciosa.errors import Fault
from speciosa.model.records import Distribution, Parameter


def effect_sd(distribution: Distribution, typical: float, cv: float) -> float:
    """SD of the random effect that gives a coefficient of variation of `cv`.

    Example:
        >>> round(effect_sd("lognormal", 10.0, 0.30), 4), effect_sd("normal", -4.0, 0.25)
        (0.2936, 1.0)
    """
    match distribution:
        case "lognormal":
            return sqrt(log(1 + cv**2))
        case "normal":
            return cv * abs(typical)
        case "logitnormal":
            return cv / (1 - typical)
        case "fixed":
            return 0.0


def individual(
    distribution: Distribution, typical: ArrayLike, effect: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values of patients from the typical value and their random effects; shapes broadcast.

    Example:
        >>> individual("logitnormal", 0.5, np.array([-20.0, 0.0])).round(3).tolist()
        [0.0, 0.5]
    """
    theta = np.asarray(typical, dtype=float)
    match distribution:
        case "lognormal":
            values = theta * np.exp(effect)
        case "normal":
            values = theta + effect
        case "logitnormal":
            values = expit(logit(theta) + effect)
        case "fixed":
            values = np.broadcast_to(theta, np.broadcast_shapes(theta.shape, effect.shape)).copy()
    result: NDArray[np.float64] = values
    return result


def _scale(distribution: Distribution, typical: float) -> Distribution:
    if distribution != "fixed":
        return distribution
    return "lognormal" if typical > 0 else "normal"


@dataclass(frozen=True, slots=True)
class Varying:
    """How one parameter varies between patients and between occasions, and how well its typical value is known.

    Attributes:
        name: of the parameter.
        typical: its typical value, in `unit`.
        unit: its unit.
        distribution: of the patients' values.
        between_patient_sd: SD of eta, on the scale of the distribution (logarithm, natural or logit).
        between_occasion_sd: SD of a further effect that is drawn anew for each occasion, on the same scale.
        uncertainty_sd: SD of the typical value's own uncertainty, on the same scale.
    """

    name: str
    typical: float
    unit: str = "1"
    distribution: Distribution = "lognormal"
    between_patient_sd: float = 0.0
    between_occasion_sd: float = 0.0
    uncertainty_sd: float = 0.0

    @classmethod
    def of(cls, parameter: Parameter) -> "Varying":
        """What a model says of one of its parameters.

        Example:
            >>> cl = Varying.of(Parameter("CL", 25.0, "L/h", 0.4, "lognormal", uncertainty_cv=0.1))
            >>> round(cl.uncertainty_sd, 6)
            0.099751
        """
        scale = _scale(parameter.distribution, parameter.value)
        return cls(
            parameter.name,
            parameter.value,
            parameter.unit,
            parameter.distribution,
            parameter.between_patient_sd,
            parameter.between_occasion_sd,
            effect_sd(scale, parameter.value, parameter.uncertainty_cv),
        )

    @property
    def scale(self) -> Distribution:
        """The distribution in which uncertainty and occasions move the parameter."""
        return _scale(self.distribution, self.typical)

    def faults(self) -> list[Fault]:
        """All that is wrong with the numbers given."""
        found = []
        if self.distribution not in get_args(Distribution):
            known = ", ".join(get_args(Distribution))
            return [Fault(f"{self.name}, distribution", f"one of {known}", f"{self.distribution}")]
        if not -inf < self.typical < inf:
            found.append(Fault(self.name, "a finite typical value", f"{self.typical}"))
        moves = self.between_patient_sd or self.between_occasion_sd or self.uncertainty_sd
        if self.distribution == "lognormal" and not self.typical > 0 and moves:
            found.append(Fault(self.name, "a log-normal value above 0", f"{self.typical:g}"))
        if self.distribution == "logitnormal" and not 0 < self.typical < 1:
            found.append(Fault(self.name, "a logit-normal value in (0, 1)", f"{self.typical:g}"))
        for what, value in (
            ("between-patient SD", self.between_patient_sd),
            ("between-occasion SD", self.between_occasion_sd),
            ("uncertainty", self.uncertainty_sd),
        ):
            if not 0 <= value < inf:
                found.append(Fault(f"{self.name}, {what}", "0 or more", f"{value}"))
        return found
