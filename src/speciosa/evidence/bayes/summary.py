"""Summaries of a posterior: a mixture of normals in numbers, and rows under the names of frequentist estimates."""

from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Model = Literal["common", "random"]
_ROOT = float(np.sqrt(2 * np.pi))


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
    """Mean, sd, median, quartiles, interval and probability below 0 of a mixture of normals.

    Example:
        >>> found = mixture_summary(np.ones(1), np.zeros(1), np.ones(1), 0.95)
        >>> round(found["high"], 4), round(found["below_0"], 4)
        (1.96, 0.5)
    """
    centre = float(weight @ mean)
    spread = float(np.sqrt(weight @ (sd**2 + (mean - centre) ** 2)))
    tails = np.array([0.5, (1 - level) / 2, (1 + level) / 2, 0.25, 0.75])
    median, bottom, top, q25, q75 = _quantiles(weight, mean, sd, tails, centre, spread).tolist()
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


def _quantiles(
    weight: NDArray[np.float64],
    mean: NDArray[np.float64],
    sd: NDArray[np.float64],
    tails: NDArray[np.float64],
    centre: float,
    spread: float,
) -> NDArray[np.float64]:
    """Quantiles of a mixture by Newton's steps from those of one normal, halved where a step leaves the bracket."""
    low = np.full(len(tails), float((mean - 12 * sd).min()))
    high = np.full(len(tails), float((mean + 12 * sd).max()))
    if not (sd > 0).all():
        for _ in range(80):
            middle = (low + high) / 2
            below = ndtr((middle[:, None] - mean) / sd) @ weight < tails
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray((low + high) / 2)
    at = np.clip(centre + spread * ndtri(tails), low, high)
    for _ in range(80):
        z = (at[:, None] - mean) / sd
        gap = ndtr(z) @ weight - tails
        low, high = np.where(gap < 0, at, low), np.where(gap < 0, high, at)
        density = np.exp(-0.5 * z * z) @ (weight / sd) / _ROOT
        with np.errstate(divide="ignore", invalid="ignore"):
            new = at - gap / density
        new = np.where((new > low) & (new < high), new, (low + high) / 2)
        moved = np.abs(new - at).max()
        at = new
        if moved <= 1e-14 * max(spread, float(np.abs(at).max())):
            break
    return np.asarray(at)
