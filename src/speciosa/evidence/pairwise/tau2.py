"""Estimators of tau-squared, the variance of true effects between studies.

Model: ``y = X b + u + e``, ``u ~ N(0, tau2)``, ``e ~ N(0, v)`` with known sampling variances ``v``. With ``w = 1/(v +
tau2)`` the generalised Q is the weighted residual sum of squares; DL, HE, HS and SJ are closed forms; PM, EB, ML and
REML are solved to 1e-12. An estimate below zero is reported as zero.

Sources: DerSimonian and Laird 1986 (DL, doi:10.1016/0197-2456(86)90046-2); Hedges 1983 (HE,
doi:10.1037/0033-2909.93.2.388); Hunter and Schmidt 2004 (HS); Sidik and Jonkman 2005 (SJ,
doi:10.1111/j.1467-9876.2005.00489.x); Paule and Mandel 1982 (PM, doi:10.6028/jres.087.022); Morris 1983 (EB,
doi:10.1080/01621459.1983.10477920); Viechtbauer 2005 (ML, REML, standard errors, doi:10.3102/10769986030003261).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from speciosa.errors import ConvergenceError, UnknownNameError
from speciosa.evidence.effects.measures import Floats

METHODS = ("EE", "DL", "HE", "HS", "SJ", "PM", "EB", "ML", "REML")
_ALIASES = {"CE": "EE", "FE": "EE", "COMMON": "EE", "FIXED": "EE", "HO": "HE"}


@dataclass(frozen=True, slots=True)
class TauSquared:
    """Tau-squared and its standard error (None for the common-effect model)."""

    value: float
    se: float | None


@dataclass(frozen=True, eq=False, slots=True)
class _Problem:
    """Effects y, variances v and design X; shapes ``(k,)``, ``(k,)``, ``(k, p)``."""

    y: Floats
    v: Floats
    X: Floats

    @property
    def df(self) -> int:
        return len(self.y) - int(self.X.shape[1])


def method_code(name: str) -> str:
    """The code of an estimator, in any case and by its other names.

    Example:
        >>> method_code("fe"), method_code("reml")
        ('EE', 'REML')
    """
    code = name.strip().upper()
    code = _ALIASES.get(code, code)
    if code not in METHODS:
        raise UnknownNameError("method", name, (*METHODS, "MH", "PETO", "EXACT", "GLMM"))
    return code


def tau_squared(
    values: Floats, variances: Floats, method: str, design: Floats | None = None
) -> TauSquared:
    """Estimates tau-squared.

    Args:
        values: effect sizes, shape ``(k,)``.
        variances: sampling variances, above 0, shape ``(k,)``.
        method: one of `METHODS`.
        design: moderators with their intercept, shape ``(k, p)``; None is an intercept alone.

    Example:
        >>> found = tau_squared(np.array([0.0, 1.0, 2.0]), np.full(3, 0.1), "DL")
        >>> round(found.value, 3)
        0.9
    """
    code = method_code(method)
    y, v = np.asarray(values, dtype=float), np.asarray(variances, dtype=float)
    X = np.ones((len(y), 1)) if design is None else np.asarray(design, dtype=float)
    problem = _Problem(y, v, X)
    if code == "EE":
        return TauSquared(0.0, None)
    if problem.df < 1:
        return TauSquared(0.0, None)
    return _ESTIMATORS[code](problem)


@dataclass(frozen=True, eq=False, slots=True)
class Projection:
    """P = W - W X A X' W with A = (X' W X)^-1, which turns effects into weighted residuals.

    Never formed as a matrix: its traces and products need only ``(p, p)`` matrices, so that a
    thousand studies cost no more than a thousand times one.
    """

    w: Floats
    X: Floats
    A: Floats
    leverage: Floats

    @classmethod
    def of(cls, w: Floats, X: Floats) -> "Projection":
        """The projection of weights `w`, shape ``(k,)``, and a design, shape ``(k, p)``."""
        A = np.asarray(np.linalg.inv(X.T @ (w[:, None] * X)), dtype=float)
        return cls(w, X, A, np.einsum("ij,jk,ik->i", X, A, X))

    def times(self, y: Floats) -> Floats:
        """P y, the weighted residuals."""
        return np.asarray(self.w * (y - self.X @ (self.A @ (self.X.T @ (self.w * y)))))

    def trace(self, u: Floats | float = 1.0) -> float:
        """Trace of P diag(u)."""
        return float(((self.w - self.w**2 * self.leverage) * u).sum())

    def squares(self, u: Floats | float = 1.0) -> float:
        """Sum over all pairs of P_ij^2 u_i u_j, the trace of P diag(u) P diag(u)."""
        weight = np.broadcast_to(np.asarray(u, dtype=float), self.w.shape)
        AM = self.A @ (self.X.T @ ((self.w**2 * weight)[:, None] * self.X))
        diagonal = ((self.w**2 - 2 * self.w**3 * self.leverage) * weight**2).sum()
        return float(diagonal + (AM * AM.T).sum())


def generalised_q(tau2: float, values: Floats, variances: Floats, design: Floats) -> float:
    """Weighted residual sum of squares with weights 1/(v + tau2)."""
    w = 1 / (variances + tau2)
    root = np.sqrt(w)
    beta = np.linalg.lstsq(root[:, None] * design, root * values, rcond=None)[0]
    return float((w * (values - design @ beta) ** 2).sum())


def q_profile(
    values: Floats, variances: Floats, design: Floats | None = None, level: float = 0.95
) -> tuple[float, float]:
    """The Q-profile interval of tau-squared.

    All values whose generalised Q lies between the quantiles of chi-squared with k - p degrees of
    freedom (Viechtbauer 2007, doi:10.1002/sim.2514). Both ends are 0 when Q is below both.
    """
    X = np.ones((len(values), 1)) if design is None else design
    df = len(values) - X.shape[1]
    if df < 1:
        return 0.0, np.inf
    tail = (1 - level) / 2

    def cut(quantile: float) -> float:
        return _root(lambda t: generalised_q(t, values, variances, X) - quantile, values, variances)

    return cut(_chi2(1 - tail, df)), cut(_chi2(tail, df))


def _chi2(probability: float, df: int) -> float:
    """Quantile of the chi-squared distribution; scipy.stats would say the same and take a second to load."""
    return float(2 * gammaincinv(df / 2, probability))


def log_likelihood(
    tau2: float, values: Floats, variances: Floats, design: Floats, restricted: bool
) -> float:
    """Log-likelihood at `tau2`, maximised over the coefficients; restricted or full."""
    s = variances + tau2
    k, p = design.shape
    total = -0.5 * (np.log(s).sum() + generalised_q(tau2, values, variances, design))
    if not restricted:
        return float(total - 0.5 * k * np.log(2 * np.pi))
    inside = np.linalg.slogdet(design.T @ (design / s[:, None]))[1]
    outside = np.linalg.slogdet(design.T @ design)[1]
    return float(total - 0.5 * ((k - p) * np.log(2 * np.pi) + inside - outside))


def _root(gap: Callable[[float], float], values: Floats, variances: Floats) -> float:
    """Where a falling function of tau-squared crosses zero; 0 if it starts below."""
    from scipy.optimize import brentq

    if gap(0.0) <= 0:
        return 0.0
    high = max(float(np.var(values)), float(variances.max()), 1e-12)
    for _ in range(200):
        if gap(high) < 0:
            return float(brentq(gap, 0.0, high, xtol=1e-300, rtol=1e-14, maxiter=500))
        high *= 4
    raise ConvergenceError("tau-squared: no upper end found; are all variances of one size?")


def _root_of(variance: float) -> float:
    """Square root of a variance that rounding may have put below 0."""
    return float(np.sqrt(max(variance, 0.0)))


def _dersimonian_laird(d: _Problem) -> TauSquared:
    P = Projection.of(1 / d.v, d.X)
    trace = P.trace()
    value = max(0.0, (float(d.y @ P.times(d.y)) - d.df) / trace)
    spread = 2 * d.df + 4 * value * trace + 2 * value**2 * P.squares()
    return TauSquared(value, _root_of(spread) / trace)


def _hedges(d: _Problem) -> TauSquared:
    P = Projection.of(np.ones_like(d.y), d.X)
    trace = P.trace(d.v)
    value = max(0.0, (float(d.y @ P.times(d.y)) - trace) / d.df)
    spread = 2 * P.squares(d.v) + 4 * value * trace + 2 * value**2 * d.df
    return TauSquared(value, _root_of(spread) / d.df)


def _hunter_schmidt(d: _Problem) -> TauSquared:
    P = Projection.of(1 / d.v, d.X)
    weight = float((1 / d.v).sum())
    value = max(0.0, (float(d.y @ P.times(d.y)) - len(d.y)) / weight)
    spread = 2 * d.df + 4 * value * P.trace() + 2 * value**2 * P.squares()
    return TauSquared(value, _root_of(spread) / weight)


def _sidik_jonkman(d: _Problem) -> TauSquared:
    crude = float(np.var(d.y))
    if crude == 0:
        return TauSquared(0.0, None)
    value = crude * generalised_q(crude, d.y, d.v, d.X) / d.df
    spread = 2 * Projection.of(1 / (d.v + crude), d.X).squares(d.v + value)
    return TauSquared(value, crude / d.df * _root_of(spread))


def _paule_mandel(d: _Problem) -> TauSquared:
    value = _root(lambda t: generalised_q(t, d.y, d.v, d.X) - d.df, d.y, d.v)
    weight = float((1 / (d.v + value)).sum())
    return TauSquared(value, float(np.sqrt(2 * len(d.y) ** 2 / d.df)) / weight)


def _likelihood(d: _Problem, restricted: bool) -> TauSquared:
    """The maximum over tau-squared >= 0: a grid against other maxima, then the root of the score."""
    from scipy.optimize import brentq, minimize_scalar

    scale = max(float(np.var(d.y)), float(np.median(d.v)))
    grid = np.concatenate([[0.0], scale * np.geomspace(1e-6, 1e3, 46)])
    heights = [log_likelihood(float(t), d.y, d.v, d.X, restricted) for t in grid]
    best = int(np.argmax(heights))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])

    def score(t: float) -> float:
        w = 1 / (d.v + t)
        P = Projection.of(w, d.X)
        Py = P.times(d.y)
        return float(Py @ Py) - (P.trace() if restricted else float(w.sum()))

    if best <= 1 and score(0.0) <= 0 and score(low + 1e-3 * (high - low)) <= 0:
        value = 0.0
    elif score(low) > 0 > score(high):
        value = float(brentq(score, low, high, xtol=1e-300, rtol=1e-14, maxiter=500))
    else:
        value = float(
            minimize_scalar(
                lambda t: -log_likelihood(t, d.y, d.v, d.X, restricted),
                bounds=(low, high),
                method="bounded",
                options={"xatol": 1e-12 * scale},
            ).x
        )
    w = 1 / (d.v + value)
    information = Projection.of(w, d.X).squares() if restricted else float((w**2).sum())
    # Rounding can leave none where one study outweighs the others by fifteen orders of magnitude.
    return TauSquared(value, float(np.sqrt(2 / information)) if information > 0 else None)


_ESTIMATORS: dict[str, Callable[[_Problem], TauSquared]] = {
    "DL": _dersimonian_laird,
    "HE": _hedges,
    "HS": _hunter_schmidt,
    "SJ": _sidik_jonkman,
    "PM": _paule_mandel,
    "EB": _paule_mandel,
    "ML": lambda d: _likelihood(d, restricted=False),
    "REML": lambda d: _likelihood(d, restricted=True),
}
