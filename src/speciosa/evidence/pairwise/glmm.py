"""Meta-analysis of counts by their exact likelihood: normal effects of studies, maximum likelihood.

Each study's likelihood is integrated over its effect by Gauss-Hermite quadrature about its own mode. Nothing is added to
zero cells. With tau-squared 0 it is the common-effect model, for odds ratios exact conditional logistic regression.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite import hermgauss
from scipy.optimize import minimize, minimize_scalar
from scipy.special import logsumexp

from speciosa.errors import ConvergenceError
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.pairwise.likelihoods import Columns, Counts, counts_of

MEASURES = ("OR", "IRR", "PLO", "IRLN")
NODES, WEIGHTS = hermgauss(25)
_FAR = 30.0


@dataclass(frozen=True, slots=True)
class CountFit:
    """A fitted model of counts.

    Attributes:
        estimate, se: pooled effect on the analysis scale, and its standard error from the observed information.
        tau2: variance of effects between studies.
        log_likelihood: of the fitted model.
        heterogeneity: likelihood-ratio statistic of a study-specific effect each against the common effect.
        df: its degrees of freedom.
    """

    estimate: float
    se: float
    tau2: float
    log_likelihood: float
    heterogeneity: float
    df: int


def count_model(
    measure: str, columns: Columns, *, random: bool = True, conditional: bool = True
) -> CountFit:
    """Pools counts by their exact likelihood.

    Args:
        measure: OR, IRR, PLO or IRLN.
        columns: counts by name; studies without events, or with nothing but events, in both groups must be left out.
        random: whether effects vary between studies.
        conditional: on all events of each study, for OR and IRR; otherwise every study has a level of its own.

    Raises:
        ConvergenceError: the likelihood has no maximum.

    Example:
        >>> rare = {"events_t": np.array([0.0, 2]), "n_t": np.array([50.0, 60]),
        ...         "events_c": np.array([2.0, 4]), "n_c": np.array([50.0, 58])}
        >>> found = count_model("OR", rare, random=False)
        >>> round(found.estimate, 3), round(found.se, 3)
        (-1.161, 0.828)
    """
    counts = counts_of(measure, columns, conditional)
    middle = float(np.median(counts.start))
    found = minimize_scalar(
        lambda x: -_log_likelihood(counts, x, 0.0), bracket=(middle - 0.5, middle + 0.5), tol=1e-11
    )
    mu = float(found.x)
    common = _log_likelihood(counts, mu, 0.0)
    tau2 = 0.0
    if random and len(counts.start) > 1:
        mu, tau2 = _random(counts, mu)
    if not np.isfinite(mu) or abs(mu) > _FAR:
        raise ConvergenceError(
            "The likelihood rises without end: one group of all studies has no event, or nothing but events."
        )
    return CountFit(
        mu,
        _error(counts, mu, tau2),
        tau2,
        _log_likelihood(counts, mu, tau2),
        max(0.0, 2 * (_saturated(counts) - common)),
        len(counts.start) - 1,
    )


def _random(counts: Counts, start: float) -> tuple[float, float]:
    """The pooled effect and tau-squared of highest likelihood, the latter 0 where no spread is better."""
    spread = max(float(np.var(counts.start)), 0.05)

    def minus(x: Floats) -> float:
        return -_log_likelihood(counts, float(x[0]), float(np.exp(x[1])))

    found = minimize(
        minus,
        np.array([start, np.log(spread)]),
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 4000},
    )
    mu, tau2 = float(found.x[0]), float(np.exp(found.x[1]))
    at_zero = _log_likelihood(counts, start, 0.0)
    if tau2 < 1e-7 or -found.fun <= at_zero + 1e-10:
        return start, 0.0
    return mu, tau2


def _log_likelihood(counts: Counts, mu: float, tau2: float) -> float:
    """Of all studies, with the levels of each, if it has one, at their best."""
    if counts.level is None:
        return float(_studies(counts, None, mu, tau2).sum())
    return float(_best_levels(counts, mu, tau2)[1].sum())


def _best_levels(counts: Counts, mu: float, tau2: float) -> tuple[Floats, Floats]:
    """Newton steps on the level of each study alone, with halving, until none moves."""
    assert counts.level is not None
    level, step = counts.level.copy(), 1e-4
    value = _studies(counts, level, mu, tau2)
    for _ in range(60):
        up = _studies(counts, level + step, mu, tau2)
        down = _studies(counts, level - step, mu, tau2)
        slope, bend = (up - down) / (2 * step), (up - 2 * value + down) / step**2
        move = np.clip(-slope / np.minimum(bend, -1e-8), -2, 2)
        new = _studies(counts, level + move, mu, tau2)
        for _ in range(30):
            worse = new < value - 1e-12
            if not worse.any():
                break
            move = np.where(worse, move / 2, move)
            new = _studies(counts, level + move, mu, tau2)
        level, value = level + move, new
        if np.abs(move).max() < 1e-7:
            break
    return level, value


def _studies(counts: Counts, level: Floats | None, mu: float, tau2: float) -> Floats:
    """Marginal log-likelihood of each study."""
    if tau2 == 0:
        return counts.at(np.full((len(counts.start), 1), mu), level)[0][:, 0]
    tau = np.sqrt(tau2)
    mode = np.clip(counts.start, mu - 3 * tau, mu + 3 * tau)
    for _ in range(50):
        _, slope, bend = (part[:, 0] for part in counts.at(mode[:, None], level))
        move = (slope - (mode - mu) / tau2) / (1 / tau2 - bend)
        mode = mode + np.clip(move, -2, 2)
        if np.abs(move).max() < 1e-10:
            break
    _, _, bend = (part[:, 0] for part in counts.at(mode[:, None], level))
    width = np.sqrt(2 / (1 / tau2 - bend))
    points = mode[:, None] + width[:, None] * NODES
    log_density = -((points - mu) ** 2) / (2 * tau2) - 0.5 * np.log(2 * np.pi * tau2)
    value = counts.at(points, level)[0] if counts.value is None else counts.value(points)
    terms = value + log_density + NODES**2 + np.log(WEIGHTS)
    return np.asarray(logsumexp(terms, axis=1) + np.log(width))


def _saturated(counts: Counts) -> float:
    """Highest log-likelihood with an effect of its own for each study."""
    effect = counts.start.copy()
    level = None if counts.level is None else counts.level.copy()
    if level is not None:
        return sum(_alone(counts, place) for place in range(len(effect)))
    for _ in range(200):
        _, slope, bend = (part[:, 0] for part in counts.at(effect[:, None], None))
        move = np.clip(slope / np.maximum(-bend, 1e-10), -1, 1)
        effect = np.clip(effect + move, -_FAR, _FAR)
        if np.abs(move).max() < 1e-10:
            break
    return float(counts.at(effect[:, None], None)[0].sum())


def _alone(counts: Counts, place: int) -> float:
    """Highest log-likelihood of one study with its own level and effect."""
    assert counts.level is not None

    def value(x: Floats) -> float:
        effect, level = counts.start.copy(), np.asarray(counts.level).copy()
        effect[place], level[place] = x
        return -float(counts.at(effect[:, None], level)[0][place, 0])

    start = (counts.start[place], counts.level[place])
    found = minimize(
        value, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000}
    )
    return -float(found.fun)


def _error(counts: Counts, mu: float, tau2: float) -> float:
    """Standard error of the pooled effect from the curvature of the likelihood in mu and tau."""
    tau = np.sqrt(tau2)

    def value(x: float, y: float) -> float:
        return _log_likelihood(counts, x, y * y)

    h = 1e-3
    middle = value(mu, tau)
    across = _fourth(lambda x: value(mu + x, tau), h, middle)
    if tau2 == 0:
        return float((-across) ** -0.5)
    k = 1e-3 * max(tau, 0.1) if tau > 2e-3 else tau / 4
    along = _fourth(lambda y: value(mu, tau + y), k, middle)
    mixed = sum(
        sign * value(mu + a * h, tau + b * k)
        for a, b, sign in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
    ) / (4 * h * k)
    return float((-(across - mixed**2 / along)) ** -0.5)


def _fourth(f: Callable[[float], float], h: float, middle: float) -> float:
    """Second derivative to fourth order in the step."""
    at = [f(step * h) for step in (-2, -1, 1, 2)]
    return float((-at[0] + 16 * at[1] - 30 * middle + 16 * at[2] - at[3]) / (12 * h * h))
