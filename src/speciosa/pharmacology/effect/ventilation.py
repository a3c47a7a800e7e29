r"""Breathing: what opioids and sedatives leave of its drive, and breathing freely with carbon dioxide and oxygen.

With the stimulus $s$ of the receptor and the reserve $T_v$, the rhythm keeps $x$ and the drive of wakefulness $w$ of what
they are without a drug,

$$S = T_v\,s\,e^{k(\mathrm{age}-35)},\qquad w = \left(1+\left(\frac{\omega S}{1+b\,\omega A}\right)^{2}\right)^{-1},\qquad
  x = x_1^{(S/(1+bA))^{2}}$$

($S$ of wakefulness weighs buprenorphine by an efficacy of its own: its ceiling is of the rhythm, not of pain relief.)

Wakefulness goes at little stimulus, which a partial agonist reaches; the rhythm, and with it the response to carbon
dioxide, falls steeply and only for strong agonists. Sedatives multiply both: of wakefulness they leave $1-E_s$, as sleep takes
it, and of the rhythm $1-\rho_s L/(1+L)$,

$$E_s = e_{max}\frac{L}{1+L},\qquad L = \sum_i\frac{C_i}{C_{50,i}}$$

and alcohol, which alone stops breathing, leaves $1/(1+(C/C_{50,x})^{2})$ of the rhythm besides. At constant, raised carbon
dioxide wakefulness makes up the share $\varphi$ of ventilation, so that

$$D = x\,(1-\varphi(1-w))$$

is left of it; $x_1$ is such that one half is left at $S=1$, where potencies are defined.

Tolerance shifts both curves, each in proportion to how sensitive it is, so that every further dose depresses, only less;
under constant use neither $w$ nor $x$ ever rises with use. $A=U/(1-U)$ is the stimulus to which breathing has adapted, and
$U$ follows $R$ of `tolerance` later than pain relief does,

$$\frac{dU}{dt} = \frac{R-U}{\tau_U}$$

- `ventilation_fraction` is $D$ over what it was at time 0: ventilation while carbon dioxide is held constant
  (isohypercapnic) as laboratories report it, relative to the person's own baseline. Without an opioid history the
  baseline is drug-free; with one it is breathing under the habitual opioid;
- free breathing is that of `overdose_physiology`: $xw$ multiplies its drive of wakefulness, $x$ its chemoreflexes.
  Where doses and times are those of hours it is followed second by second, with gases, blood flow and arrest. In longer courses it
  is settled, with ventilation $v$ over that at rest, carbon dioxide made $m=\max(0.87,(xw)^{0.063})$ and $p=P/P_0=m/v$,

$$v = xw + x\,G\,(p-1)\left(1+\eta\,(p-1)\right)$$

  by two steps of Newton's method from the root of the quadratic without $\eta$: the same physiology at rest in between, within
  0.1 L/min of it. Below the share $v_o$ of resting ventilation (0.455, carbon dioxide near twice normal) that physiology has
  no rest on room air: oxygen falls, hypoxia takes the drive, and breathing stops, so that $v=0$. A person's chemoreflexes are
  those of the physiology times $(F/4.7)^2$, $F$ the power by which ventilation at a constant drive follows carbon dioxide;
- breathing stops where free breathing falls below a tenth of what it is at rest (`free_ventilation_fraction`): at once after
  an injection, by loss of drive before carbon dioxide has risen, or because carbon dioxide can no longer make up for what is
  lost. Laboratories that hold carbon dioxide call a pause of some 20 s apnoea: at a rate of 18 a minute ventilation is then
  about a sixth of what it was.

Oxycodone and tapentadol have a concentration $C_{50,w}$ of their own for wakefulness, calibrated on volunteers, as they
leave more of ventilation than doses of morphine that relieve alike: of $r$ occupied receptors $\sigma r/(1-r+\sigma r)$ count
there, with $\sigma=C_{50}/C_{50,w}$. On the rhythm they act as their potency in relief says: what was measured are doses of
relief, which hardly reach it, and an infusion of 41 mg of oxycodone lowered oxygen in more people than one of 35 mg of morphine
(Leino 1999).
Of what the alkaloids of kratom add to the depression by other opioids only a share counts too, by judgement from three tenths
to nearly all of it: there is no figure of breathing in people. Sedation and QTc take the whole.

The rate goes with ventilation to a power near one: opioids slow breathing before they make it shallow.

Sources: Dahan A et al., Br J Anaesth 2005;94:825, doi:10.1093/bja/aei145 (ceiling and apnoea); Algera MH et al., Clin
Pharmacol Ther 2021;109:637, doi:10.1002/cpt.2027 (shift by habitual use); Teichtahl H et al., Chest 2005;128:1339,
doi:10.1378/chest.128.3.1339 (methadone maintenance); Minto CF et al., Anesthesiology 1997;86:10,
doi:10.1097/00000542-199701000-00004 (age); Mann J et al., Clin Pharmacol Ther 2022;112:1020, doi:10.1002/cpt.2696; Bailey PL
et al., Anesthesiology 1990;73:826, doi:10.1097/00000542-199011000-00005 (midazolam stops breathing under fentanyl without weakening
the response to carbon dioxide further); Flogel CM et al., Anesth Analg 1993;77:1207, PMID 8250314 (midazolam lowers ventilation
near rest, and hardly the slope of the response); Forster A et al., Anesthesiology 1980;53:494,
doi:10.1097/00000542-198012000-00010 (a larger dose of it takes a third of that slope).
"""

