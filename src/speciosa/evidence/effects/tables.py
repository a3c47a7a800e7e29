"""Pooling two-by-two tables and rates without a weight for each study's own variance: Mantel-Haenszel and Peto.

Both assume one common effect and need no addition to zero cells. Mantel-Haenszel weighs strata by size (Mantel and
Haenszel 1959, doi:10.1093/jnci/22.4.719), with the variances of Robins, Breslow and Greenland 1986
(doi:10.2307/2531052) for odds ratios, Greenland and Robins 1985 (doi:10.2307/2530643) for risk ratios and Sato 1989
(doi:10.2307/2531515) for risk differences. Peto's one-step estimate is Yusuf 1985 (doi:10.1016/S0033-0620(85)80003-7).
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats

Columns = Mapping[str, Floats]
# Events in a group below which the logarithm of a ratio is far from normal: the rule of thumb for counts.
FEW = 5


def mantel_haenszel(code: str, columns: Mapping[str, ArrayLike]) -> tuple[float, float]:
    """Estimate and standard error on the analysis scale.

    Args:
        code: RR, OR, RD, IRR or IRD.
        columns: ``events_t, n_t, events_c, n_c``, or ``time_t, time_c`` for rates; shape ``(k,)``.

    Raises:
        EvidenceError: the measure has no such estimate, or no study has an event.

    Example:
        >>> table = dict(events_t=[4, 6], n_t=[123, 306], events_c=[11, 29], n_c=[139, 303])
        >>> estimate, se = mantel_haenszel("RR", table)
        >>> round(estimate, 4), round(se, 4)
        (-1.3517, 0.3455)
    """
    formula = _FORMULAS.get(code.upper())
    if formula is None:
        raise EvidenceError(Fault("measure", "one of " + ", ".join(_FORMULAS) + " for MH", code))
    data = {name: np.asarray(values, dtype=float) for name, values in columns.items()}
    with np.errstate(all="ignore"):
        estimate, se = formula(data)
    if not (np.isfinite(estimate) and np.isfinite(se)):
        raise EvidenceError(
            Fault(f"Mantel-Haenszel {code}", "events in both groups of the data", "none in one")
        )
    return float(estimate), float(se)


def peto(columns: Mapping[str, ArrayLike]) -> tuple[float, float]:
    """Peto's one-step log odds ratio and its standard error.

    Example:
        >>> estimate, se = peto(dict(events_t=[4], n_t=[123], events_c=[11], n_c=[139]))
        >>> round(estimate, 4)
        -0.8604
    """
    data = {name: np.asarray(v, dtype=float) for name, v in columns.items()}
    a, b, c, d = _cells(data)
    n1, n = a + b, a + b + c + d
    spread = _peto_variance(data)
    if spread.sum() == 0:
        raise EvidenceError(Fault("Peto odds ratio", "events in some study", "none"))
    excess = a - (a + c) * n1 / n
    return float(excess.sum() / spread.sum()), float(1 / np.sqrt(spread.sum()))


def table_weights(method: str, code: str, columns: Mapping[str, ArrayLike]) -> Floats:
    """Weights in percent that Mantel-Haenszel (``MH``) or Peto (``PETO``) give the studies.

    Mantel-Haenszel weighs an odds ratio by b c / n, a risk ratio by n1 c / n, a risk difference by n1 n2 / n and their
    like for rates; Peto by the hypergeometric variance.

    Example:
        >>> table = dict(events_t=[0, 0, 2], n_t=[20, 20, 20], events_c=[0, 2, 4], n_c=[20, 20, 20])
        >>> table_weights("MH", "OR", table).round(2).tolist()
        [0.0, 35.71, 64.29]
    """
    d = {name: np.asarray(values, dtype=float) for name, values in columns.items()}
    if method == "PETO":
        weights = _peto_variance(d)
    elif "time_t" in d:
        x2, t1, t2 = d["events_c"], d["time_t"], d["time_c"]
        weights = (x2 if code == "IRR" else t2) * t1 / (t1 + t2)
    else:
        _, b, c, _ = _cells(d)
        n1, n2 = d["n_t"], d["n_c"]
        weights = {"OR": b * c, "RR": n1 * c, "RD": n1 * n2}[code] / (n1 + n2)
    return np.asarray(100 * weights / weights.sum())


def _peto_variance(d: Columns) -> Floats:
    a, b, c, e = _cells(d)
    n1, n2, n = a + b, c + e, a + b + c + e
    return np.asarray((a + c) / n * (b + e) / n * n1 * n2 / (n - 1))


def _cells(d: Columns) -> tuple[Floats, Floats, Floats, Floats]:
    return d["events_t"], d["n_t"] - d["events_t"], d["events_c"], d["n_c"] - d["events_c"]


def _odds_ratio(data: Columns) -> tuple[float, float]:
    a, b, c, d = _cells(data)
    n = a + b + c + d
    R, S, P, Q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    r, s = R.sum(), S.sum()
    variance = ((P * R).sum() / r**2 + (P * S + Q * R).sum() / (r * s) + (Q * S).sum() / s**2) / 2
    return np.log(r / s), np.sqrt(variance)


def _risk_ratio(data: Columns) -> tuple[float, float]:
    a, _, c, _ = _cells(data)
    n1, n2 = data["n_t"], data["n_c"]
    n = n1 + n2
    r, s = (a * n2 / n).sum(), (c * n1 / n).sum()
    top = ((n1 * n2 * (a + c) - a * c * n) / n**2).sum()
    return np.log(r / s), np.sqrt(top / (r * s))


def _risk_difference(data: Columns) -> tuple[float, float]:
    a, b, c, d = _cells(data)
    n1, n2 = data["n_t"], data["n_c"]
    n = n1 + n2
    weight = (n1 * n2 / n).sum()
    estimate = ((a * n2 - c * n1) / n).sum() / weight
    # Sato's variance, consistent for many small studies and for few large ones.
    P = (n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2
    Q = (a * d + b * c) / n / 2
    return estimate, np.sqrt((estimate * P.sum() + Q.sum()) / weight**2)


def _rate_ratio(data: Columns) -> tuple[float, float]:
    x1, x2, t1, t2 = data["events_t"], data["events_c"], data["time_t"], data["time_c"]
    t = t1 + t2
    r, s = (x1 * t2 / t).sum(), (x2 * t1 / t).sum()
    return np.log(r / s), np.sqrt((t1 * t2 * (x1 + x2) / t**2).sum() / (r * s))


def _rate_difference(data: Columns) -> tuple[float, float]:
    x1, x2, t1, t2 = data["events_t"], data["events_c"], data["time_t"], data["time_c"]
    t = t1 + t2
    weight = (t1 * t2 / t).sum()
    estimate = ((x1 * t2 - x2 * t1) / t).sum() / weight
    return estimate, np.sqrt(((x1 * t2**2 + x2 * t1**2) / t**2).sum()) / weight


_FORMULAS: dict[str, Callable[[Columns], tuple[float, float]]] = {
    "RR": _risk_ratio,
    "OR": _odds_ratio,
    "RD": _risk_difference,
    "IRR": _rate_ratio,
    "IRD": _rate_difference,
}
