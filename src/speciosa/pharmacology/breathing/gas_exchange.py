r"""Oxygen and carbon dioxide in blood: content from pressure and pressure from content.

Equations (content $C$ in L of gas per L of blood, pressure $P$ in mmHg), for oxygen (1) and carbon dioxide (2):

$$F_1 = P_{O_2}\frac{1+\beta_1 P_{CO_2}}{K_1(1+\alpha_1 P_{CO_2})},\quad
  F_2 = P_{CO_2}\frac{1+\beta_2 P_{O_2}}{K_2(1+\alpha_2 P_{O_2})},\quad
  C_i = Z c_i \frac{F_i^{1/a_i}}{1+F_i^{1/a_i}}$$

The inverse follows in closed form: each $F_i$ from its content, then a quadratic equation in $P_{O_2}$.

Source: Spencer JL et al., Comput Biomed Res 1979;12:355, doi:10.1016/0010-4809(79)90045-9; as used by Mann et al. 2022,
doi:10.1002/cpt.2696.
"""

from dataclasses import dataclass

import sympy
from sympy import Expr

from speciosa.model import Model
from speciosa.pharmacology.breathing.numbers import number
from speciosa.pharmacology.breathing.smooth import positive

LEAST_PRESSURE, LEAST_CONTENT = 1e-2, 1e-5
"""Widths (mmHg, L/L) over which pressures and contents are rounded off at zero, so that powers of them stay finite."""


@dataclass(frozen=True, slots=True)
class Gases:
    """A quantity of oxygen and the same of carbon dioxide."""

    o2: Expr
    co2: Expr


@dataclass(frozen=True, slots=True)
class Dissociation:
    """The two dissociation curves with their constants declared in a model."""

    k: Gases
    power: Gases
    alpha: Gases
    beta: Gases
    capacity: Gases
    least_pressure: Expr

    def content(self, pressure: Gases) -> Gases:
        """Content of blood in equilibrium with these pressures."""
        o2 = positive(pressure.o2, self.least_pressure)
        co2 = positive(pressure.co2, self.least_pressure)
        f1 = o2 * (1 + self.beta.o2 * co2) / (self.k.o2 * (1 + self.alpha.o2 * co2))
        f2 = co2 * (1 + self.beta.co2 * o2) / (self.k.co2 * (1 + self.alpha.co2 * o2))
        bound = [f1 ** (1 / self.power.o2), f2 ** (1 / self.power.co2)]
        return Gases(
            self.capacity.o2 * bound[0] / (1 + bound[0]),
            self.capacity.co2 * bound[1] / (1 + bound[1]),
        )

    def pressure(self, content: Gases) -> Gases:
        """Pressures of blood of this content, the inverse of `content`."""
        o2, co2 = positive(content.o2, LEAST_CONTENT), positive(content.co2, LEAST_CONTENT)
        d1 = self.k.o2 * (o2 / (self.capacity.o2 - o2)) ** self.power.o2
        d2 = self.k.co2 * (co2 / (self.capacity.co2 - co2)) ** self.power.co2
        square = self.beta.co2 + self.beta.o2 * d2 * self.alpha.co2
        linear = (
            1 + self.beta.o2 * d2 - d1 * self.beta.co2 - d1 * self.alpha.o2 * d2 * self.alpha.co2
        )
        constant = d1 * (1 + self.alpha.o2 * d2)
        po2 = (sympy.sqrt(linear**2 + 4 * square * constant) - linear) / (2 * square)
        return Gases(po2, d2 * (1 + self.alpha.co2 * po2) / (1 + self.beta.co2 * po2))


def dissociation(m: Model) -> Dissociation:
    """Declares the constants of both dissociation curves."""

    def constant(symbol: str, unit: str) -> sympy.Symbol:
        found = number("physiology", symbol)
        return m.parameter(f"blood {symbol}", found.to(unit), unit, source=found.source)

    volume = constant("Z", "1")
    return Dissociation(
        k=Gases(constant("K1", "mmHg"), constant("K2", "mmHg")),
        power=Gases(constant("a1", "1"), constant("a2", "1")),
        alpha=Gases(constant("alpha1", "1/mmHg"), constant("alpha2", "1/mmHg")),
        beta=Gases(constant("beta1", "1/mmHg"), constant("beta2", "1/mmHg")),
        capacity=Gases(volume * constant("C1Spencer", "1"), volume * constant("C2Spencer", "1")),
        least_pressure=m.parameter(
            "blood least pressure", LEAST_PRESSURE, "mmHg", source="numerical guard"
        ),
    )
