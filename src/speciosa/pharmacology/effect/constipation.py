r"""Constipation: probability $p = 1-(1-p_0)e^{-g E_c}$, from what is in plasma and without tolerance.

Sources: baseline and risk ratio of Chou R et al., AHRQ 2020, opioid treatments for chronic pain; calibrated on how many people
reported it in trials, Kalso E et al., Pain 2004, doi:10.1016/j.pain.2004.09.019, and Moore RA and McQuay HJ, Arthritis Res
Ther 2005;7:R1046, doi:10.1186/ar1782.
"""

from sympy import Expr, exp

from speciosa.pharmacology.effect.effect_numbers import EffectNumbers


def constipation(gut_effect: Expr, numbers: EffectNumbers) -> Expr:
    """Probability of constipation."""
    hazard = numbers("gut.constipation_gain", "1") * gut_effect
    return 1 - (1 - numbers("gut.constipation_baseline", "1")) * exp(-hazard)
