r"""Pain: the clinical scores with their placebo responses, and experimental tolerance.

The opioid takes away $E_a$ of experimental and acute pain; the other sites each take away a share $e_k$ of what is left, in
proportion to how much of the site is driven ($r_k$: alpha-2A, 5-HT1A, delta, uptake of noradrenaline and of serotonin).
They work by other mechanisms, so what they leave is multiplied (Bliss independence), and so is what the drugs whose effect
is known from trials leave ($E_j$, `trial_relief`); such a drug relieves pain by that number alone. Of chronic pain only a
share $m$ answers to opioids, by condition (low back pain, osteoarthritis, neuropathic pain, fibromyalgia), and $\rho$, which
differs much between people, multiplies the odds of $mE_a$ as it does those of other mechanisms:

$$E_a = \frac{S_a^{\gamma}}{1+S_a^{\gamma}},\qquad S_a = \frac{T_a s}{\Theta_a},\qquad
  L = \prod_k (1-e_k r_k)\prod_j (1-E_j)$$

$$\mathrm{NRS} = \min\!\left(10,\; B(1+0.1W)(1-P)\left(1-\frac{\rho mE_a}{1-mE_a+\rho mE_a}\right)L\right),\qquad
  P = P_{max}(1-e^{-k_p t}),\qquad
  \frac{\text{tolerance}}{\text{baseline}} = 1 + A\,\frac{1-(1-E_a)L}{(1-E_a)L}$$

Tolerance of an electrical current grows with the odds of relief, which for an opioid alone is $S_a^{\gamma}$: it rises by half and
more where clinical pain has all but gone, as it does in volunteers; pressure and cold are borne about half as much longer.

Pain after surgery is the same with $m=1$, and with $\rho$, the share of noradrenaline, baseline and placebo response of its own,
which comes within hours. After removal of teeth the odds of $P$ and of relief by opioids are those after other surgery times a
number each, below 1; drugs whose relief is known from trials do as much after either. Where patients of a trial over days
take something else for their pain when they ask (``rescue=allowed``), those who are relieved least take most, so that only
the share $\kappa$ of what the drugs take away shows: $1-\kappa(1-L')$ is left of the pain, with $L'$ what is left without
that. The potency comes from experimental and postoperative pain, $m$, the tolerance of pain and the share of noradrenaline
from trials in chronic pain. Where the human effect of a site is unknown its share is small and very uncertain, not nothing.
Withdrawal makes pain worse.

Sources: Dahan A et al., Anesthesiology 2004;101:1201, doi:10.1097/00000542-200411000-00021 (slope of morphine); Dahan A et al.,
Br J Anaesth 2006;96:627, doi:10.1093/bja/ael051 (no ceiling in the tolerance of a current under buprenorphine); Luginbuhl M et
al., Anesthesiology 2001;95:22, doi:10.1097/00000542-200107000-00009 (alfentanil in five tests); Plan EL
et al., Clin Pharmacol Ther 2012;91:820, doi:10.1038/clpt.2011.301 (structure of placebo response); Bliss CI, Ann Appl
Biol 1939;26:585, doi:10.1111/j.1744-7348.1939.tb06990.x (independent action); Barden J et al., Pain 2004;107:86,
doi:10.1016/j.pain.2003.09.021 (fewer people answer to placebo after removal of teeth, as many to aspirin, acetaminophen and
ibuprofen); Derry S et al., Cochrane Database Syst Rev 2010, doi:10.1002/14651858.CD008099.pub2 (codeine does less there).
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from sympy import Expr, Integer, exp

from speciosa.facts.sheets.relieving import CONDITIONS
from speciosa.model import Model
from speciosa.model.extremes import larger, smaller
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers
from speciosa.pharmacology.effect.stimulus import endpoint_stimulus, graded
from speciosa.pharmacology.effect.trial_relief import answering, by_condition, by_group

SHARES = {
    "alpha2a": "pain.alpha2",
    "serotonin_1a": "pain.serotonin_1a",
    "net": "pain.noradrenaline",
    "sert": "pain.serotonin",
    "dor": "pain.delta",
}
"""What else relieves pain, with the number that says which share of it at most."""

IN_ACUTE_PAIN = SHARES | {"net": "acute_pain.noradrenaline"}
"""The same of pain after surgery and in laboratories."""

OPIOID = "opioid"
"""The mechanism of the mu receptor, as patients answer to it."""


class Relief:
    """Share of pain that receptors leave, 0 to 1; a model holds what is asked for.

    Args:
        m: the model.
        stimulus: s of the mu receptor.
        adaptation: the tolerance state R.
        others: fraction of each other target that is driven, by keys of `SHARES`.
        numbers: the numbers of the effects.
    """

    def __init__(
        self,
        m: Model,
        stimulus: Expr,
        adaptation: Expr,
        others: Mapping[str, Expr],
        numbers: EffectNumbers,
    ) -> None:
        self.model, self.numbers, self.others = m, numbers, others
        self._stimulus, self._adaptation = stimulus, adaptation

    @cached_property
    def opioid(self) -> Expr:
        """The share of experimental pain that the opioid takes away; nothing without one."""
        if self._stimulus == 0:
            return Integer(0)
        strength = endpoint_stimulus(
            self.model, "pain", self._stimulus, self._adaptation, self.numbers
        )
        slope = self.numbers("pain.slope", "1")
        return self.model.formula("opioid_relief", graded(strength, slope), "1")

    @cached_property
    def experimental(self) -> Expr:
        """What is left of experimental pain."""
        return (1 - self.opioid) * _left(self.others, IN_ACUTE_PAIN, self.numbers)

    @cached_property
    def acute(self) -> Expr:
        """What is left of pain after surgery."""
        left = _left(self.others, IN_ACUTE_PAIN, self.numbers)
        if self.opioid == 0:
            return left
        odds = self.numbers.response("acute_pain", OPIOID)
        odds = odds * after_surgery(self.model, self.numbers("acute_pain.opioid_dental", "1"))
        return (1 - answering(self.opioid, odds)) * left

    @cached_property
    def chronic(self) -> Expr:
        """What is left of chronic pain."""
        left = _left(self.others, SHARES, self.numbers)
        if self.opioid == 0:
            return left
        shares = [self.numbers(f"pain.responsive_{condition}", "1") for condition in CONDITIONS]
        responsive = by_condition(self.model, shares) * self.opioid
        return (1 - answering(responsive, self.numbers.response("pain", OPIOID))) * left


def _left(others: Mapping[str, Expr], shares: Mapping[str, str], numbers: EffectNumbers) -> Expr:
    left: Expr = Integer(1)
    for name, driven in others.items():
        left = left * (1 - numbers(shares[name], "1") * driven)
    return left


def pain_score(
    m: Model,
    left: Expr,
    excess: Expr,
    numbers: EffectNumbers,
    population: Literal["pain", "acute_pain"] = "pain",
) -> Expr:
    """Clinical pain, 0 to 10.

    Args:
        m: the model.
        left: share of pain that the drugs leave, 0 to 1.
        excess: W of `withdrawal`.
        numbers: the numbers of the effects.
        population: whose baseline and placebo response: people in chronic pain or after surgery.
    """
    response = numbers(f"{population}.placebo", "1")
    if population == "acute_pain":
        odds = after_surgery(m, numbers("acute_pain.placebo_dental", "1"))
        response = answering(response, odds)
        left = beside_rescue(m, left, numbers)
    placebo = response * (
        1 - exp(-numbers(f"{population}.placebo_rate", "1/h") * larger(m.time, 0))
    )
    start = numbers(f"{population}.baseline", "1") * (1 + numbers("pain.withdrawal", "1") * excess)
    return smaller(10, start * (1 - placebo) * left)


def after_surgery(m: Model, dental: Expr) -> Expr:
    """By what the odds of relief are multiplied in each patient: `dental` after removal of teeth, 1 after other surgery."""
    return by_group(m, "surgery", (dental, Integer(1)))


def beside_rescue(m: Model, left: Expr, numbers: EffectNumbers) -> Expr:
    """The share of pain that is left where patients who ask may take something else."""
    if left == 1:
        return left
    seen = by_group(m, "rescue", (Integer(1), numbers("acute_pain.beside_rescue", "1")))
    return 1 - seen * (1 - left)


def experimental_tolerance(left: Expr, numbers: EffectNumbers) -> Expr:
    """Tolerance of an electrical current in a laboratory over its baseline."""
    return 1 + numbers("pain.experimental_gain", "1") * (1 - left) / left
