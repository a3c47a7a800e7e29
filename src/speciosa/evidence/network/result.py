"""Network meta-analysis: every treatment against every other, from direct and indirect evidence together.

Conventions are those of R's netmeta: normal intervals, prediction intervals with the degrees of freedom of Q, one
tau2 for all comparisons, direct evidence pooled with the network's tau2, and indirect evidence by back-calculation.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.network.coherence import Coherence, coherence
from speciosa.evidence.network.data import Network
from speciosa.evidence.network.estimates import Estimates, estimates
from speciosa.evidence.network.gls import consistency
from speciosa.evidence.network.inconsistency import QDecomposition, net_split, q_decomposition
from speciosa.evidence.network.league import league_table
from speciosa.evidence.network.ranking import Ranks, SmallValues, p_scores, rank_probabilities
from speciosa.evidence.network.read import Source, read_network, require_connected
from speciosa.evidence.network.tau2 import Covariance, Method, network_tau2
from speciosa.evidence.network.words import as_text
from speciosa.evidence.table.reading import Reading
from speciosa.shown import Shown

Model = Literal["common", "random"]


@dataclass(frozen=True)
class NetworkResult(Shown):
    """A network meta-analysis.

    Attributes:
        network: the evidence it rests on.
        model: which estimates are reported, ``common`` or ``random``.
        method: estimator of tau2.
        reference: the treatment that others are shown against.
        level: coverage of the intervals.
        small_values: whether small values of the outcome are good (decides the P-scores).
        common, random: estimates of both models.
        heterogeneity: Q and its parts.
    """

    network: Network
    model: Model
    method: Method
    reference: str
    level: float
    small_values: SmallValues
    common: Estimates
    random: Estimates
    heterogeneity: QDecomposition

    @property
    def treatments(self) -> tuple[str, ...]:
        """Treatments in the order of the matrices."""
        return self.network.treatments

    @property
    def estimates(self) -> Estimates:
        """The estimates of the chosen model."""
        return self.common if self.model == "common" else self.random

    @property
    def tau2(self) -> float:
        """Heterogeneity variance of the chosen model; 0 for the common effect."""
        return self.estimates.tau2

    @property
    def half_width(self) -> float:
        """Standard errors to each side of an estimate at the chosen level."""
        return float(ndtri(0.5 + self.level / 2))

    @property
    def I2(self) -> float | None:  # noqa: N802 - the name of the field
        """Percent of Q beyond its degrees of freedom; None without degrees of freedom."""
        q, df = self.heterogeneity.total, self.heterogeneity.total_df
        if df < 1:
            return None
        return 100 * max(0.0, (q - df) / q) if q > 0 else 0.0

    @cached_property
    def coherence(self) -> Coherence:
        """Studies, people and whether the designs agree: what stands beside the result wherever it is shown."""
        return coherence(self.network)

    @property
    def order(self) -> tuple[str, ...]:
        """Treatments as they are listed: best P-score first, by name where ranks are withheld."""
        if self.coherence.ranking:
            return self.treatments
        return tuple(sorted(self.treatments, key=lambda name: -self.p_scores[name]))

    @cached_property
    def p_scores(self) -> dict[str, float]:
        """P-score of each treatment."""
        found = p_scores(self.estimates.effect, self.estimates.se, self.small_values)
        return dict(zip(self.treatments, found.tolist(), strict=True))

    @cached_property
    def ranks(self) -> Ranks:
        """Rank probabilities of each treatment."""
        found = self.estimates.fit
        return rank_probabilities(found.beta, found.covariance, self.treatments, self.small_values)

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row an ordered pair: effect, interval, prediction interval, direct and indirect evidence."""
        columns = self._columns()
        types = {name: pl.Float64() for name in columns} | dict.fromkeys(
            ("treat1", "treat2"), pl.String()
        )
        return pl.DataFrame(columns, schema=types)

    def _columns(self) -> dict[str, list[Any]]:
        """The columns of `table`; None where there is no evidence."""
        values, names = self.estimates, np.array(self.treatments, dtype=object)
        pairs = ~np.eye(len(names), dtype=bool)
        first, second = np.nonzero(pairs)
        effect, se = values.effect[pairs], values.se[pairs]
        df = self.heterogeneity.total_df
        predicts = self.model == "random" and df >= 1
        widen = stdtrit(df, 0.5 + self.level / 2) if predicts else np.nan
        spread, half = widen * np.sqrt(se**2 + values.tau2), self.half_width * se
        numbers = {
            "effect": effect,
            "se": se,
            "ci_low": effect - half,
            "ci_high": effect + half,
            "pi_low": effect - spread,
            "pi_high": effect + spread,
            "direct": values.direct[pairs],
            "indirect": values.indirect[pairs],
            "proportion_direct": values.proportion_direct[pairs],
        }
        return {
            "treat1": names[first].tolist(),
            "treat2": names[second].tolist(),
            **{name: _plain(column) for name, column in numbers.items()},
        }

    def _rows(self) -> list[dict[str, Any]]:
        columns = self._columns()
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def against(self, reference: str | None = None) -> pl.DataFrame:
        """Every treatment minus the reference."""
        return self.table.filter(pl.col("treat2") == (reference or self.reference))

    @cached_property
    def league(self) -> pl.DataFrame:
        """The league table: network estimates below the diagonal, direct evidence above it."""
        return league_table(self)

    def __str__(self) -> str:
        return as_text(self)

    def to_json(self) -> dict[str, Any]:
        """The result as plain values; None where there is no evidence, as for tau2 where no contrast recurs."""
        parts = self.heterogeneity
        return {
            "measure": self.network.measure,
            "model": self.model,
            "method": self.method,
            "reference": self.reference,
            "tau2": self.tau2 if parts.total_df or self.model == "common" else None,
            "Q": parts.total,
            "Q_heterogeneity": parts.within,
            "Q_inconsistency": parts.between,
            "I2": self.I2,
            "estimates": self._rows(),
            "p_scores": self.p_scores,
            "heterogeneity": {
                "Q_df": parts.total_df,
                "Q_p": parts.total_p,
                "within_df": parts.within_df,
                "within_p": parts.within_p,
                "between_df": parts.between_df,
                "between_p": parts.between_p,
            },
            **self.coherence.to_json(),
            "net_split": net_split(self).to_dicts(),
        }


