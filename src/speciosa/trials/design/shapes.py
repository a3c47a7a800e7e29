"""Shapes of dose response: their curves between placebo and the highest dose, and how they are written.

Source: Bornkamp B, Pinheiro J, Bretz F. J Stat Softw 2009;29(7) (doi:10.18637/jss.v029.i07), whose parametrisation is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault, InputError

Doses = NDArray[np.float64]
# Offset of linlog where none is given, and scale of beta, as shares of the highest dose; conventions of the software of the source.
OFFSET, BETA_SCALE = 0.01, 1.2


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of shape: the response is e0 + slope * curve(dose; parameters), quadratic excepted.

    Attributes:
        parameters: names of what makes the curve nonlinear.
        curve: of dose, parameters and the highest dose.
        bounds: of each parameter, as shares of the highest dose where `scaled`.
        scaled: whether the parameter is a dose.
        coefficients: names of the linear ones after e0.
        optional: whether the parameter may be left out: the offset of linlog, which is given and not fitted.
    """

    parameters: tuple[str, ...]
    curve: Callable[[Doses, Sequence[float], float], Doses]
    bounds: tuple[tuple[float, float], ...] = ()
    scaled: tuple[bool, ...] = ()
    coefficients: tuple[str, ...] = ("eMax",)
    optional: bool = False


def _beta(dose: Doses, p: Sequence[float], top: float) -> Doses:
    share, (a, b) = dose / (BETA_SCALE * top), p
    height = np.exp((a + b) * np.log(a + b) - a * np.log(a) - b * np.log(b))
    curve: Doses = height * share**a * (1 - share) ** b
    return curve


KINDS: dict[str, Kind] = {
    "linear": Kind((), lambda d, p, top: d, coefficients=("delta",)),
    "linlog": Kind(
        ("off",),
        lambda d, p, top: np.log(d + (p[0] if p else OFFSET * top)),
        coefficients=("delta",),
        optional=True,
    ),
    "quadratic": Kind(("delta",), lambda d, p, top: d + p[0] * d**2, coefficients=("b1", "b2")),
    "emax": Kind(("ed50",), lambda d, p, top: d / (p[0] + d), ((0.001, 1.5),), (True,)),
    "sigmoid-emax": Kind(
        ("ed50", "h"),
        lambda d, p, top: d ** p[1] / (p[0] ** p[1] + d ** p[1]),
        ((0.001, 1.5), (0.5, 10.0)),
        (True, False),
    ),
    "exponential": Kind(
        ("delta",), lambda d, p, top: np.expm1(d / p[0]), ((0.1, 2.0),), (True,), ("e1",)
    ),
    "logistic": Kind(
        ("ed50", "delta"),
        lambda d, p, top: 1 / (1 + np.exp((p[0] - d) / p[1])),
        ((0.001, 1.5), (0.01, 0.5)),
        (True, True),
    ),
    "beta": Kind(("delta1", "delta2"), _beta, ((0.05, 4.0), (0.05, 4.0)), (False, False)),
}
"""Known kinds; bounds are those within which a fit searches."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape with its guessed parameters.

    Example:
        >>> Shape.read("logistic=0.5,0.1")
        Shape(kind='logistic', guesses=(0.5, 0.1))
    """

    kind: str
    guesses: tuple[float, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Shape":
        """A shape as it is written: its kind, and after ``=`` its parameters, parted by commas.

        Raises:
            InputError: a kind that is not known, parameters that are not numbers or not as many as the kind has.
        """
        kind, _, rest = text.replace(" ", "").partition("=")
        if kind not in KINDS:
            raise InputError(Fault("model", f"one of {', '.join(KINDS)}", kind or "nothing"))
        names = KINDS[kind].parameters
        expected = f"{len(names)} numbers ({', '.join(names)})" if names else "no parameters"
        try:
            guesses = tuple(float(word) for word in rest.split(",")) if rest else ()
        except ValueError:
            raise InputError(Fault(f"model {kind}", expected, rest)) from None
        positive = all(np.isfinite(g) and (g > 0 or kind == "quadratic") for g in guesses)
        missing = len(guesses) != len(names) and not (KINDS[kind].optional and not guesses)
        if missing or not positive:
            raise InputError(Fault(f"model {kind}", f"{expected}, above 0", rest or "none"))
        return cls(kind, guesses)

    def response(self, doses: Sequence[float], top: float) -> Doses:
        """The curve at doses, up to intercept and slope.

        Example:
            >>> Shape("emax", (0.2,)).response((0.0, 0.2), 1.0).tolist()
            [0.0, 0.5]
        """
        return KINDS[self.kind].curve(np.asarray(doses, dtype=float), self.guesses, top)
