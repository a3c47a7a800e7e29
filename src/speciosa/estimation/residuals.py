"""Predictions, residuals and shrinkage of a fit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

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
        }
    ).with_columns(pl.col("ires", "iwres").fill_nan(None))


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
