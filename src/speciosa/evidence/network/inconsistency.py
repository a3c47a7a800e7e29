"""Do direct and indirect evidence agree? Q by design, the design-by-treatment test, node splits, heat."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import chdtrc, ndtr

from speciosa.evidence.network.data import Matrix, Network
from speciosa.evidence.network.gls import (
    Fit,
    Whitened,
    by_design,
    consistency,
    fit,
    study_design,
    whiten,
)
from speciosa.evidence.network.tau2 import Method, tau2_estimate

if TYPE_CHECKING:
    from speciosa.evidence.network.result import NetworkResult


@dataclass(frozen=True)
class QDecomposition:
    """Cochran's Q of the common-effect network and its parts.

    Attributes:
        total, total_df, total_p: all disagreement.
        within, within_df, within_p: between studies of one design (heterogeneity).
        between, between_df, between_p: between designs (inconsistency).
        designs: one row a design with its own Q.
    """

    total: float
    total_df: int
    within: float
    within_df: int
    between: float
    between_df: int
    designs: pl.DataFrame

    @property
    def total_p(self) -> float | None:
        """P-value of the total."""
        return _p(self.total, self.total_df)

    @property
    def within_p(self) -> float | None:
        """P-value of heterogeneity within designs."""
        return _p(self.within, self.within_df)

    @property
    def between_p(self) -> float | None:
        """P-value of inconsistency between designs."""
        return _p(self.between, self.between_df)


def _p(q: float, df: int) -> float | None:
    return float(chdtrc(df, q)) if df > 0 else None


def q_decomposition(network: Network) -> QDecomposition:
    """Q of the network split into heterogeneity within designs and inconsistency between them.

    Krahn, Binder and Koenig 2013, doi:10.1186/1471-2288-13-35.
    """
    consistent, split = consistency(network), by_design(network)
    total = fit(consistent, 0.0).q
    found = fit(split, 0.0)
    weighted = (split.y - split.design @ found.beta) ** 2 / split.spread
    of_study = np.bincount(split.study, weights=weighted, minlength=len(network.studies))
    by_name: dict[str, list[int]] = {}
    for place, study in enumerate(network.studies):
        by_name.setdefault(study.design, []).append(place)
    rows = []
    for design, members in by_name.items():
        arms = len(network.studies[members[0]].treatments)
        q = float(of_study[members].sum())
        df = (len(members) - 1) * (arms - 1)
        rows.append({"design": design, "studies": len(members), "Q": q, "df": df, "p": _p(q, df)})
    designs = pl.DataFrame(rows, infer_schema_length=None)
    # Rounding must not leave a negative part where there is no disagreement at all.
    within = min(found.q, total)
    return QDecomposition(
        total, consistent.df, within, split.df, total - within, consistent.df - split.df, designs
    )


@dataclass(frozen=True)
class InteractionTest:
    """The design-by-treatment interaction test under random effects within designs."""

    q: float
    df: int
    p: float | None
    tau2_within: float


def design_by_treatment(network: Network) -> InteractionTest:
    """Tests all loops at once: Q between designs, at the tau2 that is left within designs.

    tau2 is the DerSimonian-Laird estimate of the model with its own effects for every design
    (Higgins 2012, doi:10.1002/jrsm.1044; Jackson 2014, doi:10.1002/sim.6188).
    """
    consistent, split = consistency(network), by_design(network)
    tau2 = tau2_estimate(split, "DL")
    q = max(0.0, fit(consistent, tau2).q - fit(split, tau2).q)
    df = consistent.df - split.df
    return InteractionTest(q, df, _p(q, df), tau2)


def net_split(result: "NetworkResult") -> pl.DataFrame:
    """Direct against indirect evidence of every comparison that has both, by back-calculation.

    One row a pair: ``treat1, treat2, direct, direct_se, indirect, indirect_se, difference, se, z, p,
        proportion_direct``.
    """
    values, names = result.estimates, result.treatments
    rows = []
    for i, one in enumerate(names):
        for j in range(i + 1, len(names)):
            if not (np.isfinite(values.direct[i, j]) and np.isfinite(values.indirect[i, j])):
                continue
            direct, indirect = values.direct[i, j], values.indirect[i, j]
            rows.append(
                _split_row(
                    one,
                    names[j],
                    (direct, values.direct_se[i, j]),
                    (indirect, values.indirect_se[i, j]),
                    float(np.hypot(values.direct_se[i, j], values.indirect_se[i, j])),
                )
                | {"proportion_direct": float(values.proportion_direct[i, j])}
            )
    return pl.DataFrame(rows, schema=None if rows else _SPLIT_COLUMNS)


_SPLIT_COLUMNS = {
    "treat1": pl.String(),
    "treat2": pl.String(),
    **{
        name: pl.Float64()
        for name in ("direct", "direct_se", "indirect", "indirect_se", "difference", "se", "z", "p")
    },
    "proportion_direct": pl.Float64(),
}


def _split_row(
    one: str, other: str, direct: tuple[float, float], indirect: tuple[float, float], se: float
) -> dict[str, str | float]:
    difference = direct[0] - indirect[0]
    return {
        "treat1": one,
        "treat2": other,
        "direct": float(direct[0]),
        "direct_se": float(direct[1]),
        "indirect": float(indirect[0]),
        "indirect_se": float(indirect[1]),
        "difference": float(difference),
        "se": se,
        "z": float(difference / se),
        "p": float(2 * ndtr(-abs(difference) / se)),
    }


@dataclass(frozen=True)
class NodeSplit:
    """One comparison with its direct and indirect evidence as separate parameters of one model."""

    treat1: str
    treat2: str
    direct: float
    direct_se: float
    indirect: float
    indirect_se: float
    difference: float
    se: float
    p: float
    tau2: float


def node_split(
    network: Network,
    treat1: str,
    treat2: str,
    *,
    method: Method = "REML",
    tau2: float | None = None,
) -> NodeSplit | None:
    """Splits one comparison: trials of the pair estimate ``d + w``, the rest of the network ``d``.

    In multi-arm trials the difference is shared evenly between the two arms, so that the choice of a study's
    baseline does not matter (White 2015, symmetrical version; Dias 2010, doi:10.1002/sim.3767).

    Args:
        network: the evidence.
        treat1: first treatment of the pair.
        treat2: second treatment; effects are first minus second.
        method: estimator of tau2 of the split model.
        tau2: a fixed value in its place.

    Returns:
        None where only direct or only indirect evidence exists.
    """
    names = network.treatments
    designs = []
    for study in network.studies:
        rows = study_design(study, names)[:, 1:]
        extra = np.zeros((len(rows), 1))
        if treat1 in study.treatments and treat2 in study.treatments:
            shift = {treat1: 0.5, treat2: -0.5}
            base = shift.get(study.treatments[0], 0.0)
            extra[:, 0] = [shift.get(name, 0.0) - base for name in study.treatments[1:]]
        designs.append(np.hstack([rows, extra]))
    data = whiten(network.studies, designs)
    if data.rank < len(names) or not data.design[:, -1].any():
        return None
    chosen = tau2_estimate(data, method) if tau2 is None else tau2
    found = fit(data, chosen)
    contrast = np.zeros(len(names))
    for name, sign in ((treat1, 1.0), (treat2, -1.0)):
        if names.index(name):
            contrast[names.index(name) - 1] = sign
    split = np.zeros(len(names))
    split[-1] = 1.0
    return _node_split(treat1, treat2, found, contrast, split, chosen)


def _node_split(
    one: str, other: str, found: Fit, contrast: np.ndarray, split: np.ndarray, tau2: float
) -> NodeSplit:
    def value(vector: np.ndarray) -> tuple[float, float]:
        return float(vector @ found.beta), float(np.sqrt(vector @ found.covariance @ vector))

    indirect, direct, difference = value(contrast), value(contrast + split), value(split)
    p = float(2 * ndtr(-abs(difference[0]) / difference[1]))
    return NodeSplit(one, other, *direct, *indirect, *difference, p, tau2)


def heat(network: Network, tau2: float = 0.0) -> tuple[list[str], Matrix]:
    """Where inconsistency sits: how much Q between designs falls in each design when another is set free.

    Entry (i, j) is the inconsistency of design i in the consistent network minus that after detaching design j:
    positive where design j explains the disagreement of design i (the net heat plot of Krahn 2013,
    doi:10.1186/1471-2288-13-35).

    Returns:
        The designs and the matrix, shape ``(d, d)``; designs whose removal leaves nothing to compare are left out.
    """
    consistent, split = consistency(network), by_design(network)
    designs = list(dict.fromkeys(study.design for study in network.studies))
    of_study = [designs.index(study.design) for study in network.studies]
    of_row = np.array(of_study)[split.study]
    own = split.design @ fit(split, tau2).beta
    base = _design_q(consistent, own, tau2, of_row, len(designs))
    columns, kept = [], []
    for number in range(len(designs)):
        used = np.abs(split.design[of_row == number]).max(axis=0) > 0
        loosened = replace(consistent, design=np.hstack([consistent.design, split.design[:, used]]))
        if loosened.rank > consistent.rank:
            kept.append(number)
            columns.append(base - _design_q(loosened, own, tau2, of_row, len(designs)))
    if not kept:
        return [], np.zeros((0, 0))
    return [designs[number] for number in kept], np.array(columns).T[kept]


def _design_q(
    model: Whitened, own: np.ndarray, tau2: float, of_row: np.ndarray, count: int
) -> np.ndarray:
    """Weighted squared distance between the model's and each design's own estimates, by design."""
    gap = model.design @ fit(model, tau2).beta - own
    return np.bincount(of_row, weights=gap**2 / (model.spread + tau2), minlength=count)
