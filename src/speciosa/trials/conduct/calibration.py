"""Intercepts of the odds of stopping under which the share of people completes that a trial expects."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.conduct.block import run_block
from speciosa.trials.conduct.rules import Rules
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.people.pool import Pool

Array = NDArray[np.float64]


def calibrated(
    pool: Pool,
    rules: Rules,
    completed: tuple[float, ...],
    allocation: tuple[int, ...],
    seed: int,
    people: int = 4000,
) -> Rules:
    """The rules with intercepts under which the share asked for completes.

    Args:
        pool: of people.
        rules: before.
        completed: one share for all arms together, or one an arm.
        allocation: of the arms.
        seed: of a stream of its own.
        people: an arm by whom it is worked out.
    """
    leaving = rules.leaving
    if leaving is None:
        return rules
    count = len(allocation)
    arm = np.repeat(np.arange(count), people).astype(np.int64)
    streams = Streams.of(seed, range(1), people)
    same = Streams(np.tile(streams.start, (1, count)))

    def share(intercepts: tuple[float, ...]) -> Array:
        tried = replace(rules, leaving=replace(leaving, intercept=intercepts))
        block = run_block(pool, tried, arm, same)
        done = (block.stopped == block.last)[0].reshape(count, people).mean(1)
        return np.asarray(done, dtype=np.float64)

    if len(completed) == 1:
        weights = np.asarray(allocation) / sum(allocation)
        found = _bisected(lambda a: float(share((a,) * count) @ weights), completed[0])
        intercepts = (found,) * count
    else:
        low, high = np.full(count, -30.0), np.full(count, 20.0)
        for _ in range(40):
            middle = (low + high) / 2
            much = share(tuple(middle)) > np.asarray(completed)
            low, high = np.where(much, middle, low), np.where(much, high, middle)
        intercepts = tuple(float(a) for a in (low + high) / 2)
    return replace(rules, leaving=replace(leaving, intercept=intercepts))


def _bisected(share: Callable[[float], float], aim: float) -> float:
    low, high = -30.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) > aim else (low, middle)
    return (low + high) / 2
