"""The formula of each measure: effect size and sampling variance from the figures of studies.

One function a measure, from columns of shape ``(studies,)`` to values and variances of the same shape. Zero cells have
been dealt with before (`effect_sizes.effect_sizes`).
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from speciosa.evidence.effects.association import phi_variance, tetrachoric
from speciosa.evidence.effects.measures import Floats

Columns = Mapping[str, Floats]
Pair = tuple[Floats, Floats]


def small_sample_factor(df: ArrayLike) -> Floats:
    """Hedges' exact factor that removes the bias of a standardised mean difference.

    J(m) = Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)), Hedges 1981, doi:10.3102/10769986006002107.

    Example:
        >>> float(small_sample_factor(10).round(4))
        0.9227
    """
    m = np.asarray(df, dtype=float)
    with np.errstate(all="ignore"):
        return np.asarray(np.exp(gammaln(m / 2) - gammaln((m - 1) / 2)) / np.sqrt(m / 2))


def change_sd(sd_before: ArrayLike, sd_after: ArrayLike, correlation: ArrayLike) -> Floats:
    """Standard deviation of a change from those before and after and their correlation.

    Example:
        >>> float(change_sd(2.0, 2.0, 0.5))
        2.0
    """
    a, b, r = (np.asarray(x, dtype=float) for x in (sd_before, sd_after, correlation))
    return np.asarray(np.sqrt(a**2 + b**2 - 2 * r * a * b))


def _cells(d: Columns) -> tuple[Floats, Floats, Floats, Floats]:
    return d["events_t"], d["n_t"] - d["events_t"], d["events_c"], d["n_c"] - d["events_c"]


def _risk_ratio(d: Columns) -> Pair:
    a, c, n1, n2 = d["events_t"], d["events_c"], d["n_t"], d["n_c"]
    return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2


def _odds_ratio(d: Columns) -> Pair:
    a, b, c, e = _cells(d)
    return np.log(a * e / (b * c)), 1 / a + 1 / b + 1 / c + 1 / e


def _risk_difference(d: Columns) -> Pair:
    p, q, n1, n2 = d["events_t"] / d["n_t"], d["events_c"] / d["n_c"], d["n_t"], d["n_c"]
    return p - q, p * (1 - p) / n1 + q * (1 - q) / n2


def _arcsine_difference(d: Columns) -> Pair:
    p, q = d["events_t"] / d["n_t"], d["events_c"] / d["n_c"]
    return np.arcsin(np.sqrt(p)) - np.arcsin(np.sqrt(q)), 0.25 / d["n_t"] + 0.25 / d["n_c"]


def _peto(d: Columns) -> Pair:
    a, b, c, e = _cells(d)
    n1, n2, total = a + b, c + e, a + b + c + e
    spread = (a + c) / total * (b + e) / total * n1 * n2 / (total - 1)
    return (a - (a + c) * n1 / total) / spread, 1 / spread


def _phi(d: Columns) -> Pair:
    return phi_variance(*_cells(d))


def _yule_q(d: Columns) -> Pair:
    a, b, c, e = _cells(d)
    odds = a * e / (b * c)
    q = (odds - 1) / (odds + 1)
    return q, 0.25 * (1 - q**2) ** 2 * (1 / a + 1 / b + 1 / c + 1 / e)


def _tetrachoric(d: Columns) -> Pair:
    return tetrachoric(*_cells(d))


def _rate_ratio(d: Columns) -> Pair:
    x1, x2 = d["events_t"], d["events_c"]
    return np.log(x1 / d["time_t"]) - np.log(x2 / d["time_c"]), 1 / x1 + 1 / x2


def _rate_difference(d: Columns) -> Pair:
    r1, r2 = d["events_t"] / d["time_t"], d["events_c"] / d["time_c"]
    return r1 - r2, r1 / d["time_t"] + r2 / d["time_c"]


def _root_rate_difference(d: Columns) -> Pair:
    roots = np.sqrt(d["events_t"] / d["time_t"]) - np.sqrt(d["events_c"] / d["time_c"])
    return roots, 0.25 / d["time_t"] + 0.25 / d["time_c"]


def _mean_difference(d: Columns) -> Pair:
    return d["mean_t"] - d["mean_c"], d["sd_t"] ** 2 / d["n_t"] + d["sd_c"] ** 2 / d["n_c"]


def _hedges_g(d: Columns) -> Pair:
    n1, n2 = d["n_t"], d["n_c"]
    df = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * d["sd_t"] ** 2 + (n2 - 1) * d["sd_c"] ** 2) / df)
    g = small_sample_factor(df) * (d["mean_t"] - d["mean_c"]) / pooled
    return g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


def _bonett(d: Columns) -> Pair:
    """Bonett 2009, doi:10.1037/a0016619: standardised by the root of the mean of both variances."""
    v1, v2, df1, df2 = d["sd_t"] ** 2, d["sd_c"] ** 2, d["n_t"] - 1, d["n_c"] - 1
    mean = (v1 + v2) / 2
    g = small_sample_factor(df1 + df2) * (d["mean_t"] - d["mean_c"]) / np.sqrt(mean)
    spread = g**2 * (v1**2 / df1 + v2**2 / df2) / (8 * mean**2)
    return g, spread + (v1 / df1 + v2 / df2) / mean


def _relative_variances(d: Columns) -> Pair:
    return (
        d["sd_t"] ** 2 / (d["n_t"] * d["mean_t"] ** 2),
        d["sd_c"] ** 2 / (d["n_c"] * d["mean_c"] ** 2),
    )


def _ratio_of_means(d: Columns) -> Pair:
    """Corrected for bias to second order (Lajeunesse 2015, doi:10.1890/14-2402.1, equation 8)."""
    one, two = _relative_variances(d)
    return np.log(d["mean_t"] / d["mean_c"]) + (one - two) / 2, one + two


def _sd_ratio(d: Columns) -> Pair:
    """Nakagawa 2015, doi:10.1111/2041-210X.12309."""
    one, two = 0.5 / (d["n_t"] - 1), 0.5 / (d["n_c"] - 1)
    return np.log(d["sd_t"] / d["sd_c"]) + one - two, one + two


def _cv_ratio(d: Columns) -> Pair:
    """Nakagawa 2015 with the correction of the means' part by Senior 2020, doi:10.1002/jrsm.1423."""
    value, variance = _sd_ratio(d)
    one, two = _relative_variances(d)
    return value - np.log(d["mean_t"] / d["mean_c"]) - (one - two) / 2, variance + one + two


