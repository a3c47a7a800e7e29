r"""Relief of pain by drugs whose effect is known from trials against placebo, by concentration.

Each drug has a concentration $C_{50}$ at its site of action and a share of pain $e_{max}$ that goes at most in the middle
patient. Drugs $i$ of one mechanism $j$ act as one drug would (they compete), and each patient answers to a mechanism in
proportion to $\rho_j$, which multiplies the odds of relief and differs much between people:

$$x_i = \frac{C_{e,i}}{C_{50,i}},\qquad e_j = \frac{\sum_i e_{max,i}\,x_i}{1+\sum_i x_i},\qquad
  E_j = \frac{\rho_j e_j}{1-e_j+\rho_j e_j},\qquad \ln\rho_j \sim N(0,\omega^2)$$

Mechanisms are independent: each takes its share of what the others leave (Bliss), and a patient who has nothing of one may
have much of another. In acute pain $e_j$ follows the site of action; in chronic pain the share of each drug builds up,
$dG_i/dt = (g_i-G_i)/\tau_i$ with $g_i = e_{max,i}x_i/(1+\sum x)$, and differs by condition.

Sources: Anderson BJ et al., Eur J Clin Pharmacol 2001;57:559, doi:10.1007/s002280100367 (acetaminophen: delay and maximum);
Moore RA et al., BMJ 2013;346:f2690, doi:10.1136/bmj.f2690 (patients have good relief or little, hardly any the average);
Moore RA et al., J Headache Pain 2015;16:60, doi:10.1186/s10194-015-0541-5 (combinations in acute pain do what independent
drugs would); Bliss CI, Ann Appl Biol 1939;26:585, doi:10.1111/j.1744-7348.1939.tb06990.x.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from sympy import Expr, Float, Integer, Piecewise

from speciosa.facts.effects import relievers
from speciosa.facts.sheets.relieving import CONDITIONS
from speciosa.model import Model
from speciosa.pharmacology.effect.biophase import biophase_of
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers
from speciosa.pharmacology.exposure.physiology import covariate

Setting = Literal["acute", "chronic"]
POPULATION = {"acute": "acute_pain", "chronic": "pain"}
"""Whose responses differ, by setting: a table of ``effects/system.toml``."""


def relieves(substance: str, setting: Setting) -> bool:
    """Whether trials say how much pain a substance relieves.

    Example:
        >>> relieves("acetaminophen", "acute"), relieves("morphine", "acute")
        (True, False)
    """
    found = relievers().get(substance)
    return found is not None and found.relieves(setting)


def answering(share: Expr, response: Expr) -> Expr:
    """The share of pain that goes in a patient whose odds of relief are `response` times those of the middle one.

    Example:
        >>> import sympy
        >>> answering(sympy.Rational(1, 2), sympy.Integer(3))
        3/4
    """
    return response * share / (1 - share + response * share)


def by_condition(m: Model, shares: Sequence[Expr]) -> Expr:
    """The share that holds for the condition of each patient, from one of each of `CONDITIONS`."""
    return by_group(m, "condition", shares)


def by_group(m: Model, name: str, values: Sequence[Expr]) -> Expr:
    """The value that holds for the group of each patient by a covariate, from one of each group in their order."""
    if len(set(values)) == 1:
        return values[0]
    group = covariate(m, name)
    steps = [(value, group < Float(n + 1.5)) for n, value in enumerate(values[:-1])]
    return Piecewise(*steps, (values[-1], True))


class TrialRelief:
    """The drugs of one model whose relief of pain is known from trials.

    Args:
        m: the model.
        plasma: total plasma concentration by substance, nmol/L; others are passed over.
        numbers: the numbers of the effects.
    """

    def __init__(self, m: Model, plasma: Mapping[str, Expr], numbers: EffectNumbers) -> None:
        self.model = m
        self.plasma = {name: c for name, c in plasma.items() if name in relievers()}
        self.numbers = numbers
        self._sites: dict[str, Expr] = {}

    def left(self, setting: Setting) -> Expr:
        """The share of pain that all of them leave."""
        whole: Expr = Integer(1)
        for mechanism, members in self._mechanisms(setting).items():
            ratios = {name: self._ratio(name, setting) for name in members}
            bound = 1 + sum(ratios.values(), Integer(0))
            parts = [
                self._built_up(name, self._most(name, setting) * ratio / bound, setting)
                for name, ratio in ratios.items()
            ]
            share = self.model.formula(f"{setting}_relief_{mechanism}", sum(parts), "1")
            response = self.numbers.response(POPULATION[setting], mechanism)
            whole = whole * (1 - answering(share, response))
        return whole

    def _mechanisms(self, setting: Setting) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.plasma:
            if relieves(name, setting):
                found.setdefault(relievers()[name].mechanism, []).append(name)
        return found

    def _number(self, name: str, key: str, unit: str) -> Expr:
        return self.numbers(relievers()[name].numbers[key], unit)

    def _ratio(self, name: str, setting: Setting) -> Expr:
        if name not in self._sites:
            self._sites[name] = biophase_of(
                self.model,
                f"site_of_relief_{name}",
                self.plasma[name],
                self._number(name, "ke0", "1/h"),
            )
        known = relievers()[name].numbers
        own = known.get("c50_chronic") if setting == "chronic" else None
        half = self.numbers.concentration(*(own or known["c50"]).split(".", 1))
        return self._sites[name] / half

    def _most(self, name: str, setting: Setting) -> Expr:
        if setting == "acute":
            return self._number(name, "acute", "1")
        return by_condition(self.model, [self._number(name, key, "1") for key in CONDITIONS])

    def _built_up(self, name: str, share: Expr, setting: Setting) -> Expr:
        if setting == "acute":
            return share
        state = self.model.state(f"relief_built_up_{name}", "1")
        self.model.rate(state, (share - state) / self._number(name, "builds_up", "h"))
        return state
