"""The standard normal distribution where it is small. Compiled by `native`."""

import math

from speciosa.engine.linear.exp import exp_of

_HALF_LOG_TWO_PI = 0.9189385332046727
_FAR = -3.0
_TERMS = 200


def mills(x: float) -> tuple[float, float]:
    """``log Phi(x)`` and ``phi(x) / Phi(x)``.

    From -3 up by the series of Phi about 0, of which all terms have one sign; below by the continued fraction of Mills' ratio
    (NIST Digital Library of Mathematical Functions, 7.9.1).

    Example:
        >>> from scipy.special import log_ndtr
        >>> bool(abs(mills(-20.0)[0] / log_ndtr(-20.0) - 1) < 1e-14)
        True
    """
    density = exp_of(-0.5 * x * x - _HALF_LOG_TWO_PI)
    if x > _FAR:
        term, total, n = x, x, 1.0
        for _k in range(_TERMS):
            n += 2.0
            term *= x * x / n
            total += term
            if not abs(term) > 1e-17 * abs(total):
                break
        phi = 0.5 + density * total if x < 8.0 else 1.0
        return math.log(phi), density / phi
    ratio = 0.0
    for k in range(_TERMS, 0, -1):
        ratio = k / (-x + ratio)
    m = -x + ratio
    return -0.5 * x * x - _HALF_LOG_TWO_PI - math.log(m), m
