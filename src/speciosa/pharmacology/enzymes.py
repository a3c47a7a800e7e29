"""How fast enzymes turn over, by enzyme and organ, from the facts."""

import sympy

from speciosa.errors import UnknownNameError
from speciosa.model import Model


def turnover(m: Model, enzyme: str, organ: str) -> sympy.Expr:
    """Rate constant of loss of an enzyme in an organ, 1/h, declared on first use."""
    name = f"kdeg_{enzyme}_{organ}"
    try:
        return m[name]
    except UnknownNameError:
        return m.parameter(name, 0.0193 if organ == "liver" else 0.03, "1/h")