def _plain(column: NDArray[np.float64]) -> list[float | None]:
    """Numbers, with None where there is none."""
    if np.isfinite(column).all():
        return list(column.tolist())
    return [value if math.isfinite(value) else None for value in column.tolist()]


def network_meta_analysis(
    source: Source | Network,
    *,
    measure: str | None = None,
    method: Method = "REML",
    model: Model = "random",
    reference: str | None = None,
    small_values: SmallValues = "desirable",
    level: float = 0.95,
    tau2: float | None = None,
    tau2_covariance: Covariance = "exact",
    distinct: Sequence[str] = (),
    reading: Reading | None = None,
) -> NetworkResult:
    """Pools a network of trials by generalised least squares.

    Args:
        source: a file, table or rows as `read_network` takes them, or a `Network`.
        measure: effect measure; by default OR for counts, IRR for rates, MD for means and for contrasts.
        method: estimator of the heterogeneity variance.
        model: which model is reported; both are computed.
        reference: treatment that others are shown against; by default placebo, or else the one in most studies.
        small_values: whether small values are good, for P-scores and ranks; ``desirable`` by default, as in netmeta.
        level: coverage of the intervals.
        tau2: a fixed heterogeneity variance in place of an estimate.
        tau2_covariance: ``diagonal`` reproduces netmeta's REML and ML of contrast-level files; see `network_tau2`.
        distinct: treatments whose names are alike although they are different.
        reading: how the table is read where it does not say so itself.

    Raises:
        EvidenceError: all faults of the data at once; a disconnected network is explained.

    Example:
        >>> rows = {"study": ["s1", "s2", "s3"], "treat1": ["a", "b", "a"], "treat2": ["p", "p", "b"],
        ...         "effect": [-1.0, -0.4, -0.6], "se": [0.2, 0.2, 0.2]}
        >>> result = network_meta_analysis(rows, reference="p")
        >>> result.against().select("treat1", pl.col("effect").round(6)).rows()
        [('a', -1.0), ('b', -0.4)]
    """
    _check_options(method, model, small_values, level, tau2, tau2_covariance)
    if isinstance(source, Network):
        network = source
        require_connected(network, reference)
    else:
        network = read_network(
            source, measure=measure, reference=reference, distinct=distinct, reading=reading
        )
    data = consistency(network)
    estimated = network_tau2(network, method, tau2_covariance) if tau2 is None else tau2
    return NetworkResult(
        network,
        model,
        method,
        reference or default_reference(network),
        level,
        small_values,
        estimates(network, data, 0.0),
        estimates(network, data, estimated),
        q_decomposition(network),
    )


def _check_options(
    method: str, model: str, small_values: str, level: float, tau2: float | None, covariance: str
) -> None:
    faults = [
        Fault(name, "one of " + ", ".join(get_args(choices)), repr(value))
        for name, value, choices in (
            ("method", method, Method),
            ("model", model, Model),
            ("small_values", small_values, SmallValues),
            ("tau2_covariance", covariance, Covariance),
        )
        if value not in get_args(choices)
    ]
    if not 0 < level < 1:
        faults.append(Fault("level", "between 0 and 1", f"{level:g}"))
    if tau2 is not None and not tau2 >= 0:
        faults.append(Fault("tau2", "0 or more", f"{tau2:g}"))
    if faults:
        raise EvidenceError(faults)


def default_reference(network: Network) -> str:
    """Placebo where there is one, otherwise the treatment in most studies (the first by name among equals)."""
    for name in network.treatments:
        if name.casefold() in ("placebo", "plac", "pbo"):
            return name
    counts: Mapping[str, int] = {
        name: sum(name in study.treatments for study in network.studies)
        for name in network.treatments
    }
    return max(network.treatments, key=lambda name: counts[name])
