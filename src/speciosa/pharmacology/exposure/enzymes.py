"""How fast enzymes turn over, by enzyme and organ."""

import sympy

from speciosa.errors import UnknownNameError
from speciosa.model import Model
from speciosa.pharmacology.covariates import figures
from speciosa.units import factor


def turnover(m: Model, enzyme: str, organ: str) -> sympy.Expr:
    """Rate constant of loss of an enzyme in an organ, 1/h, declared on first use.

    Source: Yang J et al., Curr Drug Metab 2008;9:384, doi:10.2174/138920008784746382, and ``phenotypes.toml``.

    Example:
        >>> m = Model("one enzyme")
        >>> str(turnover(m, "cyp3a", "gut"))
        'kdeg_cyp3a_gut'
    """
    table = figures()["turnover"]
    key = next((key for key in (f"{enzyme}_{organ}", enzyme) if key in table), "other")
    name = f"kdeg_{key}"
    try:
        return m[name]
    except UnknownNameError:
        entry = table[key]
        return m.parameter(
            name,
            entry["value"] * factor(entry["unit"], "1/h"),
            "1/h",
            distribution="lognormal",
            uncertainty_cv=entry["cv"],
            source=entry["source"],
        )
