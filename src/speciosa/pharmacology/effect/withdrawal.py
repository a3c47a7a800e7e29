r"""Dependence and withdrawal: the locus coeruleus opposes the stimulus that it has come to expect.

Full agonists desensitise receptors within hours, and while they do, a partial agonist ($\varepsilon$ below that of morphine,
$\varepsilon_m$) loses up to the share $\lambda$ of its drive, the weaker the more:

$$\frac{dZ}{dt} = \frac{1}{\tau_f}\left(\frac{Q}{q_{50}+Q}-Z\right),\quad Q=\sum_i \varepsilon_i^2 r_i,\qquad
  S_w = T_w \sum_i \varepsilon_i r_i\left(1-\lambda Z\max\left(0,1-\frac{\varepsilon_i}{\varepsilon_m}\right)\right)$$

The drive works through a response that levels off, $G = u S_w/(u+S_w)$. Of the adaptation that opposes it the share
$1-\varphi$ ($X$) comes and goes over days, the share $\varphi$ ($Y$) over hours,

$$\frac{dX}{dt} = \frac{(1-\varphi)G-X}{\tau_s},\qquad \frac{dY}{dt} = \frac{\varphi G-Y}{\tau_f}$$

and noradrenergic activity (1 is normal), its excess and the scales are

$$A = \frac{1+X+Y}{1+G}(1-\kappa r_{\alpha 2}),\quad W=\max(0,A-1),\quad
  \mathrm{COWS} = c + 48\,\frac{W^h}{W_{50}^h+W^h}$$

where $c$ are complaints that people with an opioid history have without withdrawal. All ligands share $S_w$, so the same
equations say what an antagonist or a partial agonist precipitates (the drive falls within the hour, while $X$ and $Y$ stand: the
more, the more was used and the less time has passed), that the same dose of buprenorphine relieves a
day later, what substitutes, and how a course depends on half-life: what leaves within hours leaves before $X$ has changed,
what leaves over days takes $X$ with it.

Sources: Gold MS et al., JAMA 1980;243:343 (the hypothesis), doi:10.1001/jama.1980.03300300025014; Walsh SL et al.,
Psychopharmacology 1995;119:268, doi:10.1007/BF02246292, and Strain EC et al., J Pharmacol Exp Ther 1992;261:985 and
1995;272:628 (buprenorphine precipitates the more, the more methadone was used; 2 h after 30 mg, not 20 h after it); Compton P
et al., Pharmacol Biochem Behav 2004;77:263, doi:10.1016/j.pbb.2003.10.017 (naloxone hours after one dose); Wesson DR and Ling
W, J Psychoactive Drugs 2003;35:253, doi:10.1080/02791072.2003.10400007 (COWS: mild 5, moderate 13, moderately severe 25).
How partial agonists lose their drive, and that one clock serves $Y$ and $Z$, is judgement.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sympy
from sympy import Expr, Integer

from speciosa.facts.effects import effect_parameter
from speciosa.model import Model
from speciosa.model.extremes import larger
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers
from speciosa.pharmacology.effect.receptors import HISTORY, History


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Dependence, excess noradrenergic activity and the two clinical scales."""

    dependence: sympy.Symbol
    activity: Expr
    excess: Expr
    cows: Expr
    sows: Expr


def withdrawal(
    m: Model,
    occupancy: Mapping[str, Expr],
    history: History,
    alpha2: Expr,
    numbers: EffectNumbers,
) -> Withdrawal:
    """Adds dependence and withdrawal.

    Args:
        m: the model.
        occupancy: fraction of mu receptors by ligand, the habitual opioid among them.
        history: the habitual opioid, at whose steady state X and Y start.
        alpha2: fraction of alpha-2A receptors held by agonists, weighted by their efficacy.
        numbers: the numbers of the effects.
    """
    reserve, limit = numbers("withdrawal.reserve", "1"), numbers("withdrawal.limit", "1")
    share = numbers("withdrawal.fast_share", "1")
    before = reserve * history.steady_stimulus
    settled = limit * before / (limit + before)
    slow = m.state("dependence", "1", (1 - share) * settled)
    fast = m.state("acute_dependence", "1", share * settled)
    acting = _acting(occupancy)
    press = sum((_efficacy(n, numbers) ** 2 * r for n, r in acting.items()), Integer(0))
    enough = numbers("withdrawal.desensitising", "1")
    pressed = numbers("morphine.efficacy", "1") ** 2 * history.steady_occupancy
    lost = m.state("mor_desensitised", "1", pressed / (enough + pressed))
    drive = sum((_drive(n, r, lost, numbers) for n, r in acting.items()), Integer(0))
    now = m.formula("withdrawal_stimulus", reserve * drive, "1")
    adapted = m.formula("withdrawal_adaptation", limit * now / (limit + now), "1")
    hours = numbers("withdrawal.fast_time", "h")
    m.rate(slow, ((1 - share) * adapted - slow) / numbers("withdrawal.slow_time", "h"))
    m.rate(fast, (share * adapted - fast) / hours)
    m.rate(lost, (press / (enough + press) - lost) / hours)
    relief = 1 - numbers("withdrawal.alpha2", "1") * alpha2
    activity = m.formula("noradrenergic_activity", (1 + slow + fast) / (1 + adapted) * relief, "1")
    excess = larger(0, activity - 1)
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


def _efficacy(ligand: str, numbers: EffectNumbers) -> Expr:
    if ligand == HISTORY:
        return numbers("morphine.efficacy", "1")
    return numbers(f"{ligand}.efficacy", "1")


def _acting(occupancy: Mapping[str, Expr]) -> dict[str, Expr]:
    """Ligands that are no plain antagonists."""
    return {
        name: fraction
        for name, fraction in occupancy.items()
        if name == HISTORY or effect_parameter(f"{name}.efficacy").value
    }


def _drive(ligand: str, occupancy: Expr, desensitised: Expr, numbers: EffectNumbers) -> Expr:
    """What one ligand adds to the stimulus that the body comes to depend on."""
    if ligand in {HISTORY, "morphine"}:
        return numbers("morphine.efficacy", "1") * occupancy
    own = _efficacy(ligand, numbers)
    partial = larger(0, 1 - own / numbers("morphine.efficacy", "1"))
    lost = numbers("withdrawal.partial_loss", "1") * desensitised * partial
    return own * occupancy * (1 - lost)
