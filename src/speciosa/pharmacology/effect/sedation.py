r"""Sedation: probability of being sleepy, $\mathrm{logit}\,p = -a + b E$, from what is lost of the ventilatory response.

Sources: Inturrisi CE et al., Clin Pharmacol Ther 1990;47:565, doi:10.1038/clpt.1990.77 (sedation and pain relief by
methadone at like concentrations); the numbers are calibrated on how many people reported somnolence in trials, Kalso E et
al., Pain 2004, doi:10.1016/j.pain.2004.09.019.
"""

from sympy import Expr, exp

from speciosa.pharmacology.effect.effect_numbers import EffectNumbers


def sedation(depression: Expr, numbers: EffectNumbers) -> Expr:
    """Probability of sedation.

    Args:
        depression: share of ventilation at constant carbon dioxide that is lost, 0 to 1.
        numbers: the numbers of the effects.
    """
    logit = numbers("sedation.gain", "1") * depression - numbers("sedation.intercept", "1")
    return 1 / (1 + exp(-logit))
