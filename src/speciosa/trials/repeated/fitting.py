"""Finding the covariance that makes the likelihood greatest: Newton steps, halved until they help."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import ConvergenceError
from speciosa.trials.repeated.layout import Layout
from speciosa.trials.repeated.likelihood import Derivatives, Point, at, derivatives
from speciosa.trials.repeated.structures import Structure

Array = NDArray[np.float64]
_STEPS, _HALVINGS, _ENOUGH = 200, 40, 1e-15


@dataclass(frozen=True, slots=True)
class Estimated:
    """Where the likelihood is greatest.

    Attributes:
        structure: of the covariance.
        theta: its parameters.
        sigma: the covariance.
        point: the likelihood there.
        slopes: its derivatives there.
    """

    structure: Structure
    theta: Array
    sigma: Array
    point: Point
    slopes: Derivatives


def estimate(layout: Layout, structure: Structure, reml: bool) -> Estimated:
    """Fits one structure.

    Steps are Newton's where the second derivatives are positive definite, else those of Fisher's scoring, which always go down.

    Raises:
        ConvergenceError: no step helps, or the covariance comes to its border.
    """
    theta = structure.start(_variances(layout))
    point = at(layout, structure.matrix(theta), reml)
    if point is None:
        raise ConvergenceError(f"The {structure.name} covariance has no start.")
    for _ in range(_STEPS):
        slopes = derivatives(layout, point, structure.first(theta), structure.second(theta), reml)
        step = _downward(slopes)
        if float(-slopes.gradient @ step) < _ENOUGH * max(1.0, abs(point.value)):
            _certain(structure, slopes)
            return Estimated(structure, theta, structure.matrix(theta), point, slopes)
        theta, point = _moved(layout, structure, theta, point, step, reml)
    raise ConvergenceError(f"The {structure.name} covariance did not settle in {_STEPS} steps.")


def _variances(layout: Layout) -> Array:
    """Of the residuals of ordinary least squares, by visit."""
    columns = layout.x.shape[2]
    beta = np.linalg.lstsq(layout.x.reshape(-1, columns), layout.y.ravel(), rcond=None)[0]
    rest = (layout.y - layout.x @ beta) ** 2
    pooled = rest.sum() / layout.rows
    own = rest.sum(0) / np.maximum(layout.seen.sum(0), 1)
    found: Array = np.maximum(own, 1e-3 * pooled)
    return found


def _downward(slopes: Derivatives) -> Array:
    """A step that goes down."""
    for matrix in (slopes.observed, slopes.expected):
        try:
            np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            continue
        return np.asarray(-np.linalg.solve(matrix, slopes.gradient), dtype=np.float64)
    raise ConvergenceError("The data do not fix the covariance: its information is singular.")


def _moved(
    layout: Layout, structure: Structure, theta: Array, point: Point, step: Array, reml: bool
) -> tuple[Array, Point]:
    for halving in range(_HALVINGS):
        further = theta + step * 0.5**halving
        found = at(layout, structure.matrix(further), reml)
        # Within the noise of double precision a step counts as no loss.
        if found is not None and found.value <= point.value + 1e-11 * abs(point.value):
            return further, found
    raise ConvergenceError(f"No step makes the {structure.name} covariance better.")


def _certain(structure: Structure, slopes: Derivatives) -> None:
    try:
        np.linalg.cholesky(slopes.observed)
    except np.linalg.LinAlgError:
        raise ConvergenceError(f"The {structure.name} covariance is not at a maximum.") from None
