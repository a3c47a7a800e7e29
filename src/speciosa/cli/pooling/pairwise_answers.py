"""What is asked of a pooled effect, each as values for JSON and as text."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from speciosa.errors import EvidenceError, Fault

if TYPE_CHECKING:
    from speciosa.evidence.bayes.posterior import Mixture, TauPosterior
    from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis

Part = tuple[dict[str, Any], str]


def _step(
    result: "PairwiseMetaAnalysis", label: str, estimate: float, low: float, high: float
) -> str:
    from speciosa.evidence.pairwise.words import natural_interval

    return f"  {label:<32} {natural_interval(result, estimate, low, high)}"


def subgroups(result: "PairwiseMetaAnalysis", column: str) -> Part:
    """The pooled effect of each value of a column, and the test between them."""
    from speciosa.evidence.pairwise.words import p_value

    found = result.subgroups(column)
    rows = [
        {"group": g.label, "k": g.fit.k, "estimate": g.estimate, "ci_low": g.interval[0],
         "ci_high": g.interval[1], "tau2": g.fit.tau2}
        for g in found.groups
    ]  # fmt: skip
    common = result.method in ("EE", "MH", "PETO", "EXACT")
    text = [f"By {column}:" if common else f"By {column}, each with its own tau2:"]
    text += [_step(result, f"{g.label} ({g.fit.k})", g.estimate, *g.interval) for g in found.groups]
    text.append(f"  between groups Q {found.Q_between:.2f} on {found.df}, {p_value(found.p)}")
    text += [f"  {note}" for note in found.notes]
    subgroups = {"groups": rows, "Q_between": found.Q_between, "df": found.df, "p": found.p}
    subgroups |= {"notes": list(found.notes)}
    return {"subgroups": subgroups}, "\n".join(text)


def clusters(result: "PairwiseMetaAnalysis", column: str) -> Part:
    """Three levels and robust errors for effects that depend on each other within a column."""
    from speciosa.evidence.pairwise.three_level import three_level

    members = result.clusters(column)
    sandwich, said = _robust(result, column)
    if result.fit.p > 1:
        return sandwich, said
    found = three_level(result.values, result.variances, members, level=result.level)
    alone = f"The pooled effect above takes effects of one {column} for independent; these do not:"
    text = [
        *([alone] if len(set(members)) < len(members) else []),
        f"Three levels, effects within {column} (REML, normal interval):",
        _step(result, "pooled", found.estimate, found.ci_low, found.ci_high),
        f"  tau2 between {found.clusters} clusters {found.between:.4g}, within them {found.within:.4g}",
    ]
    return {"three_level": asdict(found)} | sandwich, "\n".join([*text, said])


def outcomes_of_clusters(outcomes: str, cluster: str) -> None:
    """Refuses outcomes without the column that says which study they are of."""
    if outcomes and not cluster:
        fix = f"--cluster study --outcomes {outcomes}."
        raise EvidenceError(Fault("--outcomes", "the column of studies as --cluster", "none", fix))


def several_outcomes(
    result: "PairwiseMetaAnalysis", studies: str, outcomes: str, correlation: float
) -> Part:
    """Each outcome pooled with what the others of the same studies say of it."""
    from speciosa.evidence.pairwise.multivariate import multivariate
    from speciosa.evidence.pairwise.words import p_value

    if result.fit.p > 1:
        raise EvidenceError(Fault("--outcomes", "no moderators", "moderators"))
    found = multivariate(
        *(result.values, result.variances, result.clusters(studies), result.clusters(outcomes)),
        correlation=correlation,
        level=result.level,
    )
    text = [
        f"Outcomes at once (REML, unstructured between {found.studies} studies; correlation {correlation:g} within them, assumed:"
        " try others by --within-correlation):"
    ]
    rows = []
    for i, name in enumerate(found.outcomes):
        figures = (float(v[i]) for v in (found.estimate, found.ci_low, found.ci_high))
        tau2, p = float(found.psi[i, i]), float(found.p[i])
        text.append(f"{_step(result, name, *figures)}, {p_value(p)}; tau2 {tau2:.4g}")
        rows.append(
            {"outcome": name, "estimate": float(found.estimate[i]), "se": float(found.se[i]),
             "ci_low": float(found.ci_low[i]), "ci_high": float(found.ci_high[i]), "p": p, "tau2": tau2}
        )  # fmt: skip
    pairs = []
    for i, one in enumerate(found.outcomes):
        for j, other in enumerate(found.outcomes[:i]):
            r = found.between(i, j)
            pairs.append({"outcomes": [other, one], "correlation": r})
            told = "not estimable" if r is None else f"{r:.3f}"
            text.append(f"  correlation of {other} with {one} between studies: {told}")
    whole = {"within_correlation": correlation, "studies": found.studies, "outcomes": rows,
             "between": pairs, "log_likelihood": found.log_likelihood}  # fmt: skip
    return {"multivariate": whole}, "\n".join(text)


def _robust(result: "PairwiseMetaAnalysis", column: str) -> Part:
    from speciosa.evidence.pairwise.words import natural_interval, p_value

    found = result.robust(column)
    fields = ("estimate", "se", "statistic", "p", "ci_low", "ci_high")
    rows = [
        {"name": name} | {field: float(getattr(found, field)[i]) for field in fields}
        for i, name in enumerate(result.names)
    ]
    text = [
        f"Robust to any dependence within {found.clusters} clusters of {column} (t with {found.df} degrees of freedom):"
    ]
    if result.fit.p == 1:
        one = rows[0]
        shown = natural_interval(
            result, *(float(one[c]) for c in ("estimate", "ci_low", "ci_high"))
        )
        text.append(f"  {'pooled':<32} {shown}, {p_value(float(one['p']))}")
    else:
        text += [
            f"  {row['name']:<24} {row['estimate']:9.4f}  (se {row['se']:.4f}, {row['ci_low']:.4f} to {row['ci_high']:.4f},"
            f" {p_value(float(row['p']))})"
            for row in rows
        ]
    if found.df < 4:
        text.append("  With fewer than 4 degrees of freedom these intervals cannot be relied on.")
    whole = {"clusters": found.clusters, "df": found.df, "coefficients": rows}
    return {"robust": whole}, "\n".join(text)


def importance_of(result: "PairwiseMetaAnalysis", mid: float) -> Part:
    """Where the intervals lie beside the smallest difference that matters."""
    from speciosa.evidence.effects.importance import half_range, importance

    if result.measure.null is None or result.fit.p > 1:
        raise EvidenceError(
            Fault("--mid", "a measure with no effect, without moderators", result.measure.code)
        )
    null = result.measure.null
    half = half_range(mid, result.measure.scale == "log")
    of = {"pooled": (result.ci_low, result.ci_high)}
    if result.pi_low is not None and result.pi_high is not None:
        of["new study"] = (result.pi_low, result.pi_high)
    found = {name: importance(low - null, high - null, half) for name, (low, high) in of.items()}
    text = [f"Beside a smallest important difference of {mid:g}:"]
    text += [f"  {name:<12} {place}" for name, place in found.items()]
    values = {"mid": mid, "pooled": found["pooled"], "new_study": found.get("new study")}
    return {"importance": values}, "\n".join(text)


def without_each(result: "PairwiseMetaAnalysis") -> Part:
    """The pooled effect without each study in turn."""
    steps = result.leave_one_out()
    rows = [
        {"left_out": s.label, "estimate": s.estimate, "ci_low": s.interval[0],
         "ci_high": s.interval[1], "tau2": s.fit.tau2, "I2": s.fit.I2}
        for s in steps
    ]  # fmt: skip
    text = ["Without each study:"]
    text += [_step(result, s.label, s.estimate, *s.interval) for s in steps]
    return {"leave_one_out": rows}, "\n".join(text)


def small_studies(result: "PairwiseMetaAnalysis") -> Part:
    """Tests of small-study effects, and studies that may be missing."""
    tests = [result.egger(), result.egger("linear"), result.begg()]
    filled = result.trim_and_fill()
    rows = [{"test": t.name, "statistic": t.statistic, "p": t.p, "limit": t.limit} for t in tests]
    low, high = filled.fit.interval(filled.fit.beta * 0 + 1)[2:]
    trim = {"missing": filled.missing, "side": filled.side, "estimate": filled.estimate,
            "ci_low": low, "ci_high": high}  # fmt: skip
    text = ["Small studies:"]
    text += [f"  {t.name:<20} {t.statistic:.3f}, p = {t.p:.2g}" for t in tests]
    text.append(
        _step(result, f"{filled.missing} filled in, {filled.side}", filled.estimate, low, high)
    )
    if tests[0].few:
        text.append("  With fewer than 10 studies these tests cannot tell.")
    return {"small_studies": {"tests": rows, "trim_and_fill": trim}}, "\n".join(text)


def bayes(result: "PairwiseMetaAnalysis", prior: str) -> Part:
    """The posterior under a prior of tau."""
    from speciosa.evidence.bayes.pairwise import bayesian_meta_analysis
    from speciosa.evidence.bayes.priors import on_scale, parse_prior
    from speciosa.evidence.pairwise.words import finite

    if result.fit.p > 1:
        raise EvidenceError(Fault("--bayes", "no moderators", ", ".join(result.names[1:])))
    chosen = parse_prior(prior)
    notes = on_scale(chosen, result.measure.code)
    found = bayesian_meta_analysis(result.values, result.variances, tau_prior=chosen)
    of: dict[str, Mixture | TauPosterior] = {"mu": found.mu, "new": found.new, "tau": found.tau}
    outside = (1 - result.level) / 2
    places = (0.5, outside, 1 - outside)
    limits = {name: tuple(posterior.quantile(q) for q in places) for name, posterior in of.items()}
    rows = {
        name: {"median": middle, "low": low, "high": high,
               "q25": of[name].quantile(0.25), "q75": of[name].quantile(0.75), "mean": finite(of[name].mean()),
               "sd": finite(of[name].sd())}
        for name, (middle, low, high) in limits.items()
    }  # fmt: skip
    middle, low, high = limits["tau"]
    text = [
        f"Bayesian, prior {found.prior} (medians and {100 * result.level:g}% intervals):",
        _step(result, "pooled", *limits["mu"]).replace("CI", "interval"),
        _step(result, "new study", *limits["new"]).replace("CI", "interval"),
        f"  tau {middle:.3f} ({low:.3f} to {high:.3f})",
        *(f"  {note}" for note in notes),
    ]
    return {"bayes": {"prior": found.prior, "notes": notes, **rows}}, "\n".join(text)


def absolute(result: "PairwiseMetaAnalysis", baseline: float, source: str) -> Part:
    """Events per 1,000 at a baseline risk."""
    from speciosa.evidence.effects.absolute import absolute_effect

    source = source or "stated on the command line"
    found = absolute_effect(
        result.measure.code, result.estimate, result.ci_low, result.ci_high, baseline, source
    )
    low, high = found.difference_interval
    values = {
        "baseline": found.baseline,
        "with_treatment": found.with_treatment,
        "difference": found.difference,
        "difference_low": low,
        "difference_high": high,
        "number_needed": found.number_needed,
        "beyond": found.beyond,
        "source": source,
    }
    return {"absolute_per_1000": values}, f"Absolute effect: {found}. Baseline: {source}."
