r"""Several outcomes of the same studies at once: the multivariate random-effects model by REML.

.. math:: y_{ij} = \mu_j + b_{ij} + e_{ij}, \quad b_i \sim N(0, \Psi), \quad
    \mathrm{cov}(e_{ij}, e_{ik}) = r \sqrt{v_{ij} v_{ik}}

with an unstructured :math:`\Psi` between studies and one correlation r of sampling errors within them, which papers rarely
state: it is assumed, and what it changes is to be looked at (Jackson 2011, doi:10.1002/sim.4172). A study without an outcome lends
what its others say of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.effects.mixed import Block, fit


@dataclass(frozen=True, eq=False, slots=True)
class Multivariate:
    """A fitted model; arrays in the order of `outcomes`.

    Attributes:
        outcomes: their names, as first met.
        estimate, se, ci_low, ci_high, p: each outcome's pooled effect with a normal test, shape ``(outcomes,)``.
        covariance: of the pooled effects, shape ``(outcomes, outcomes)``.
        psi: covariance of the studies' effects, same shape.
        correlation: of sampling errors within a study, as assumed.
        studies: how many.
        log_likelihood: restricted.
    """

    outcomes: tuple[str, ...]
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    p: Floats
    covariance: Floats
    psi: Floats
    correlation: float
    studies: int
    log_likelihood: float

    def between(self, one: int, other: int) -> float | None:
        """Correlation of two outcomes between studies; None where one does not differ."""
        scale = float(np.sqrt(self.psi[one, one] * self.psi[other, other]))
        return float(self.psi[one, other]) / scale if scale > 0 else None


def multivariate(
    values: Floats,
    variances: Floats,
    studies: Sequence[str],
    outcomes: Sequence[str],
    *,
    correlation: float = 0.5,
    level: float = 0.95,
) -> Multivariate:
    """Pools every outcome, borrowing from the others of the same studies.

    Args:
        values: effects, shape ``(k,)``, one a row.
        variances: sampling variances, above 0.
        studies: the study of each effect.
        outcomes: the outcome of each effect, each once a study.
        correlation: of sampling errors of two outcomes within a study; 0.5 is a guess in the middle.
        level: of the intervals.

    Raises:
        EvidenceError: one outcome or one study, an outcome twice in a study or in one study only, an impossible correlation.

    Example:
        >>> y = np.array([0.47, -0.32, 0.20, -0.60, 0.40, -0.12, 0.26, -0.31])
        >>> both = ["a", "a", "b", "b", "c", "c", "d", "d"]
        >>> found = multivariate(y, np.full(8, 0.01), both, ["depth", "level"] * 4)
        >>> found.outcomes, found.estimate.round(2).tolist()
        (('depth', 'level'), [0.33, -0.34])
    """
    names = tuple(dict.fromkeys(outcomes))
    rows: dict[str, list[int]] = {}
    for place, study in enumerate(studies):
        rows.setdefault(study, []).append(place)
    faults = _faults(names, rows, outcomes, correlation)
    if faults:
        raise EvidenceError(faults)
    blocks = []
    for places in rows.values():
        design = np.array([[float(outcomes[i] == name) for name in names] for i in places])
        error = np.sqrt(variances[places])
        shared = np.outer(error, error) * np.where(np.eye(len(places)) > 0, 1.0, correlation)
        blocks.append(Block(values[places], design, shared))
    found = fit(blocks)
    se = np.sqrt(np.diag(found.covariance))
    half = float(ndtri(0.5 + level / 2)) * se
    return Multivariate(
        names,
        found.beta,
        se,
        found.beta - half,
        found.beta + half,
        2 * ndtr(-np.abs(found.beta) / se),
        found.covariance,
        found.psi,
        correlation,
        len(rows),
        found.log_likelihood,
    )


def _faults(
    names: Sequence[str],
    rows: dict[str, list[int]],
    outcomes: Sequence[str],
    correlation: float,
) -> list[Fault]:
    faults = []
    if len(names) < 2 or len(rows) < 2:
        found = f"{len(names)} of {len(rows)}"
        faults.append(
            Fault(
                "outcomes", "two or more outcomes of two or more studies", found, "Pool it alone."
            )
        )
    for study, places in rows.items():
        met = [outcomes[i] for i in places]
        twice = sorted({name for name in met if met.count(name) > 1})
        if twice:
            fix = "Effects of one outcome depend on each other too: --cluster alone fits three levels."
            faults.append(
                Fault(f"study {study!r}", "each outcome once", f"{', '.join(twice)} again", fix)
            )
    for name in names:
        if outcomes.count(name) < 2 <= len(names):
            found = "one"
            faults.append(Fault(f"outcome {name!r}", "two or more studies", found, "Leave it out."))
    most = max(map(len, rows.values()))
    if not -1 / max(most - 1, 1) < correlation < 1:
        lowest = -1 / max(most - 1, 1)
        found = f"{correlation:g}"
        faults.append(Fault("within-study correlation", f"between {lowest:.3g} and 1", found))
    return faults
