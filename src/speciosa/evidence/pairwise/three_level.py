"""Effects nested in studies, studies in clusters: the multilevel random-effects model by REML.

``y = mu + u_cluster + u_within + e``, independent normal terms; used where a study reports several effects or where
studies share a site. Konstantopoulos 2011, doi:10.1002/jrsm.35.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri

from speciosa.errors import ConvergenceError, EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats


@dataclass(frozen=True, eq=False, slots=True)
class ThreeLevel:
    """A fitted three-level model.

    Attributes:
        estimate, se, ci_low, ci_high, p: the pooled effect with a normal test.
        between, within: variance of the clusters and of effects within a cluster.
        Q, Q_p: heterogeneity of all effects, as if they were independent.
        log_likelihood: restricted.
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    between: float
    within: float
    Q: float
    Q_p: float
    log_likelihood: float
    k: int
    clusters: int


def three_level(
    values: Floats, variances: Floats, clusters: Sequence[Hashable], *, level: float = 0.95
) -> ThreeLevel:
    """Fits the model by Fisher scoring with the average information.

    Args:
        values: effects, shape ``(k,)``, one a row.
        variances: sampling variances, above 0.
        clusters: the cluster of each effect.
        level: of the interval.

    Raises:
        EvidenceError: fewer than two clusters or no cluster with two effects.
        ConvergenceError: the likelihood has no maximum that can be found.

    Example:
        >>> y = np.array([0.1, 0.2, 0.6, 0.7, 0.1, 0.0])
        >>> found = three_level(y, np.full(6, 0.01), ["a", "a", "b", "b", "c", "c"])
        >>> round(found.estimate, 3), round(found.between, 3), found.within
        (0.283, 0.098, 0.0)
    """
    names = list(dict.fromkeys(clusters))
    k = len(values)
    if len(names) < 2 or len(names) == k:
        found = f"{len(names)} clusters of {k} effects"
        raise EvidenceError(Fault("clusters", "two or more, some with several effects", found))
    member = np.array([[float(c == name) for name in names] for c in clusters])
    parts = (member @ member.T, np.eye(k))
    sigma2 = _maximise(values, variances, parts)
    V = np.diag(variances) + sum(s * part for s, part in zip(sigma2, parts, strict=True))
    inverse = np.linalg.inv(V)
    weight = float(inverse.sum())
    estimate, se = float((inverse @ values).sum() / weight), weight**-0.5
    half = float(ndtri(0.5 + level / 2)) * se
    w = 1 / variances
    Q = float((w * (values - (w * values).sum() / w.sum()) ** 2).sum())
    return ThreeLevel(
        estimate=estimate,
        se=se,
        ci_low=estimate - half,
        ci_high=estimate + half,
        p=float(2 * ndtr(-abs(estimate) / se)),
        between=float(sigma2[0]),
        within=float(sigma2[1]),
        Q=Q,
        Q_p=float(chdtrc(k - 1, Q)),
        log_likelihood=_likelihood(values, V),
        k=k,
        clusters=len(names),
    )


def _likelihood(values: Floats, V: Floats) -> float:
    """Restricted log-likelihood with one mean."""
    inverse = np.linalg.inv(V)
    weight = float(inverse.sum())
    gap = values - (inverse @ values).sum() / weight
    k = len(values)
    total = np.linalg.slogdet(V)[1] + np.log(weight) - np.log(k) + float(gap @ inverse @ gap)
    return float(-0.5 * (total + (k - 1) * np.log(2 * np.pi)))


def _maximise(values: Floats, variances: Floats, parts: tuple[Floats, Floats]) -> Floats:
    """Variances of the two levels, at least 0, by scoring with halved steps."""

    def total(s: Floats) -> Floats:
        return np.asarray(np.diag(variances) + s[0] * parts[0] + s[1] * parts[1])

    s = np.full(2, max(float(np.var(values)), 1e-8) / 2)
    height = _likelihood(values, total(s))
    for _ in range(500):
        inverse = np.linalg.inv(total(s))
        ones = inverse.sum(axis=1)
        P = inverse - np.outer(ones, ones) / ones.sum()
        Py = P @ values
        slopes = [P @ part for part in parts]
        score = np.array(
            [(Py @ part @ Py - np.trace(m)) / 2 for part, m in zip(parts, slopes, strict=True)]
        )
        free = (s > 0) | (score > 0)
        if not free.any():
            return s
        information = np.array([[float((a * b.T).sum()) / 2 for b in slopes] for a in slopes])
        step = np.zeros(2)
        step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
        size = 1.0
        while size > 1e-12:
            new = np.maximum(s + size * step, 0.0)
            reached = _likelihood(values, total(new))
            if reached >= height:
                break
            size /= 2
        moved = float(np.abs(new - s).max())
        s, height = new, max(reached, height)
        if moved < 1e-13 * max(1.0, float(s.max())):
            return s
    raise ConvergenceError("three-level model: no maximum of the likelihood after 500 steps")
