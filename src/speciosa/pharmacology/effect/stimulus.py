r"""From receptor to effect: stimulus, reserve and tolerance of an endpoint.

Operational model of agonism, with endpoint $k$, reserve $T_k$, tolerance divisor $\Theta_k$ and slope $\gamma_k$:

$$S_k = T_k\,s/\Theta_k,\qquad E_k = \frac{S_k^{\gamma_k}}{1+S_k^{\gamma_k}},\qquad \Theta_k = 1+b_k R$$

A full agonist reaches its effect at low occupancy because the reserve is large; a partial agonist has the ceiling
$(T_k\varepsilon)^{\gamma}/(1+(T_k\varepsilon)^{\gamma})$, which tolerance lowers, while it only shifts the curve of a
full agonist. The tolerance of breathing is a shift of its own strength (`ventilation`).

Source: Black JW and Leff P, Proc R Soc Lond B 1983;220:141, doi:10.1098/rspb.1983.0093.
"""

from sympy import Expr

from speciosa.model import Model
from speciosa.model.extremes import larger
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers


def endpoint_stimulus(
    m: Model, endpoint: str, stimulus: Expr, adaptation: Expr | None, numbers: EffectNumbers
) -> Expr:
    """Stimulus of one endpoint in units of its half effect.

    Args:
        m: the model.
        endpoint: a table of the parameter file with ``reserve`` and ``tolerance``.
        stimulus: s of the mu receptor.
        adaptation: the tolerance state R, 0 to 1; none for the stimulus that a naive person feels.
        numbers: the numbers of the effects.
    """
    divisor = 1 if adaptation is None else 1 + numbers(f"{endpoint}.tolerance", "1") * adaptation
    person = numbers("person.sensitivity", "1")
    return numbers(f"{endpoint}.reserve", "1") * person * stimulus / divisor


def graded(stimulus: Expr, slope: Expr) -> Expr:
    """Effect between 0 and 1 from a stimulus in units of the half effect.

    Example:
        >>> import sympy
        >>> graded(sympy.Integer(3), sympy.Integer(1))
        3/4
    """
    raised = larger(stimulus, 0) ** slope
    return raised / (1 + raised)
