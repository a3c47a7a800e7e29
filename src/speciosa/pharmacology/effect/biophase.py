r"""The site of action: how far behind plasma the effect runs.

$$\frac{dC_e}{dt} = k_{e0}\,(C_p - C_e)$$

$C_p$ is total drug in plasma and $C_e$ the plasma concentration with which the site of action is in equilibrium, both
in nmol/L. Protein binding and entry into the brain stand in the affinity of the receptor to $C_e$, where they cannot be
told from it in people. One $k_{e0}$ a substance serves all effects but those of the gut, which follow plasma.

Source: Sheiner LB et al., Clin Pharmacol Ther 1979;25:358, doi:10.1002/cpt1979253358.
"""

from collections.abc import Iterable, Mapping

import sympy
from sympy import Expr

from speciosa.model import Model
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers


def biophase(m: Model, substance: str, plasma: Expr, numbers: EffectNumbers) -> sympy.Symbol:
    """Adds the site of action of one substance; returns its concentration, nmol/L."""
    return biophase_of(m, f"site_of_action_{substance}", plasma, numbers(f"{substance}.ke0", "1/h"))


def biophase_of(m: Model, name: str, plasma: Expr, rate: Expr) -> sympy.Symbol:
    """Adds a site that follows plasma at a rate; returns its concentration, nmol/L."""
    site = m.state(name, "nmol/L")
    m.rate(site, rate * (plasma - site))
    return site


def biophases(
    m: Model, plasma: Mapping[str, Expr], substances: Iterable[str], numbers: EffectNumbers
) -> dict[str, sympy.Symbol]:
    """Adds the sites of action of several substances."""
    return {name: biophase(m, name, plasma[name], numbers) for name in substances}
