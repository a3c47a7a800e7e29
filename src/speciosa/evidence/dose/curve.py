"""Curves over dose: a line, a parabola, or a restricted cubic spline, all 0 at the reference dose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats

Shape = Literal["linear", "quadratic", "spline"]
# Of three to five knots: Harrell 2015, Regression Modeling Strategies, section 2.4.6.
QUANTILES = {3: (0.10, 0.50, 0.90), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.5, 0.725, 0.95)}


@dataclass(frozen=True)
class Curve:
    """The transforms of a dose.

    Attributes:
        shape: of the curve.
        knots: of a spline, rising; three to seven.

    Example:
        >>> Curve("quadratic").at([2.0]).tolist()
        [[2.0, 4.0]]
    """

    shape: Shape
    knots: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.shape not in ("linear", "quadratic", "spline"):
            raise EvidenceError(Fault("curve", "linear, quadratic or spline", repr(self.shape)))
        rising = all(a < b for a, b in zip(self.knots, self.knots[1:], strict=False))
        if self.shape == "spline" and not (3 <= len(self.knots) <= 7 and rising):
            found = ", ".join(f"{knot:g}" for knot in self.knots) or "none"
            fix = "Doses that most studies share make one knot of several: state knots, or take a line."
            raise EvidenceError(
                Fault("knots", "three to seven different doses, rising", found, fix)
            )

    @property
    def names(self) -> tuple[str, ...]:
        """What the coefficients multiply."""
        if self.shape == "linear":
            return ("dose",)
        if self.shape == "quadratic":
            return ("dose", "dose squared")
        return ("dose", *(f"spline {number}" for number in range(1, len(self.knots) - 1)))

    def at(self, dose: Sequence[float] | Floats) -> Floats:
        r"""The transforms of each dose, shape ``(doses, coefficients)``.

        A restricted cubic spline is linear beyond its outer knots :math:`t_1, t_k`; with :math:`(x)_+ = \max(x, 0)` its j-th
        term is :math:`[(x-t_j)_+^3 - (x-t_{k-1})_+^3 \frac{t_k-t_j}{t_k-t_{k-1}} + (x-t_k)_+^3 \frac{t_{k-1}-t_j}{t_k-t_{k-1}}] /
        (t_k-t_1)^2` (Harrell 2015, equation 2.25).
        """
        x = np.asarray(dose, dtype=float)
        if self.shape == "linear":
            return x[:, None]
        if self.shape == "quadratic":
            return np.column_stack([x, x**2])
        t, last, before = self.knots, self.knots[-1], self.knots[-2]
        columns = [x]
        for knot in t[:-2]:
            term = (
                _cube(x - knot)
                - _cube(x - before) * (last - knot) / (last - before)
                + _cube(x - last) * (before - knot) / (last - before)
            )
            columns.append(term / (last - t[0]) ** 2)
        return np.column_stack(columns)


def _cube(x: Floats) -> Floats:
    return np.asarray(np.maximum(x, 0.0) ** 3)


def knots_of(dose: Floats, count: int = 3) -> tuple[float, ...]:
    """Knots at the customary quantiles of the doses that studies report.

    Example:
        >>> knots_of(np.arange(11.0))
        (1.0, 5.0, 9.0)
    """
    if count not in QUANTILES:
        raise EvidenceError(Fault("knots", "3, 4 or 5, or the doses themselves", str(count)))
    return tuple(float(value) for value in np.quantile(dose, QUANTILES[count]))
