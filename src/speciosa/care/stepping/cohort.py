"""The deterministic companion of the loop over people: a cohort with given probabilities of changing state in each cycle.

It answers what people one by one answer when nothing about them differs and nothing is remembered, and is how published Markov
models are reproduced.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from speciosa.care.stepping.arrays import Floats
from speciosa.errors import Fault, InputError

Correction = Literal["none", "half-cycle", "simpson"]
_SUMS_TO = 1e-9


def trace(transition: ArrayLike, start: ArrayLike, cycles: int) -> Floats:
    r"""Shares of the cohort in each state at the ends of cycles, $m_{t+1} = m_t P$.

    Args:
        transition: probabilities of going from a state (row) to another within a cycle, ``(states, states)``.
        start: shares at the begin, ``(states,)``.
        cycles: how many.

    Returns:
        Shares, ``(cycles + 1, states)``.

    Raises:
        InputError: probabilities of competing changes that are negative or do not add up to 1.

    Example:
        >>> trace([[0.9, 0.1], [0.0, 1.0]], [1.0, 0.0], 2)[:, 0].round(2).tolist()
        [1.0, 0.9, 0.81]
    """
    p = np.asarray(transition, dtype=float)
    faults = [
        Fault(
            f"transition, row {row + 1}",
            "probabilities of 0 or more that add up to 1",
            f"{total:g} in all",
        )
        for row, total in enumerate(p.sum(axis=1))
        if abs(total - 1.0) > _SUMS_TO or (p[row] < 0.0).any()
    ]
    if faults:
        raise InputError(faults)
    found = np.empty((cycles + 1, len(p)))
    found[0] = np.asarray(start, dtype=float)
    for cycle in range(cycles):
        found[cycle + 1] = found[cycle] @ p
    return found


def total(
    shares: ArrayLike, reward: ArrayLike, *, discount: float = 0.0, correction: Correction = "none"
) -> float:
    r"""What a cohort gathers over its cycles, $\sum_t w_t (1+d)^{-t}\, m_t \cdot r$.

    Args:
        shares: as `trace` gives them, ``(cycles + 1, states)``.
        reward: of a cycle in each state, ``(states,)``.
        discount: a cycle.
        correction: weights within cycles: ``half-cycle`` counts both ends half; ``simpson`` weighs as the tutorial code of
            Alarid-Escudero (Med Decis Making 2023) does: a third at both ends, 4/3 after an even number of cycles, 2/3 after
            an odd one.

    Example:
        >>> total([[1.0], [1.0], [1.0]], [2.0], correction="half-cycle")
        4.0
    """
    m = np.asarray(shares, dtype=float)
    ends = np.arange(len(m))
    weight = np.ones(len(m))
    if correction == "half-cycle":
        weight[[0, -1]] = 0.5
    elif correction == "simpson":
        weight = np.where(ends % 2 == 0, 4.0, 2.0) / 3.0
        weight[[0, -1]] = 1.0 / 3.0
    return float((weight * (1.0 + discount) ** -ends) @ (m @ np.asarray(reward, dtype=float)))
