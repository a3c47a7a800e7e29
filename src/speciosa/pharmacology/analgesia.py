r"""Pain: the clinical score with its placebo response, and experimental tolerance.

$$S_a = \frac{T_a s}{\Theta_a} + w_{\alpha 2} r_{\alpha 2} + w_{1A} r_{1A} + w_N r_N + w_S r_S + w_\delta s_\delta,\qquad
  E_a = \frac{S_a^{\gamma}}{1+S_a^{\gamma}}$$

$$\mathrm{NRS} = \min\!\left(10,\; B(1+0.1W)(1-P)(1-E_a)\right),\qquad P = P_{max}(1-e^{-k_p t}),\qquad
  \frac{\text{tolerance}}{\text{baseline}} = 1 + A\,E_a$$

The weights of alpha-2A, 5-HT1A, delta and the uptake of noradrenaline and serotonin are what is believed of them: where
the human effect is unknown they are small and very uncertain, not nothing. Withdrawal makes pain worse.

Sources: Dahan A et al., Anesthesiology 2004;101:1201, doi:10.1097/00000542-200411000-00021 (slope of morphine); Plan EL
et al., Clin Pharmacol Ther 2012;91:820, doi:10.1038/clpt.2011.301 (structure of placebo response).
"""

from collections.abc import Mapping

from sympy import Expr, Integer, Max, Min, exp

from speciosa.model import Model
from speciosa.pharmacology.effect_numbers import EffectNumbers
from speciosa.pharmacology.stimulus import endpoint_stimulus, graded

WEIGHTS = {
    "alpha2a": "pain.alpha2",
    "serotonin_1a": "pain.serotonin_1a",
    "net": "pain.noradrenaline",
    "sert": "pain.serotonin",
    "dor": "pain.delta",
}
"""What else relieves pain, with the number that says how much."""


def relief(
    m: Model, stimulus: Expr, adaptation: Expr, others: Mapping[str, Expr], numbers: EffectNumbers
) -> Expr:
    """Adds analgesia, 0 to 1.

    Args:
        m: the model.
        stimulus: s of the mu receptor.
        adaptation: the tolerance state R.
        others: fraction of each other target that is driven, by keys of `WEIGHTS`.
        numbers: the numbers of the effects.
    """
    total = endpoint_stimulus(m, "pain", stimulus, adaptation, numbers)
    total += sum(
        (numbers(WEIGHTS[name], "1") * driven for name, driven in others.items()), Integer(0)
    )
    return m.formula("pain_relief", graded(total, numbers("pain.slope", "1")), "1")


def pain_score(m: Model, relieved: Expr, excess: Expr, numbers: EffectNumbers) -> Expr:
    """Clinical pain, 0 to 10.

    Args:
        m: the model.
        relieved: analgesia, 0 to 1.
        excess: W of `withdrawal`.
        numbers: the numbers of the effects.
    """
    placebo = numbers("pain.placebo", "1") * (
        1 - exp(-numbers("pain.placebo_rate", "1/h") * Max(m.time, 0))
    )
    start = numbers("pain.baseline", "1") * (1 + numbers("pain.withdrawal", "1") * excess)
    return Min(10, start * (1 - placebo) * (1 - relieved))


def experimental_tolerance(relieved: Expr, numbers: EffectNumbers) -> Expr:
    """Pain tolerance in a laboratory over its baseline."""
    return 1 + numbers("pain.experimental_gain", "1") * relieved
