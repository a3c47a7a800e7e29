"""Minus twice the log density of every observation, as a jet of what it depends on. Compiled by `native`.

An observation depends on its prediction f, on the prediction x of which its variance is made (f itself, or for FOCE and FO the
typical one) and on the residual parameters of its endpoint. Standard deviations are given by their logarithms.
"""

import math
from typing import NamedTuple

from speciosa.engine.compiler.native import native
from speciosa.engine.linear.exp import exp_of
from speciosa.estimation.jet.arithmetic import (
    Jets,
    add,
    compose,
    constant,
    copy,
    exponential,
    logarithm,
    logistic,
    multiply,
    multiply_add,
    reciprocal,
    scale,
    subtract,
)
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.likelihood.normal import mills

(
    ADDITIVE,
    PROPORTIONAL,
    COMBINED,
    COMBINED1,
    POWER,
    BINARY,
    ORDERED,
    POISSON,
    NEGATIVE_BINOMIAL,
    EVENTS,
) = range(10)
"""Kinds of residual models."""

SEEN, BELOW, ABOVE, BETWEEN = range(4)
"""What is known of an observation: its value, or that it is below, above or between limits."""

F, X, VARIANCE, DIFFERENCE, ONE, TWO, THREE, FOUR = 3, 4, 5, 6, 7, 8, 9, 10
RESIDUAL, SPARE = 12, 32
ROWS = 40


class Observations(NamedTuple):
    """What was observed.

    Attributes:
        value: the observation, or its limit.
        other: the other limit of `BETWEEN`; otherwise what is added, as twice the logarithm of an observation that is taken on
            the logarithmic scale; of a count the logarithm of its factorial.
        known: see `SEEN`.
        kind: see `ADDITIVE`.
        first: index of its first residual parameter.
        residuals: number of its residual parameters.
    """

    value: Floats
    other: Floats
    known: Integers
    kind: Integers
    first: Integers
    residuals: Integers


@native
def minus_twice_log(
    j: Jets,
    observed: Observations,
    wanted: Integers,
    prediction: Floats,
    typical: Floats,
    apart: bool,
    residual: Floats,
    directions: Integers,
    out: Floats,
    weight: Floats,
) -> None:
    """Fills minus twice the log density, and the weight of ``df df'`` in the expected information, as jets.

    Args:
        j: room for jets; direction 0 is the prediction and, where they are apart, 1 the typical one.
        observed: all observations.
        wanted: those to work out.
        prediction: of each.
        typical: prediction of which the variance is made, where it is apart.
        apart: whether it is.
        residual: parameters of all endpoints.
        directions: of each residual parameter its direction, -1 for none.
        out: filled, ``(observations, size)``.
        weight: filled likewise.
    """
    for n in range(wanted.shape[0]):
        i = wanted[n]
        minus_twice_log_of(j, observed, i, prediction[i], typical[i], apart, residual, directions)
        for k in range(j.size):
            out[i, k] = j.x[ONE, k]
            weight[i, k] = j.x[TWO, k]


def minus_twice_log_of(
    j: Jets,
    observed: Observations,
    i: int,
    prediction: float,
    typical: float,
    apart: bool,
    residual: Floats,
    directions: Integers,
) -> None:
    """One observation: minus twice the log density into row `ONE`, the weight into row `TWO`; see `minus_twice_log`."""
    _variable(j, prediction, 0, F)
    copy(j, F, X)
    if apart:
        _variable(j, typical, 1, X)
    for k in range(observed.residuals[i]):
        of = observed.first[i] + k
        _variable(j, residual[of], directions[of], RESIDUAL + k)
    if observed.kind[i] <= POWER:
        _gaussian(j, observed, i, not apart)
    elif observed.kind[i] == BINARY:
        _binary(j, observed.value[i])
    elif observed.kind[i] == ORDERED:
        _ordered(j, observed.value[i], observed.residuals[i])
    elif observed.kind[i] == EVENTS:
        scale(j, 2.0, F, ONE)
        constant(j, 0.0, TWO)
    else:
        _count(j, observed, i)


