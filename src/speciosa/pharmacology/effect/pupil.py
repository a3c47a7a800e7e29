r"""The pupil: diameter $D = D_0\,(1 - d\,E_p)$ in mm, in dim light; $d$ is the share by which it can narrow.

Source: Lotsch J et al., Clin Pharmacol Ther 2001;70:14, doi:10.1067/mcp.2001.116513 (morphine).
"""

from sympy import Expr

from speciosa.model import Model
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers
from speciosa.pharmacology.effect.stimulus import endpoint_stimulus, graded


def pupil(m: Model, stimulus: Expr, adaptation: Expr, numbers: EffectNumbers) -> Expr:
    """Pupil diameter, mm."""
    effect = graded(
        endpoint_stimulus(m, "pupil", stimulus, adaptation, numbers), numbers("pupil.slope", "1")
    )
    return numbers("pupil.baseline", "mm") * (1 - numbers("pupil.narrowing", "1") * effect)
