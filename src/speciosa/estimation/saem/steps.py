"""Estimates from statistics: typical values in closed form, covariances, and the rest by steps along the gradient."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.approximations import chain_of
from speciosa.estimation.objective.covariance import Block
from speciosa.estimation.objective.design import Design, Individuals
from speciosa.estimation.objective.evaluation import UnsolvedError
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.saem.statistics import Statistics, typical_of

ANNEALED = 0.95
"""Share to which a variance may fall in one iteration while it is annealed."""
_LONGEST = 1.0


class Point(NamedTuple):
    """Coordinates, and the parameters of all groups there."""

    x: Floats
    at: Individuals


@dataclass(frozen=True)
class Steps:
    """How coordinates follow the statistics.

    Attributes:
        joint: the model with its data, each subject as often as it has chains.
    """

    joint: Joint

    @property
    def design(self) -> Design:
        """How coordinates become parameters."""
        return self.joint.design

    @cached_property
    def centred(self) -> Integers:
        """Coordinates that move nothing but the means of random effects: typical values and coefficients of covariates."""
        design = self.design
        at = design.individuals(design.start())
        moved = np.abs(at.chain).max(axis=0) > 0
        varying = np.zeros(design.variables, dtype=bool)
        varying[list(design.varying)] = True
        first = len(design.typical) + len(design.coefficients)
        used = {
            len(design.typical) + i
            for i, name in enumerate(design.coefficients)
            for k, parameter in enumerate(design.parameters)
            if k not in design.varying
            and parameter.covariates is not None
            and name in parameter.covariates.names
        }
        own = [
            k
            for k in range(first)
            if k not in used and moved[varying, k].any() and not moved[~varying, k].any()
        ]
        return np.array(own, dtype=np.int64)

    @cached_property
    def rest(self) -> Integers:
        """Coordinates that change predictions and variances at given random effects."""
        first = len(self.design.typical) + len(self.design.coefficients)
        first += int((self.design.residual_columns >= 0).sum())
        return np.setdiff1d(np.arange(first), self.centred)

    @cached_property
    def _slow(self) -> Floats:
        """Of the rest 1 for logarithms of residual standard deviations."""
        return np.isin(self.rest, self.design.deviations).astype(float)

    def centre(self, now: Point, statistics: Statistics) -> Point:
        """Typical values and coefficients that fit the parameters of the subjects best, by generalised least squares.

        One step is exact where parameters are linear in the coordinates; where they are not, a second follows (Gauss and Newton).
        """
        if not len(self.centred):
            return now
        varying = list(self.design.varying)
        for _ in range(2 if self.design.coefficients else 1):
            at = now.at
            weight = at.spread.precision[: len(varying), : len(varying)]
            slope = at.chain[:, varying][:, :, self.centred]
            off = statistics.parameters - typical_of(self.design, at)
            turned = slope.transpose(0, 2, 1) @ weight
            normal = (turned @ slope).sum(axis=0)
            step = np.linalg.lstsq(
                normal, (turned @ off[:, :, None]).sum(axis=0)[:, 0], rcond=None
            )[0]
            now = self._moved(now, self.centred, step)
        return now

    def spread(self, now: Point, statistics: Statistics, annealed: bool) -> Point:
        """Covariances of random effects."""
        design, x = self.design, now.x
        found = x.copy()
        between = statistics.covariance(typical_of(design, now.at))
        within = np.diag(statistics.squares)
        for blocks, matrix in zip(design.blocks, (between, within), strict=True):
            for block in blocks:
                if block.first < 0:
                    continue
                own = matrix[np.ix_(block.places, block.places)]
                if annealed:
                    own = _raised(own, ANNEALED * np.diag(block.covariance(x)[0]))
                found[block.first : block.first + block.parameters] = _parameters(block, own, x)
        return Point(found, design.individuals(found))

    def slope(self, at: Individuals, effects: Floats) -> tuple[Floats, Floats]:
        """Gradient by the rest, and what stands for their second derivatives, at given random effects."""
        design, likelihood = self.design, self.joint.design.prepared.likelihood
        moved = np.abs(at.chain[:, :, self.rest]).max(axis=(0, 2)) > 0
        active = np.flatnonzero(moved)
        free = np.flatnonzero(design.residual_columns >= 0)
        directions = len(active) + len(free)
        with np.errstate(all="ignore"):
            predicted = self.joint.predict(at, effects, active, 1 if len(active) else 0)
            terms = likelihood.terms(predicted.value, at.residual, free, 2)
            inputs = np.zeros((len(predicted.value), 1 + len(free), directions))
            inputs[:, 0, : len(active)] = predicted.first
            inputs[:, np.arange(1, 1 + len(free)), np.arange(len(active), directions)] = 1.0
            first = np.matmul(terms.first[:, None, :], inputs)[:, 0]
            second = np.matmul(inputs.transpose(0, 2, 1), np.matmul(terms.second, inputs))
            chain = chain_of(self.joint, at, active, free)[:, :, self.rest]
            gradient = np.einsum("sd,sdx->x", self.joint.by_subject(first), chain)
            turned = chain.transpose(0, 2, 1) @ self.joint.by_subject(second) @ chain
            curvature = np.asarray(turned.sum(axis=0))
        return gradient, curvature

    def descend(
        self, now: Point, gradient: Floats, curvature: Floats, gain: float, annealed: bool
    ) -> Point:
        """A step of Newton's method in the rest, of at most 1 in each coordinate, times `gain`."""
        roots, vectors = np.linalg.eigh(0.5 * (curvature + curvature.T))
        roots = np.maximum(np.abs(roots), 1e-8 * np.abs(roots).max() + 1e-12)
        step = -vectors @ ((vectors.T @ gradient) / roots)
        step = np.clip(step, -_LONGEST, _LONGEST)
        if annealed:
            least = np.where(self._slow > 0, 0.5 * np.log(ANNEALED), -_LONGEST)
            step = np.maximum(step, least)
        return self._moved(now, self.rest, gain * step)

    def _moved(self, now: Point, columns: Integers, step: Floats) -> Point:
        """Where a step leads, shortened until every parameter is a number."""
        for _ in range(30):
            found = now.x.copy()
            found[columns] += step
            try:
                return Point(found, self.design.individuals(found))
            except (UnsolvedError, np.linalg.LinAlgError):
                step = 0.5 * step
        return now


def _raised(matrix: Floats, least: Floats) -> Floats:
    """A covariance with variances of at least so much, and the correlations that it has."""
    variance = np.diag(matrix)
    share = np.sqrt(np.maximum(variance, least) / np.maximum(variance, 1e-300))
    return np.asarray(matrix * np.outer(share, share))


def _parameters(block: Block, matrix: Floats, x: Floats) -> list[float]:
    """Parameters of a block with this covariance; what they are where it has none."""
    try:
        return block.parameters_of(matrix)
    except np.linalg.LinAlgError:
        return [float(v) for v in x[block.first : block.first + block.parameters]]