def _variable(j: Jets, value: float, direction: int, into: int) -> None:
    constant(j, value, into)
    if direction >= 0 and j.order > 0:
        j.x[into, 1 + direction] = 1.0


def _gaussian(j: Jets, observed: Observations, i: int, interaction: bool) -> None:
    _variance(j, observed.kind[i])
    known = observed.known[i]
    if known == SEEN:
        reciprocal(j, VARIANCE, FOUR)
        logarithm(j, VARIANCE, THREE)
        _less_prediction(j, observed.value[i], DIFFERENCE)
        multiply(j, DIFFERENCE, DIFFERENCE, TWO)
        multiply(j, TWO, FOUR, ONE)
        add(j, ONE, THREE, ONE)
        j.x[ONE, 0] += observed.other[i]
        copy(j, FOUR, TWO)
        if interaction and observed.kind[i] != ADDITIVE:
            _add_interaction(j, observed.kind[i])
        return
    # the distance to the limit in standard deviations
    logarithm(j, VARIANCE, THREE)
    scale(j, -0.5, THREE, TWO)
    exponential(j, TWO, FOUR)
    _less_prediction(j, observed.value[i], DIFFERENCE)
    multiply(j, DIFFERENCE, FOUR, THREE)
    if known == ABOVE:
        scale(j, -1.0, THREE, THREE)
    if known == BETWEEN:
        _between(j, observed.other[i])
        return
    log_phi, m = mills(j.x[THREE, 0])
    z = j.x[THREE, 0]
    m1 = -m * (z + m)
    m2 = -m1 * (z + m) - m * (1.0 + m1)
    m3 = -m2 * (z + m) - 2.0 * m1 * (1.0 + m1) - m * m2
    compose(j, THREE, ONE, -2.0 * log_phi, -2.0 * m, -2.0 * m1, -2.0 * m2)
    # weight m (m + z) / R, which is minus the derivative of m
    compose(j, THREE, TWO, -m1, -m2, -m3, 0.0)
    multiply(j, FOUR, FOUR, DIFFERENCE)
    multiply(j, TWO, DIFFERENCE, THREE)
    copy(j, THREE, TWO)


def _add_interaction(j: Jets, kind: int) -> None:
    """Adds ``(dR/df / R)^2 / 2`` to the weight in row `TWO`; row `FOUR` holds 1 / R."""
    if kind == POWER:
        reciprocal(j, X, THREE)
        multiply(j, THREE, RESIDUAL + 1, SPARE)
        scale(j, 2.0, SPARE, SPARE)
    else:
        last = RESIDUAL if kind == PROPORTIONAL else RESIDUAL + 1
        if kind == COMBINED1:
            exponential(j, RESIDUAL, THREE)
            exponential(j, last, SPARE + 1)
            multiply_add(j, SPARE + 1, X, THREE)
            multiply(j, SPARE + 1, THREE, SPARE)
        else:
            scale(j, 2.0, last, THREE)
            exponential(j, THREE, SPARE + 1)
            multiply(j, SPARE + 1, X, SPARE)
        multiply(j, SPARE, FOUR, THREE)
        scale(j, 2.0, THREE, SPARE)
    multiply(j, SPARE, SPARE, THREE)
    scale(j, 0.5, THREE, THREE)
    add(j, TWO, THREE, TWO)


