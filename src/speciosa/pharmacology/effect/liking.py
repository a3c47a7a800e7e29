r"""Drug liking on a visual analogue scale: how strong the effect is and how fast it comes.

With $E_l$ of `stimulus`, a memory $\dot M = (E_l-M)/\tau$ and the kappa receptor against it,

$$\mathrm{VAS} = \min\!\left(100,\;\left(L E_l^h + q\max(0,E_l-M)\right)\max(0,1-w_\kappa s_\kappa)\right)$$

Sources: structure of Walsh SL et al., Drug Alcohol Depend 2008;98:191, doi:10.1016/j.drugalcdep.2008.05.007, and of
comparisons of intravenous with oral doses; Cooper ZD et al., Behav Pharmacol 2012;23:271,
doi:10.1097/FBP.0b013e3283536d6f (oxycodone in volunteers, which calibrates power and onset); the rest are guesses.
"""

from sympy import Expr

from speciosa.model import Model
from speciosa.model.extremes import larger, smaller
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers
from speciosa.pharmacology.effect.stimulus import endpoint_stimulus, graded


def liking(m: Model, stimulus: Expr, adaptation: Expr, kappa: Expr, numbers: EffectNumbers) -> Expr:
    """Liking, 0 to 100.

    Args:
        m: the model.
        stimulus: s of the mu receptor.
        adaptation: the tolerance state R.
        kappa: fraction of kappa receptors that is driven.
        numbers: the numbers of the effects.
    """
    strength = endpoint_stimulus(m, "liking", stimulus, adaptation, numbers)
    effect = m.formula("liking_effect", graded(strength, numbers("liking.slope", "1")), "1")
    memory = m.state("liking_memory", "1")
    m.rate(memory, (effect - memory) / numbers("liking.onset_time", "h"))
    level = numbers("liking.scale", "1") * effect ** numbers("liking.power", "1")
    rush = numbers("liking.onset", "1") * larger(0, effect - memory)
    return smaller(100, (level + rush) * larger(0, 1 - numbers("liking.kappa", "1") * kappa))
