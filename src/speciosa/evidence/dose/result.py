"""Dose-response meta-analysis: one curve for all studies, with what studies differ by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from scipy.special import chdtrc, ndtri

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.dose.curve import Curve, Shape, knots_of
from speciosa.evidence.dose.read import DoseStudy, Source, read_doses
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.effects.mixed import Block, Estimator, Mixed, fit
from speciosa.evidence.table.reading import Reading

Procedure = Literal["two-stage", "one-stage"]


@dataclass(frozen=True)
class DoseResponse:
    """A pooled dose-response curve.

    Attributes:
        measure: what is pooled: ``RR`` (ratios, as logarithms), ``MD`` or ``SMD``.
        curve: the transforms of dose.
        procedure: whether studies were fitted one by one first, or all at once.
        estimator: of the covariance of the studies' curves.
        studies: those that take part.
        left_out: those that do not, with the reason.
        fitted: the model.
        blocks: what it was fitted to.
        level: of the intervals.
        notes: what a reader should look at.
    """

    measure: str
    curve: Curve
    procedure: Procedure
    estimator: Estimator
    studies: tuple[DoseStudy, ...]
    left_out: dict[str, str]
    fitted: Mixed
    blocks: tuple[Block, ...]
    level: float
    notes: tuple[str, ...]

    @property
    def ratio(self) -> bool:
        """Whether effects are logarithms of ratios."""
        return self.measure == "RR"

    @property
    def coefficients(self) -> pl.DataFrame:
        """One row a coefficient: ``name, estimate, se, z, p, ci_low, ci_high`` on the analysis scale."""
        beta, se = self.fitted.beta, np.sqrt(np.diag(self.fitted.covariance))
        z = float(ndtri(0.5 + self.level / 2))
        return pl.DataFrame(
            {
                "name": self.curve.names,
                "estimate": beta,
                "se": se,
                "z": beta / se,
                "p": chdtrc(1, (beta / se) ** 2),
                "ci_low": beta - z * se,
                "ci_high": beta + z * se,
            }
        )

    def wald(self, first: int = 0) -> tuple[float, int, float]:
        """Chi-squared, degrees of freedom and p that the coefficients from `first` on are 0; from 1 on, that it is a line."""
        beta = self.fitted.beta[first:]
        covariance = self.fitted.covariance[first:, first:]
        value = float(beta @ np.linalg.solve(covariance, beta))
        return value, len(beta), float(chdtrc(len(beta), value))

    @property
    def heterogeneity(self) -> tuple[float, int, float | None]:
        """Cochran's Q of the common curve, its degrees of freedom and p."""
        common = fit(self.blocks, "fixed")
        q = 0.0
        for block in self.blocks:
            rest = block.y - block.design @ common.beta
            q += float(rest @ np.linalg.solve(block.covariance, rest))
        df = sum(len(block.y) for block in self.blocks) - len(common.beta)
        return q, df, float(chdtrc(df, q)) if df else None

    @property
    def I2(self) -> float | None:  # noqa: N802 - the name of the field
        """Percent of Q beyond its degrees of freedom; None without any."""
        q, df, _ = self.heterogeneity
        return None if df < 1 else 100 * max(0.0, (q - df) / q)

    def predict(self, doses: Sequence[float], reference: float | None = None) -> pl.DataFrame:
        """The pooled effect of each dose against a reference dose, on the natural scale (ratios as ratios).

        Args:
            doses: at which the curve is read.
            reference: the dose against which; by default the lowest of all.

        Returns:
            One row a dose: ``dose, effect, ci_low, ci_high``.
        """
        base = self.lowest if reference is None else reference
        x = self.curve.at(doses) - self.curve.at([base])
        effect = x @ self.fitted.beta
        se = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", x, self.fitted.covariance, x), 0.0))
        z = float(ndtri(0.5 + self.level / 2))
        shown = np.exp if self.ratio else np.asarray
        return pl.DataFrame(
            {
                "dose": np.asarray(doses, dtype=float),
                "effect": shown(effect),
                "ci_low": shown(effect - z * se),
                "ci_high": shown(effect + z * se),
            }
        )

    @property
    def lowest(self) -> float:
        """The lowest dose of any study."""
        return float(min(study.dose.min() for study in self.studies))

    @property
    def highest(self) -> float:
        """The highest dose of any study."""
        return float(max(study.dose.max() for study in self.studies))

    def grid(self, points: int = 13) -> Floats:
        """Doses from the lowest to the highest."""
        return np.linspace(self.lowest, self.highest, points)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        q, df, p = self.heterogeneity
        chi2, model_df, model_p = self.wald()
        bent = self.wald(1) if len(self.fitted.beta) > 1 else None
        return {
            "measure": self.measure,
            "curve": self.curve.shape,
            "knots": list(self.curve.knots),
            "procedure": self.procedure,
            "method": self.estimator,
            "k": len(self.studies),
            "coefficients": self.coefficients.to_dicts(),
            "covariance": self.fitted.covariance.tolist(),
            "psi": self.fitted.psi.tolist(),
            "log_likelihood": self.fitted.log_likelihood,
            "model": {"chi2": chi2, "df": model_df, "p": model_p},
            "nonlinearity": None
            if bent is None
            else dict(zip(("chi2", "df", "p"), bent, strict=True)),
            "Q": q,
            "Q_df": df,
            "Q_p": p,
            "I2": self.I2,
            "reference_dose": self.lowest,
            "predictions": self.predict(self.grid().tolist()).to_dicts(),
            "left_out": self.left_out,
            "notes": list(self.notes),
        }


