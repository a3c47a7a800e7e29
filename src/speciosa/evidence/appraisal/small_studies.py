"""Whether small studies of a network show larger effects: the comparison-adjusted funnel and its test.

Each contrast is set against the pooled direct effect of its own comparison, so that comparisons of different sizes fit one
funnel (Chaimani 2012, doi:10.1002/jrsm.57). It says something only where all contrasts point the same way, from the treatment
that a study would favour to the one it would not; by default these are the comparisons with the reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import stdtr

from speciosa.errors import EvidenceError, Fault

if TYPE_CHECKING:
    from speciosa.evidence.network.result import NetworkResult

# As for one comparison: fewer cannot tell a slope from chance (Sterne 2011, doi:10.1136/bmj.d4002).
FEWEST = 10


@dataclass(frozen=True)
class SmallStudies:
    """The comparison-adjusted funnel of a network.

    Attributes:
        points: one row a contrast: ``study, treat1, treat2, adjusted, se, directed``; `directed` ones enter the test.
        contrasts: how many enter the test.
        intercept, se, p: Egger's regression of `adjusted / se` on `1 / se`; None with fewer than ten contrasts.
        reason: why there is no test, empty where there is one.
    """

    points: pl.DataFrame
    contrasts: int
    intercept: float | None
    se: float | None
    p: float | None
    reason: str


def small_studies(result: "NetworkResult", order: Sequence[str] = ()) -> SmallStudies:
    """The comparison-adjusted funnel, and Egger's test on it.

    Args:
        result: the network meta-analysis.
        order: treatments from the least to the most favoured by small studies, as from old to new; contrasts are the later
            minus the earlier one. By default only comparisons with the reference have a direction.

    Raises:
        EvidenceError: `order` does not name every treatment once.

    Example:
        >>> from speciosa.evidence.network.result import network_meta_analysis
        >>> rows = {"study": ["s1", "s2"], "treat1": ["a", "a"], "treat2": ["p", "p"], "effect": [1.0, 2.0], "se": [1.0, 1.0]}
        >>> found = small_studies(network_meta_analysis(rows, reference="p"))
        >>> found.points["adjusted"].to_list(), found.reason
        ([-0.5, 0.5], '2 contrasts, and fewer than 10 cannot tell')
    """
    if order and sorted(order) != sorted(result.treatments):
        raise EvidenceError(
            Fault(
                "order", "every treatment once: " + ", ".join(result.treatments), ", ".join(order)
            )
        )
    place = {name: index for index, name in enumerate(order)}
    names, base = result.treatments, result.reference
    rows = []
    for study in result.network.studies:
        for i, one in enumerate(study.treatments):
            for j, other in enumerate(study.treatments):
                forward = (
                    place[one] > place[other]
                    if order
                    else (one != base and (other == base or (base != one and i < j)))
                )
                if i == j or not forward:
                    continue
                pooled = result.estimates.direct[names.index(one), names.index(other)]
                rows.append(
                    {
                        "study": study.name,
                        "treat1": one,
                        "treat2": other,
                        "adjusted": float(study.effect[i, j] - pooled),
                        "se": float(np.sqrt(study.variance[i, j])),
                        "directed": bool(order) or other == base,
                    }
                )
    points = pl.DataFrame(rows)
    used = points.filter("directed")
    count = len(used)
    if count < FEWEST:
        told = f"{count} contrasts, and fewer than {FEWEST} cannot tell"
        return SmallStudies(points, count, None, None, None, told)
    if used.select("treat1", "treat2").n_unique() == count:
        told = "every contrast is the only one of its comparison, which it is set against"
        return SmallStudies(points, count, None, None, None, told)
    return _egger(points, used["adjusted"].to_numpy(), used["se"].to_numpy())


def _egger(points: pl.DataFrame, y: np.ndarray, se: np.ndarray) -> SmallStudies:
    """Ordinary least squares of `y / se` on `1 / se`; the intercept is 0 where size and effect are unrelated."""
    design = np.column_stack([np.ones_like(se), 1 / se])
    beta, *_ = np.linalg.lstsq(design, y / se, rcond=None)
    rest = y / se - design @ beta
    df = len(y) - 2
    covariance = np.linalg.pinv(design.T @ design) * float(rest @ rest) / df
    error = float(np.sqrt(covariance[0, 0]))
    if error == 0:
        return SmallStudies(points, len(y), None, None, None, "all contrasts agree exactly")
    p = float(2 * stdtr(df, -abs(beta[0]) / error))
    return SmallStudies(points, len(y), float(beta[0]), error, p, "")
