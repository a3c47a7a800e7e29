"""One evaluation of the objective, and what goes wrong in it."""

import math
from dataclasses import dataclass, field

import numpy as np

from speciosa.errors import SpeciosaError
from speciosa.estimation.jet.table import Floats

_FAR = 1.0
"""Change of a random effect beyond which its derivative says nothing."""


class UnsolvedError(SpeciosaError):
    """An objective that is not finite at some coordinates; says which subjects."""


@dataclass(frozen=True)
class Evaluation:
    """The objective at some coordinates.

    Attributes:
        total: minus twice the logarithm of the likelihood, without ``N log 2 pi`` of the Gaussian observations.
        subjects: what each subject adds.
        gradients: of each subject's part by the coordinates, ``(subjects, coordinates)``.
        modes: most probable random effects, ``(subjects, effects)``.
        curvatures: half the second derivatives of the joint density there, ``(subjects, effects, effects)``.
        error: standard error of a total that rests on random numbers, otherwise NaN.
        effective: of each subject the number of random nodes that count; none without.
        moved: derivatives of the modes by the coordinates, ``(subjects, effects, coordinates)``; none where they are not known.
    """

    total: float
    subjects: Floats
    gradients: Floats
    modes: Floats
    curvatures: Floats
    error: float = math.nan
    effective: Floats = field(default_factory=lambda: np.zeros(0))
    moved: Floats | None = None

    @property
    def gradient(self) -> Floats:
        """Of the total."""
        return np.asarray(self.gradients.sum(axis=0))

    def modes_after(self, step: Floats) -> Floats:
        """Where the modes are likely to be after a step of the coordinates; as they are where that is far."""
        if self.moved is None:
            return self.modes
        change = self.moved @ step
        near = np.isfinite(change).all() and np.abs(change).max(initial=0.0) <= _FAR
        return self.modes + change if near else self.modes