def _between(j: Jets, other: float) -> None:
    """Between two limits, of which row `THREE` holds one in standard deviations, and row `FOUR` 1 / sd.

    The weight is minus the second derivative of the logarithm of the probability by the prediction, at a fixed variance:
    ``((z1 phi1 - z2 phi2) / P + ((phi1 - phi2) / P)^2) / R``.
    """
    first, second, density, other_density = SPARE, SPARE + 1, SPARE + 2, SPARE + 3
    copy(j, THREE, first)
    _less_prediction(j, other, DIFFERENCE)
    multiply(j, DIFFERENCE, FOUR, second)
    if j.x[first, 0] < j.x[second, 0]:
        copy(j, first, DIFFERENCE)
        copy(j, second, first)
        copy(j, DIFFERENCE, second)
    _normal(j, first, ONE, density)
    _normal(j, second, TWO, other_density)
    subtract(j, ONE, TWO, THREE)
    reciprocal(j, THREE, DIFFERENCE)
    logarithm(j, THREE, TWO)
    scale(j, -2.0, TWO, ONE)
    multiply(j, first, density, TWO)
    multiply(j, second, other_density, THREE)
    subtract(j, TWO, THREE, TWO)
    multiply(j, TWO, DIFFERENCE, VARIANCE)
    subtract(j, density, other_density, TWO)
    multiply(j, TWO, DIFFERENCE, THREE)
    multiply(j, THREE, THREE, TWO)
    add(j, TWO, VARIANCE, VARIANCE)
    multiply(j, FOUR, FOUR, THREE)
    multiply(j, THREE, VARIANCE, TWO)


def _normal(j: Jets, a: int, probability: int, density: int) -> None:
    z = j.x[a, 0]
    log_phi, m = mills(z)
    phi = exp_of(log_phi)
    d = m * phi
    compose(j, a, probability, phi, d, -z * d, (z * z - 1.0) * d)
    compose(j, a, density, d, -z * d, (z * z - 1.0) * d, (3.0 - z * z) * z * d)


def _less_prediction(j: Jets, value: float, into: int) -> None:
    scale(j, -1.0, F, into)
    j.x[into, 0] += value


def _square_of_exponential(j: Jets, a: int, into: int) -> None:
    scale(j, 2.0, a, ONE)
    exponential(j, ONE, into)


def _variance(j: Jets, kind: int) -> None:
    """The residual variance: a^2, b^2 x^2, a^2 + b^2 x^2, (a + b x)^2 or b^2 x^(2 c)."""
    if kind == ADDITIVE:
        _square_of_exponential(j, RESIDUAL, VARIANCE)
        return
    if kind == POWER:
        logarithm(j, X, TWO)
        multiply(j, RESIDUAL + 1, TWO, THREE)
        add(j, THREE, RESIDUAL, THREE)
        _square_of_exponential(j, THREE, VARIANCE)
        return
    if kind == COMBINED1:
        exponential(j, RESIDUAL + 1, ONE)
        multiply(j, ONE, X, TWO)
        exponential(j, RESIDUAL, ONE)
        add(j, ONE, TWO, THREE)
        multiply(j, THREE, THREE, VARIANCE)
        return
    last = RESIDUAL if kind == PROPORTIONAL else RESIDUAL + 1
    _square_of_exponential(j, last, TWO)
    multiply(j, X, X, THREE)
    multiply(j, TWO, THREE, VARIANCE)
    if kind == COMBINED:
        _square_of_exponential(j, RESIDUAL, TWO)
        add(j, VARIANCE, TWO, VARIANCE)


def _binary(j: Jets, value: float) -> None:
    """1 or 0, of which the prediction is the logit: minus twice ``y f - log(1 + exp(f))``."""
    _softplus(j, F, THREE)
    scale(j, -value, F, FOUR)
    add(j, FOUR, THREE, TWO)
    scale(j, 2.0, TWO, ONE)
    logistic(j, F, THREE)
    _spread_of(j, THREE)


def _softplus(j: Jets, a: int, into: int) -> None:
    """``log(1 + exp(x))``."""
    x = j.x[a, 0]
    f = max(x, 0.0) + math.log(1.0 + exp_of(-abs(x)))
    p = 1.0 / (1.0 + exp_of(-x))
    d = p * (1.0 - p)
    compose(j, a, into, f, p, d, d * (1.0 - 2.0 * p))


