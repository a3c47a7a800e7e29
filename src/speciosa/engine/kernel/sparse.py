"""Solving small sparse linear systems whose pattern is known when the code is written.

Elimination runs over the pattern once, while the kernel is generated, and leaves only the operations that are needed.
Pivots stay on the diagonal, which the matrices of a Rosenbrock method make dominant for the steps that are accepted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from speciosa.engine.kernel.vector import Vec

Place = tuple[int, int]


def elimination_order(places: Iterable[Place], size: int) -> list[int]:
    """Pivots in the order of H. M. Markowitz (1957): each time the one that can fill in fewest places.

    Example:
        >>> arrow = [(0, j) for j in range(4)] + [(i, 0) for i in range(4)] + [(i, i) for i in range(4)]
        >>> elimination_order(arrow, 4)
        [1, 2, 0, 3]
    """
    rows: list[set[int]] = [{i} for i in range(size)]
    for i, j in places:
        rows[i].add(j)
    left = set(range(size))
    order = []
    while left:
        columns = {p: [i for i in left if p in rows[i]] for p in left}
        pivot = min(left, key=lambda p: ((len(rows[p] & left) - 1) * (len(columns[p]) - 1), p))
        order.append(pivot)
        left.remove(pivot)
        for i in columns[pivot]:
            if i != pivot:
                rows[i] |= rows[pivot] & left
    return order


@dataclass(frozen=True)
class Factors:
    """A factored matrix ``diagonal - M``: inverse pivots, and what rows of M do to rows below and above, signs included."""

    order: list[int]
    inverse: dict[int, Vec]
    below: dict[int, list[tuple[int, Vec]]]
    above: dict[int, list[tuple[int, Vec]]]

    def solve(self, right: list[Vec]) -> list[Vec]:
        """The solution for a right-hand side."""
        b = list(right)
        for p in self.order:
            for i, multiplier in self.below[p]:
                b[i] = b[i] + multiplier * b[p]
        for p in reversed(self.order):
            if self.above[p]:
                # what the elimination left in b comes last of all, so it is added last
                b[p] = b[p] + _sum([entry * b[j] for j, entry in self.above[p]])
            b[p] = b[p] * self.inverse[p]
        return b


def factor(matrix: Mapping[Place, Vec], size: int, diagonal: Vec, inverse_diagonal: Vec) -> Factors:
    """Factors ``diagonal - M``, with the same number all along the diagonal, for M given by its entries.

    Args:
        matrix: the entries of M.
        size: its rows.
        diagonal: what M is subtracted from.
        inverse_diagonal: the pivot of a row that has no entry on the diagonal needs no division.
    """
    entries = dict(matrix)
    order = elimination_order(entries, size)
    inverse: dict[int, Vec] = {}
    below: dict[int, list[tuple[int, Vec]]] = {}
    above: dict[int, list[tuple[int, Vec]]] = {}
    left = set(range(size))
    for p in order:
        left.remove(p)
        inverse[p] = 1.0 / (diagonal - entries[p, p]) if (p, p) in entries else inverse_diagonal
        above[p] = [(j, entries[p, j]) for j in sorted(left) if (p, j) in entries]
        below[p] = []
        for i in sorted(left):
            if (i, p) not in entries:
                continue
            multiplier = entries[i, p] * inverse[p]
            below[p].append((i, multiplier))
            for j, entry in above[p]:
                change = multiplier * entry
                known = entries.get((i, j))
                entries[i, j] = change if known is None else known + change
    return Factors(order, inverse, below, above)


def _sum(values: list[Vec]) -> Vec:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
