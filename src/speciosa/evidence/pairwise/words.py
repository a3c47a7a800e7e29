"""A pairwise meta-analysis in words for people and as one flat mapping for programs."""

import math
from typing import Any

import numpy as np

from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis

_METHODS = {
    "EE": "common effect",
    "MH": "Mantel-Haenszel",
    "PETO": "Peto's one-step",
    "EXACT": "common effect, exact likelihood",
    "GLMM": "random effects, exact likelihood (ML)",
}
_TESTS = {
    "z": "normal interval",
    "t": "t interval",
    "knapp-hartung": "Knapp-Hartung interval",
    "knapp-hartung-floor": "Knapp-Hartung interval, never narrowed",
}


def finite(value: float | None) -> float | None:
    """The value, or None for what JSON cannot hold."""
    return None if value is None or not math.isfinite(value) else float(value)


def as_mapping(r: PairwiseMetaAnalysis) -> dict[str, Any]:
    """The result under the names of the command line's JSON; I2 in percent.

    Everything but `natural` is on the analysis scale. With moderators, `estimate` is the intercept
    and the coefficients stand under `coefficients`.
    """
    # Without a degree of freedom nothing estimates heterogeneity.
    between = dict.fromkeys(("tau2", "I2", "H2", "Q", "Q_p"))
    if r.fit.Q_df:
        between = {"tau2": r.tau2, "I2": r.I2, "H2": r.H2, "Q": r.Q, "Q_p": r.Q_p}
    found: dict[str, Any] = {
        "measure": r.measure.code,
        "method": r.method,
        "test": r.test,
        "k": r.k,
        "estimate": finite(r.estimate),
        "se": finite(r.se),
        "ci_low": finite(r.ci_low),
        "ci_high": finite(r.ci_high),
        "p": finite(r.p),
        "pi_low": finite(r.pi_low),
        "pi_high": finite(r.pi_high),
        **{name: finite(value) for name, value in between.items()},
        "pi_df": finite(r.pi_df),
        "scale": r.measure.scale,
        "natural": {
            name: finite(r.natural(value))
            for name, value in (
                ("estimate", r.estimate),
                ("ci_low", r.ci_low),
                ("ci_high", r.ci_high),
                ("pi_low", r.pi_low),
                ("pi_high", r.pi_high),
            )
        },
        "notes": list(r.notes),
    }
    if r.fit.p > 1:
        qm, qm_p, df = r.fit.moderator_test()
        rows = r.coefficients().to_dicts()
        found["coefficients"] = [
            {key: v if isinstance(v, str) else finite(v) for key, v in row.items()} for row in rows
        ]
        found |= {"QM": finite(qm), "QM_p": finite(qm_p), "QM_df": df, "R2": finite(r.R2())}
    return found


