r"""Dependence and withdrawal: the locus coeruleus opposes the stimulus that it has come to expect.

With $S_w = T_w s$ the state $X$ adapts over days and $Y$ over hours,

$$\frac{dX}{dt} = \frac{1}{\tau_s}\left(\frac{u S_w}{u+S_w}-X\right),\qquad
  \frac{dY}{dt} = \frac{1}{\tau_f}\left(\varphi\max(0,S_w-X)-Y\right)$$

noradrenergic activity (1 is normal), its excess and the scales are

$$A = \frac{1+X+Y}{1+S_w}(1-\kappa r_{\alpha 2}),\quad W=\max(0,A-1),\quad
  \mathrm{COWS} = c + C_{max}\frac{W^h}{W_{50}^h+W^h}$$

where $c$ are complaints that people with an opioid history have without withdrawal. Precipitated withdrawal, relief by
alpha-2 agonists, substitution and cross-tolerance follow from the same equations, because all ligands share $s$.

Sources: Gold MS et al., JAMA 1980;243:343 (the hypothesis), doi:10.1001/jama.1980.03300300025014; Wesson DR and Ling W,
J Psychoactive Drugs 2003;35:253, doi:10.1080/02791072.2003.10400007 (COWS: mild 5, moderate 13, moderately severe 25).
"""

from dataclasses import dataclass

import sympy
from sympy import Expr, Max

from speciosa.model import Model
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers
from speciosa.pharmacology.effect.receptors import History


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Dependence, excess noradrenergic activity and the two clinical scales."""

    dependence: sympy.Symbol
    activity: Expr
    excess: Expr
    cows: Expr
    sows: Expr


def withdrawal(
    m: Model, stimulus: Expr, history: History, alpha2: Expr, numbers: EffectNumbers
) -> Withdrawal:
    """Adds dependence and withdrawal.

    Args:
        m: the model.
        stimulus: s of the mu receptor.
        history: the habitual opioid, at whose steady state X and Y start.
        alpha2: fraction of alpha-2A receptors held by agonists, weighted by their efficacy.
        numbers: the numbers of the effects.
    """
    reserve, limit = numbers("withdrawal.reserve", "1"), numbers("withdrawal.limit", "1")
    share = numbers("withdrawal.fast_share", "1")
    before = reserve * history.steady_stimulus
    settled = limit * before / (limit + before)
    slow = m.state("dependence", "1", settled)
    fast = m.state("acute_dependence", "1", share * (before - settled))
    now = m.formula("withdrawal_stimulus", reserve * stimulus, "1")
    m.rate(slow, (limit * now / (limit + now) - slow) / numbers("withdrawal.slow_time", "h"))
    m.rate(fast, (share * Max(0, now - slow) - fast) / numbers("withdrawal.fast_time", "h"))
    relief = 1 - numbers("withdrawal.alpha2", "1") * alpha2
    activity = m.formula("noradrenergic_activity", (1 + slow + fast) / (1 + now) * relief, "1")
    excess = Max(0, activity - 1)
    # Raised as a ratio, so that no power of a tiny number is divided by another.
    raised = (excess / numbers("withdrawal.half", "1")) ** numbers("withdrawal.slope", "1")
    score = m.formula("withdrawal_score", raised / (1 + raised), "1")
    one = m["effects.unit MME"]
    known = history.use / (history.use + numbers("withdrawal.complaints_history", "MME") / one)
    complaints = numbers("withdrawal.complaints", "1") * known
    return Withdrawal(
        slow,
        activity,
        excess,
        complaints + numbers("withdrawal.cows_maximum", "1") * score,
        complaints + numbers("withdrawal.sows_maximum", "1") * score,
    )
