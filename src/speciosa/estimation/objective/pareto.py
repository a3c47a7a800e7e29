"""Whether importance sampling can be trusted: the shape of the tail of its weights."""

import numpy as np

from speciosa.estimation.jet.table import Floats

TOO_HEAVY = 0.7
"""Shape from which the mean of the weights is not to be trusted with any number of draws that can be had."""
_FEW = 25


def tail_shape(log_weights: Floats) -> float:
    """Shape k of the generalised Pareto distribution of the largest weights; NaN where they are too few, or all alike.

    Weights of which k is below 0.5 have a variance; above 0.7 their mean converges too slowly to be of use (Vehtari et al. 2024,
    Journal of Machine Learning Research 25(72)). The fit is that of Zhang and Stephens 2009, doi:10.1198/tech.2009.08017, drawn
    towards 0.5 as there are few.

    Args:
        log_weights: logarithms of the weights, up to a constant.

    Example:
        >>> middle = (np.arange(4000) + 0.5) / 4000
        >>> round(tail_shape(-0.9 * np.log(1 - middle)), 1)  # a tail with index 1 / 0.9
        0.9
    """
    finite = log_weights[np.isfinite(log_weights)]
    count = int(min(0.2 * len(finite), 3 * np.sqrt(len(finite))))
    if len(finite) < _FEW or count < 5:
        return np.nan
    ordered = np.sort(finite)
    above = np.exp(ordered[-count:] - ordered[-1]) - np.exp(ordered[-count - 1] - ordered[-1])
    if not above[-1] > 1e-12:
        return np.nan
    quarter = max(above[int(count / 4 + 0.5) - 1], 1e-300)
    many = 30 + int(np.sqrt(count))
    b = 1 / above[-1] + (1 - np.sqrt(many / (np.arange(1, many + 1) - 0.5))) / (3 * quarter)
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.log1p(-b[:, None] * above).mean(axis=1)
        likelihood = count * (np.log(-b / shape) - shape - 1)
    likelihood = np.where(np.isfinite(likelihood), likelihood, -np.inf)
    weight = np.exp(likelihood - likelihood.max())
    mean = float((b * weight).sum() / weight.sum())
    k = float(np.log1p(-mean * above).mean())
    return (count * k + 10 * 0.5) / (count + 10)
