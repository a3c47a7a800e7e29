"""Proposals for the random effects of one subject after another, taken or not by Metropolis and Hastings. Compiled by `native`."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from speciosa.engine.compiler.native import Native, native
from speciosa.engine.linear.exp import exp_of
from speciosa.estimation.jet.table import Floats
from speciosa.estimation.likelihood.kinds import ONE, minus_twice_log_of
from speciosa.estimation.objective.subject import At, Said, Solve, Space, place_effects, scaled


class Numbers(NamedTuple):
    """Random numbers of one iteration, of each sweep.

    Attributes:
        independent, joint: normal, ``(sweeps, effects, subjects)``.
        walk: normal, ``(sweeps, effects, subjects)``.
        of_independent, of_joint: uniform, ``(sweeps, subjects)``.
        of_walk: uniform, ``(sweeps, effects, subjects)``.
    """

    independent: Floats
    walk: Floats
    joint: Floats
    of_independent: Floats
    of_walk: Floats
    of_joint: Floats


class Proposals(NamedTuple):
    """How random numbers become proposals.

    Attributes:
        drawn: the numbers.
        factor: Cholesky's of the covariance of the random effects.
        spread: standard deviations of the random effects.
        learning: by how much widths follow what was taken, one number.
        aims: shares of proposals to be taken: of one effect, and of all together.
    """

    drawn: Numbers
    factor: Floats
    spread: Floats
    learning: Floats
    aims: Floats


class Chain(NamedTuple):
    """Where the chains are, and how far they step.

    Attributes:
        effects: ``(subjects, effects)``.
        one: widths of steps in one effect, in its standard deviations, ``(subjects, effects)``.
        all: widths of steps in all effects together, ``(subjects,)``.
    """

    effects: Floats
    one: Floats
    all: Floats


def prior_of(at: At, effects: Floats) -> float:
    """Minus twice the logarithm of the density of random effects, up to a constant."""
    total, n = 0.0, at.precision.shape[0]
    for e in range(n):
        for f in range(n):
            total += effects[e] * at.precision[e, f] * effects[f]
    return total


def taken_by(u: float, before: float, after: float) -> bool:
    """Whether a proposal is taken; `before` and `after` are minus twice logarithms of densities."""
    return math.isfinite(after) and 2.0 * math.log(u) < before - after


def data_of(solve: Solve) -> Callable[..., float]:
    """Minus twice the log density of a subject's observations, given random effects, for one way to predict."""

    def data(work: Any, said: Said, space: Space, at: At, s: int, effects: Floats) -> float:
        place_effects(said, space, at, s, effects)
        if solve(space.near, work, s, space.base, at.slope, said.random, space.jets) != 0:
            return math.inf
        total = 0.0
        for i in range(said.first[s], said.first[s + 1]):
            scaled(space.near, said.logged[i], i, space.jets)
            f = space.jets[i, 0]
            minus_twice_log_of(space.seen, said.observed, i, f, f, False, at.residual, said.none)
            total += space.seen.x[ONE, 0]
        return total if math.isfinite(total) else math.inf

    return data


def sweeps_by(solve: Solve) -> Native:
    """The compiled function for one way to predict: one iteration of the chains of some subjects."""
    data = data_of(solve)

    @native
    def sweeps(
        work: Any,
        said: Said,
        space: Space,
        at: At,
        proposals: Proposals,
        chain: Chain,
        begin: int,
        end: int,
    ) -> None:
        n, tried, drawn = chain.effects.shape[1], space.effects, proposals.drawn
        for s in range(begin, end):
            b = chain.effects[s]
            value = data(work, said, space, at, s, b)
            for k in range(drawn.of_independent.shape[0]):
                for e in range(n):
                    tried[e] = 0.0
                    for f in range(e + 1):
                        tried[e] += proposals.factor[e, f] * drawn.independent[k, f, s]
                after = data(work, said, space, at, s, tried)
                if taken_by(drawn.of_independent[k, s], value, after):
                    value = after
                    for e in range(n):
                        b[e] = tried[e]
            prior = prior_of(at, b)
            for k in range(drawn.of_walk.shape[0]):
                for d in range(n):
                    for e in range(n):
                        tried[e] = b[e]
                    tried[d] += proposals.spread[d] * chain.one[s, d] * drawn.walk[k, d, s]
                    after = data(work, said, space, at, s, tried)
                    after_prior, taken = prior_of(at, tried), 0.0
                    if taken_by(drawn.of_walk[k, d, s], value + prior, after + after_prior):
                        value, prior, taken = after, after_prior, 1.0
                        b[d] = tried[d]
                    chain.one[s, d] *= exp_of(proposals.learning[0] * (taken - proposals.aims[0]))
            for k in range(drawn.of_joint.shape[0]):
                for e in range(n):
                    tried[e] = b[e]
                    for f in range(e + 1):
                        tried[e] += chain.all[s] * proposals.factor[e, f] * drawn.joint[k, f, s]
                after = data(work, said, space, at, s, tried)
                after_prior, taken = prior_of(at, tried), 0.0
                if taken_by(drawn.of_joint[k, s], value + prior, after + after_prior):
                    value, prior, taken = after, after_prior, 1.0
                    for e in range(n):
                        b[e] = tried[e]
                chain.all[s] *= exp_of(proposals.learning[0] * (taken - proposals.aims[1]))

    return sweeps


def nodes_by(solve: Solve) -> Native:
    """The compiled function for one way to predict: the data's part of the density at nodes ``(nodes, subjects, effects)``."""
    data = data_of(solve)

    @native
    def nodes(
        work: Any,
        said: Said,
        space: Space,
        at: At,
        places: Floats,
        out: Floats,
        begin: int,
        end: int,
    ) -> None:
        for s in range(begin, end):
            for k in range(places.shape[0]):
                out[k, s] = data(work, said, space, at, s, places[k, s])

    return nodes
