"""The power of Student's t test, by the noncentral t distribution."""

from scipy.special import nctdtr, ndtr, stdtrit


def t_power(noncentrality: float, df: float, level: float, sides: int) -> float:
    r"""The probability that a t test rejects.

    .. math:: P(T_{\nu,\lambda} > t_{1-\alpha,\nu}) \quad [+ P(T_{\nu,\lambda} < -t_{1-\alpha,\nu})]

    Args:
        noncentrality: :math:`\lambda`, the true difference over its standard error.
        df: degrees of freedom :math:`\nu`, above 0.
        level: of one side.
        sides: 1, or 2 to count rejections on the wrong side as well.

    Source:
        Johnson NL, Welch BL. Biometrika 1940;31:362 (doi:10.1093/biomet/31.3-4.362).

    Example:
        >>> round(t_power(0.5 * 32**0.5, 126, 0.025, 2), 5)
        0.80146
    """
    if noncentrality == 0:
        return level * sides
    bound = float(stdtrit(df, 1 - level))
    if df > 1e6 or abs(noncentrality) > 36:  # where the series of the noncentral t is not needed
        reach = float(ndtr(noncentrality - bound))
        return reach + (float(ndtr(-noncentrality - bound)) if sides == 2 else 0.0)
    reach = 1 - float(nctdtr(df, noncentrality, bound))
    if sides == 2:
        reach += float(nctdtr(df, noncentrality, -bound))
    return min(max(reach, 0.0), 1.0)
