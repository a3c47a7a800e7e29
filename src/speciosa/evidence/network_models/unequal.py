"""Networks whose heterogeneity differs between groups of trials: one tau2 a group, one set of effects.

The contrasts of study i have covariance ``S_i + tau2_g(i) T``; the (restricted) likelihood is maximised over all tau2 at once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import minimize
from scipy.special import chdtrc, ndtri

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.network.data import Matrix, Network
from speciosa.evidence.network.gls import Vector, Whitened, consistency
from speciosa.evidence.network.read import require_connected
from speciosa.evidence.network.result import default_reference
from speciosa.evidence.network_models.covariates import groups


@dataclass(frozen=True)
class UnequalHeterogeneity:
    """A network with one tau2 a group of trials.

    Attributes:
        network: the trials.
        by: the column that groups them.
        names, counts, tau2: of the groups.
        reference: the treatment that others are shown against.
        restricted: REML or ML.
        effects: one row a treatment: ``treatment, estimate, se, ci_low, ci_high``.
        log_likelihood: and with one tau2 for all.
        level: coverage of the intervals.
    """

    network: Network
    by: str
    names: tuple[str, ...]
    counts: tuple[int, ...]
    tau2: Vector
    reference: str
    restricted: bool
    effects: pl.DataFrame
    log_likelihood: float
    log_likelihood_equal: float
    level: float

    def test(self) -> tuple[float, int, float]:
        """Likelihood ratio, degrees of freedom and p that all groups have one tau2."""
        value = max(0.0, 2 * (self.log_likelihood - self.log_likelihood_equal))
        df = len(self.names) - 1
        return value, df, float(chdtrc(df, value)) if df else 1.0

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        rows = zip(self.names, self.counts, self.tau2.tolist(), strict=True)
        return {
            "by": self.by,
            "groups": [{"group": name, "k": k, "tau2": tau2} for name, k, tau2 in rows],
            "reference": self.reference,
            "method": "REML" if self.restricted else "ML",
            "effects": self.effects.to_dicts(),
            "test": dict(zip(("chi2", "df", "p"), self.test(), strict=True)),
        }


def unequal_heterogeneity(
    network: Network,
    column: str,
    *,
    method: str = "REML",
    reference: str | None = None,
    level: float = 0.95,
) -> UnequalHeterogeneity:
    """Pools a network with a tau2 for each group of trials that a column makes.

    Args:
        network: the trials, as `read_network` gives them.
        column: of the table, one value a study.
        method: ``REML`` or ``ML``.
        reference: treatment that others are shown against.
        level: coverage of the intervals.

    Raises:
        EvidenceError: no such column, a study without a group, or another method.

    Example:
        >>> from speciosa.evidence.network.read import read_network
        >>> rows = {"study": list("ABCD"), "treat1": ["x"] * 4, "treat2": ["p"] * 4, "effect": [1.0, 1.1, 0.0, 2.0],
        ...         "se": [0.2] * 4, "blind": ["yes", "yes", "no", "no"]}
        >>> found = unequal_heterogeneity(read_network(rows), "blind")
        >>> found.names, found.tau2.round(2).tolist()
        (('yes', 'no'), [0.0, 0.98])
    """
    if method not in ("REML", "ML"):
        raise EvidenceError(Fault("method", "REML or ML", repr(method)))
    require_connected(network, reference)
    names, of_study = groups(network, column)
    data = consistency(network)
    group = of_study[data.study]
    restricted = method == "REML"
    tau2, value = group_tau2(data, group, len(names), restricted)
    _, equal = group_tau2(data, np.zeros_like(group), 1, restricted)
    base = reference or default_reference(network)
    beta, covariance = _weighted(data, tau2[group])
    effects = _effects(network, beta, covariance, base, level)
    counts = tuple(int((of_study == place).sum()) for place in range(len(names)))
    return UnequalHeterogeneity(
        network, column, names, counts, tau2, base, restricted, effects, value, equal, level
    )


def group_tau2(
    data: Whitened, group: np.ndarray, count: int, restricted: bool
) -> tuple[Vector, float]:
    """The tau2 of each group with the largest (restricted) likelihood, and that log-likelihood.

    Args:
        data: the observations.
        group: of each observation.
        count: of groups.
        restricted: REML, else ML.
    """
    design = data.design @ data.basis
    size = data.rank

    def negative(tau: Vector) -> tuple[float, Vector]:
        variance = data.spread + tau[group] ** 2
        weight = 1 / variance
        information = design.T @ (weight[:, None] * design)
        inverse = np.linalg.inv(information)
        beta = inverse @ (design.T @ (weight * data.y))
        residual = data.y - design @ beta
        value = 0.5 * float(np.log(variance).sum() + weight @ residual**2)
        slope = 0.5 * (weight - weight**2 * residual**2)
        constant = len(data.y)
        if restricted:
            value += 0.5 * float(np.linalg.slogdet(information)[1])
            slope -= 0.5 * weight**2 * np.einsum("ij,jk,ik->i", design, inverse, design)
            constant -= size
        by_group = np.bincount(group, weights=slope, minlength=count) * 2 * tau
        return value + 0.5 * constant * float(np.log(2 * np.pi)), by_group

    typical = float(np.sqrt(np.median(data.spread)))
    best = None
    for start in (1.0, 0.3, 3.0):
        found = minimize(
            negative, np.full(count, start * typical), jac=True, method="L-BFGS-B",
            bounds=[(0.0, None)] * count, options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000},
        )  # fmt: skip
        if best is None or found.fun < best.fun - 1e-12:
            best = found
    assert best is not None
    return np.asarray(best.x**2, dtype=float), -float(best.fun)


def _weighted(data: Whitened, tau2: Vector) -> tuple[Vector, Matrix]:
    """Weighted least squares with a tau2 for each observation."""
    weight = 1 / (data.spread + tau2)
    covariance = np.linalg.inv(data.design.T @ (weight[:, None] * data.design))
    beta = covariance @ (data.design.T @ (weight * data.y))
    return np.asarray(beta), np.asarray(covariance, dtype=float)


def _effects(
    network: Network, beta: Vector, covariance: Matrix, base: str, level: float
) -> pl.DataFrame:
    """Every treatment against the reference, from parameters against the first treatment."""
    names = network.treatments
    rows = np.vstack([np.zeros(len(names) - 1), np.eye(len(names) - 1)])
    rows = rows - rows[names.index(base)]
    kept = [place for place, name in enumerate(names) if name != base]
    estimate = rows[kept] @ beta
    se = np.sqrt(np.einsum("ij,jk,ik->i", rows[kept], covariance, rows[kept]))
    z = float(ndtri(0.5 + level / 2))
    return pl.DataFrame(
        {
            "treatment": [names[place] for place in kept],
            "estimate": estimate,
            "se": se,
            "ci_low": estimate - z * se,
            "ci_high": estimate + z * se,
        }
    )
