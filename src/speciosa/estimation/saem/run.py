"""The iterations of SAEM: exploring with full steps, then averaging with ever smaller ones."""

from collections.abc import Callable

import numpy as np

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.joint import Joint, unsolved
from speciosa.estimation.saem.chains import Chains, numbers
from speciosa.estimation.saem.statistics import Statistics, occasions_of, typical_of
from speciosa.estimation.saem.steps import Point, Steps

_FEW_CHAINS = 50
"""Chains in all at least: a subject has several where there are few subjects, as in Monolix."""
_BEFORE = 5
"""Iterations before the first step of the estimates, in which the chains leave their start."""
_GAIN = 0.7
"""Gains fall by this power of the iteration; the mean of the coordinates over the iterations is then as sure as with the best gains
(Polyak and Juditsky 1992, doi:10.1137/0330046)."""
_LEARNING = 0.6
"""Widths of steps follow what was accepted by a share that falls by this power of the iteration."""
_AVERAGED = 0.8
"""Share of the iterations with falling gains, the last ones, over which coordinates are averaged."""


def stochastic_approximation(
    joint: Joint,
    x: Floats,
    iterations: tuple[int, int],
    seed: int,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[Floats, Floats]:
    """Coordinates of the largest likelihood as far as the iterations find it, and the mean random effects of each subject.

    Args:
        joint: the model with its data.
        x: start; its variances are best too large.
        iterations: with full steps, during the first half of which variances fall slowly (annealing), and with falling ones.
        seed: of the chains; the same seed gives the same bytes.
        progress: told of each iteration.

    Raises:
        UnsolvedError: a subject without a density at the start.
    """
    each = max(1, -(-_FEW_CHAINS // joint.subjects))
    many = joint.repeated(each)
    design, steps, chains = many.design, Steps(many), Chains.of(many)
    now = Point(x, design.individuals(x))
    lost = np.flatnonzero(~np.isfinite(many.data_part(now.at, chains.effects)))
    if len(lost):
        raise unsolved(joint, np.unique(lost % joint.subjects), np.zeros((joint.subjects, 0)))
    statistics, present = Statistics.none(design, many.subjects), occasions_of(design)
    curvature = np.zeros((len(steps.rest), len(steps.rest)))
    exploring, averaging = iterations
    mean, effects, counted = np.zeros_like(x), np.zeros_like(chains.effects), 0
    total, varying = _BEFORE + exploring + averaging, len(design.varying)
    for k, drawn in enumerate(numbers(seed, many.subjects, design.effects, total)):
        done = k - _BEFORE
        chains.move(now.at, drawn, 0.0 if done >= exploring else 1 / (1 + k) ** _LEARNING)
        if done < 0:
            continue
        gain = 1.0 if done < exploring else 1 / (1 + done - exploring) ** _GAIN
        annealed = done < exploring // 2
        before = typical_of(design, now.at)
        statistics.add(gain, before, chains.effects, present)
        if len(steps.rest):
            gradient, seen = steps.slope(now.at, chains.effects)
            curvature += gain * (seen - curvature)
            now = steps.descend(now, gradient, curvature, gain, annealed)
        now = steps.spread(steps.centre(now, statistics), statistics, annealed)
        chains.effects[:, :varying] += before - typical_of(design, now.at)
        if done >= exploring + (1 - _AVERAGED) * averaging:
            counted += 1
            mean += (now.x - mean) / counted
            effects += (chains.effects - effects) / counted
        progress(done + 1)
    own = effects.reshape(each, joint.subjects, -1).mean(axis=0)
    return mean if counted else now.x, own
