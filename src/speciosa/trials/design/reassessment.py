"""CRM, the continual reassessment method: the posterior of the one parameter and the dose it advises; operating characteristics.

Sources: O'Quigley J, Pepe M, Fisher L. Biometrics 1990;46:33 (doi:10.2307/2531628); Cheung YK. Dose finding by the continual
reassessment method. Chapman and Hall/CRC 2011 (doi:10.1201/b10783); conventions of the R package dfcrm, whose
numbers the tests hold.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logit

from speciosa.population.streams import uniforms
from speciosa.trials.design.door import Door
from speciosa.trials.design.interval import DoseFinding, check_rates, summarised

MODELS = ("empiric", "logistic")
METHODS = ("bayes", "mle")
SCALE = sqrt(1.34)
"""Standard deviation of the prior of the parameter; that of dfcrm, after O'Quigley and Shen (doi:10.2307/2532905)."""
INTERCEPT = 3.0
"""Of the logistic model, as in dfcrm."""
# The posterior is within 10 prior standard deviations; 400 points leave errors far below those of the guesses.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(200)
_REACH, _TRIALS_AT_ONCE = 10.0, 5000


@dataclass(frozen=True, slots=True)
class Crm:
    """What a continual reassessment says after the people treated so far.

    Attributes:
        model: ``empiric`` or ``logistic``.
        method: ``bayes`` or ``mle``.
        target: the toxicity rate looked for.
        estimate: of the parameter, its posterior mean or maximum-likelihood estimate.
        post_var: its posterior variance; None by maximum likelihood.
        ptox: toxicity by dose at the estimate.
        mtd: the dose nearest to the target, from 1.
    """

    model: str
    method: str
    target: float
    estimate: float
    post_var: float | None
    ptox: tuple[float, ...]
    mtd: int

    def as_dict(self) -> dict[str, Any]:
        """The advice as one object of JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


def crm(
    prior: Sequence[float],
    target: float,
    levels: Sequence[int],
    toxicity: Sequence[int],
    *,
    model: str = "empiric",
    method: str = "bayes",
    scale: float = SCALE,
    intercept: float = INTERCEPT,
) -> Crm:
    r"""The dose that a continual reassessment advises.

    .. math:: p_i = s_i^{\exp\beta} \text{ (empiric)}, \qquad
        \operatorname{logit} p_i = c + e^{\beta}\,(\operatorname{logit} s_i - c) \text{ (logistic)}, \qquad
        \beta \sim N(0, \sigma^2)

    Args:
        prior: first guesses :math:`s_i` of toxicity, by dose, increasing.
        target: toxicity rate looked for.
        levels: dose given to each person, from 1.
        toxicity: 1 where that person had it, else 0.
        model: ``empiric`` or ``logistic``.
        method: ``bayes`` (posterior mean) or ``mle``.
        scale: :math:`\sigma` of the prior.
        intercept: :math:`c` of the logistic model.

    Raises:
        InputError: with all that is wrong; maximum likelihood with nobody or everybody toxic, where it has no estimate.

    Source:
        O'Quigley J, Pepe M, Fisher L. Biometrics 1990;46:33 (doi:10.2307/2531628).

    Example:
        >>> crm((0.05, 0.1, 0.2, 0.35, 0.5, 0.7), 0.2, (3, 4, 4, 3), (0, 0, 1, 0)).mtd
        3
    """
    _check(prior, target, levels, toxicity, model, method, scale, intercept)
    doses, n = np.asarray(levels, dtype=int) - 1, len(prior)
    events = np.bincount(doses, weights=np.asarray(toxicity, dtype=float), minlength=n).astype(
        float
    )
    people = np.bincount(doses, minlength=n).astype(float)
    curve = _Curve(np.asarray(prior, dtype=float), model, intercept)
    variance: float | None = None
    if method == "bayes":
        mean, spread = _posterior(curve, people[None], events[None], scale)
        estimate, variance = float(mean[0]), float(spread[0])
    else:
        estimate = _most_likely(curve, people, events)
    rates = curve.rates(np.array([estimate]))[0]
    best = int(np.abs(rates - target).argmin())
    return Crm(model, method, float(target), estimate, variance, tuple(map(float, rates)), best + 1)


@dataclass(frozen=True, slots=True)
class _Curve:
    """Toxicity by dose as a function of the parameter."""

    prior: NDArray[np.float64]
    model: str
    intercept: float

    def logs(self, beta: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Logarithms of toxicity and of its complement, shape (parameters, doses)."""
        slope = np.exp(beta)[:, None]
        if self.model == "empiric":
            log_p = slope * np.log(self.prior)
            return log_p, np.log(-np.expm1(np.minimum(log_p, -1e-300)))
        scale = self.intercept + slope * (logit(self.prior) - self.intercept)
        return -np.logaddexp(0, -scale), -np.logaddexp(0, scale)

    def rates(self, beta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Toxicity, shape (parameters, doses)."""
        found: NDArray[np.float64] = np.exp(self.logs(beta)[0])
        return found


def _posterior(
    curve: _Curve, people: NDArray[np.float64], events: NDArray[np.float64], scale: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Posterior mean and variance of the parameter, for rows of counts by dose."""
    beta = np.concatenate([(_NODES - 1) / 2, (_NODES + 1) / 2]) * _REACH * scale
    weights = np.concatenate([_WEIGHTS, _WEIGHTS]) / 2
    log_p, log_q = curve.logs(beta)
    with np.errstate(invalid="ignore"):
        log_p, log_q = np.maximum(log_p, -1e300), np.maximum(log_q, -1e300)
    log_density = events @ log_p.T + (people - events) @ log_q.T - beta**2 / (2 * scale**2)
    density = np.exp(log_density - log_density.max(1, keepdims=True)) * weights
    mass = density.sum(1)
    mean = density @ beta / mass
    return mean, density @ beta**2 / mass - mean**2


def _most_likely(curve: _Curve, people: NDArray[np.float64], events: NDArray[np.float64]) -> float:
    def loss(beta: float) -> float:
        log_p, log_q = (np.maximum(x[0], -1e300) for x in curve.logs(np.array([beta])))
        return -float(events @ log_p + (people - events) @ log_q)

    grid = np.linspace(-10, 10, 401)
    near = grid[int(np.argmin([loss(b) for b in grid]))]
    found = minimize_scalar(
        loss, bounds=(near - 0.1, near + 0.1), method="bounded", options={"xatol": 1e-10}
    )
    return float(found.x)


def crm_characteristics(
    prior: Sequence[float],
    target: float,
    toxicity: Sequence[float],
    *,
    people: int = 24,
    start: int = 1,
    cohort_size: int = 1,
    trials: int = 1000,
    seed: int = 1,
    model: str = "empiric",
    scale: float = SCALE,
    intercept: float = INTERCEPT,
) -> DoseFinding:
    """How often a Bayesian continual reassessment chooses each dose when the true rates are given.

    No dose is skipped on the way up, and after a cohort with a rate above the target the dose does not rise.

    Args:
        prior: first guesses of toxicity, by dose.
        target: toxicity rate looked for.
        toxicity: true rates, by dose.
        people: in all, a multiple of `cohort_size`.
        start: the first dose, from 1.
        cohort_size: people between two reassessments.
        trials: to be simulated.
        seed: of the random numbers.
        model: ``empiric`` or ``logistic``.
        scale: of the prior of the parameter.
        intercept: of the logistic model.

    Raises:
        InputError: with all that is wrong.

    Example:
        >>> rates = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7)
        >>> found = crm_characteristics(rates, 0.2, rates, trials=200, start=3)
        >>> max(found.selected_percent) == found.selected_percent[2]
        True
    """
    door = Door()
    check_rates(door, "toxicity", toxicity)
    if len(toxicity) != len(prior):
        door.fault("toxicity", f"{len(prior)} rates, as many as guesses", len(toxicity))
    door.whole("trials", trials, 1, 1_000_000)
    door.whole("people", people, 1, 1000)
    door.whole("size", cohort_size, 1, 50)
    door.whole("start", start, 1, max(len(prior), 1))
    if not door.faults and people % cohort_size:
        door.fault("people", f"a multiple of the cohort size, {cohort_size}", people)
    _check(prior, target, (), (), model, "bayes", scale, intercept, door)
    curve = _Curve(np.asarray(prior, dtype=float), model, intercept)
    rates, doses = np.asarray(toxicity, dtype=float), len(prior)
    chosen, treated, events = np.zeros(doses + 1), np.zeros(doses), np.zeros(doses)
    for first in range(0, trials, _TRIALS_AT_ONCE):
        block = range(first, min(first + _TRIALS_AT_ONCE, trials))
        draws = uniforms(seed, "crm: toxicity", block, range(people))
        n, y = np.zeros((len(block), doses)), np.zeros((len(block), doses))
        dose, row = np.full(len(block), start - 1), np.arange(len(block))
        for at in range(0, people, cohort_size):
            hits = (draws[at : at + cohort_size] < rates[dose]).sum(0)
            n[row, dose] += cohort_size
            y[row, dose] += hits
            mean, _ = _posterior(curve, n, y, scale)
            best = np.abs(curve.rates(mean) - target).argmin(1)
            ceiling = np.where(hits > target * cohort_size, dose, dose + 1)
            dose = np.minimum(best, ceiling)
        chosen += np.bincount(dose + 1, minlength=doses + 1)
        treated += n.sum(0)
        events += y.sum(0)
    return summarised(toxicity, trials, chosen, treated, events)


def _check(
    prior: Sequence[float],
    target: float,
    levels: Sequence[int],
    toxicity: Sequence[int],
    model: str,
    method: str,
    scale: float,
    intercept: float,
    door: Door | None = None,
) -> None:
    door = door or Door()
    check_rates(door, "prior", prior)
    if any(not 0 < p < 1 for p in prior):
        door.fault("prior", "guesses above 0 and below 1", ", ".join(map(str, prior)))
    door.between("target", target, 0, 1)
    door.one_of("model", model, MODELS)
    door.one_of("method", method, METHODS)
    door.between("scale", scale, 0, 100)
    if not isfinite(intercept):
        door.fault("intercept", "a finite number", intercept)
    if len(levels) != len(toxicity):
        door.fault("toxicity", f"{len(levels)} people, as in levels", len(toxicity))
    for person, level in enumerate(levels, 1):
        if not 1 <= level <= len(prior) or level != int(level):
            door.fault(f"levels, person {person}", f"a dose from 1 to {len(prior)}", level)
    for person, event in enumerate(toxicity, 1):
        if event not in (0, 1):
            door.fault(f"toxicity, person {person}", "0 or 1", event)
    if method == "mle" and not door.faults and len(set(toxicity)) < 2:
        fix = "Give more people, or take bayes."
        door.fault("toxicity", "some with and some without, for mle", "no mixture", fix)
    door.close()
