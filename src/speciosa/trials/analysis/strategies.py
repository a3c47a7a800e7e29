r"""Treatment strategies compared in a trial that randomises people again: weighted and replicated regression.

Who answered to a first treatment tells of every strategy that begins with it, who did not tells of the one that they went on
with. A person counts with the inverse of the probability of having been assigned as the strategy has it, once for each of both
strategies, and

.. math:: E[Y \mid d, B] = \alpha + \tau\,1(d = \text{first}) + \beta B

is fitted by weighted least squares, with standard errors by the person (sandwich, HC1).

Sources: Nahum-Shani I, Qian M, Almirall D, et al. Psychol Methods 2012;17:457, doi:10.1037/a0029372; Murphy SA. Stat Med
2005;24:1455, doi:10.1002/sim.2022.
"""

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.analysis.data import Compared
from speciosa.trials.analysis.result import Found, by_t
from speciosa.trials.conduct.block import Block

Array = NDArray[np.float64]


def weights(
    block: Block, first: int, then: int, shares: tuple[float, ...], options: tuple[int, ...]
) -> Array:
    """How much each person counts for a strategy, shape ``(trials, people)``; 0 for those whom it does not describe.

    Args:
        block: of trials.
        first: number of the first treatment.
        then: arm of the pool that follows where it has not helped.
        shares: of people by first treatment.
        options: how many may follow each first treatment.
    """
    again = block.course != block.arm
    found = (block.arm == first) & (~again | (block.course == then))
    number = np.maximum(np.asarray(options), 1)[block.arm]
    return np.where(found, np.where(again, number, 1) / shares[first], 0.0)


def strategies(
    data: Compared, one: Array, two: Array, better: int, margin: float, alpha: float
) -> Found:
    """The difference of two strategies at the last visit.

    Args:
        data: of everybody.
        one: weights for the strategy.
        two: weights for the reference.
        better: 1 where more is better, -1 where less is.
        margin: of non-inferiority.
        alpha: one-sided.
    """
    here = data.seen[-1] & data.kept
    value = np.where(here, data.y[-1], 0.0)
    both = here & ((one > 0) | (two > 0))
    count = both.sum(1).astype(np.float64)
    middle = np.where(both, data.baseline, 0.0).sum(1) / np.maximum(count, 1)
    b = np.where(here, data.baseline - middle[:, None], 0.0)
    rows = [(np.where(here, one, 0.0), 1.0), (np.where(here, two, 0.0), 0.0)]
    trials = len(value)
    normal, right = np.zeros((trials, 3, 3)), np.zeros((trials, 3))
    ones = np.ones_like(b)
    for weight, x in rows:
        columns = (ones, x * ones, b)
        for i in range(3):
            right[:, i] += (weight * columns[i] * value).sum(1)
            for j in range(3):
                normal[:, i, j] += (weight * columns[i] * columns[j]).sum(1)
    enough = (rows[0][0] > 0).sum(1) > 2
    enough &= ((rows[1][0] > 0).sum(1) > 2) & (count > 4)
    normal[~enough] = np.eye(3)
    inverse = np.linalg.inv(normal + 1e-12 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(3))  # fmt: skip
    beta = (inverse @ right[:, :, None])[:, :, 0]
    scores = np.zeros((3, *b.shape))
    for weight, x in rows:
        gap = weight * (value - beta[:, :1] - x * beta[:, 1:2] - beta[:, 2:] * b)
        scores += np.stack([gap, x * gap, b * gap])
    meat = np.empty_like(normal)
    for i in range(3):
        for j in range(3):
            meat[:, i, j] = (scores[i] * scores[j]).sum(1)
    spread = (inverse @ meat @ inverse)[:, 1, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(enough, spread * count / (count - 3), np.nan)
    return by_t(beta[:, 1], np.sqrt(variance), np.maximum(count - 3, 1.0), better, margin, alpha)
