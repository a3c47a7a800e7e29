r"""Islands of trials joined by their baselines: what arms show is compared across trials.

.. math:: y_{ij} = \mu + u_i + d_{t(ij)} + w_{ij} + e_{ij}, \quad u_i \sim N(0, \sigma^2), \quad w_{ij} \sim N(0, \tau^2/2)

with known variances of :math:`e_{ij}`; :math:`y` is the logit, logarithm or mean of an arm (Beliveau 2017, doi:10.1002/jrsm.1242;
Goring 2016, doi:10.1002/jrsm.1175). Where no trial joins two treatments, their comparison rests on the assumption that trials
differ in their baselines by chance alone: randomisation says nothing of it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import minimize
from scipy.special import ndtri

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.network.connectivity import islands
from speciosa.evidence.network.data import Arm, Matrix, Network
from speciosa.evidence.network.effects import ZERO_CELL_INCREMENT
from speciosa.evidence.network.faults import reference_faults
from speciosa.evidence.network.gls import Vector
from speciosa.evidence.network.result import default_reference

MEASURES = ("OR", "RR", "RD", "IRR", "IRD", "MD")


@dataclass(frozen=True)
class BridgedNetwork:
    """Islands joined by their baselines.

    Attributes:
        network: the trials.
        reference: the treatment that others are shown against.
        effects: one row a treatment: ``treatment, estimate, se, ci_low, ci_high, island``, the last whether trials join
            it to the reference.
        baseline_sd: how much the baselines of trials differ, on the scale of arms.
        tau2: heterogeneity of contrasts.
        log_likelihood: restricted.
        level: coverage of the intervals.
    """

    network: Network
    reference: str
    effects: pl.DataFrame
    baseline_sd: float
    tau2: float
    log_likelihood: float
    level: float

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "measure": self.network.measure,
            "reference": self.reference,
            "k": len(self.network.studies),
            "effects": self.effects.to_dicts(),
            "baseline_sd": self.baseline_sd,
            "tau2": self.tau2,
            "log_likelihood": self.log_likelihood,
            "note": "Effects between islands compare trials with trials, as observational studies do.",
        }


def bridged_network(
    network: Network, *, reference: str | None = None, level: float = 0.95
) -> BridgedNetwork:
    """Pools arms with a random baseline for each trial, so that islands can be compared.

    Args:
        network: the trials by arm, read with ``connected=False``.
        reference: treatment that others are shown against.
        level: coverage of the intervals.

    Raises:
        EvidenceError: contrasts without arms, or a measure that arms alone do not have (SMD, ROM).

    Example:
        >>> from speciosa.evidence.network.read import read_network
        >>> arms = {"study": ["A", "A", "B", "B"], "treatment": ["x", "p", "y", "z"], "events": [30, 10, 32, 22], "n": [50] * 4}
        >>> found = bridged_network(read_network(arms, connected=False), reference="p")
        >>> found.effects["island"].to_list()
        [True, False, False]
    """
    if network.measure not in MEASURES or not all(study.arms for study in network.studies):
        found = network.measure if network.measure not in MEASURES else "contrasts"
        fix = "A baseline is read from the arms of trials; components may join islands that share one."
        raise EvidenceError(Fault("bridge", f"arms, and one of {', '.join(MEASURES)}", found, fix))
    if faults := reference_faults(reference, set(network.treatments)):
        raise EvidenceError(faults)
    base = reference or default_reference(network)
    order = (base, *(name for name in network.treatments if name != base))
    blocks = [_block(study.arms, network.measure, order) for study in network.studies]
    (sigma, tau), value = _components(blocks)
    beta, covariance = _weighted(blocks, sigma, tau)
    parts = islands({study.name: study.treatments for study in network.studies})
    home = next(part.treatments for part in parts if base in part.treatments)
    z = float(ndtri(0.5 + level / 2))
    se = np.sqrt(np.diag(covariance))[1:]
    effects = pl.DataFrame(
        {
            "treatment": order[1:],
            "estimate": beta[1:],
            "se": se,
            "ci_low": beta[1:] - z * se,
            "ci_high": beta[1:] + z * se,
            "island": [name in home for name in order[1:]],
        }
    )
    return BridgedNetwork(network, base, effects, float(sigma), float(tau**2), value, level)


Block = tuple[Vector, Vector, Matrix]


def _block(arms: tuple[Arm, ...], measure: str, order: tuple[str, ...]) -> Block:
    """What the arms of a trial show, its variances, and which treatments they are: level, then effects."""

    def column(name: str) -> Vector:
        return np.array([getattr(arm, name) or 0.0 for arm in arms], dtype=float)

    events, n, time = column("events"), column("n"), column("time")
    zero = bool((events == 0).any() or (measure in ("OR", "RR", "RD") and (events == n).any()))
    added = ZERO_CELL_INCREMENT if zero else 0.0
    if measure == "MD":
        y = column("mean")
        variance = np.array([arm.se**2 if arm.se else arm.sd**2 / arm.n for arm in arms])  # type: ignore[operator]
    elif measure == "OR":
        yes, no = events + added, n - events + added
        y, variance = np.log(yes / no), 1 / yes + 1 / no
    elif measure == "RR":
        yes, all_people = events + added, n + added
        y, variance = np.log(yes / all_people), 1 / yes - 1 / all_people
    elif measure == "RD":
        yes, no = events + added, n - events + added
        y, variance = events / n, yes * no / (yes + no) ** 3
    else:
        counted = events + added
        y = np.log(counted / time) if measure == "IRR" else events / time
        variance = 1 / counted if measure == "IRR" else counted / time**2
    design = np.zeros((len(arms), len(order)))
    design[:, 0] = 1.0
    for row, arm in enumerate(arms):
        if arm.treatment != order[0]:
            design[row, order.index(arm.treatment)] = 1.0
    return y, variance, design


def _components(blocks: list[Block]) -> tuple[Vector, float]:
    """The standard deviations of baselines and of contrasts with the largest restricted likelihood."""

    def negative(values: Vector) -> tuple[float, Vector]:
        sigma, tau = values
        beta, covariance = _weighted(blocks, sigma, tau)
        value, slope, count = 0.0, np.zeros(2), 0
        for y, variance, design in blocks:
            inverse = np.linalg.inv(_covariance(variance, sigma, tau))
            residual = inverse @ (y - design @ beta)
            value += 0.5 * float((y - design @ beta) @ residual - np.linalg.slogdet(inverse)[1])
            projected = inverse - inverse @ design @ covariance @ design.T @ inverse
            slope[0] += sigma * float(projected.sum() - residual.sum() ** 2)
            slope[1] += 0.5 * tau * float(np.trace(projected) - residual @ residual)
            count += len(y)
        value -= 0.5 * float(np.linalg.slogdet(covariance)[1])
        count -= len(beta)
        return value + 0.5 * count * float(np.log(2 * np.pi)), slope

    typical = float(np.sqrt(np.median(np.concatenate([block[1] for block in blocks]))))
    best = None
    for start in ((1.0, 0.5), (3.0, 1.0), (0.3, 0.3)):
        found = minimize(
            negative, typical * np.array(start), jac=True, method="L-BFGS-B", bounds=[(0, None)] * 2,
            options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000},
        )  # fmt: skip
        if best is None or found.fun < best.fun - 1e-12:
            best = found
    assert best is not None
    return np.asarray(best.x, dtype=float), -float(best.fun)


def _covariance(variance: Vector, sigma: float, tau: float) -> Matrix:
    return np.asarray(np.diag(variance + tau**2 / 2) + sigma**2, dtype=float)


def _weighted(blocks: list[Block], sigma: float, tau: float) -> tuple[Vector, Matrix]:
    """Generalised least squares of all arms."""
    size = blocks[0][2].shape[1]
    information, moment = np.zeros((size, size)), np.zeros(size)
    for y, variance, design in blocks:
        inverse = np.linalg.inv(_covariance(variance, sigma, tau))
        information += design.T @ inverse @ design
        moment += design.T @ inverse @ y
    covariance = np.linalg.inv(information)
    return np.asarray(covariance @ moment), np.asarray(covariance, dtype=float)