from dataclasses import dataclass
from math import prod

from sympy import Expr, Integer, Piecewise, exp, log, sqrt

from speciosa.model import Model
from speciosa.model.extremes import larger, smaller
from speciosa.pharmacology.breathing.physiology import (
    Physiology,
    Start,
    declared,
    overdose_physiology,
)
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers
from speciosa.pharmacology.effect.stimulus import graded
from speciosa.pharmacology.exposure.physiology import covariate

YOUNGEST, OLDEST, REFERENCE_AGE = 20, 85, 35
"""Ages, years, between which the effect of age was measured, and that to which potencies refer."""

NEWTON_STEPS, LEAST = 2, 1e-6
"""Of the settled form; a rhythm at or below the second is none, and keeps its root from being a division by nothing."""

SLOPE = Integer(2)
"""Steepness of both drives; where it was free it came out as 1.9 (0.9 to 2.9), and a square costs a fifth of a power."""


@dataclass(frozen=True, slots=True)
class Drives:
    """What is left of the drives to breathe, each 0 to 1.

    Attributes:
        wakefulness: $xw$, of the drive that does not need carbon dioxide.
        reflex: $x$, of the rhythm and with it of the responses to carbon dioxide and oxygen.
    """

    wakefulness: Expr
    reflex: Expr


@dataclass(frozen=True, slots=True)
class Breathing:
    """Free breathing: L/min, breaths a minute, mmHg.

    Attributes:
        fraction: ventilation over that at rest without a drug.
        minute_ventilation: L/min.
        respiratory_rate: breaths a minute.
        end_tidal_co2: mmHg.
        physiology: gases, blood flow and arrest, where they are followed.
    """

    fraction: Expr
    minute_ventilation: Expr
    respiratory_rate: Expr
    end_tidal_co2: Expr
    physiology: Physiology | None = None


@dataclass(frozen=True, slots=True)
class Stimuli:
    """Stimuli of the mu receptor in units of the half effect of a naive person: of the rhythm, and of wakefulness."""

    rhythm: Expr
    wakefulness: Expr


@dataclass(frozen=True, slots=True)
class Sedated:
    """What sedatives leave of the drives to breathe, each 0 to 1."""

    wakefulness: Expr
    rhythm: Expr


AWAKE = Sedated(Integer(1), Integer(1))
"""Without a sedative."""


def drives(felt: Stimuli, adapted: Expr, sedated: Sedated, numbers: EffectNumbers) -> Drives:
    """What opioids and sedatives leave of the drives to breathe.

    Args:
        felt: the stimuli now.
        adapted: $U/(1-U)$, the stimulus to which breathing has adapted.
        sedated: what sedatives leave of them.
        numbers: the numbers of the effects.
    """
    strength = numbers("ventilation.tolerance", "1") * adapted
    early, share = (
        numbers("ventilation.wakefulness", "1"),
        numbers("ventilation.wakefulness_share", "1"),
    )
    half = log(2 * (1 - share * graded(early, SLOPE)))
    left = exp(-half * larger(0, felt.rhythm / (1 + strength)) ** SLOPE) * sedated.rhythm
    awake = 1 - graded(early * felt.wakefulness / (1 + early * strength), SLOPE)
    return Drives(left * awake * sedated.wakefulness, left)


def at_constant_co2(left: Drives, numbers: EffectNumbers) -> Expr:
    """Ventilation at constant, raised carbon dioxide over that without a drug, $D$."""
    share = numbers("ventilation.wakefulness_share", "1")
    return share * left.wakefulness + (1 - share) * left.reflex


def adaptation(m: Model, tolerance: Expr, before: Expr, numbers: EffectNumbers) -> Expr:
    """Adds the tolerance of breathing, $U$, which follows that of pain relief, and returns $U/(1-U)$.

    Args:
        m: the model.
        tolerance: the tolerance state R.
        before: R at time 0, made of parameters and covariates.
        numbers: the numbers of the effects.
    """
    state = m.state("breathing_tolerance", "1", before)
    m.rate(state, (tolerance - state) / numbers("adaptation.breathing_time", "h"))
    return state / (1 - state)


