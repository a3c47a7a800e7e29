"""The arm-level binomial model of a network as a log density with its gradient.

``events ~ Binomial(n, p)``, ``logit p = mu_study + delta``, with ``delta`` 0 in a study's first arm and, in the
others, normal around the relative effect with standard deviation tau and correlation 1/2 within a study. Random
effects are drawn as standard normals and scaled (non-centred); tau and omega are drawn as logarithms.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.network.data import Matrix, Network
from speciosa.evidence.network.designs import Parameters

Vector = NDArray[np.float64]
BASELINE_SD = 100.0


@dataclass(frozen=True)
class BinomialModel:
    """Log density of the unconstrained parameters: levels, effects, class means, random effects, log tau, log omega.

    Attributes:
        events, total: counts by arm, shape ``(a,)``.
        level: which study an arm is of, shape ``(a, studies)``.
        effect: how an arm depends on the effects, shape ``(a, p)``.
        random: how an arm depends on the standard normals, shape ``(a, c)``; no column without heterogeneity.
        setup: names of the parameters and class membership.
        effect_sd, tau_sd, omega_sd: scales of the priors.
    """

    events: Vector
    total: Vector
    level: Matrix
    effect: Matrix
    random: Matrix
    setup: Parameters
    effect_sd: float
    tau_sd: float
    omega_sd: float

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Numbers of study levels, effects with class means, random effects, and scales (log tau, log omega)."""
        scales = int(self.random.shape[1] > 0) + int(bool(self.setup.classes))
        return self.level.shape[1], self.effect.shape[1], self.random.shape[1], scales

    @property
    def dimension(self) -> int:
        """Number of unconstrained parameters."""
        return sum(self.sizes)

    def start(self) -> Vector:
        """A sensible place: observed levels, no effects, moderate scales."""
        levels, effects, random, scales = self.sizes
        pooled = self.level.T @ np.column_stack([self.events + 0.5, self.total + 1.0])
        rate = pooled[:, 0] / pooled[:, 1]
        point = np.zeros(self.dimension)
        point[:levels] = np.log(rate / (1 - rate))
        point[levels + effects + random :] = np.log(0.5) if scales else 0.0
        return point

    def natural(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], Vector, Vector]:
        """Effects and class means, tau and omega of draws ``x``, shape ``(..., dimension)``."""
        levels, effects, random, _ = self.sizes
        beta = x[..., levels : levels + effects].copy()
        end = levels + effects + random
        tau = np.exp(x[..., end]) if random else np.zeros(x.shape[:-1])
        omega = np.exp(x[..., -1]) if self.setup.classes else np.zeros(x.shape[:-1])
        if self.setup.classes:
            count = self.setup.effects
            means = beta[..., count:]
            grouped = self.setup.member.any(axis=1)
            in_class = means @ self.setup.member.T + omega[..., None] * beta[..., :count]
            beta[..., :count] = np.where(grouped, in_class, beta[..., :count])
        return beta, tau, omega

    def linear_predictor(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log odds of each arm for draws ``x``, shape ``(..., a)``."""
        levels, effects, random, _ = self.sizes
        beta, tau, _ = self.natural(x)
        value = x[..., :levels] @ self.level.T + beta @ self.effect.T
        if random:
            start = levels + effects
            value = value + tau[..., None] * (x[..., start : start + random] @ self.random.T)
        return np.asarray(value, dtype=float)

    def log_density(self) -> Callable[[Vector], tuple[float, Vector]]:
        """The log posterior density up to a constant with its gradient, as a function of the parameters."""
        from speciosa.evidence.bayes.binomial_kernel import log_density

        member = self.setup.member
        group = np.full(self.setup.effects, -1)
        if self.setup.classes:
            group = np.where(member.any(axis=1), member.argmax(axis=1), -1)
        width = max(len(rows) for rows in self.setup.rows)
        normals = self.random.shape[1]
        first = np.cumsum([0, *(len(rows) for rows in self.setup.rows)])
        level = self.level.argmax(axis=1)
        factor = np.zeros((len(self.events), width))
        for arm, start in enumerate(first[level]):
            own = self.random[arm, start : start + width]
            factor[arm, : len(own)] = own
        counts = np.column_stack([self.events, self.total])
        index = np.column_stack([level, first[level]]).astype(np.int64)
        effect = np.ascontiguousarray(self.effect)
        classes = group.astype(np.int64)
        scales = np.array(
            [BASELINE_SD**-2, self.effect_sd**-2, self.tau_sd, self.omega_sd], dtype=float
        )
        return lambda x: log_density(x, counts, index, effect, factor, classes, normals, scales)

    def deviance(self, probability: NDArray[np.float64]) -> Vector:
        """Residual deviance of each arm at fitted probabilities, shape ``(..., a)``."""
        r, n = self.events, self.total
        with np.errstate(divide="ignore", invalid="ignore"):
            hit = np.where(r > 0, r * np.log(r / (n * probability)), 0.0)
            miss = np.where(r < n, (n - r) * np.log((n - r) / (n * (1 - probability))), 0.0)
        return np.asarray(2 * (hit + miss), dtype=float)


def binomial_model(
    network: Network,
    setup: Parameters,
    heterogeneous: bool,
    effect_sd: float,
    tau_sd: float,
    omega_sd: float,
) -> BinomialModel:
    """The model of a network of counts.

    Raises:
        EvidenceError: a network without events and n of every arm.
    """
    if not network.arm_level or any(
        arm.events is None or arm.n is None for s in network.studies for arm in s.arms
    ):
        raise EvidenceError(Fault("binomial likelihood", "events and n of every arm", "other data"))
    arms = [arm for study in network.studies for arm in study.arms]
    level = np.zeros((len(arms), len(network.studies)))
    effect = np.zeros((len(arms), len(setup.names)))
    random = np.zeros((len(arms), sum(len(rows) for rows in setup.rows) if heterogeneous else 0))
    line = column = 0
    for number, (study, rows) in enumerate(zip(network.studies, setup.rows, strict=True)):
        size = len(study.arms)
        level[line : line + size, number] = 1.0
        effect[line + 1 : line + size] = rows
        if heterogeneous:
            factor = np.linalg.cholesky(0.5 * (np.eye(size - 1) + 1.0))
            random[line + 1 : line + size, column : column + size - 1] = factor
        line, column = line + size, column + size - 1
    events = np.array([arm.events for arm in arms], dtype=float)
    total = np.array([arm.n for arm in arms], dtype=float)
    return BinomialModel(events, total, level, effect, random, setup, effect_sd, tau_sd, omega_sd)