def dose_response(
    source: Source,
    *,
    curve: Shape = "linear",
    knots: Sequence[float] | int = 3,
    procedure: Procedure = "two-stage",
    method: Estimator = "REML",
    standardised: bool = False,
    level: float = 0.95,
    reading: Reading | None = None,
) -> DoseResponse:
    """Pools dose-response curves over studies.

    Args:
        source: a file, frame or columns, one row a dose of a study; see `read_doses`.
        curve: ``linear``, ``quadratic`` or ``spline`` (restricted cubic).
        knots: of a spline: how many, at customary quantiles of the doses, or the doses themselves.
        procedure: ``two-stage`` fits every study by itself and pools the coefficients; ``one-stage`` fits all at once, and takes in
            studies with fewer doses than the curve has coefficients.
        method: ``REML``, ``ML`` or ``fixed`` (one curve for all studies).
        standardised: whether differences of means are divided by their standard deviation.
        level: coverage of the intervals.
        reading: how the table is read where it does not say so itself.

    Raises:
        EvidenceError: all faults of the table at once; too few doses for the curve.

    Example:
        >>> rows = {"study": ["A", "A", "B", "B"], "dose": [0, 10, 0, 20], "RR": [1, 1.5, 1, 1.8],
        ...         "lower": [1, 1.2, 1, 1.3], "upper": [1, 1.875, 1, 2.49], "cases": [50, 70, 40, 66],
        ...         "n": [1000, 1000, 800, 800], "type": ["ci"] * 4}
        >>> found = dose_response(rows, method="fixed")
        >>> found.predict([10]).row(0)[1] > 1.2
        True
    """
    for name, value, known in (
        ("procedure", procedure, ("two-stage", "one-stage")),
        ("method", method, ("REML", "ML", "fixed")),
    ):
        if value not in known:
            raise EvidenceError(Fault(name, " or ".join(known), repr(value)))
    if not 0 < level < 1:
        raise EvidenceError(Fault("level", "between 0 and 1", f"{level:g}"))
    read = read_doses(source, standardised=standardised, reading=reading)
    doses = np.concatenate([study.dose for study in read.studies])
    chosen = knots_of(doses, knots) if isinstance(knots, int) else tuple(map(float, knots))
    shape = Curve(curve, chosen if curve == "spline" else ())
    left_out = dict(read.left_out)
    blocks, kept = [], []
    for study in read.studies:
        block = Block(
            study.effect, shape.at(study.dose[1:]) - shape.at(study.dose[:1]), study.covariance
        )
        needed = block.design.shape[1]
        if procedure == "two-stage":
            if np.linalg.matrix_rank(block.design) < needed:
                told = f"{len(block.y)} doses above its lowest, and the curve needs {needed} (one-stage takes it in)"
                left_out[study.name] = told
                continue
            first = fit([block], "fixed")
            block = Block(first.beta, np.eye(needed), first.covariance)
        blocks.append(block)
        kept.append(study)
    if not blocks:
        raise EvidenceError(
            Fault("studies", "a study with enough doses for the curve", "none", "A line needs one.")
        )
    fitted = fit(blocks, method)
    return DoseResponse(
        read.measure, shape, procedure, method, tuple(kept), left_out, fitted, tuple(blocks), level, read.notes
    )  # fmt: skip
