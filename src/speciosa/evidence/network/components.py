"""Additive component network meta-analysis: the effect of ``A+B`` is the effect of A plus that of B.

It can join a disconnected network whose islands share a component; what it cannot estimate is said, not guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import chdtrc, ndtr, ndtri

from speciosa.errors import EvidenceError, Fault, nearest
from speciosa.evidence.network.connectivity import islands
from speciosa.evidence.network.data import Matrix, Network
from speciosa.evidence.network.gls import Fit, Whitened, consistency, fit, study_design, whiten
from speciosa.evidence.network.read import Source, read_network
from speciosa.evidence.network.tau2 import Method, tau2_estimate

ESTIMABLE = 1e-8


@dataclass(frozen=True)
class ComponentResult:
    """An additive component model.

    Attributes:
        components: the components, in the order of `fit`.
        inactive: the component whose effect is zero, None where there is none.
        tau2: heterogeneity variance.
        q, df, p: disagreement with the additive model, common effect.
        q_additivity, df_additivity, p_additivity: the part of Q that additivity adds to the network model; None
            where the network does not hang together without it.
        effects: one row a component: ``component, effect, se, ci_low, ci_high, p``; None where it cannot be
            estimated.
        combinations: one row a treatment against the inactive component, likewise.
    """

    components: tuple[str, ...]
    inactive: str | None
    tau2: float
    q: float
    df: int
    p: float | None
    q_additivity: float | None
    df_additivity: int | None
    p_additivity: float | None
    effects: pl.DataFrame
    combinations: pl.DataFrame
    fit: Fit


def component_network(
    source: Source | Network,
    *,
    measure: str | None = None,
    separator: str = "+",
    inactive: str | None = None,
    method: Method = "DL",
    model: str = "random",
    level: float = 0.95,
) -> ComponentResult:
    """Fits the additive model of components.

    Welton 2009, doi:10.1093/aje/kwp014; Ruecker 2020, doi:10.1002/bimj.201800167.

    Args:
        source: a table as `read_network` takes it, or a `Network`.
        measure: effect measure.
        separator: what joins components in a treatment's name.
        inactive: the component without effect, such as placebo.
        method: estimator of tau2, of the additive model.
        model: ``random`` or ``common``.
        level: coverage of the intervals.

    Raises:
        EvidenceError: faults of the data, or an inactive component that no treatment has.

    Example:
        >>> rows = {"study": ["1", "2", "3"], "treat1": ["A", "B", "A+B"], "treat2": ["P", "P", "P"],
        ...         "effect": [1.0, 2.0, 3.0], "se": [0.1, 0.1, 0.1]}
        >>> found = component_network(rows, inactive="P")
        >>> [(name, round(value, 6)) for name, value in found.effects.select("component", "effect").rows()]
        [('A', 1.0), ('B', 2.0)]
    """
    if isinstance(source, Network):
        network = source
    else:
        network = read_network(source, measure=measure, connected=False)
    components, table = component_table(network.treatments, separator, inactive)
    designs = [study_design(study, network.treatments) @ table for study in network.studies]
    data = whiten(network.studies, designs)
    tau2 = tau2_estimate(data, method) if model == "random" else 0.0
    found, common = fit(data, tau2), fit(data, 0.0)
    basis = _row_space(data)
    effects = _rows("component", components, np.eye(len(components)), found, basis, level)
    combinations = _rows("treatment", network.treatments, table, found, basis, level)
    joined = len(islands({s.name: s.treatments for s in network.studies})) == 1
    extra, lost, p = _additivity(network, common.q, data.df) if joined else (None, None, None)
    return ComponentResult(
        components=components,
        inactive=inactive,
        tau2=tau2,
        q=common.q,
        df=data.df,
        p=_p(common.q, data.df),
        q_additivity=extra,
        df_additivity=lost,
        p_additivity=p,
        effects=effects,
        combinations=combinations,
        fit=found,
    )


def component_table(
    treatments: Sequence[str], separator: str, inactive: str | None
) -> tuple[tuple[str, ...], Matrix]:
    """Which treatment holds which component, shape ``(n, components)``, without the inactive one.

    Example:
        >>> component_table(["A", "A+B", "P"], "+", "P")[1].tolist()
        [[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    """
    parts = [[part.strip() for part in name.split(separator)] for name in treatments]
    known = sorted({part for names in parts for part in names})
    if inactive is not None and inactive not in known:
        likely = " or ".join(nearest(inactive, known))
        hint = f"Did you mean {likely}?" if likely else ""
        raise EvidenceError(
            Fault("inactive component", f"one of {', '.join(known)}", repr(inactive), hint)
        )
    components = tuple(name for name in known if name != inactive)
    table = np.array([[float(name in names) for name in components] for names in parts])
    return components, table.reshape(len(treatments), len(components))


def _row_space(data: Whitened) -> Matrix:
    _, values, rows = np.linalg.svd(data.design, full_matrices=False)
    basis: Matrix = rows[values > ESTIMABLE]
    return basis


def _rows(
    what: str, names: Sequence[str], vectors: Matrix, found: Fit, basis: Matrix, level: float
) -> pl.DataFrame:
    z = ndtri(0.5 + level / 2)
    rows: list[dict[str, str | float | None]] = []
    for name, vector in zip(names, vectors, strict=True):
        outside = vector - basis.T @ (basis @ vector)
        if np.abs(outside).max(initial=0.0) > ESTIMABLE:
            rows.append(
                {what: name, "effect": None, "se": None, "ci_low": None, "ci_high": None, "p": None}
            )
            continue
        effect = float(vector @ found.beta)
        se = float(np.sqrt(max(vector @ found.covariance @ vector, 0.0)))
        p = float(2 * ndtr(-abs(effect) / se)) if se > 0 else None
        rows.append(
            {
                what: name,
                "effect": effect,
                "se": se,
                "ci_low": effect - z * se,
                "ci_high": effect + z * se,
                "p": p,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _additivity(network: Network, q: float, df: int) -> tuple[float, int, float | None]:
    consistent = consistency(network)
    extra, lost = max(0.0, q - fit(consistent, 0.0).q), df - consistent.df
    return extra, lost, _p(extra, lost)


def _p(q: float, df: int) -> float | None:
    return float(chdtrc(df, q)) if df > 0 else None
