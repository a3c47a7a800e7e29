"""How the pooled effect depends on single studies, on their order and on their groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtri

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.pairwise.by_counts import COUNT_METHODS, pool_counts
from speciosa.evidence.pairwise.fit import Fit, fit, quadratic
from speciosa.evidence.pairwise.notes import narrow_groups, scaling

if TYPE_CHECKING:
    from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One pooled effect of a series: what was left out or added last, and the fit."""

    label: str
    fit: Fit

    @property
    def estimate(self) -> float:
        """The pooled effect of this step."""
        return float(self.fit.beta[0])

    @property
    def interval(self) -> tuple[float, float]:
        """Its confidence limits."""
        return self.fit.interval(np.asarray(np.eye(self.fit.p)[0]))[2:]


@dataclass(frozen=True, eq=False, slots=True)
class Influence:
    """Diagnostics by study, each of shape ``(k,)``.

    Attributes:
        residual: externally studentised residual.
        dffits: standard deviations that the fitted value moves when the study is left out.
        cook: Cook's distance.
        covariance_ratio: generalised variance of the coefficients without the study over with it.
        tau2, Q: of the model without the study.
        hat: diagonal of the hat matrix.
        weight: in percent.
        influential: flagged by the customary bounds (|dffits| > 3 sqrt(p/(k-p)), Cook's distance
            beyond the median of chi-squared with p degrees of freedom, or hat > 3 p/k).
    """

    residual: Floats
    dffits: Floats
    cook: Floats
    covariance_ratio: Floats
    tau2: Floats
    Q: Floats
    hat: Floats
    weight: Floats
    influential: np.typing.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Subgroups:
    """Pooled effects by group, each with its own tau-squared, the test between groups, and what a reader must know."""

    groups: tuple[Step, ...]
    Q_between: float
    df: int
    p: float
    notes: tuple[str, ...] = ()


def _refit(result: "PairwiseMetaAnalysis", keep: Sequence[int] | np.typing.NDArray[np.int_]) -> Fit:
    rows = np.asarray(keep, dtype=int)
    if result.method in COUNT_METHODS:
        kept = np.zeros(result.k, bool)
        kept[rows] = True
        part = result.studies.of(kept)
        return pool_counts(part, result.method, result.level, result.likelihood)[0]
    return fit(
        result.values[rows],
        result.variances[rows],
        result.design[rows],
        method=result.method,
        test=result.test,
        level=result.level,
    )


def leave_one_out(result: "PairwiseMetaAnalysis") -> tuple[Step, ...]:
    """The model refitted without each study in turn."""
    k = result.k
    if k < 2:
        raise EvidenceError(Fault("leave-one-out", "at least 2 studies", str(k)))
    return tuple(
        Step(name, _refit(result, [j for j in range(k) if j != i]))
        for i, name in enumerate(result.labels)
    )


def cumulative(
    result: "PairwiseMetaAnalysis", order: Sequence[int] | None = None
) -> tuple[Step, ...]:
    """The model refitted as studies are added in `order` (indices), or as listed."""
    rows = list(range(result.k)) if order is None else list(order)
    if sorted(rows) != list(range(result.k)):
        raise EvidenceError(Fault("order", f"each of 0 to {result.k - 1} once", str(rows)))
    p = result.fit.p
    return tuple(
        Step(result.labels[rows[i]], _refit(result, rows[: i + 1])) for i in range(p - 1, result.k)
    )


def influence(result: "PairwiseMetaAnalysis") -> Influence:
    """Outlier and influence diagnostics (Viechtbauer and Cheung 2010, doi:10.1002/jrsm.11).

    Raises:
        EvidenceError: too few studies, or a pool of counts, where no study has a weight of its own.
    """
    if result.method in COUNT_METHODS:
        raise EvidenceError(Fault("method", "one with weights of single studies", result.method))
    X, y, v, full = result.design, result.values, result.variances, result.fit
    k, p = X.shape
    if k - 1 < p + 1:
        raise EvidenceError(Fault("influence", f"more than {p + 1} studies", str(k)))
    w = 1 / (v + full.tau2)
    bread = np.linalg.inv(X.T @ (w[:, None] * X))
    hat = np.einsum("ij,jk,ik->i", X, bread, X) * w
    residual, dffits, cook, ratio, tau2, Q = (np.zeros(k) for _ in range(6))
    for i, step in enumerate(leave_one_out(result)):
        without, row = step.fit, X[i]
        gap = y[i] - float(row @ without.beta)
        spread = v[i] + without.tau2 + float(row @ without.covariance @ row)
        residual[i] = gap / np.sqrt(spread)
        moved = full.beta - without.beta
        dffits[i] = float(row @ moved) / np.sqrt(hat[i] * (v[i] + without.tau2))
        cook[i] = quadratic(moved, full.covariance)
        volume = np.linalg.det(full.covariance)
        ratio[i] = np.linalg.det(without.covariance) / volume if volume > 0 else np.nan
        tau2[i], Q[i] = without.tau2, without.Q
    flagged = (np.abs(dffits) > 3 * np.sqrt(p / (k - p))) | (cook > chdtri(p, 0.5))
    return Influence(
        residual, dffits, cook, ratio, tau2, Q, hat, full.weights, flagged | (hat > 3 * p / k)
    )


def subgroups(result: "PairwiseMetaAnalysis", column: str) -> Subgroups:
    """Pools each level of a column apart and compares the levels.

    Every group has its own tau-squared; the groups' effects are then compared as a common-effect
    analysis would compare studies (Borenstein 2009, chapter 19).

    Raises:
        EvidenceError: no such column, a single level, or a group whose interval has no width.
    """
    cells = result.cells(column)
    levels = sorted(set(cells) - {""})
    if len(levels) < 2:
        found = f"only {levels[0]!r}" if levels else "nothing"
        raise EvidenceError(Fault(f"subgroup {column!r}", "at least two values", found))
    without = [name for name, cell in zip(result.labels, cells, strict=True) if not cell]
    notes = [f"In no group, without a value of {column}: {', '.join(without)}."] if without else []
    members = {level: [i for i, c in enumerate(cells) if c == level] for level in levels}
    groups = tuple(Step(level, _refit(result, rows)) for level, rows in members.items())
    shares = {
        one.label: scaling(one.fit, result.variances[rows], result.design[rows])
        for one, rows in zip(groups, members.values(), strict=True)
        if len(rows) > 1
    }
    if alike := [name for name, share in shares.items() if share == 0]:
        fix = "--test z or knapp-hartung-floor gives them one."
        found = f"none in {', '.join(alike)}, whose studies agree exactly"
        raise EvidenceError(Fault(f"subgroup {column!r}", "intervals with a width", found, fix))
    means = np.array([g.estimate for g in groups])
    variances = np.array([float(g.fit.covariance[0, 0]) for g in groups])
    between = fit(means, variances, method="EE")
    return Subgroups(groups, between.Q, between.Q_df, between.Q_p, (*notes, *narrow_groups(shares)))