def number(value: float) -> str:
    """A number for a reader: three significant digits, few decimals.

    Example:
        >>> number(0.48938), number(-12.34), number(1234.5), number(0.0000123)
        ('0.489', '-12.3', '1234', '1.23e-05')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "not known"
    if abs(value) < 1e-3 or abs(value) >= 1e5:
        return f"{value:.3g}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def share(value: float) -> str:
    """A proportion of one study: three significant digits, and no more than four decimals where these show it.

    Example:
        >>> share(0.13857), share(0.0042912), share(0.05), share(0.00002)
        ('0.139', '0.0043', '0.0500', '2e-05')
    """
    if value < 5e-5:
        return number(value) if value == 0 else f"{value:.1g}"
    return f"{value:.4f}" if value < 0.1 else number(value)


def p_value(p: float) -> str:
    """A p-value for a reader; none where there is no test.

    Example:
        >>> p_value(0.0312), p_value(1e-9), p_value(math.nan)
        ('p = 0.031', 'p < 0.0001', 'p not known')
    """
    if math.isnan(p):
        return "p not known"
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"


def describe(r: PairwiseMetaAnalysis) -> str:
    """How the numbers were made: measure, studies, estimator, test."""
    label = r.measure.label[0].upper() + r.measure.label[1:]
    if r.k == 1:
        return f"{label}, 1 study, normal interval"
    how = _METHODS.get(r.method, f"random effects ({r.method})")
    return f"{label}, {r.k} studies, {how}, {_TESTS[r.test]}"


def natural_interval(r: PairwiseMetaAnalysis, estimate: float, low: float, high: float) -> str:
    """An estimate with its interval on the natural scale."""
    x, a, b = (number(r.natural(v) or 0.0) for v in (estimate, low, high))
    return f"{x} ({100 * r.level:g}% CI {a} to {b})"


def as_text(r: PairwiseMetaAnalysis) -> str:
    """The result for a reader, estimates on the natural scale."""
    lines = [describe(r)]
    if r.fit.p == 1:
        pooled = natural_interval(r, r.estimate, r.ci_low, r.ci_high)
        lines.append(f"  pooled       {pooled}" + (f", {p_value(r.p)}" if _tested(r) else ""))
        lines.extend(_prediction(r))
    else:
        lines.extend(_coefficients(r))
    lines.append(_heterogeneity(r))
    if r.measure.scale != "identity" and r.fit.p == 1:
        lines.append(
            f"  on the {r.measure.scale} scale {r.estimate:.4f} (se {r.se:.4f},"
            f" {r.ci_low:.4f} to {r.ci_high:.4f})"
        )
    return "\n".join([*lines, "", *_studies(r), *(f"Note: {note}" for note in r.notes)])


def _tested(r: PairwiseMetaAnalysis) -> bool:
    return r.measure.null is not None


def _prediction(r: PairwiseMetaAnalysis) -> list[str]:
    if r.pi_low is None or r.pi_high is None:
        return []
    low, high = (number(r.natural(v) or 0.0) for v in (r.pi_low, r.pi_high))
    form = "normal" if np.isinf(r.pi_df) else f"t with {r.pi_df:g} degrees of freedom"
    return [f"  new study    {low} to {high} ({100 * r.level:g}% prediction interval, {form})"]


def _heterogeneity(r: PairwiseMetaAnalysis) -> str:
    if r.k == 1:
        return "  between      not estimable from one study"
    q = f"Q {r.Q:.1f} on {r.fit.Q_df} degrees of freedom, {p_value(r.Q_p)}"
    if r.method in ("EXACT", "GLMM"):
        test = (
            f"likelihood-ratio test {r.Q:.1f} on {r.fit.Q_df} degrees of freedom, {p_value(r.Q_p)}"
        )
        spread = f"tau2 {number(r.tau2)}, I2 {r.I2:.0f}%, " if r.method == "GLMM" else ""
        return f"  between      {spread}{test}"
    if r.method in ("EE", "MH", "PETO"):
        return f"  between      I2 {r.I2:.0f}%, {q}"
    low, high = r.tau2_interval()
    return (
        f"  between      tau2 {number(r.tau2)} ({number(low)} to {number(high)}, Q-profile),"
        f" I2 {r.I2:.0f}%, H2 {number(r.H2)}, {q}"
    )


def _coefficients(r: PairwiseMetaAnalysis) -> list[str]:
    lines = []
    for row in r.coefficients().to_dicts():
        lines.append(
            f"  {row['name']:<24} {row['estimate']:9.4f}  (se {row['se']:.4f},"
            f" {row['ci_low']:.4f} to {row['ci_high']:.4f}, {p_value(row['p'])})"
        )
    qm, p, df = r.fit.moderator_test()
    explained = r.R2()
    lines.append(
        f"  moderators   QM {qm:.2f} on {df}, {p_value(p)}"
        + (f"; R2 {explained:.0f}%" if explained is not None else "")
    )
    return lines


def _studies(r: PairwiseMetaAnalysis) -> list[str]:
    width = min(max(len(name) for name in r.labels), 40)
    show = share if r.measure.scale in ("logit", "arcsine", "double arcsine") else number
    lines = []
    for place, row in enumerate(r.table().to_dicts()):
        found = [r.natural_of_study(place, row[c]) for c in ("effect", "ci_low", "ci_high")]
        x, a, b = ("not known" if v is None else show(v) for v in found)
        mark = " *" if row["zero_cell"] else ""
        shown = "no estimate" if found[0] is None else f"{x:>8} ({a} to {b})"
        weight = "" if np.isnan(row["weight"]) else f"  {row['weight']:.1f}%"
        lines.append(f"  {row['study'][:width]:<{width}}  {shown}{weight}{mark}")
    return lines
