"""Exact likelihoods of counts, one study at a time, as functions of the study's effect.

Conditional on all events of a two-by-two table the treated events follow a noncentral hypergeometric distribution, of which
the log odds ratio is the only parameter; of two person-times they are binomial. Unconditionally a study has its own level,
which is maximised away. Single groups are binomial or Poisson.

Sources: Stijnen, Hamza and Ozdemir 2010, doi:10.1002/sim.4040; van Houwelingen, Zwinderman and Stijnen 1993,
doi:10.1002/sim.4780122405 (the conditional model).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, log_expit, logsumexp

from speciosa.evidence.effects.measures import Floats

Columns = dict[str, Floats]
# (log-likelihood, its first and its second derivative) of each study at effects of shape (studies, points)
Parts = tuple[Floats, Floats, Floats]
Likelihood = Callable[[Floats], Parts]


@dataclass(frozen=True, eq=False, slots=True)
class Counts:
    """Counts of studies under one likelihood.

    Attributes:
        at: the likelihood as a function of effects, given the studies' levels where it has any.
        value: the log-likelihood alone, where it is much quicker; None where it is not.
        level: where to start the levels, None where the likelihood has none.
        start: the studies' own effects, to begin from.
    """

    at: Callable[[Floats, Floats | None], Parts]
    level: Floats | None
    start: Floats
    value: Callable[[Floats], Floats] | None = None


def counts_of(measure: str, columns: Columns, conditional: bool) -> Counts:
    """The likelihood of a measure's counts: OR and IRR of two groups, PLO and IRLN of one."""
    if measure == "OR":
        return _odds_conditional(columns) if conditional else _two_groups(columns, binomial=True)
    if measure == "IRR":
        return _rates_conditional(columns) if conditional else _two_groups(columns, binomial=False)
    return _one_group(columns)


def binomial(x: Floats, n: Floats, eta: Floats) -> Parts:
    """Binomial log-likelihood at logits `eta`, and its derivatives.

    Example:
        >>> value, slope, _ = binomial(np.array([[3.0]]), np.array([[10.0]]), np.array([[0.0]]))
        >>> float(value.round(4)[0, 0]), float(slope[0, 0])
        (-2.144, -2.0)
    """
    p = expit(eta)
    choose = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    value = choose + x * log_expit(eta) + (n - x) * log_expit(-eta)
    return value, x - n * p, -n * p * (1 - p)


def poisson(x: Floats, time: Floats, eta: Floats) -> Parts:
    """Poisson log-likelihood at log rates `eta`, and its derivatives."""
    mean = time * np.exp(np.minimum(eta, 300))
    return x * (eta + np.log(time)) - mean - gammaln(x + 1), x - mean, -mean


def _one_group(d: Columns) -> Counts:
    x = d["events"][:, None]
    if "n" in d:
        n = d["n"][:, None]
        start = np.log((d["events"] + 0.5) / (d["n"] - d["events"] + 0.5))
        return Counts(lambda effect, _: binomial(x, n, effect), None, start)
    time = d["time"][:, None]
    start = np.log((d["events"] + 0.5) / d["time"])
    return Counts(lambda effect, _: poisson(x, time, effect), None, start)


def _rates_conditional(d: Columns) -> Counts:
    x, both = d["events_t"][:, None], (d["events_t"] + d["events_c"])[:, None]
    offset = np.log(d["time_t"] / d["time_c"])
    start = np.log((d["events_t"] + 0.5) / (d["events_c"] + 0.5)) - offset
    return Counts(lambda effect, _: binomial(x, both, effect + offset[:, None]), None, start)


def _odds_conditional(d: Columns) -> Counts:
    a, n1, n2 = d["events_t"], d["n_t"], d["n_c"]
    both = a + d["events_c"]
    low, high = np.maximum(0, both - n2), np.minimum(n1, both)
    width = int((high - low).max()) + 1
    j = low[:, None] + np.arange(width)
    held = j <= high[:, None]
    j = np.where(held, j, low[:, None])
    ways = (
        gammaln(n1 + 1)[:, None] - gammaln(j + 1) - gammaln(n1[:, None] - j + 1)
        + gammaln(n2 + 1)[:, None] - gammaln(both[:, None] - j + 1)
        - gammaln(n2[:, None] - both[:, None] + j + 1)
    )  # fmt: skip
    ways = np.where(held, ways, -np.inf)
    own = np.take_along_axis(ways, (a - low).astype(int)[:, None], 1)
    c, e = d["events_c"], n2 - d["events_c"]
    start = np.log((a + 0.5) * (e + 0.5) / ((n1 - a + 0.5) * (c + 0.5)))

    def at(effect: Floats, _: Floats | None) -> Parts:
        terms = ways[:, None, :] + effect[:, :, None] * j[:, None, :]
        total = logsumexp(terms, axis=2)
        share = np.exp(terms - total[:, :, None])
        mean = (share * j[:, None, :]).sum(2)
        spread = (share * (j[:, None, :] - mean[:, :, None]) ** 2).sum(2)
        return own + a[:, None] * effect - total, a[:, None] - mean, -spread

    def value(effect: Floats) -> Floats:
        terms = ways[:, None, :] + effect[:, :, None] * j[:, None, :]
        top = terms.max(axis=2)
        total = np.log(np.exp(terms - top[:, :, None]).sum(axis=2)) + top
        return np.asarray(own + a[:, None] * effect - total)

    return Counts(at, None, start, value)


def _two_groups(d: Columns, *, binomial: bool) -> Counts:
    """Both groups about the study's level, half of the effect to each side."""
    x1, x2 = d["events_t"][:, None], d["events_c"][:, None]
    size = "n" if binomial else "time"
    m1, m2 = d[f"{size}_t"][:, None], d[f"{size}_c"][:, None]
    family = _BINOMIAL if binomial else poisson
    rest1, rest2 = (m1 - x1, m2 - x2) if binomial else (m1, m2)
    one, two = np.log((x1 + 0.5) / (rest1 + 0.5)), np.log((x2 + 0.5) / (rest2 + 0.5))

    def at(effect: Floats, level: Floats | None) -> Parts:
        assert level is not None
        first = family(x1, m1, level[:, None] + effect / 2)
        second = family(x2, m2, level[:, None] - effect / 2)
        return (
            first[0] + second[0],
            (first[1] - second[1]) / 2,
            (first[2] + second[2]) / 4,
        )

    return Counts(at, ((one + two) / 2)[:, 0], (one - two)[:, 0])


_BINOMIAL = binomial
