"""Parts of a curve of which both ends are known with their slopes, and what the cubic between them says."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_HALVINGS = 50


@dataclass(frozen=True)
class Brackets:
    """Parts of curves, each of one row.

    Attributes:
        row: whose curve, ascending.
        time_a, a, slope_a: begin, with value and slope there.
        time_b, b, slope_b: end.
    """

    row: NDArray[np.int64]
    time_a: Values
    a: Values
    slope_a: Values
    time_b: Values
    b: Values
    slope_b: Values

    @staticmethod
    def concatenate(parts: Sequence["Brackets"]) -> "Brackets":
        """All parts, one after another."""
        names = [field.name for field in fields(Brackets)]
        return Brackets(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))

    def some(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "Brackets":
        """Some of them."""
        return Brackets(*(getattr(self, field.name)[which] for field in fields(self)))

    def in_order(self) -> "Brackets":
        """By row and time."""
        return self.some(np.lexsort((self.time_a, self.row)))

    def until(self, time: Values, value: Values) -> "Brackets":
        """The part of each before its turn."""
        return Brackets(
            self.row, self.time_a, self.a, self.slope_a, time, value, np.zeros_like(time)
        )

    def since(self, time: Values, value: Values) -> "Brackets":
        """The part of each after its turn."""
        return Brackets(
            self.row, time, value, np.zeros_like(time), self.time_b, self.b, self.slope_b
        )

    def cubic(self, place: Values) -> Values:
        """The cubic at places from 0 to 1.

        Example:
            >>> one = np.ones(1)
            >>> up = Brackets(np.zeros(1, dtype=int), 0 * one, 0 * one, one, 2 * one, 2 * one, one)
            >>> up.cubic(np.array([0.25])).tolist()
            [0.5]
        """
        length = self.time_b - self.time_a
        back = 1 - place
        ends = self.a * (1 + 2 * place) * back**2 + self.b * (3 - 2 * place) * place**2
        slopes = self.slope_a * back - self.slope_b * place
        return np.asarray(ends + length * place * back * slopes)

    def _cubic_slope(self, place: Values) -> Values:
        length = self.time_b - self.time_a
        middle = 6 * place * (1 - place) * (self.b - self.a)
        begin = (1 - place) * (1 - 3 * place) * self.slope_a
        end = place * (3 * place - 2) * self.slope_b
        return np.asarray(middle + length * (begin + end))

    def place(self, turn: bool) -> Values:
        """Where from 0 to 1 the cubic turns, or is 0; its ends have opposite signs."""
        low, high = np.zeros(len(self.row)), np.ones(len(self.row))
        curve = self._cubic_slope if turn else self.cubic
        rises = (self.slope_b if turn else self.b) > 0
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            past = (curve(middle) > 0) == rises
            low, high = np.where(past, low, middle), np.where(past, middle, high)
        return 0.5 * (low + high)

    def narrowed(self, time: Values, value: Values, slope: Values, turn: bool) -> "Brackets":
        """The part of each that still holds the turn, or the zero."""
        here, begin = (slope, self.slope_a) if turn else (value, self.a)
        past = (here > 0) != (begin > 0)
        return Brackets(
            self.row,
            np.where(past, self.time_a, time),
            np.where(past, self.a, value),
            np.where(past, self.slope_a, slope),
            np.where(past, time, self.time_b),
            np.where(past, value, self.b),
            np.where(past, slope, self.slope_b),
        )