def _spread_of(j: Jets, share: int) -> None:
    """The variance of a share, p (1 - p), into `TWO`: the information of a logit."""
    scale(j, -1.0, share, FOUR)
    j.x[FOUR, 0] += 1.0
    multiply(j, share, FOUR, TWO)


def _ordered(j: Jets, value: float, thresholds: int) -> None:
    """A category from 1 up: P(y <= k) is the logistic function of threshold k less the prediction.

    The first threshold is itself, each further one the logarithm of its distance from the one before.
    """
    category = int(value)
    constant(j, 1.0, THREE)
    constant(j, 0.0, FOUR)
    copy(j, RESIDUAL, DIFFERENCE)
    for k in range(1, thresholds + 1):
        if k > 1:
            exponential(j, RESIDUAL + k - 1, ONE)
            add(j, DIFFERENCE, ONE, DIFFERENCE)
        subtract(j, DIFFERENCE, F, ONE)
        if k == category:
            logistic(j, ONE, THREE)
        if k == category - 1:
            logistic(j, ONE, FOUR)
    subtract(j, THREE, FOUR, TWO)
    logarithm(j, TWO, ONE)
    scale(j, -2.0, ONE, ONE)
    # information of a logit beyond and of one up to the category: F (1 - F) summed over its limits
    scale(j, -1.0, THREE, VARIANCE)
    j.x[VARIANCE, 0] += 1.0
    multiply(j, THREE, VARIANCE, DIFFERENCE)
    scale(j, -1.0, FOUR, VARIANCE)
    j.x[VARIANCE, 0] += 1.0
    multiply(j, FOUR, VARIANCE, TWO)
    add(j, TWO, DIFFERENCE, TWO)


def _count(j: Jets, observed: Observations, i: int) -> None:
    """A count of which the prediction is the mean; of the negative binomial the variance is f + d f^2, d its overdispersion."""
    value = observed.value[i]
    logarithm(j, F, THREE)
    reciprocal(j, F, FOUR)
    if observed.kind[i] == POISSON:
        scale(j, -value, THREE, TWO)
        add(j, TWO, F, TWO)
        j.x[TWO, 0] += observed.other[i]
        scale(j, 2.0, TWO, ONE)
        copy(j, FOUR, TWO)
        return
    exponential(j, RESIDUAL, DIFFERENCE)
    multiply(j, DIFFERENCE, F, VARIANCE)
    copy(j, VARIANCE, ONE)
    j.x[ONE, 0] += 1.0
    # log of the density: sum log(1 + k d) + y log f - log y! - (y + 1 / d) log(1 + d f)
    logarithm(j, ONE, X)
    reciprocal(j, DIFFERENCE, TWO)
    j.x[TWO, 0] += value
    multiply(j, TWO, X, ONE)
    scale(j, -value, THREE, TWO)
    add(j, ONE, TWO, ONE)
    for k in range(1, int(value)):
        scale(j, k, DIFFERENCE, TWO)
        j.x[TWO, 0] += 1.0
        logarithm(j, TWO, X)
        subtract(j, ONE, X, ONE)
    j.x[ONE, 0] += observed.other[i]
    scale(j, 2.0, ONE, ONE)
    j.x[VARIANCE, 0] += 1.0
    multiply(j, VARIANCE, F, TWO)
    copy(j, TWO, THREE)
    reciprocal(j, THREE, TWO)


@native
def take_logarithms(j: Jets, rows: Integers, prediction: Floats) -> None:
    """Predictions, as jets ``(observations, size)``, on the logarithmic scale, of some rows."""
    for n in range(rows.shape[0]):
        for k in range(j.size):
            j.x[F, k] = prediction[rows[n], k]
        logarithm(j, F, ONE)
        for k in range(j.size):
            prediction[rows[n], k] = j.x[ONE, k]
