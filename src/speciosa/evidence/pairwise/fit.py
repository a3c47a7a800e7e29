"""One weighted fit: coefficients, heterogeneity and intervals of a common-effect or random-effects model.

Everything that pools two-group studies ends here: an analysis of all studies, without one, in the order of years, in
a subgroup or with moderators.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

from speciosa.errors import EvidenceError, Fault, UnknownNameError
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.pairwise.tau2 import (
    Projection,
    generalised_q,
    log_likelihood,
    method_code,
    tau_squared,
)

TESTS = {
    "z": ("z", "normal", "wald"),
    "t": ("t",),
    "knapp-hartung": (
        "knapp-hartung",
        "knha",
        "hksj",
        "hk",
        "kh",
        "hartung-knapp",
        "knapp hartung",
    ),
    "knapp-hartung-floor": ("knapp-hartung-floor", "adhoc", "ad-hoc", "knha-floor", "hk-floor"),
}


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """A fitted model; coefficients have shape ``(p,)``, the intercept first where there is one.

    Attributes:
        k, p: studies and coefficients.
        beta, covariance: coefficients and their covariance, after the test's adjustment.
        tau2, tau2_se: between-study variance, its standard error (None in the common-effect model).
        I2: percent of the variance that is between studies, 100 tau2 / (tau2 + s2), where s2 is the
            typical sampling variance; from Q in the common-effect model.
        H2: total over sampling variance.
        Q, Q_df, Q_p: Cochran's test of heterogeneity (of what moderators leave, if there are any).
        df: degrees of freedom of the intervals, infinite for the normal.
    """

    method: str
    test: str
    level: float
    k: int
    p: int
    beta: Floats
    covariance: Floats
    tau2: float
    tau2_se: float | None
    I2: float
    H2: float
    Q: float
    Q_df: int
    Q_p: float
    df: float
    log_likelihood: float
    weights: Floats

    @property
    def se(self) -> Floats:
        """Standard errors of the coefficients."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def statistic(self) -> Floats:
        """Coefficients over their standard errors."""
        with np.errstate(all="ignore"):
            return np.asarray(self.beta / self.se)

    @property
    def p_values(self) -> Floats:
        """Two-sided p-values of the coefficients."""
        size = np.abs(self.statistic)
        return np.asarray(2 * (ndtr(-size) if np.isinf(self.df) else stdtr(self.df, -size)))

    def quantile(self, df: float | None = None) -> float:
        """The quantile of the interval's half-width, of t with `df` or the model's own."""
        own = self.df if df is None else df
        upper = 0.5 + self.level / 2
        return float(ndtri(upper) if np.isinf(own) else stdtrit(own, upper))

    def interval(self, at: Floats) -> tuple[float, float, float, float]:
        """Estimate, standard error and confidence limits of the mean at the row `at` of the design."""
        estimate, se = float(at @ self.beta), float(np.sqrt(at @ self.covariance @ at))
        half = self.quantile() * se
        return estimate, se, estimate - half, estimate + half

    def prediction(self, at: Floats, df: float | None = None) -> tuple[float, float] | None:
        """Limits for the true effect of a new study at `at`; None in the common-effect model.

        The half-width is the quantile times sqrt(se^2 + tau2), of the normal for the z test and of t
        with k - p degrees of freedom otherwise. `df` asks for others, as k - 2 (Higgins, Thompson
        and Spiegelhalter 2009, doi:10.1111/j.1467-985X.2008.00552.x).
        """
        if self.method == "EE":
            return None
        estimate, se, _, _ = self.interval(at)
        half = self.quantile(df) * float(np.sqrt(se**2 + self.tau2))
        return estimate - half, estimate + half

    def moderator_test(self) -> tuple[float, float, int]:
        """QM of all coefficients but the intercept, its p-value and its degrees of freedom.

        Chi-squared for the z test; F with (p - 1, k - p) degrees of freedom, QM divided by p - 1,
        otherwise.
        """
        count = self.p - 1
        if count == 0:
            return 0.0, 1.0, 0
        part = self.beta[1:]
        qm = quadratic(part, self.covariance[1:, 1:])
        if np.isinf(self.df):
            return qm, float(chdtrc(count, qm)), count
        return qm / count, float(fdtrc(count, self.df, qm / count)), count