def _mean_change(d: Columns) -> Pair:
    spread = change_sd(d["sd_pre"], d["sd_post"], d["correlation"])
    return d["mean_post"] - d["mean_pre"], spread**2 / d["n"]


def _change_by_change_sd(d: Columns) -> Pair:
    """Gibbons 1993, doi:10.3102/10769986018003271."""
    spread = change_sd(d["sd_pre"], d["sd_post"], d["correlation"])
    g = small_sample_factor(d["n"] - 1) * (d["mean_post"] - d["mean_pre"]) / spread
    return g, 1 / d["n"] + g**2 / (2 * d["n"])


def _change_by_sd_before(d: Columns) -> Pair:
    """Becker 1988, doi:10.1111/j.2044-8317.1988.tb00901.x."""
    g = small_sample_factor(d["n"] - 1) * (d["mean_post"] - d["mean_pre"]) / d["sd_pre"]
    return g, 2 * (1 - d["correlation"]) / d["n"] + g**2 / (2 * d["n"])


def _ratio_of_paired_means(d: Columns) -> Pair:
    """Lajeunesse 2011, doi:10.1890/11-0423.1, with the second-order correction of 2015."""
    one, two = d["sd_post"] / d["mean_post"], d["sd_pre"] / d["mean_pre"]
    variance = (one**2 + two**2 - 2 * d["correlation"] * one * two) / d["n"]
    bias = (one**2 - two**2) / (2 * d["n"])
    return np.log(d["mean_post"] / d["mean_pre"]) + bias, variance


def _proportion(d: Columns) -> Pair:
    p = d["events"] / d["n"]
    return p, p * (1 - p) / d["n"]


def _log_proportion(d: Columns) -> Pair:
    return np.log(d["events"] / d["n"]), 1 / d["events"] - 1 / d["n"]


def _logit_proportion(d: Columns) -> Pair:
    rest = d["n"] - d["events"]
    return np.log(d["events"] / rest), 1 / d["events"] + 1 / rest


def _arcsine_proportion(d: Columns) -> Pair:
    return np.arcsin(np.sqrt(d["events"] / d["n"])), 0.25 / d["n"]


def _double_arcsine(d: Columns) -> Pair:
    """Freeman and Tukey 1950, doi:10.1214/aoms/1177729756."""
    x, n = d["events"], d["n"]
    both = np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))
    return 0.5 * both, 1 / (4 * n + 2)


def _rate(d: Columns) -> Pair:
    return d["events"] / d["time"], d["events"] / d["time"] ** 2


def _log_rate(d: Columns) -> Pair:
    return np.log(d["events"] / d["time"]), 1 / d["events"]


def _root_rate(d: Columns) -> Pair:
    return np.sqrt(d["events"] / d["time"]), 0.25 / d["time"]


def _mean(d: Columns) -> Pair:
    return d["mean"], d["sd"] ** 2 / d["n"]


def _log_mean(d: Columns) -> Pair:
    return np.log(d["mean"]), d["sd"] ** 2 / (d["n"] * d["mean"] ** 2)


def _given(d: Columns) -> Pair:
    return d["effect"], d["se"] ** 2


FORMULAS: dict[str, Callable[[Columns], Pair]] = {
    "RR": _risk_ratio,
    "OR": _odds_ratio,
    "RD": _risk_difference,
    "AS": _arcsine_difference,
    "PETO": _peto,
    "PHI": _phi,
    "YUQ": _yule_q,
    "RTET": _tetrachoric,
    "IRR": _rate_ratio,
    "IRD": _rate_difference,
    "IRSD": _root_rate_difference,
    "MD": _mean_difference,
    "SMD": _hedges_g,
    "SMDH": _bonett,
    "ROM": _ratio_of_means,
    "VR": _sd_ratio,
    "CVR": _cv_ratio,
    "MC": _mean_change,
    "SMCC": _change_by_change_sd,
    "SMCR": _change_by_sd_before,
    "ROMC": _ratio_of_paired_means,
    "PR": _proportion,
    "PLN": _log_proportion,
    "PLO": _logit_proportion,
    "PAS": _arcsine_proportion,
    "PFT": _double_arcsine,
    "IR": _rate,
    "IRLN": _log_rate,
    "IRS": _root_rate,
    "MN": _mean,
    "MNLN": _log_mean,
    "HR": _given,
    "GEN": _given,
}
# Measures that are a difference of two arms, and the measure of the arm.
ARMS = {
    "RR": "PLN",
    "OR": "PLO",
    "RD": "PR",
    "AS": "PAS",
    "IRR": "IRLN",
    "IRD": "IR",
    "IRSD": "IRS",
    "MD": "MN",
    "ROM": "MNLN",
}
