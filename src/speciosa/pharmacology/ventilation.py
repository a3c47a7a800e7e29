r"""Breathing in the therapeutic range: opioid depression against the drive of carbon dioxide.

With $E_v$ the depression of `stimulus`, arterial pressure $P$ and pressure at the chemoreceptors $P_e$ of CO2,

$$\frac{V}{V_0} = (1-E_v)\left(\frac{P_e}{P_0}\right)^F,\qquad \frac{dP}{dt} = k_{el}\left(P_0-\frac{V}{V_0}P\right),
  \qquad \frac{dP_e}{dt} = k_{e0}(P-P_e)$$

- `ventilation_fraction` is $1-E_v$: ventilation over baseline while carbon dioxide is held constant, as laboratories
  measure it (isohypercapnic);
- free breathing settles within minutes at $V/V_0=(1-E_v)^{1/(F+1)}$ and $P=P_0V_0/V$, which long runs use; the states
  are added where they are asked for.

A benzodiazepine multiplies what the opioid leaves by $1-E_s$, a stated and uncertain factor. For apnoea, hypoxia and
arrest see the overdose model.

Source: Bouillon T et al., Anesthesiology 2003;99:779, doi:10.1097/00000542-200310000-00007.
"""

from dataclasses import dataclass

from sympy import Expr

from speciosa.model import Model
from speciosa.pharmacology.effect_numbers import EffectNumbers


@dataclass(frozen=True, slots=True)
class Breathing:
    """Free breathing: L/min, breaths a minute, mmHg."""

    minute_ventilation: Expr
    respiratory_rate: Expr
    end_tidal_co2: Expr


def sedatives(m: Model, sites: dict[str, Expr], numbers: EffectNumbers) -> Expr:
    """What benzodiazepines leave of ventilation, 0 to 1."""
    load = sum(
        (site / numbers.concentration(name, "sedative_c50") for name, site in sites.items()), 0
    )
    if load == 0:
        return 1
    return 1 - numbers("ventilation.sedative_maximum", "1") * load / (1 + load)


def free_breathing(
    m: Model, left: Expr, numbers: EffectNumbers, *, dynamic: bool = False
) -> Breathing:
    """Adds free breathing with the feedback of carbon dioxide.

    Args:
        m: the model.
        left: $1-E_v$, what is left of ventilation at constant carbon dioxide.
        numbers: the numbers of the effects.
        dynamic: whether carbon dioxide takes its minutes to settle (two states) or is always settled.
    """
    gain = numbers("ventilation.co2_gain", "1")
    rest = numbers("ventilation.resting_pco2", "mmHg")
    if dynamic:
        arterial = m.state("arterial_pco2", "mmHg", rest)
        sensed = m.state("chemoreceptor_pco2", "mmHg", rest)
        ratio = m.formula("free_ventilation", left * (sensed / rest) ** gain, "1")
        m.rate(arterial, numbers("ventilation.co2_elimination", "1/h") * (rest - ratio * arterial))
        m.rate(sensed, numbers("ventilation.co2_transfer", "1/h") * (arterial - sensed))
        pressure: Expr = arterial
    else:
        ratio = m.formula("free_ventilation", left ** (1 / (1 + gain)), "1")
        pressure = rest / ratio
    return Breathing(
        numbers("ventilation.baseline", "L/min") * ratio,
        numbers("ventilation.resting_rate", "1/min")
        * ratio ** numbers("ventilation.rate_power", "1"),
        pressure,
    )