def by_age(m: Model, numbers: EffectNumbers) -> Expr:
    """What age makes of the sensitivity of breathing, 1 at `REFERENCE_AGE`."""
    years = smaller(larger(covariate(m, "age"), _years(m, YOUNGEST)), _years(m, OLDEST))
    return exp(numbers("ventilation.age", "1/year") * (years - _years(m, REFERENCE_AGE)))


def _years(m: Model, value: int) -> Expr:
    name = f"age {value}"
    return m[name] if name in m else m.parameter(name, value, "year", distribution="fixed")


def sedatives(sites: dict[str, Expr], numbers: EffectNumbers) -> Sedated:
    """What benzodiazepines, gabapentinoids and alcohol leave of the drives to breathe.

    Args:
        sites: the concentration of each at its site of action, nmol/L.
        numbers: the numbers of the effects.
    """
    if not sites:
        return AWAKE
    load = sum(site / numbers.concentration(name, "sedative_c50") for name, site in sites.items())
    asleep = load / (1 + load)
    rhythm = prod(
        1 - graded(site / numbers.concentration(name, "rhythm_c50"), SLOPE)
        for name, site in sites.items()
        if numbers.has(f"{name}.rhythm_c50")
    )
    return Sedated(
        1 - numbers("ventilation.sedative_maximum", "1") * asleep,
        (1 - numbers("ventilation.sedative_rhythm", "1") * asleep) * rhythm,
    )


def settled_breathing(m: Model, left: Drives, numbers: EffectNumbers) -> Breathing:
    """Free breathing when carbon dioxide has settled; none where oxygen cannot.

    Args:
        m: the model.
        left: what is left of the drives.
        numbers: the numbers of the effects.
    """
    made, share = _settled(m, left, numbers)
    share = m.formula("settled_ventilation", share, "1")
    least = declared(m, "rest", "least_ventilation", "1")
    ratio = m.formula("free_ventilation", Piecewise((share, share >= least), (0, True)), "1")
    rest = numbers("ventilation.resting_pco2", "mmHg")
    return _breathing(ratio, rest * made / larger(share, least), numbers)


def _settled(m: Model, left: Drives, numbers: EffectNumbers) -> tuple[Expr, Expr]:
    """Carbon dioxide made and settled ventilation, each over that at rest, as if oxygen were never short."""
    made = larger(
        declared(m, "physiology", "fL", "1"), left.wakefulness ** declared(m, "drives", "P2", "1")
    )
    reflex = larger(left.reflex, LEAST)
    gain = _gain(m, numbers) * reflex * declared(m, "rest", "reflex_gain", "1")
    bend = declared(m, "rest", "reflex_bend", "1")
    linear = left.wakefulness - gain
    share = (linear + sqrt(linear**2 + 4 * gain * made)) / 2
    for _ in range(NEWTON_STEPS):
        ratio = made / share
        raised = ratio - 1
        missed = left.wakefulness + gain * raised * (1 + bend * raised) - share
        share = share + missed / (1 + gain * (1 + 2 * bend * raised) * ratio / share)
    return made, share


def _gain(m: Model, numbers: EffectNumbers) -> Expr:
    """Chemoreflexes of the person over those of the physiology."""
    if "chemoreflex_gain" in m:
        return m["chemoreflex_gain"]
    typical = declared(m, "rest", "co2_power", "1")
    return m.derived("chemoreflex_gain", (numbers("ventilation.co2_gain", "1") / typical) ** 2, "1")


def followed_breathing(m: Model, left: Drives, usual: Drives, numbers: EffectNumbers) -> Breathing:
    """Adds free breathing with gases, blood flow and arrest.

    Args:
        m: the model.
        left: what is left of the drives.
        usual: the same at time 0, made of parameters and covariates.
        numbers: the numbers of the effects.
    """
    gain = _gain(m, numbers)
    made, share = _settled(m, usual, numbers)
    start = Start(gain * usual.reflex, m.derived("usual_alveolar_ventilation", share / made, "1"))
    body = overdose_physiology(m, left.wakefulness, gain * left.reflex, start=start)
    ratio = m.formula("free_ventilation", body.ventilation / declared(m, "rest", "V", "L/h"), "1")
    rest = numbers("ventilation.resting_pco2", "mmHg")
    pressure = rest * body.arterial.co2 / declared(m, "rest", "P_a_co2", "mmHg")
    return _breathing(ratio, pressure, numbers, body)


def _breathing(
    ratio: Expr, pressure: Expr, numbers: EffectNumbers, body: Physiology | None = None
) -> Breathing:
    return Breathing(
        ratio,
        numbers("ventilation.baseline", "L/min") * ratio,
        numbers("ventilation.resting_rate", "1/min")
        * larger(0, ratio) ** numbers("ventilation.rate_power", "1"),
        pressure,
        body,
    )
