r"""QTc: lengthening by block of hERG, and by what opioid agonists do through the mu receptor.

$$\Delta = M\,\frac{b}{b_{50}+b} + q\,A,\qquad b = \frac{\sum x_i}{1+\sum x_i},\quad x_i = \frac{C_i}{IC_{50,i}}$$

$b$ is the share of hERG that is blocked, $b_{50}$ the block that does half of $M$; complete block does $M/(1+b_{50})$. $A$ is
the acute opioid depression of `ventilation`: the lengthening by buprenorphine goes with naltrexone, does not come from
channels and is absent in people used to opioids, so it is followed only beyond the usual stimulus.

Morphine is followed through the mu receptor alone (9 ms by vein), oxycodone and fentanyl by both. Of opioids without a figure for
hERG or for QTc in people (tapentadol, hydrocodone and others) nothing is said: not known, which is not none. Nor of tramadol,
of which one trial says that 400 and 600 mg a day change nothing that matters (Massarella J et al., Clin Pharmacol Drug Dev
2019;8:95).

Sources: Gotta V et al., Pharmacol Res Perspect 2016 (PMID 28097003; size of the largest effect); Katchman AN et al., J Pharmacol
Exp Ther 2002;303:688, doi:10.1124/jpet.102.038240 (methadone); Tay YL et al., Sci Rep 2016;6:35925, doi:10.1038/srep35925
(mitragynine); Tran PN et al., PLoS One 2020;15:e0241362, doi:10.1371/journal.pone.0241362 (buprenorphine).
"""

from collections.abc import Mapping

from sympy import Expr

from speciosa.pharmacology.effect.effect_numbers import EffectNumbers


def qtc_change(plasma: Mapping[str, Expr], acute: Expr, numbers: EffectNumbers) -> Expr:
    """Change of QTc, ms.

    Args:
        plasma: total plasma concentrations of the blockers, nmol/L.
        acute: acute opioid depression, 0 to 1.
        numbers: the numbers of the effects.
    """
    load = sum((c / numbers.concentration(name, "herg_k") for name, c in plasma.items()), 0)
    # The block b = load / (1 + load), put into b / (b50 + b).
    half = numbers("heart.half_block", "1")
    channels = numbers("heart.maximum", "ms") * load / (half + (1 + half) * load)
    return channels + numbers("heart.opioid", "ms") * acute
