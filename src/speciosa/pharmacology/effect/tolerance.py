r"""Tolerance: one state that follows how strongly the receptor is driven.

$$\frac{dR}{dt} = \frac{E_m - R}{\tau_R},\qquad E_m = \frac{T_v s}{1+T_v s}$$

Pain relief, liking and the pupil divide their stimulus by $1+b_k R$ (`stimulus`): the first two adapt much, the pupil
hardly, the gut not at all. Breathing has a shift of its own (`ventilation`). A person with an opioid history starts at
the steady state of that use.
"""

import sympy
from sympy import Expr

from speciosa.model import Model
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers


def tolerance(
    m: Model, stimulus: Expr, steady_stimulus: Expr, numbers: EffectNumbers
) -> sympy.Symbol:
    """Adds the tolerance state.

    Args:
        m: the model.
        stimulus: s of the mu receptor.
        steady_stimulus: s under the habitual opioid before time 0, made of parameters and covariates.
        numbers: the numbers of the effects.
    """
    state = m.state("tolerance", "1", steady(steady_stimulus, numbers))
    m.rate(state, (steady(stimulus, numbers) - state) / numbers("adaptation.tolerance_time", "h"))
    return state


def steady(stimulus: Expr, numbers: EffectNumbers) -> Expr:
    """Where the tolerance state settles under a stimulus, $E_m$."""
    felt = numbers("ventilation.reserve", "1") * numbers("person.sensitivity", "1") * stimulus
    return felt / (1 + felt)
