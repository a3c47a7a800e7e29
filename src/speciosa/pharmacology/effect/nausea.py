r"""Nausea: probability $p = 1-(1-p_0)e^{-g E_c (1-N)}$, waning as the person gets used to the drug.

$E_c$ is the effect in gut and brain stem of what is in plasma, $\dot N = (E_c-N)/\tau_n$ its memory.

Sources: baseline and risk ratio of Chou R et al., AHRQ 2020, opioid treatments for chronic pain; calibrated on how many people
reported it in trials, Kalso E et al., Pain 2004, doi:10.1016/j.pain.2004.09.019, and Moore RA and McQuay HJ, Arthritis Res
Ther 2005;7:R1046, doi:10.1186/ar1782.
"""

from sympy import Expr, exp

from speciosa.model import Model
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers


def nausea(m: Model, gut_effect: Expr, numbers: EffectNumbers) -> Expr:
    """Probability of nausea."""
    memory = m.state("nausea_memory", "1")
    m.rate(memory, (gut_effect - memory) / numbers("gut.nausea_time", "h"))
    hazard = numbers("gut.nausea_gain", "1") * gut_effect * (1 - memory)
    return 1 - (1 - numbers("gut.nausea_baseline", "1")) * exp(-hazard)
