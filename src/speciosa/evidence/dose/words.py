"""A dose-response meta-analysis in words and plain columns."""

import numpy as np

from speciosa.evidence.dose.result import DoseResponse
from speciosa.evidence.printed import columns, number, p_text, span

_CURVES = {"linear": "a line", "quadratic": "a parabola", "spline": "a restricted cubic spline"}
_METHODS = {"REML": "random effects, REML", "ML": "random effects, ML", "fixed": "fixed effects"}
_EFFECTS = {"RR": "ratio", "MD": "difference", "SMD": "standardised difference"}


def describe(result: DoseResponse) -> str:
    """Studies, curve and model in one line."""
    count = len(result.studies)
    knots = ", ".join(f"{knot:.4g}" for knot in result.curve.knots)
    at = f" with knots at {knots}" if knots else ""
    return (
        f"{count} {'study' if count == 1 else 'studies'}, {_CURVES[result.curve.shape]}{at}, {result.procedure}, "
        f"{_METHODS[result.estimator]}"
    )


def as_text(result: DoseResponse) -> str:
    """The result for a terminal."""
    percent = f"{100 * result.level:g}% interval"
    rows = [["dose", _EFFECTS[result.measure], percent]]
    for dose, effect, low, high in result.predict(result.grid(9).tolist()).iter_rows():
        rows.append([f"{dose:.4g}", number(effect), span(low, high)])
    lines = [
        f"Dose-response meta-analysis: {describe(result)}.",
        f"Against dose {result.lowest:.4g}:",
        "",
        columns(rows),
        "",
        "Coefficients on the analysis scale:",
    ]
    lines += [
        f"  {row['name']:<14} {row['estimate']:.5g} (se {row['se']:.4g}, {row['ci_low']:.4g} to {row['ci_high']:.4g}, "
        f"{p_text(row['p'])})"
        for row in result.coefficients.to_dicts()
    ]
    chi2, df, p = result.wald()
    lines.append(f"Any trend: chi-squared {chi2:.2f} on {df}, {p_text(p)}")
    if len(result.fitted.beta) > 1:
        chi2, df, p = result.wald(1)
        lines.append(f"Departure from a line: chi-squared {chi2:.2f} on {df}, {p_text(p)}")
    q, q_df, q_p = result.heterogeneity
    if result.I2 is not None:
        lines.append(f"Heterogeneity: Q {q:.2f} on {q_df}, {p_text(q_p)}, I2 {result.I2:.0f}%")
    if result.estimator != "fixed":
        spread = ", ".join(f"{value:.3g}" for value in np.sqrt(np.diag(result.fitted.psi)))
        lines.append(f"Standard deviations of the studies' own coefficients: {spread}")
    if len(result.studies) == 1:
        lines.append("One study: how studies differ cannot be estimated.")
    lines += [f"Left out: {name}, {why}." for name, why in result.left_out.items()]
    return "\n".join([*lines, *result.notes])
