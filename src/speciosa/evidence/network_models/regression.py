r"""Network meta-regression: how effects change with a covariate of the trials.

For a covariate of studies, arm k against the reference has the effect :math:`d_k + \beta_k (x_i - \bar x)`, the reference
itself :math:`\beta = 0`; one :math:`\beta` for all others (``common``) or one each (``independent``). For a covariate of arms,
such as a dose, each arm has :math:`d_k + \beta (x_{ik} - \bar x)`. (Dias 2013, doi:10.1177/0272989X13485157; Donegan 2012,
doi:10.1371/journal.pone.0052754.)
"""

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from scipy.special import chdtrc, ndtri

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.network.data import Matrix, Network
from speciosa.evidence.network.gls import Vector, fit, study_design, whiten
from speciosa.evidence.network.read import require_connected
from speciosa.evidence.network.result import Model, default_reference, network_meta_analysis
from speciosa.evidence.network.tau2 import Method, tau2_estimate
from speciosa.evidence.network_models.covariates import Covariate, covariate

Interaction = Literal["common", "independent"]


@dataclass(frozen=True)
class NetworkRegression:
    """A network meta-regression.

    Attributes:
        network: the trials that take part.
        covariate: its values.
        interaction: one slope for all treatments against the reference, or one each; of arms always one.
        reference: the treatment that others are compared with.
        method, model: of the heterogeneity.
        centre: value of the covariate at which `effects` holds.
        treatments: the others, in the order of the parameters.
        beta, covariance: effects at the centre, then slopes.
        tau2: heterogeneity left, `tau2_without` without the covariate.
        q, df: residual heterogeneity.
        level: coverage of the intervals.
    """

    network: Network
    covariate: Covariate
    interaction: Interaction
    reference: str
    method: Method
    model: Model
    centre: float
    treatments: tuple[str, ...]
    beta: Vector
    covariance: Matrix
    tau2: float
    tau2_without: float
    q: float
    df: int
    level: float

    @property
    def slope_names(self) -> tuple[str, ...]:
        """What each slope belongs to."""
        if len(self.beta) == len(self.treatments) + 1:
            return (self.covariate.name,)
        return tuple(f"{self.covariate.name}: {name}" for name in self.treatments)

    @property
    def slopes(self) -> pl.DataFrame:
        """One row a slope, a unit of the covariate: ``name, estimate, se, z, p, ci_low, ci_high`` on the analysis scale."""
        first = len(self.treatments)
        return self._frame("name", self.slope_names, np.eye(len(self.beta))[first:])

    def effects(self, at: float | None = None) -> pl.DataFrame:
        """Every treatment against the reference where the covariate is `at` (by default the centre).

        Of a covariate of arms both treatments are taken at the same value, so that its slope drops out.

        Returns:
            One row a treatment: ``treatment, estimate, se, z, p, ci_low, ci_high`` on the analysis scale.
        """
        count = len(self.treatments)
        rows = np.zeros((count, len(self.beta)))
        rows[:, :count] = np.eye(count)
        if at is not None and not self.covariate.varies:
            shift = at - self.centre
            common = len(self.beta) == count + 1
            rows[:, count:] = shift * (np.ones((count, 1)) if common else np.eye(count))
        return self._frame("treatment", self.treatments, rows)

    def wald(self) -> tuple[float, int, float]:
        """Chi-squared, degrees of freedom and p that no slope differs from 0."""
        first = len(self.treatments)
        beta, covariance = self.beta[first:], self.covariance[first:, first:]
        value = float(beta @ np.linalg.solve(covariance, beta))
        return value, len(beta), float(chdtrc(len(beta), value))

    @property
    def R2(self) -> float | None:  # noqa: N802 - the name of the field
        """Percent of the heterogeneity that the covariate accounts for; None where there was none."""
        if self.tau2_without <= 0:
            return None
        return 100 * max(0.0, 1 - self.tau2 / self.tau2_without)

    def _frame(self, first: str, names: tuple[str, ...], rows: Matrix) -> pl.DataFrame:
        estimate = rows @ self.beta
        se = np.sqrt(np.einsum("ij,jk,ik->i", rows, self.covariance, rows))
        z = float(ndtri(0.5 + self.level / 2))
        return pl.DataFrame(
            {
                first: names,
                "estimate": estimate,
                "se": se,
                "z": estimate / se,
                "p": chdtrc(1, (estimate / se) ** 2),
                "ci_low": estimate - z * se,
                "ci_high": estimate + z * se,
            }
        )

    def to_json(self, at: float | None = None) -> dict[str, Any]:
        """As plain values."""
        return {
            "covariate": self.covariate.name,
            "of": "arms" if self.covariate.varies else "studies",
            "interaction": self.interaction,
            "reference": self.reference,
            "k": len(self.network.studies),
            "centre": self.centre,
            "at": self.centre if at is None else at,
            "effects": self.effects(at).to_dicts(),
            "slopes": self.slopes.to_dicts(),
            "QM": dict(zip(("chi2", "df", "p"), self.wald(), strict=True)),
            "tau2": self.tau2,
            "tau2_without": self.tau2_without,
            "R2": self.R2,
            "Q": self.q,
            "Q_df": self.df,
            "left_out": dict.fromkeys(self.covariate.left_out, f"no {self.covariate.name}"),
        }