def quadratic(part: Floats, covariance: Floats) -> float:
    """The quadratic form of `part` in V^-1; NaN where V is singular, as after Knapp-Hartung without any residual."""
    try:
        return float(part @ np.linalg.solve(covariance, part))
    except np.linalg.LinAlgError:
        return float("nan")


def code_of_test(name: str) -> str:
    """The name of a test, in any case and by its other names.

    Example:
        >>> code_of_test("knha"), code_of_test("adhoc")
        ('knapp-hartung', 'knapp-hartung-floor')
    """
    wanted = name.strip().lower().replace("_", "-")
    for code, names in TESTS.items():
        if wanted in names:
            return code
    raise UnknownNameError("test", name, [n for names in TESTS.values() for n in names])


def fit(
    values: Floats,
    variances: Floats,
    design: Floats | None = None,
    *,
    method: str = "REML",
    test: str = "z",
    level: float = 0.95,
    tau2: float | None = None,
) -> Fit:
    """Fits the model by weighted least squares with weights 1/(v + tau2).

    Args:
        values: effect sizes, shape ``(k,)``.
        variances: their variances, above 0, shape ``(k,)``.
        design: shape ``(k, p)``, the intercept first; None is an intercept alone.
        method: estimator of tau-squared (`tau2.METHODS`).
        test: ``z``, ``t`` (k - p degrees of freedom), ``knapp-hartung`` (the variance scaled by the
            weighted residual mean square and t; Knapp and Hartung 2003, doi:10.1002/sim.1482) or
            ``knapp-hartung-floor`` (the same, never scaled down).
        level: of the confidence intervals.
        tau2: a known tau-squared instead of an estimate.

    Raises:
        EvidenceError: no study is left, or the moderators determine each other.

    Example:
        >>> one = fit(np.array([0.1, 0.3, 0.2]), np.array([0.04, 0.04, 0.02]), method="DL")
        >>> float(one.beta[0].round(3)), one.tau2
        (0.2, 0.0)
    """
    code, how = method_code(method), code_of_test(test)
    k = len(values)
    X = np.ones((k, 1)) if design is None else design
    p = X.shape[1]
    if k < p or np.linalg.matrix_rank(X) < p:
        raise EvidenceError(
            Fault(
                "moderators",
                f"{p} coefficients that {k} studies determine",
                f"rank {np.linalg.matrix_rank(X) if k else 0}",
                "Leave a moderator out.",
            )
        )
    between = tau_squared(values, variances, code, X)
    value = between.value if tau2 is None else tau2
    w = 1 / (variances + value)
    bread = np.linalg.inv(X.T @ (w[:, None] * X))
    beta = bread @ (X.T @ (w * values))
    df = k - p
    # Without a degree of freedom there is no t, and the interval is the normal one.
    how = how if df else "z"
    Q = generalised_q(0.0, values, variances, X)
    I2, H2 = inconsistency(variances, X, code, value, Q, df)
    return Fit(
        method=code,
        test=how,
        level=level,
        k=k,
        p=p,
        beta=np.asarray(beta),
        covariance=np.asarray(bread * _scale(values - X @ beta, w, df, how)),
        tau2=value,
        tau2_se=between.se,
        I2=I2,
        H2=H2,
        Q=Q,
        Q_df=df,
        Q_p=float(chdtrc(df, Q)) if df else 1.0,
        df=np.inf if how == "z" else float(df),
        log_likelihood=log_likelihood(value, values, variances, X, code == "REML"),
        weights=np.asarray(100 * w / w.sum()),
    )


def _scale(residuals: Floats, w: Floats, df: int, test: str) -> float:
    """What the test multiplies the variance of the coefficients by."""
    if not test.startswith("knapp-hartung"):
        return 1.0
    square = float((w * residuals**2).sum()) / df
    return max(1.0, square) if test.endswith("floor") else square


def inconsistency(
    variances: Floats, X: Floats, method: str, tau2: float, Q: float, df: int
) -> tuple[float, float]:
    """I2 (percent) and H2; Higgins and Thompson 2002, doi:10.1002/sim.1186."""
    if df == 0:
        return 0.0, 1.0
    if method == "EE":
        return (100 * max(0.0, (Q - df) / Q) if Q > 0 else 0.0), Q / df
    typical = df / Projection.of(1 / variances, X).trace()
    return 100 * tau2 / (tau2 + typical), (tau2 + typical) / typical
