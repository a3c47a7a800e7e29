"""Correlations between random effects: which belong together, and whether they can hold at the same time.

Effects that are correlated, directly or through others, form a block. A block's correlated effects are L z, with z
independent standard normal and L the Cholesky factor of its correlation matrix, in the order of their names: a block is
drawn alike whatever else a model holds and in which order. A matrix that is not positive definite is an error that names
the pair that contributes most to the direction of negative variance, with the range that this pair could have given the
others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speciosa.errors import Fault, InputError, nearest

Correlations = Mapping[tuple[str, str], float]

_LEAST_EIGENVALUE = 1e-10
_LEAST_OF_ROUNDED = 1e-3


@dataclass(frozen=True)
class Block:
    """Effects that vary together.

    Attributes:
        names: the effects, sorted.
        factor: Cholesky factor of their correlation matrix, shape ``(names, names)``, lower triangular.
    """

    names: tuple[str, ...]
    factor: NDArray[np.float64]


def correlation_blocks(
    names: Sequence[str],
    correlations: Correlations,
    where: str = "correlation",
    most_shrinkage: float = 0.0,
) -> tuple[Block, ...]:
    """Sorts correlated effects into blocks; effects without a correlation are in none.

    Args:
        names: every effect that varies.
        correlations: by pair of names, each pair once, in (-1, 1); pairs not given have 0.
        where: what is correlated, for messages.
        most_shrinkage: by which share the correlations of a block may be drawn towards 0 where it is not positive
            definite; above 0 only for correlations that were rounded, or left out where small.

    Raises:
        InputError: a name that does not vary, a pair given twice, a value outside (-1, 1), a block that is not
            positive definite; all of them at once.

    Example:
        >>> block, = correlation_blocks(["ka", "CL", "V"], {("V", "CL"): 0.6})
        >>> block.names, block.factor.round(3).tolist()
        (('CL', 'V'), [[1.0, 0.0], [0.6, 0.8]])
    """
    faults = _pair_faults(names, correlations, where)
    if faults:
        raise InputError(faults)
    blocks = []
    for members in _components(names, correlations):
        matrix = np.eye(len(members))
        for (one, other), value in correlations.items():
            if one in members:
                i, j = members.index(one), members.index(other)
                matrix[i, j] = matrix[j, i] = value
        matrix = _shrunk(matrix, most_shrinkage)
        fault = definiteness_fault(members, matrix, where)
        if fault:
            faults.append(fault)
        else:
            factor = np.linalg.cholesky(matrix).astype(np.float64)
            blocks.append(Block(tuple(members), factor))
    if faults:
        raise InputError(faults)
    return tuple(blocks)


def from_covariance(
    names: Sequence[str], covariance: ArrayLike, where: str = "covariance"
) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
    """Splits a covariance matrix into standard deviations and correlations.

    Raises:
        InputError: wrong shape, not finite, not symmetric, a negative variance, not positive definite.

    Example:
        >>> from_covariance(["CL", "V"], [[0.09, 0.03], [0.03, 0.04]])
        ({'CL': 0.3, 'V': 0.2}, {('CL', 'V'): 0.5})
    """
    matrix = np.asarray(covariance, dtype=float)
    count = len(names)
    if matrix.shape != (count, count):
        raise InputError(Fault(where, f"shape ({count}, {count})", f"{matrix.shape}"))
    faults = [
        Fault(f"{where} of {names[i]} and {names[j]}", expected, found)
        for i in range(count)
        for j in range(i, count)
        for expected, found in _entry_faults(matrix, i, j)
    ]
    if faults:
        raise InputError(faults)
    sd = np.sqrt(np.diag(matrix))
    pairs = {
        (names[i], names[j]): round(float(matrix[i, j] / (sd[i] * sd[j])), 15)
        for i in range(count)
        for j in range(i + 1, count)
        if matrix[i, j] != 0
    }
    correlation_blocks(names, pairs, where)
    return {name: float(value) for name, value in zip(names, sd, strict=True)}, pairs


def definiteness_fault(
    names: Sequence[str], matrix: NDArray[np.float64], where: str
) -> Fault | None:
    """The pair that keeps a correlation matrix from being positive definite; None where nothing does.

    With v the eigenvector of the smallest eigenvalue, that eigenvalue is the sum of ``r_ij v_i v_j``; the pair with the
    most negative term is named.
    """
    values, vectors = np.linalg.eigh(matrix)
    if values[0] > _LEAST_EIGENVALUE:
        return None
    direction = vectors[:, 0]
    terms = np.triu(matrix * np.outer(direction, direction), 1)
    i, j = (int(k) for k in np.unravel_index(np.argmin(terms), terms.shape))
    span = _admissible(matrix, i, j)
    fix = (
        f"Given the other correlations it must lie between {span[0]:.3g} and {span[1]:.3g}."
        if span
        else "No value of this pair alone repairs it: other pairs contradict each other too."
    )
    return Fault(
        f"{where} of {names[i]} and {names[j]}",
        f"a positive definite matrix of {', '.join(names)}",
        f"{matrix[i, j]:.6g}, with which the smallest eigenvalue is {values[0]:.3g}",
        fix,
    )


def _admissible(matrix: NDArray[np.float64], i: int, j: int) -> tuple[float, float] | None:
    """The open range of the entry (i, j) in which the matrix is positive definite, the others being kept."""
    rest = [k for k in range(len(matrix)) if k not in (i, j)]
    if not rest:
        return -1.0, 1.0
    core, a, b = matrix[np.ix_(rest, rest)], matrix[rest, i], matrix[rest, j]
    if np.linalg.eigvalsh(core)[0] <= _LEAST_EIGENVALUE:
        return None
    solved_a, solved_b = np.linalg.solve(core, a), np.linalg.solve(core, b)
    room = (1 - a @ solved_a) * (1 - b @ solved_b)
    if 1 - a @ solved_a <= 0 or 1 - b @ solved_b <= 0:
        return None
    middle = float(a @ solved_b)
    return middle - float(np.sqrt(room)), middle + float(np.sqrt(room))


def _shrunk(matrix: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    """(1 - s) R + s I with the least s that brings the smallest eigenvalue to 0.001, where s is not above `most`."""
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    share = max((_LEAST_OF_ROUNDED - smallest) / (1 - smallest), 0.0)
    return (1 - share) * matrix + share * np.eye(len(matrix)) if share <= most else matrix


def _pair_faults(names: Sequence[str], correlations: Correlations, where: str) -> list[Fault]:
    faults, seen = [], set[frozenset[str]]()
    for (one, other), value in correlations.items():
        place = f"{where} of {one} and {other}"
        for name in (one, other):
            if name not in names:
                near = nearest(name, names)
                fix = f"Did you mean {near[0]}?" if near else ""
                faults.append(
                    Fault(place, "two things that vary", f"{name!r}, which does not", fix)
                )
        if one == other:
            faults.append(Fault(place, "two different names", "the same twice"))
        elif frozenset((one, other)) in seen:
            faults.append(Fault(place, "one value a pair", "a second one"))
        seen.add(frozenset((one, other)))
        if not -1 < value < 1:
            faults.append(
                Fault(place, "a value between -1 and 1 (else not positive definite)", f"{value:g}")
            )
    return faults


def _components(names: Sequence[str], correlations: Correlations) -> list[list[str]]:
    """Names that are linked by correlations, one sorted list a block, blocks in the order of `names`."""
    block_of = {name: {name} for pair in correlations for name in pair}
    for one, other in correlations:
        merged = block_of[one] | block_of[other]
        for name in merged:
            block_of[name] = merged
    order = {name: position for position, name in enumerate(names)}
    blocks = {min(order[name] for name in block): block for block in block_of.values()}
    return [sorted(blocks[first]) for first in sorted(blocks)]


def _entry_faults(matrix: NDArray[np.float64], i: int, j: int) -> list[tuple[str, str]]:
    value, mirrored = matrix[i, j], matrix[j, i]
    if not (np.isfinite(value) and np.isfinite(mirrored)):
        return [("a finite number", f"{value} and {mirrored}")]
    if i == j:
        return [] if value > 0 else [("a variance above 0", f"{value:g}")]
    scale = np.sqrt(abs(matrix[i, i] * matrix[j, j]))
    if abs(value - mirrored) > 1e-12 * scale:
        return [("a symmetric matrix", f"{value:g} above and {mirrored:g} below the diagonal")]
    return []
