"""What it would be worth to know: the expected value of perfect information."""

import numpy as np
from numpy.typing import ArrayLike


def expected_value_of_perfect_information(scores: ArrayLike) -> float:
    r"""Expected gain in score from choosing after all uncertainty is resolved.

    .. math:: EVPI = E[\max_a s_a] - \max_a E[s_a]

    Args:
        scores: shape ``(alternatives, draws)``.

    Returns:
        A gain of 0 or more, on the scale of the scores.

    References:
        Raiffa and Schlaifer 1961, Applied Statistical Decision Theory.

    Example:
        >>> expected_value_of_perfect_information([[0.0, 1.0], [0.6, 0.6]])
        0.2
    """
    table = np.asarray(scores, dtype=float)
    return float(round(table.max(0).mean() - table.mean(1).max(), 12))


def expected_value_of_partial_information(scores: ArrayLike, parameter: ArrayLike) -> float:
    r"""Expected gain from learning one parameter, by regression of the scores on it.

    .. math:: EVPPI = E_\phi[\max_a E[s_a \mid \phi]] - \max_a E[s_a]

    The conditional expectations are cubic spline regressions on the ranks of the parameter with three inner knots,
    so at least 30 draws are needed.

    Args:
        scores: shape ``(alternatives, draws)``.
        parameter: shape ``(draws,)``, the same draws.

    References:
        Strong, Oakley and Brennan 2014, Medical Decision Making 34:311-326, doi:10.1177/0272989X13505910.
    """
    from scipy.interpolate import BSpline  # slow to load, and a simulation does without

    table, values = np.asarray(scores, dtype=float), np.asarray(parameter, dtype=float)
    count = table.shape[1]
    if values.shape != (count,) or count < 30:
        raise ValueError(
            f"`parameter` must have shape ({count},) with at least 30 draws; got {values.shape}"
        )
    if np.ptp(values) == 0:
        return 0.0
    place = np.empty(count)
    place[np.argsort(values, kind="stable")] = (np.arange(count) + 0.5) / count
    knots = np.concatenate([np.zeros(4), [0.25, 0.5, 0.75], np.ones(4)])
    basis = BSpline.design_matrix(place, knots, 3).toarray()
    fitted = basis @ np.linalg.lstsq(basis, table.T, rcond=None)[0]
    return float(max(0.0, fitted.max(1).mean() - fitted.mean(0).max()))
