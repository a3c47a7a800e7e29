"""Means at one visit: Student's t test, analysis of covariance, and the rank sum test of Wilcoxon, Mann and Whitney."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from speciosa.trials.analysis.data import Compared
from speciosa.trials.analysis.result import Found, by_t

Array = NDArray[np.float64]


def t_test(data: Compared, better: int, margin: float, alpha: float) -> Found:
    """Student's t test with one variance, of those seen at the visit."""
    value, seen = data.y[-1], data.seen[-1] & data.kept
    means, squares, counts = [], [], []
    for group in (data.treated, ~data.treated):
        here = seen[:, group]
        count = here.sum(1).astype(np.float64)
        mean = np.where(here, value[:, group], 0.0).sum(1) / np.maximum(count, 1)
        gap = np.where(here, value[:, group] - mean[:, None], 0.0)
        means.append(mean)
        squares.append((gap * gap).sum(1))
        counts.append(count)
    df = counts[0] + counts[1] - 2
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt((squares[0] + squares[1]) / df * (1 / counts[0] + 1 / counts[1]))
    se[(counts[0] < 2) | (counts[1] < 2)] = np.nan
    return by_t(means[0] - means[1], se, df, better, margin, alpha)


def ancova(data: Compared, better: int, margin: float, alpha: float) -> Found:
    """The difference at the visit adjusted for the baseline, by ordinary least squares with one slope."""
    return ancova_of(
        data.y[-1], data.baseline, data.seen[-1] & data.kept, data.treated, better, margin, alpha
    )


def ancova_of(
    value: Array,
    baseline: Array,
    seen: NDArray[np.bool_],
    treated: NDArray[np.bool_],
    better: int,
    margin: float,
    alpha: float,
) -> Found:
    """The same, of values by trial and person."""
    estimate, variance, df = ancova_parts(value, baseline, seen, treated)
    return by_t(estimate, np.sqrt(variance), df, better, margin, alpha)


def ancova_parts(
    value: Array, baseline: Array, seen: NDArray[np.bool_], treated: NDArray[np.bool_]
) -> tuple[Array, Array, Array]:
    """Estimate, its variance, and degrees of freedom: slopes within arms pooled."""
    sums = {name: np.zeros(len(value)) for name in ("xx", "xy", "yy", "n")}
    parts = []
    for group in (treated, ~treated):
        here = seen[:, group]
        count = here.sum(1).astype(np.float64)
        many = np.maximum(count, 1)
        x_mean = np.where(here, baseline[:, group], 0.0).sum(1) / many
        y_mean = np.where(here, value[:, group], 0.0).sum(1) / many
        x = np.where(here, baseline[:, group] - x_mean[:, None], 0.0)
        y = np.where(here, value[:, group] - y_mean[:, None], 0.0)
        sums["xx"] += (x * x).sum(1)
        sums["xy"] += (x * y).sum(1)
        sums["yy"] += (y * y).sum(1)
        sums["n"] += count
        parts.append((count, x_mean, y_mean))
    (n1, x1, y1), (n2, x2, y2) = parts
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(sums["xx"] > 0, sums["xy"] / sums["xx"], 0.0)
        df = sums["n"] - 3
        residual = (sums["yy"] - slope * sums["xy"]) / df
        variance = residual * (
            1 / n1 + 1 / n2 + np.where(sums["xx"] > 0, (x1 - x2) ** 2 / sums["xx"], 0.0)
        )
    variance[(n1 < 2) | (n2 < 2) | (df < 1)] = np.nan
    return y1 - y2 - slope * (x1 - x2), variance, df


def crossover(data: Compared, better: int, margin: float, alpha: float) -> Found:
    """The treatment effect of a 2 x 2 crossover: half the difference between the two orders of the differences between periods.

    For complete pairs it is that of the mixed model with a random person; who misses a period tells nothing.
    """
    gap = data.y[0] - data.y[1]
    both = data.seen[0] & data.seen[1]
    pairs = Compared(
        data.baseline, gap[None] / 2, both[None], data.treated, data.kept, data.time, data.event
    )
    return t_test(pairs, better, margin, alpha)


def williams(
    data: Compared,
    orders: NDArray[np.int64],
    treatment: int,
    reference: int,
    better: int,
    margin: float,
    alpha: float,
) -> Found:
    """The effect of a treatment in a crossover of several, within people: least squares with an effect of each person and period.

    Who misses periods tells of the others. For complete people it is that of the mixed model with a random person.

    Args:
        data: of everybody.
        orders: treatment of each place in each period, shape ``(periods, people)``.
        treatment: its number.
        reference: number of the one that it is compared with.
        better: 1 where more is better, -1 where less is.
        margin: of non-inferiority.
        alpha: one-sided.
    """
    periods, many = len(orders), int(orders.max()) + 1
    here = (data.seen & data.kept[None]).astype(np.float64)
    count = np.maximum(here.sum(0), 1.0)
    others = [n for n in range(many) if n != reference]
    columns = [(np.arange(periods) == n)[:, None] + np.zeros(orders.shape) for n in range(1, periods)]  # fmt: skip
    columns += [(orders == n).astype(np.float64) for n in others]

    def within(values: Array) -> Array:
        found: Array = here * (values - (here * values).sum(0) / count)
        return found

    x = [within(column[:, None, :]) for column in columns]
    y = within(data.y)
    size, trials = len(x), data.y.shape[1]
    normal, right = np.empty((trials, size, size)), np.empty((trials, size))
    for a in range(size):
        right[:, a] = (x[a] * y).sum((0, 2))
        for b in range(a, size):
            normal[:, a, b] = normal[:, b, a] = (x[a] * x[b]).sum((0, 2))
    df = (here.sum((0, 2)) - (here.sum(0) > 0).sum(1) - size).astype(np.float64)
    inverse = np.linalg.pinv(normal, hermitian=True)
    beta = (inverse @ right[:, :, None])[:, :, 0]
    rest = (y * y).sum((0, 2)) - (beta * right).sum(1)
    place = periods - 1 + others.index(treatment)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(df > 0, rest / df, np.nan) * inverse[:, place, place]
    return by_t(beta[:, place], np.sqrt(variance), df, better, margin, alpha)


def wilcoxon(data: Compared, better: int, alpha: float) -> Found:
    """The probability that a person of the arm has the higher value, less one half; ties count half.

    The variance is that of the mid-ranks under no difference, which holds ties.
    """
    seen = data.seen[-1] & data.kept
    ranks = rankdata(np.where(seen, data.y[-1], np.inf), axis=1)
    count = seen.sum(1).astype(np.float64)
    first = (seen & data.treated).sum(1).astype(np.float64)
    second = count - first
    total = np.where(seen & data.treated, ranks, 0.0).sum(1)
    middle = (count + 1) / 2
    spread = np.where(seen, ranks - middle[:, None], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = (total - first * (first + 1) / 2) / (first * second) - 0.5
        variance = (spread * spread).sum(1) / (count * (count - 1) * first * second)
    return by_t(estimate, np.sqrt(variance), np.full(len(count), np.inf), better, 0.0, alpha)
