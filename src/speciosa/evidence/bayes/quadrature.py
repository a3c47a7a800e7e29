"""Integrals over tau, the standard deviation between studies, on a fixed rule.

Tau in [0, infinity) is mapped to x in [0, 1) by tau = s x/(1-x), with s near the posterior's scale, so that even the
tails of a flat prior with three studies are smooth in x; panels of Gauss-Legendre nodes are finer towards 0, where few
studies pile up. One rule integrates densities exactly enough (1e-9) for normal, half-Cauchy and flat priors alike.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from speciosa.evidence.effects.measures import Floats

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True, eq=False, slots=True)
class TauRule:
    """Nodes and weights over tau: the integral of f is ``(weights * f(nodes)).sum()``.

    Attributes:
        edges: of the panels in x, shape ``(panels + 1,)``.
        scale: s of the map.
        nodes, weights: shape ``(panels * 16,)``, panel by panel.
    """

    edges: Floats
    scale: float
    nodes: Floats
    weights: Floats

    def tau(self, x: Floats) -> Floats:
        """Tau at x."""
        return self.scale * x / (1 - x)

    def slope(self, x: Floats) -> Floats:
        """D tau / d x."""
        return self.scale / (1 - x) ** 2


def tau_rule(scale: float, panels: int = 60) -> TauRule:
    """A rule for densities whose mass lies near `scale`.

    Example:
        >>> rule = tau_rule(0.5)
        >>> float((rule.weights * np.exp(-rule.nodes)).sum().round(12))
        1.0
    """
    edges = np.linspace(0, 1, panels + 1) ** 1.5
    half = np.diff(edges) / 2
    middle = (edges[1:] + edges[:-1]) / 2
    x = (middle[:, None] + half[:, None] * _POINTS).ravel()
    w = (half[:, None] * _WEIGHTS).ravel()
    return TauRule(edges, scale, scale * x / (1 - x), w * scale / (1 - x) ** 2)


def distribution(
    rule: TauRule, density: Callable[[Floats], Floats], total: float
) -> Callable[[float], float]:
    """The distribution function of tau from its density with integral `total`.

    Whole panels are summed once; the panel that holds the argument is integrated up to it.
    """
    by_panel = (rule.weights * density(rule.nodes)).reshape(len(rule.edges) - 1, -1).sum(axis=1)
    below = np.concatenate([[0.0], np.cumsum(by_panel)]) / total

    def upto(tau: float) -> float:
        if tau <= 0:
            return 0.0
        x = tau / (rule.scale + tau)
        panel = min(int(np.searchsorted(rule.edges, x, side="right")) - 1, len(by_panel) - 1)
        half = (x - rule.edges[panel]) / 2
        at = rule.edges[panel] + half * (1 + _POINTS)
        part = half * (_WEIGHTS * density(rule.tau(at)) * rule.slope(at)).sum()
        return float(min(1.0, below[panel] + part / total))

    return upto
