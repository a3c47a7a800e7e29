"""Rows of a table in their order by subject and visit, with what is missing set to nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layout:
    """Responses and design by subject and visit.

    Attributes:
        y: responses, shape (subjects, visits), 0 where there is none.
        x: design, shape (subjects, visits, columns), 0 where there is no response.
        seen: where there is a response, shape (subjects, visits).
        patterns: the different rows of `seen`.
        pattern: which of them each subject has.
    """

    y: Array
    x: Array
    seen: NDArray[np.bool_]
    patterns: NDArray[np.bool_]
    pattern: NDArray[np.int64]

    @property
    def rows(self) -> int:
        """How many responses there are."""
        return int(self.seen.sum())


def laid_out(
    subject: NDArray[np.int64], visit: NDArray[np.int64], y: Array, x: Array, visits: int
) -> Layout:
    """Puts rows in order.

    Args:
        subject: number of each row's subject, from 0.
        visit: number of its visit, from 0; once a subject.
        y: responses.
        x: design, shape (rows, columns).
        visits: how many there are.

    Example:
        >>> one = np.ones((3, 1))
        >>> made = laid_out(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([1.0, 2.0, 3.0]), one, 2)
        >>> made.seen.tolist(), made.y.tolist()
        ([[True, True], [False, True]], [[1.0, 2.0], [0.0, 3.0]])
    """
    people = int(subject.max()) + 1
    table, seen = np.zeros((people, visits)), np.zeros((people, visits), dtype=bool)
    design = np.zeros((people, visits, x.shape[1]))
    table[subject, visit], seen[subject, visit], design[subject, visit] = y, True, x
    patterns, pattern = np.unique(seen, axis=0, return_inverse=True)
    return Layout(table, design, seen, patterns, pattern.reshape(-1))
