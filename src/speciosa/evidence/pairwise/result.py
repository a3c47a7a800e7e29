"""A pairwise meta-analysis: one comparison's pooled effect and its heterogeneity.

`pooling.meta_analysis` makes it. It is frozen; leave-one-out, tests of small-study effects and the rest are computed
when asked for, from the same studies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import ndtri

from speciosa.errors import EvidenceError, Fault, nearest
from speciosa.evidence.effects.effect_sizes import Bools
from speciosa.evidence.effects.measures import Floats, Measure
from speciosa.evidence.pairwise.fit import Fit, fit
from speciosa.evidence.pairwise.read import Studies
from speciosa.evidence.pairwise.tau2 import q_profile
from speciosa.evidence.table.columns import NOTHING, resolve
from speciosa.shown import Shown

if TYPE_CHECKING:
    from speciosa.evidence.pairwise.bias import Asymmetry, TrimAndFill
    from speciosa.evidence.pairwise.influence import Influence, Step, Subgroups
    from speciosa.evidence.pairwise.robust import Robust


@dataclass(frozen=True, eq=False, slots=True)
class PairwiseMetaAnalysis(Shown):
    """A pooled effect; everything is on the analysis scale (logarithms for ratios).

    Attributes:
        measure: what was pooled.
        labels: names of the studies.
        values, variances: effect sizes and sampling variances, shape ``(k,)``.
        fit: the fitted model; the intercept is the pooled effect, or with moderators the effect
            where these are zero.
        design: shape ``(k, p)``; `names` are its columns.
        studies: the studies as read.
        adjusted: where 0.5 was added for a zero cell.
        notes: what a reader must know: studies left out, zero cells, conventions.
        prediction_df: degrees of freedom asked for, None for those of the test.
        likelihood: of EXACT and GLMM.
    """

    measure: Measure
    labels: tuple[str, ...]
    values: Floats
    variances: Floats
    fit: Fit
    design: Floats
    names: tuple[str, ...]
    studies: Studies
    adjusted: Bools
    notes: tuple[str, ...]
    prediction_df: float | None
    likelihood: str = "conditional"

    @property
    def method(self) -> str:
        """How it was pooled: an estimator of tau-squared, EE, MH or PETO."""
        return self.fit.method

    @property
    def test(self) -> str:
        """The test and interval: z, t, knapp-hartung or knapp-hartung-floor."""
        return self.fit.test

    @property
    def k(self) -> int:
        """Number of studies."""
        return self.fit.k

    @property
    def level(self) -> float:
        """Level of the intervals."""
        return self.fit.level

    @property
    def _at(self) -> Floats:
        return np.asarray(np.eye(self.fit.p)[0])

    @property
    def estimate(self) -> float:
        """The pooled effect."""
        return float(self.fit.beta[0])

    @property
    def se(self) -> float:
        """Its standard error."""
        return float(self.fit.se[0])

    @property
    def ci_low(self) -> float:
        """Lower confidence limit."""
        return self.fit.interval(self._at)[2]

    @property
    def ci_high(self) -> float:
        """Upper confidence limit."""
        return self.fit.interval(self._at)[3]

    @property
    def statistic(self) -> float:
        """Estimate over standard error."""
        return float(self.fit.statistic[0])

    @property
    def p(self) -> float:
        """Two-sided p-value of no effect."""
        return float(self.fit.p_values[0])

    @property
    def pi_low(self) -> float | None:
        """Lower limit for the true effect in a new study; None in a common-effect model."""
        limits = self._prediction
        return limits[0] if limits else None

    @property
    def pi_high(self) -> float | None:
        """Upper limit for the true effect in a new study."""
        limits = self._prediction
        return limits[1] if limits else None

    @property
    def _prediction(self) -> tuple[float, float] | None:
        if self.k < 2 or self.method in ("MH", "PETO", "EXACT"):
            return None
        return self.fit.prediction(self._at, self.prediction_df)

    @property
    def pi_df(self) -> float:
        """Degrees of freedom of the prediction interval; infinite is the normal."""
        return self.fit.df if self.prediction_df is None else self.prediction_df

    @property
    def tau2(self) -> float:
        """Between-study variance."""
        return self.fit.tau2

    @property
    def I2(self) -> float:  # noqa: N802 - the name of the field
        """Percent of the variance that is between studies."""
        return self.fit.I2

    @property
    def H2(self) -> float:  # noqa: N802
        """Total over sampling variance."""
        return self.fit.H2

    @property
    def Q(self) -> float:  # noqa: N802
        """Cochran's Q."""
        return self.fit.Q

    @property
    def Q_p(self) -> float:  # noqa: N802
        """P-value of Cochran's Q."""
        return self.fit.Q_p

    @property
    def weights(self) -> Floats:
        """Weights of the studies in percent."""
        return self.fit.weights

    @property
    def size(self) -> float | None:
        """Harmonic mean of n, for proportions on the double arcsine scale."""
        n = self.studies.raw.get("n")
        if n is None or not np.isfinite(n).all():
            return None
        return float(len(n) / (1 / n).sum())

    def natural(self, value: float | None) -> float | None:
        """A value on the natural scale."""
        return None if value is None else float(self.measure.natural(value, self.size))

    def natural_of_study(self, place: int, value: float) -> float | None:
        """A value of one study on the natural scale, with its own n for the double arcsine."""
        if not np.isfinite(value):
            return None
        n = self.studies.raw.get("n")
        own = None if n is None or not np.isfinite(n[place]) else float(n[place])
        return float(self.measure.natural(value, own))

    def tau2_interval(self, level: float | None = None) -> tuple[float, float]:
        """Q-profile interval of tau-squared."""
        return q_profile(self.values, self.variances, self.design, level or self.level)

    def coefficients(self) -> pl.DataFrame:
        """Coefficients of the moderators, one row each."""
        half = self.fit.quantile() * self.fit.se
        return pl.DataFrame(
            {
                "name": list(self.names),
                "estimate": self.fit.beta,
                "se": self.fit.se,
                "statistic": self.fit.statistic,
                "p": self.fit.p_values,
                "ci_low": self.fit.beta - half,
                "ci_high": self.fit.beta + half,
            }
        )

    def R2(self) -> float | None:  # noqa: N802
        """Percent of the between-study variance that the moderators explain, at least 0."""
        if self.fit.p == 1 or self.method == "EE":
            return None
        without = fit(self.values, self.variances, method=self.method, test=self.test).tau2
        return 0.0 if without == 0 else max(0.0, 100 * (without - self.tau2) / without)

    def table(self) -> pl.DataFrame:
        """Studies with effect, interval, weight and the shrunken effect."""
        half = float(ndtri(0.5 + self.level / 2)) * np.sqrt(self.variances)
        shrunken, spread = self.blups()
        return pl.DataFrame(
            {
                "study": list(self.labels),
                "effect": self.values,
                "se": np.sqrt(self.variances),
                "ci_low": self.values - half,
                "ci_high": self.values + half,
                "weight": self.weights,
                "shrunken": shrunken,
                "shrunken_se": spread,
                "zero_cell": self.adjusted,
            }
        )

    def blups(self) -> tuple[Floats, Floats]:
        """Best linear unbiased predictions of the studies' true effects, and their errors.

        The fitted value pulled towards the observed by tau2/(tau2 + v); the error includes that of
        the coefficients (Raudenbush and Bryk 1985, doi:10.3102/10769986010002075).
        """
        pull = self.tau2 / (self.tau2 + self.variances)
        fitted = self.design @ self.fit.beta
        hat = np.einsum("ij,jk,ik->i", self.design, self.fit.covariance, self.design)
        spread = pull * self.variances + (1 - pull) ** 2 * hat
        return pull * self.values + (1 - pull) * fitted, np.asarray(np.sqrt(spread))

    def leave_one_out(self) -> "tuple[Step, ...]":
        """The pooled effect without each study in turn."""
        from speciosa.evidence.pairwise.influence import leave_one_out

        return leave_one_out(self)

    def cumulative(self, order: Sequence[int] | None = None) -> "tuple[Step, ...]":
        """The pooled effect as studies are added, in the given order or as listed."""
        from speciosa.evidence.pairwise.influence import cumulative

        return cumulative(self, order)

    def influence(self) -> "Influence":
        """Outlier and influence diagnostics of each study."""
        from speciosa.evidence.pairwise.influence import influence

        return influence(self)

    def cells(self, column: str) -> list[str]:
        """The cells of a column of the data, one a pooled study; nothing where a study has no value.

        Raises:
            EvidenceError: no such column, with the nearest that there is.
        """
        table = self.studies.table
        name = column if column in table.columns else resolve(table, column)
        if name is None:
            close = nearest(column, table.columns, 1)
            fix = f"Did you mean {close[0]}?" if close else "Known: " + ", ".join(table.columns)
            raise EvidenceError(Fault(f"column {column!r}", "a column of the data", "none", fix))
        cells = ["" if cell is None else str(cell).strip() for cell in table[name].to_list()]
        return ["" if cell.casefold() in NOTHING else cell for cell in cells]

    def clusters(self, column: str) -> list[str]:
        """The cells of a column that says which studies share something.

        Raises:
            EvidenceError: no such column, or a study without a value.
        """
        cells = self.cells(column)
        if without := [name for name, cell in zip(self.labels, cells, strict=True) if not cell]:
            fix = (
                "A study that shares nothing with another is a cluster of its own, under any name."
            )
            found = f"none for {', '.join(without)}"
            raise EvidenceError(Fault(f"cluster {column!r}", "a value for every study", found, fix))
        return cells

    def subgroups(self, column: str) -> "Subgroups":
        """The pooled effect by level of a column, and the test between the levels."""
        from speciosa.evidence.pairwise.influence import subgroups

        return subgroups(self, column)

    def robust(self, column: str) -> "Robust":
        """Coefficients with standard errors robust to dependence within the clusters of a column."""
        from speciosa.evidence.pairwise.robust import robust

        if self.method in ("MH", "PETO", "EXACT", "GLMM"):
            raise EvidenceError(Fault("method", "one with weights of single studies", self.method))
        return robust(self.fit, self.values, self.variances, self.design, self.clusters(column))

    def egger(self, model: str = "mixed") -> "Asymmetry":
        """Egger's regression test of small-study effects."""
        from speciosa.evidence.pairwise.bias import egger

        return egger(self.values, self.variances, model=model, method=self.method, test=self.test)

    def begg(self) -> "Asymmetry":
        """Begg's rank correlation test of small-study effects."""
        from speciosa.evidence.pairwise.bias import begg

        return begg(self.values, self.variances)

    def trim_and_fill(self, estimator: str = "L0", side: str | None = None) -> "TrimAndFill":
        """Studies that may be missing from the funnel, and the pooled effect with them."""
        from speciosa.evidence.pairwise.bias import trim_and_fill

        return trim_and_fill(
            self.values,
            self.variances,
            method=self.method,
            test=self.test,
            estimator=estimator,
            side=side,
        )
