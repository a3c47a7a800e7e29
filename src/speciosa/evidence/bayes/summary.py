"""Summaries of a posterior: a mixture of normals in numbers, and rows under the names of frequentist estimates."""

from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

Model = Literal["common", "random"]


def estimate_rows(table: pl.DataFrame, model: Model) -> list[dict[str, Any]]:
    """Posterior summaries under the names of the frequentist estimates; direct and indirect are not apart here."""
    return [
        {
            "treat1": row["treat1"],
            "treat2": row["treat2"],
            "effect": row["mean"],
            "se": row["sd"],
            "ci_low": row["low"],
            "ci_high": row["high"],
            "median": row["median"],
            "q25": row["q25"],
            "q75": row["q75"],
            "pi_low": row["pi_low"] if model == "random" else None,
            "pi_high": row["pi_high"] if model == "random" else None,
            "direct": None,
            "indirect": None,
            "proportion_direct": None,
        }
        for row in table.iter_rows(named=True)
    ]


def mixture_summary(
    weight: NDArray[np.float64], mean: NDArray[np.float64], sd: NDArray[np.float64], level: float
) -> dict[str, float]:
    """Mean, sd, median, quartiles, interval and probability below 0 of a mixture of normals, quantiles by bisection.

    Example:
        >>> found = mixture_summary(np.ones(1), np.zeros(1), np.ones(1), 0.95)
        >>> round(found["high"], 4), round(found["below_0"], 4)
        (1.96, 0.5)
    """
    centre = float(weight @ mean)
    spread = float(np.sqrt(weight @ (sd**2 + (mean - centre) ** 2)))
    tails = np.array([0.5, (1 - level) / 2, (1 + level) / 2, 0.25, 0.75])
    low = np.full(5, float((mean - 12 * sd).min()))
    high = np.full(5, float((mean + 12 * sd).max()))
    for _ in range(80):
        middle = (low + high) / 2
        below = ndtr((middle[:, None] - mean) / sd) @ weight < tails
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    median, bottom, top, q25, q75 = ((low + high) / 2).tolist()
    return {
        "mean": centre,
        "sd": spread,
        "median": median,
        "low": bottom,
        "high": top,
        "q25": q25,
        "q75": q75,
        "below_0": float(ndtr(-mean / sd) @ weight),
    }