def network_meta_regression(
    network: Network,
    column: str,
    *,
    interaction: Interaction = "common",
    method: Method = "REML",
    model: Model = "random",
    reference: str | None = None,
    level: float = 0.95,
) -> NetworkRegression:
    """Regresses the effects of a network on a column of its table.

    Args:
        network: the trials, as `read_network` gives them.
        column: numbers or two words, by study (year, duration) or by arm (dose).
        interaction: ``common``: every treatment changes against the reference alike; ``independent``: each by itself.
        method: estimator of tau2.
        model: ``random`` or ``common``, which has no heterogeneity.
        reference: treatment whose own slope is 0; by default placebo, or else the one in most studies.
        level: coverage of the intervals.

    Raises:
        EvidenceError: no such column; a covariate that is the same in all trials, or slopes that the trials cannot tell apart.

    Example:
        >>> from speciosa.evidence.network.read import read_network
        >>> rows = {"study": list("ABC"), "treat1": ["x"] * 3, "treat2": ["p"] * 3, "effect": [1.0, 2.0, 3.0],
        ...         "se": [0.1] * 3, "year": [0, 1, 2]}
        >>> found = network_meta_regression(read_network(rows), "year", model="common")
        >>> found.slopes["estimate"].round(6).to_list(), found.effects(0)["estimate"].round(6).to_list()
        ([1.0], [1.0])
    """
    if interaction not in get_args(Interaction):
        raise EvidenceError(Fault("interaction", "common or independent", repr(interaction)))
    values = covariate(network, column)
    kept = replace(network, studies=tuple(s for s in network.studies if s.name in values.by_arm))
    require_connected(kept, reference)
    base = reference or default_reference(kept)
    others = tuple(name for name in kept.treatments if name != base)
    centre = float(np.mean([x.mean() for x in values.by_arm.values()]))
    designs = _rows(kept, values, centre, (base, *others), interaction)
    data = whiten(kept.studies, designs)
    if data.rank < data.design.shape[1]:
        raise EvidenceError(_inseparable(values, interaction, others))
    tau2 = 0.0 if model == "common" else tau2_estimate(data, method)
    found = fit(data, tau2)
    plain = network_meta_analysis(kept, method=method, model=model, reference=base)
    return NetworkRegression(
        kept, values, interaction, base, method, model, centre, others, found.beta, found.covariance,
        tau2, plain.tau2, fit(data, 0.0).q, data.df, level,
    )  # fmt: skip


def regression_rows(found: NetworkRegression) -> list[Matrix]:
    """The design of a regression, one block a study: contrasts against its first arm over effects, then slopes."""
    names = (found.reference, *found.treatments)
    return _rows(found.network, found.covariate, found.centre, names, found.interaction)


def _rows(
    network: Network,
    values: Covariate,
    centre: float,
    names: tuple[str, ...],
    interaction: Interaction,
) -> list[Matrix]:
    slopes = _slopes(network, values, centre, names, interaction)
    return [
        np.hstack([study_design(study, names)[:, 1:], extra])
        for study, extra in zip(network.studies, slopes, strict=True)
    ]


def _slopes(
    network: Network,
    values: Covariate,
    centre: float,
    names: tuple[str, ...],
    interaction: Interaction,
) -> list[Matrix]:
    """The columns that slopes multiply, one block a study: contrasts against its first arm."""
    found = []
    for study in network.studies:
        x = values.by_arm[study.name]
        if values.varies:
            found.append((x[1:] - x[0])[:, None])
            continue
        rows = study_design(study, names)[:, 1:] * (x[0] - centre)
        found.append(rows.sum(axis=1, keepdims=True) if interaction == "common" else rows)
    return found


def _inseparable(values: Covariate, interaction: Interaction, others: tuple[str, ...]) -> Fault:
    where = f"covariate {values.name!r}"
    distinct = {float(x[0]) for x in values.by_arm.values()}
    if len(distinct) == 1 and not values.varies:
        return Fault(where, "different values in different trials", f"{distinct.pop():g} in all")
    if interaction == "independent" and not values.varies:
        return Fault(
            where,
            "each treatment in trials with two different values",
            "a treatment with one: " + ", ".join(others),
            "One slope for all treatments needs less: interaction common.",
        )
    return Fault(where, "trials that tell effects and slopes apart", "too few")
