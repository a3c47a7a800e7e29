r"""Nausea: probability $p = 1-(1-p_0)e^{-g E_c (1-N)}$, waning as the person gets used to the drug.

$E_c$ is the effect in gut and brain stem of what is in plasma, $\dot N = (E_c-N)/\tau_n$ its memory.

Source: baseline and risk ratio of Chou R et al., AHRQ 2020, opioid treatments for chronic pain; the rest are guesses.
"""

from sympy import Expr, exp

from speciosa.model import Model
from speciosa.pharmacology.effect_numbers import EffectNumbers


def nausea(m: Model, gut_effect: Expr, numbers: EffectNumbers) -> Expr:
    """Probability of nausea."""
    memory = m.state("nausea_memory", "1")
    m.rate(memory, (gut_effect - memory) / numbers("gut.nausea_time", "h"))
    hazard = numbers("gut.nausea_gain", "1") * gut_effect * (1 - memory)
    return 1 - (1 - numbers("gut.nausea_baseline", "1")) * exp(-hazard)
