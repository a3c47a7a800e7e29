r"""Receptors: who sits on them.

Mu receptor, competitive, fractions $r_i$ of all receptors, with the free fraction $f = 1-\sum r_i$:

- slow ligands (buprenorphine, naltrexone, carfentanil): $\dot r_i = k_{off}(C_i f/K_i - r_i)$;
- all others at equilibrium in what the slow ones leave: $x_i = C_i/K_i$,
  $r_i = x_i (1-\sum_{slow} r)/(1+\sum_{fast} x)$.

The habitual opioid of a person with an opioid history is one more ligand, with the affinity and efficacy of morphine;
its last dose wears off from time 0, in plasma by a half-life and at the site of action behind it as morphine does. It
competes, and it counts for breathing, tolerance and withdrawal; pain, pupil and liking are relative to how the
person usually is, so they follow the drugs given. Other receptors and transporters are at equilibrium,
$r_i^R = (C_i/K_i^R)/(1+\sum_j C_j/K_j^R)$.

$K$ refers to $C_e$ of `biophase`. It comes from the concentration $C_{50}$ that halves the ventilatory response,
$K = C_{50}(T_v\varepsilon-1)$ (measured, or that of morphine times a relative potency); or from occupancy in people;
or, for kratom alkaloids, from the affinity in vitro times one calibrated scale, over unbound fraction and entry into
the brain.

Sources: Black JW and Leff P, Proc R Soc Lond B 1983;220:141, doi:10.1098/rspb.1983.0093; Yassen A et al., Clin
Pharmacol Ther 2007;81:50, doi:10.1038/sj.clpt.6100025 (slow binding of buprenorphine).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sympy
from sympy import Expr, Integer

from speciosa.model import Model
from speciosa.model.extremes import larger
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers

HISTORY = "habitual opioid"
"""The ligand that stands for what a person with an opioid history took before time 0."""

LEAST_DRIVE = 0.2
"""Least value of reserve times efficacy minus one, so that draws of both leave K above zero."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Who sits on the mu receptor.

    Attributes:
        occupancy: fraction of receptors by ligand.
        total: their sum, at most 1.
        stimulus: occupancies weighted by efficacy (fentanyl 1).
        given: the same without the habitual opioid, whose own effect is part of how the person usually is.
    """

    occupancy: Mapping[str, Expr]
    total: Expr
    stimulus: Expr
    given: Expr


@dataclass(frozen=True, slots=True)
class History:
    """The habitual opioid: its concentration at the site of action now and the stimulus it gave before time 0."""

    concentration: sympy.Symbol
    steady_occupancy: Expr
    steady_stimulus: Expr
    use: Expr


def mu_affinity(m: Model, substance: str, numbers: EffectNumbers) -> Expr:
    """K of a substance at the mu receptor, nmol/L at the site of action."""
    name = f"mor_k_{substance}"
    if numbers.has(f"{substance}.mor_k"):
        return numbers.concentration(substance, "mor_k")
    if numbers.has(f"{substance}.mor_c50") or numbers.has(f"{substance}.mor_ratio"):
        drive = numbers("ventilation.reserve", "1") * numbers(f"{substance}.efficacy", "1") - 1
        return m.derived(
            name, half_effect(substance, numbers) * larger(drive, LEAST_DRIVE), "nmol/L"
        )
    free = numbers(f"{substance}.fu", "1") * numbers(f"{substance}.kpuu", "1")
    affinity = numbers(f"{substance}.mor_ki", "nmol/L") * numbers("kratom.scale", "1") / free
    return m.derived(name, affinity, "nmol/L")


def half_effect(substance: str, numbers: EffectNumbers) -> Expr:
    """Concentration that halves the ventilatory response of a naive person, measured or as a multiple of that of morphine."""
    if numbers.has(f"{substance}.mor_c50"):
        return numbers.concentration(substance, "mor_c50")
    return numbers(f"{substance}.mor_ratio", "1") * numbers.concentration("morphine", "mor_c50")


def habitual_opioid(m: Model, use: Expr, affinity: Expr, numbers: EffectNumbers) -> History:
    """Adds what is left of the opioid that a person took daily before time 0.

    Args:
        m: the model.
        use: milligrams of oral morphine a day, with the unit MME.
        affinity: K of morphine, nmol/L.
        numbers: the numbers of the effects.
    """
    one = m.parameter("effects.unit MME", 1.0, "MME", source="unit")
    level = numbers("adaptation.history_concentration", "nmol/L") * use / one
    steady = m.derived("history_occupancy", level / affinity / (1 + level / affinity), "1")
    left = m.state("habitual_opioid", "nmol/L", level)
    rate = sympy.log(2) / numbers("adaptation.history_half_life", "h")
    m.rate(left, -rate * left)
    site = m.state("habitual_opioid_site", "nmol/L", level)
    m.rate(site, numbers("morphine.ke0", "1/h") * (left - site))
    return History(site, steady, numbers("morphine.efficacy", "1") * steady, use / one)


def mu_receptor(
    m: Model,
    sites: Mapping[str, Expr],
    affinities: Mapping[str, Expr],
    numbers: EffectNumbers,
    history: tuple[History, Expr] | None = None,
) -> Binding:
    """Adds competition at the mu receptor.

    Args:
        m: the model.
        sites: concentration at the site of action by ligand, nmol/L.
        affinities: K by ligand, nmol/L.
        numbers: the numbers of the effects.
        history: the habitual opioid and its K.
    """
    slow = [name for name in sites if numbers.has(f"{name}.koff")]
    ratios = {name: site / affinities[name] for name, site in sites.items()}
    efficacy = {name: numbers(f"{name}.efficacy", "1") for name in sites}
    if history is not None:
        ratios[HISTORY] = history[0].concentration / history[1]
        efficacy[HISTORY] = numbers("morphine.efficacy", "1")
    bound = {name: m.state(f"mor_bound_{name}", "1") for name in slow}
    fast = {name: ratio for name, ratio in ratios.items() if name not in bound}
    left = 1 - sum(bound.values(), Integer(0))
    free = m.formula("mor_free", left / (1 + sum(fast.values(), Integer(0))), "1")
    for name, state in bound.items():
        m.rate(state, numbers(f"{name}.koff", "1/h") * (ratios[name] * free - state))
    occupancy = bound | {name: ratio * free for name, ratio in fast.items()}
    total = sum(occupancy.values(), Integer(0))
    driven = {name: efficacy[name] * fraction for name, fraction in occupancy.items()}
    given = sum((part for name, part in driven.items() if name != HISTORY), Integer(0))
    given = m.formula("mor_stimulus_given", given, "1")
    stimulus = m.formula("mor_stimulus", given + driven.get(HISTORY, Integer(0)), "1")
    return Binding(occupancy, total, stimulus, given)


def at_equilibrium(ratios: Mapping[str, Expr]) -> dict[str, Expr]:
    """Fractions of a receptor by ligand, from concentration over K.

    Example:
        >>> at_equilibrium({"one": sympy.Integer(1), "other": sympy.Integer(2)})
        {'one': 1/4, 'other': 1/2}
    """
    denominator = 1 + sum(ratios.values(), Integer(0))
    return {name: ratio / denominator for name, ratio in ratios.items()}
