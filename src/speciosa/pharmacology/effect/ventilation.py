r"""Breathing in the therapeutic range: opioid depression against the drive of carbon dioxide.

Under constant use the body comes to expect the stimulus $S_u = R/(1-R)$ ($R$ of `tolerance`). Only what goes beyond it
depresses acutely, at a sensitivity that falls the more the higher the use; a share $l$ of ventilation stays lost:

$$x = \frac{\max(0,\;T_v s-S_u)}{1+b_v S_u^2},\qquad D = (1-l R)\left(1-\frac{x^{\gamma_v}}{1+x^{\gamma_v}}\right)$$

Of what the alkaloids of kratom add to the depression by other opioids only a share counts in breathing, by judgement from
three tenths to nearly all of it: there is no figure of breathing in people. Sedation and QTc take the whole.

People on a constant dose of methadone breathe almost as others do, while what comes on top of
their usual opioid still depresses breathing at a few times the dose that a naive person needs. With arterial pressure $P$ and
pressure at the chemoreceptors $P_e$ of CO2,

$$\frac{V}{V_0} = D\left(\frac{P_e}{P_0}\right)^F,\qquad \frac{dP}{dt} = k_{el}\left(P_0-\frac{V}{V_0}P\right),
  \qquad \frac{dP_e}{dt} = k_{e0}(P-P_e)$$

- `ventilation_fraction` is $D$ over what it was at time 0: ventilation while carbon dioxide is held constant
  (isohypercapnic) as laboratories report it, relative to the person's own baseline. Without an opioid history the
  baseline is drug-free; with one it is breathing under the habitual opioid;
- free breathing is absolute. It settles within minutes at $V/V_0=D^{1/(F+1)}$ and $P=P_0V_0/V$, which long runs
  use; the states are added where they are asked for.

A benzodiazepine multiplies what the opioid leaves by $1-E_s$, a stated and uncertain factor. For apnoea, hypoxia and
arrest see the overdose model.

Sources: Bouillon T et al., Anesthesiology 2003;99:779, doi:10.1097/00000542-200310000-00007; Teichtahl H et al., Chest
2005;128:1339, doi:10.1378/chest.128.3.1339 (methadone maintenance).
"""

from dataclasses import dataclass

from sympy import Expr, Max

from speciosa.model import Model
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers
from speciosa.pharmacology.effect.stimulus import graded


@dataclass(frozen=True, slots=True)
class Breathing:
    """Free breathing: L/min, breaths a minute, mmHg."""

    minute_ventilation: Expr
    respiratory_rate: Expr
    end_tidal_co2: Expr


def acute_depression(stimulus: Expr, expected: Expr, numbers: EffectNumbers) -> Expr:
    """Share of the ventilatory response that opioids take away beyond the usual, 0 to 1.

    Args:
        stimulus: of the mu receptor now, in units of the half effect of a naive person.
        expected: the same to which the person is used, $S_u$.
        numbers: the numbers of the effects.
    """
    beyond = Max(0, stimulus - expected) / (1 + numbers("ventilation.tolerance", "1") * expected**2)
    return graded(beyond, numbers("ventilation.slope", "1"))


def lasting(expected: Expr, numbers: EffectNumbers) -> Expr:
    """What constant use leaves of ventilation, $1-lR$."""
    return 1 - numbers("ventilation.lasting", "1") * expected / (1 + expected)


def sedatives(m: Model, sites: dict[str, Expr], numbers: EffectNumbers) -> Expr:
    """What benzodiazepines leave of ventilation, 0 to 1."""
    load = sum(
        (site / numbers.concentration(name, "sedative_c50") for name, site in sites.items()), 0
    )
    if load == 0:
        return 1
    return 1 - numbers("ventilation.sedative_maximum", "1") * load / (1 + load)


def free_breathing(
    m: Model, left: Expr, usual: Expr, numbers: EffectNumbers, *, dynamic: bool = False
) -> Breathing:
    """Adds free breathing with the feedback of carbon dioxide.

    Args:
        m: the model.
        left: what is left of ventilation at constant carbon dioxide, $D$.
        usual: the same at time 0, under the habitual opioid; made of parameters and covariates.
        numbers: the numbers of the effects.
        dynamic: whether carbon dioxide takes its minutes to settle (two states) or is always settled.
    """
    gain = numbers("ventilation.co2_gain", "1")
    rest = numbers("ventilation.resting_pco2", "mmHg")
    if dynamic:
        start = rest / usual ** (1 / (1 + gain))
        arterial = m.state("arterial_pco2", "mmHg", start)
        sensed = m.state("chemoreceptor_pco2", "mmHg", start)
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
