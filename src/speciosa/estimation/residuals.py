"""Predictions, residuals and shrinkage of a fit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.likelihood.kinds import POWER, SEEN
from speciosa.estimation.objective.design import Individuals
from speciosa.estimation.objective.joint import Joint

if TYPE_CHECKING:
    import polars as pl


def prediction_table(joint: Joint, at: Individuals, modes: Floats) -> "pl.DataFrame":
    """One row an observation: typical and individual prediction, individual residual, plain and weighted.

    On the scale of the residual model: of log-additive endpoints observations and predictions are logarithms. Censored observations
    and those that are no measurements have no residuals.
    """
    import polars as pl

    prepared = joint.design.prepared
    likelihood, none = prepared.likelihood, np.zeros(0, dtype=np.int64)
    observed = likelihood.observed
    typical = joint.predict(at, np.zeros_like(modes), none, 0).value
    own = joint.predict(at, modes, none, 0).value
    variance = residual_variance(joint, at, own)
    measured = (observed.kind <= POWER) & (observed.known == SEEN)
    residual = np.where(measured, observed.value - own, np.nan)
    names = [joint.design.question.errors[k].name for k in prepared.endpoint]
    return pl.DataFrame(
        {
            "id": prepared.ids[likelihood.subject],
            "time": prepared.times,
            "endpoint": names,
            "dv": observed.value,
            "censored": observed.known != SEEN,
            "pred": typical,
            "ipred": own,
            "ires": residual,
            "iwres": residual / np.sqrt(variance),
            "cwres": _conditional(joint, at, modes, typical, own, variance, measured),
        }
    ).with_columns(pl.col("ires", "iwres", "cwres").fill_nan(None))


def _conditional(
    joint: Joint,
    at: Individuals,
    modes: Floats,
    typical: Floats,
    own: Floats,
    variance: Floats,
    measured: NDArray[np.bool_],
) -> Floats:
    """Conditional weighted residuals of every measurement: of a model linear about the mode, whitened.

    With interaction variances are those of the individual prediction, with FO and FOCE those of the typical one. Source: Hooker,
    Staatz and Karlsson 2007, doi:10.1007/s11095-007-9361-x.
    """
    likelihood = joint.design.prepared.likelihood
    found = np.full(len(own), np.nan)
    slope = joint.predict(at, modes, joint.design.random, 1).first
    if joint.design.question.estimation.method in ("FO", "FOCE"):
        variance = residual_variance(joint, at, typical)
    expected = own - np.einsum("ne,ne->n", slope, modes[likelihood.subject])
    for s in range(joint.subjects):
        rows = np.flatnonzero((likelihood.subject == s) & measured)
        if not len(rows):
            continue
        g = slope[rows]
        covariance = g @ at.spread.matrix @ g.T + np.diag(variance[rows])
        roots, vectors = np.linalg.eigh(covariance)
        if not roots[0] > 0:
            continue
        residual = likelihood.observed.value[rows] - expected[rows]
        found[rows] = vectors @ ((vectors.T @ residual) / np.sqrt(roots))
    return found


def residual_variance(joint: Joint, at: Individuals, prediction: Floats) -> Floats:
    """Variance of every measurement at a prediction; NaN of what is no measurement."""
    observed, x = joint.design.prepared.likelihood.observed, prediction
    found = np.full(len(x), np.nan)
    for i in np.flatnonzero(observed.kind <= POWER):
        own = at.residual[observed.first[i] : observed.first[i] + observed.residuals[i]]
        a = np.exp(own[0])
        match int(observed.kind[i]):
            case 0:
                found[i] = a**2
            case 1:
                found[i] = (a * x[i]) ** 2
            case 2:
                found[i] = a**2 + (np.exp(own[1]) * x[i]) ** 2
            case 3:
                found[i] = (a + np.exp(own[1]) * x[i]) ** 2
            case _:
                found[i] = (a * abs(x[i]) ** own[1]) ** 2
    return found


def shrinkage(
    modes: Floats, omega: Floats, names: Sequence[str], table: "pl.DataFrame"
) -> tuple[dict[str, float], float]:
    """Of random effects by name, and of residuals: 1 less a standard deviation as a share of that of the model.

    Source: Savic and Karlsson 2009, doi:10.1208/s12248-009-9133-0.
    """
    eta = {
        name: float(1 - np.std(modes[:, k], ddof=1) / np.sqrt(omega[k, k]))
        if len(modes) > 1
        else np.nan
        for k, name in enumerate(names)
    }
    weighted = table["iwres"].drop_nulls().to_numpy()
    eps = float(1 - np.std(weighted, ddof=1)) if len(weighted) > 1 else np.nan
    return eta, eps
