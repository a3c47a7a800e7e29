r"""QTc: lengthening by block of hERG, $\Delta = m\,b$ with $b = \sum x_i/(1+\sum x_i)$, $x_i = C_i/IC_{50,i}$.

Source: Katchman AN et al., J Pharmacol Exp Ther 2002;303:688, doi:10.1124/jpet.102.038240 (methadone); Tay YL et al.,
Sci Rep 2016;6:35925, doi:10.1038/srep35925 (mitragynine). The gain is a guess between oral and intravenous methadone.
"""

from collections.abc import Mapping

from sympy import Expr

from speciosa.pharmacology.effect_numbers import EffectNumbers


def qtc_change(plasma: Mapping[str, Expr], numbers: EffectNumbers) -> Expr:
    """Change of QTc, ms, from total plasma concentrations of the blockers, nmol/L."""
    load = sum((c / numbers.concentration(name, "herg_k") for name, c in plasma.items()), 0)
    return numbers("heart.gain", "ms") * load / (1 + load)
