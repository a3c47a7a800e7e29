"""Each study predicted as if it had not been fitted, and what studies differ by beyond what the models explain.

At the mode of a fit the models are nearly linear in z, so that leaving out the rows S of one study needs no new fit. With
J the slopes, w the weights, e the residuals and P the precision::

    P_S = P - J_S^T w_S J_S          z_S = z - P_S^-1 J_S^T w_S e_S
    residual of a row left out = e - J (z_S - z),   variance from the parameters = J P_S^-1 J^T

Source: the one-step approximation of leave-one-out, Pregibon D, Ann Stat 1981;9:705, doi:10.1214/aos/1176345513.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from speciosa.calibration.fit import Fit
from speciosa.calibration.rows import standard_error
from speciosa.validation.between_studies import STRENGTH, USUAL, is_strength, kind
from speciosa.validation.metrics import Array
from speciosa.validation.observed.observations import Observation

LEAST = 0.7
"""No difference between studies below this share of the usual one is believed from so few studies."""

UNSURE = 0.5
"""Standard deviation of the logarithm of the usual differences, before any row is seen."""

LINEAR = 0.5
"""Rows whose prediction the parameters leave less sure than this are too far for the line and do not count."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One row predicted without its study.

    Attributes:
        row: the observation.
        residual: logarithm of observed over predicted.
        parameter_sd: standard deviation of the predicted logarithm from the parameters.
        standard_error: of the observation.
    """

    row: Observation
    residual: float
    parameter_sd: float
    standard_error: float

    @property
    def kind(self) -> str:
        """Which difference between studies it has."""
        return kind(self.row)

    @property
    def strength(self) -> float:
        """Logarithm of the predicted ratio of exposures, 0 where the row is none."""
        return float(np.log(self.row.value)) - self.residual if is_strength(self.row) else 0.0

    @property
    def fold_error(self) -> float:
        """Fold error of the prediction, 1 or more."""
        return float(np.exp(abs(self.residual)))


def left_out_rows(rows: Sequence[Observation], fitted: Fit) -> list[LeftOut]:
    """Every row of a fit, predicted without the study that it comes from."""
    precision = np.linalg.inv(fitted.covariance)
    found = []
    for study in dict.fromkeys(row.study for row in rows):
        members = [n for n, row in enumerate(rows) if row.study == study]
        slopes, weights = fitted.slopes[members], fitted.weights[members]
        without = precision - (slopes * weights[:, None]).T @ slopes
        covariance = np.linalg.inv(without + 1e-9 * np.eye(len(without)))
        step = -covariance @ (slopes * weights[:, None]).T @ fitted.residuals[members]
        # beyond three prior widths the line is no longer the model
        step = step * min(1.0, 3.0 / max(float(np.abs(step).max(initial=0.0)), 1e-9))
        for member, slope in zip(members, slopes, strict=True):
            found.append(
                LeftOut(
                    rows[member],
                    float(fitted.residuals[member] - slope @ step),
                    float(np.sqrt(slope @ covariance @ slope)),
                    standard_error(rows[member]),
                )
            )
    return found


def between_studies(tested: Sequence[LeftOut]) -> dict[str, float]:
    """Standard deviation between studies by kind of metric, from the sure enough rows predicted without their study.

    The mode for normal residuals with the usual values as prior. The rows of a study count together as the square root of
    their number, since they share what is peculiar to it. Ratios have two numbers: `ratio` whatever their size, and
    `strength` in proportion to their logarithm.

    Example:
        >>> between_studies([])["exposure"] == USUAL["exposure"]
        True
    """
    sure = [test for test in tested if test.parameter_sd <= LINEAR]
    found = dict(USUAL)
    for name in USUAL:
        own = [test for test in sure if test.kind == name]
        if own:
            found |= _mode(own, (name, STRENGTH) if name == "ratio" else (name,))
    return found


def _mode(tested: Sequence[LeftOut], names: tuple[str, ...]) -> dict[str, float]:
    usual = np.array([USUAL[name] for name in names])
    residual = np.array([test.residual for test in tested])
    size = np.array([[1.0, test.strength][: len(names)] for test in tested])
    known = np.array([test.parameter_sd**2 + test.standard_error**2 for test in tested])
    rows = Counter(test.row.study for test in tested)
    weight = np.array([rows[test.row.study] ** -0.5 for test in tested])

    def cost(logs: Array) -> float:
        variance = known + (size**2) @ (usual * np.exp(UNSURE * logs)) ** 2
        return float(weight @ (np.log(variance) + residual**2 / variance) + logs @ logs)

    bounds = [(float(np.log(LEAST)) / UNSURE, None)] * len(names)
    logs = minimize(cost, np.zeros(len(names)), method="Nelder-Mead", bounds=bounds).x
    spreads = usual * np.exp(UNSURE * logs)
    return {name: round(float(sd), 3) for name, sd in zip(names, spreads, strict=True)}
