r"""Constipation: probability $p = 1-(1-p_0)e^{-g E_c}$, from what is in plasma and without tolerance.

Source: baseline and risk ratio of Chou R et al., AHRQ 2020, opioid treatments for chronic pain; the rest are guesses.
"""

from sympy import Expr, exp

from speciosa.pharmacology.effect_numbers import EffectNumbers


def constipation(gut_effect: Expr, numbers: EffectNumbers) -> Expr:
    """Probability of constipation."""
    hazard = numbers("gut.constipation_gain", "1") * gut_effect
    return 1 - (1 - numbers("gut.constipation_baseline", "1")) * exp(-hazard)
