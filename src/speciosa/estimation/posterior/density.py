"""The posterior density of coordinates and random effects together, with its gradient."""

from dataclasses import dataclass

import numpy as np

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.approximations import chain_of
from speciosa.estimation.objective.evaluation import UnsolvedError
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.objective.quadrature import data_slopes
from speciosa.estimation.posterior.priors import Priors
from speciosa.estimation.saem.statistics import typical_of


@dataclass(frozen=True)
class Posterior:
    """Coordinates, then the numbers of one subject after another.

    Of a parameter that varies between individuals that is the subject's own value on the scale on which it varies, and not its
    distance from the typical one: where data tell the former, only that leaves the typical values free to move (Betancourt and
    Girolami 2015, doi:10.1201/b18502-5). Effects of occasions are what they are.

    Attributes:
        joint: the model with its data.
        priors: of the coordinates.
        size: number of coordinates.
    """

    joint: Joint
    priors: Priors
    size: int

    @property
    def dimension(self) -> int:
        """Of the space that is sampled."""
        return self.size + self.joint.subjects * self.joint.design.effects

    def place(self, x: Floats, effects: Floats) -> Floats:
        """The place of coordinates and random effects."""
        own = effects.copy()
        design = self.joint.design
        own[:, : len(design.varying)] += typical_of(design, design.individuals(x))
        return np.concatenate([x, own.ravel()])

    def __call__(self, place: Floats) -> tuple[float, Floats]:
        """Logarithm of the density, up to a constant, and its gradient; minus infinity where the model has no solution."""
        joint, design = self.joint, self.joint.design
        x = place[: self.size]
        effects = place[self.size :].reshape(joint.subjects, design.effects).copy()
        none = -np.inf, np.zeros_like(place)
        try:
            at = design.individuals(x)
        except (UnsolvedError, np.linalg.LinAlgError):
            return none
        varying = list(design.varying)
        effects[:, : len(varying)] -= typical_of(design, at)
        active = np.concatenate([design.random, design.other])
        free = np.flatnonzero(design.residual_columns >= 0)
        value, first = data_slopes(joint, at, effects, active, free)
        prior, slope = self.priors.density(x)
        inverse, columns = at.spread.precision, list(at.spread.columns)
        turned = effects @ inverse
        total = value.sum() + float(np.einsum("se,se->", turned, effects))
        total += joint.subjects * at.spread.log_determinant
        slope -= 0.5 * np.einsum("sd,sdx->x", first, chain_of(joint, at, active, free))
        seen = turned.T @ turned - joint.subjects * inverse
        slope[columns] += 0.5 * np.einsum("pef,fe->p", at.spread.slopes, seen)
        by_effects = -0.5 * first[:, : design.effects] - turned
        centre = at.chain[:, varying]
        slope -= np.einsum("sk,skx->x", by_effects[:, : len(varying)], centre)
        gradient = np.concatenate([slope, by_effects.ravel()])
        found = prior - 0.5 * float(total)
        return (found, gradient) if np.isfinite(found) and np.isfinite(gradient).all() else none
