"""From what trials print to what pooling needs: means and standard deviations, standard errors, intervals.

Medians and ranges become means and standard deviations only under a near-normal distribution; the published formulas
below say how. Where an outcome is skewed (doses, days, costs) pool on the log scale or do not convert.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from speciosa.errors import EvidenceError, Fault


@dataclass(frozen=True, slots=True)
class MeanSd:
    """An estimated mean and standard deviation, and the formulas they came from."""

    mean: float
    sd: float
    source: str


def mean_sd(
    n: float,
    median: float,
    *,
    low: float | None = None,
    high: float | None = None,
    q1: float | None = None,
    q3: float | None = None,
) -> MeanSd:
    """Mean and standard deviation from a median with its range, its quartiles, or both.

    Means after Luo 2018 (doi:10.1177/0962280216669183); standard deviations after Wan 2014
    (doi:10.1186/1471-2288-14-135), with both range and quartiles after Shi 2020
    (doi:10.1002/jrsm.1429).

    Args:
        n: people.
        median: their median.
        low: the minimum.
        high: the maximum.
        q1: the first quartile.
        q3: the third quartile.

    Raises:
        EvidenceError: neither range nor quartiles, values out of order, or fewer than 3 people.

    Example:
        >>> found = mean_sd(50, 12.0, q1=8.0, q3=16.0)
        >>> found.mean, round(found.sd, 2)
        (12.0, 6.11)
    """
    ranged, quartiled = low is not None and high is not None, q1 is not None and q3 is not None
    order = [v for v in (low, q1, median, q3, high) if v is not None]
    faults = []
    if not (ranged or quartiled):
        faults.append(Fault("summary", "low and high, or q1 and q3", "neither"))
    if order != sorted(order):
        shown = ", ".join(f"{v:g}" for v in order)
        faults.append(Fault("summary", "low, q1, median, q3, high in rising order", shown))
    if n < 3:
        faults.append(Fault("n", "at least 3 people", f"{n:g}"))
    if faults:
        raise EvidenceError(faults)
    wide = 2 * float(ndtri((n - 0.375) / (n + 0.25)))
    inner = 2 * float(ndtri((0.75 * n - 0.125) / (n + 0.25)))
    if low is not None and high is not None and q1 is not None and q3 is not None:
        ends, middle = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
        mean = ends * (low + high) / 2 + middle * (q1 + q3) / 2 + (1 - ends - middle) * median
        share = 1 / (1 + 0.07 * n**0.6)
        sd = share * (high - low) / wide + (1 - share) * (q3 - q1) / inner
        return MeanSd(mean, sd, "Luo 2018, Shi 2020")
    if q1 is not None and q3 is not None:
        weight = 0.7 + 0.39 / n
        return MeanSd(
            weight * (q1 + q3) / 2 + (1 - weight) * median, (q3 - q1) / inner, "Luo 2018, Wan 2014"
        )
    assert low is not None and high is not None  # the only case left
    weight = 4 / (4 + n**0.75)
    return MeanSd(
        weight * (low + high) / 2 + (1 - weight) * median, (high - low) / wide, "Luo 2018, Wan 2014"
    )


def sd_from_se(se: float, n: float) -> float:
    """Standard deviation from the standard error of a mean.

    Example:
        >>> sd_from_se(4.0, 55 - 6)
        28.0
    """
    return float(se * np.sqrt(n))


def se_from_interval(
    low: float, high: float, *, level: float = 0.95, df: float | None = None, log: bool = False
) -> float:
    """Standard error from a confidence interval, of a ratio on the log scale if `log`.

    Args:
        low: lower limit.
        high: upper limit.
        level: of the interval.
        df: degrees of freedom of a t interval; None is the normal.
        log: take logarithms first: ratios have intervals that are symmetric there.

    Example:
        >>> round(se_from_interval(0.72, 0.95, log=True), 4)
        0.0707
    """
    if not high > low or (log and low <= 0):
        needed = "limits above 0, low below high" if log else "low below high"
        raise EvidenceError(Fault("interval", needed, f"{low:g} to {high:g}"))
    width = np.log(high / low) if log else high - low
    upper = 0.5 + level / 2
    return float(width / (2 * (ndtri(upper) if df is None else stdtrit(df, upper))))


def se_from_p(effect: float, p: float, *, df: float | None = None) -> float:
    """Standard error from an effect (a log ratio for ratios) and its two-sided p-value.

    Example:
        >>> round(se_from_p(0.5, 0.05), 4)
        0.2551
    """
    if not 0 < p < 1 or effect == 0:
        raise EvidenceError(
            Fault("p-value", "a p between 0 and 1 of an effect that is not 0", f"p {p:g}")
        )
    return float(abs(effect) / (-ndtri(p / 2) if df is None else -stdtrit(df, p / 2)))


def events_from_percent(percent: float, n: int) -> int:
    """The count nearest to a printed percentage, refused if none rounds to it.

    Args:
        percent: as printed, in percent; its decimals say how it was rounded.
        n: people.

    Example:
        >>> events_from_percent(45.8, 740)
        339
    """
    text = f"{percent:g}"
    decimals = len(text.partition(".")[2])
    count = round(percent / 100 * n)
    if not 0 <= percent <= 100 or abs(100 * count / n - percent) > 0.5 * 10.0**-decimals + 1e-9:
        raise EvidenceError(
            Fault("percentage", f"one that a count of {n} people rounds to", f"{text}%")
        )
    return count
