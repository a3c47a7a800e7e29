r"""Whose breathing cannot have stopped, from the least of ventilation at constant carbon dioxide alone.

Settled breathing (`ventilation`) stops where the drives cannot hold the share $v_o$ of resting ventilation, that is where

$$xw + x\,G\,q < v_o,\qquad q=(p_o-1)(1+\eta(p_o-1)),\qquad p_o=\frac{m}{v_o}\ge\frac{0.87}{v_o}.$$

With $D=\varphi\,xw+(1-\varphi)\,x$ the left side is at least $D\min(1/\varphi,\,Gq/(1-\varphi))$, whatever the two drives are. So
breathing does not stop where

$$D \ge v_o\max\left(\varphi,\frac{1-\varphi}{Gq}\right).$$

It saves following free breathing in the many people who are nowhere near. The two steps of Newton's method of the settled form
end up to 8% from its root where breathing fails; `MARGIN` leaves room for that.
"""

import numpy as np
from numpy.typing import NDArray

from speciosa.pharmacology.breathing.numbers import number

SHARE, POWER = "effects.ventilation.wakefulness_share", "effects.ventilation.co2_gain"
"""Parameters of a model from which the bound follows: $\\varphi$, and the power $F$ of a person's answer to carbon dioxide."""
MARGIN = 1.15

Values = NDArray[np.float64]


def sure_ventilation(share: Values, power: Values) -> Values:
    """Ventilation at constant carbon dioxide, over that without a drug, from which on free breathing cannot stop.

    Args:
        share: of the drive of wakefulness in that ventilation.
        power: by which ventilation follows carbon dioxide.

    Example:
        >>> float(sure_ventilation(np.array(0.4), np.array(4.7)).round(3))
        0.209
    """
    least = number("rest", "least_ventilation").value
    raised = number("physiology", "fL").value / least - 1
    answer = number("rest", "reflex_gain").value * (power / number("rest", "co2_power").value) ** 2
    answer = answer * raised * (1 + number("rest", "reflex_bend").value * raised)
    return np.asarray(MARGIN * least * np.maximum(share, (1 - share) / answer))
