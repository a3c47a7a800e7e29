"""A Bayesian network meta-analysis in words, for a terminal and for the methods part of a page."""

import polars as pl

from speciosa.evidence.bayes.binomial_nuts import BinomialResult
from speciosa.evidence.bayes.network import BayesNetwork
from speciosa.evidence.bayes.priors import on_scale
from speciosa.evidence.network.effects import display
from speciosa.evidence.network.words import describe_network, remarks, scale_text
from speciosa.evidence.printed import columns, number, span


def bayes_text(result: BayesNetwork | BinomialResult) -> str:
    """A Bayesian result for a terminal."""
    show = display(result.network.measure)
    word = scale_text(result.network.measure)
    rows = [["", f"{word}, median", f"{100 * result.level:g}% interval", "new study", "SUCRA"]]
    against = {
        r["treat1"]: r
        for r in result.table.iter_rows(named=True)
        if r["treat2"] == result.reference
    }
    for name in sorted(result.treatments, key=lambda name: -result.sucra[name]):
        score = f"{result.sucra[name]:.2f}"
        if name not in against:
            rows.append([f"{name} (reference)", "", "", "", score])
            continue
        row = against[name]
        new = span(show(row["pi_low"]), show(row["pi_high"])) if result.model == "random" else ""
        rows.append(
            [
                name,
                number(show(row["median"])),
                span(show(row["low"]), show(row["high"])),
                new,
                score,
            ]
        )
    fit, tau = result.deviance, result.tau
    lines = [
        f"Bayesian network meta-analysis: {word}, {describe_network(result.network)}.",
        f"Priors: {result.priors}.",
        "",
        columns(rows),
        "",
        f"tau {tau['median']:.3g} ({tau['low']:.3g} to {tau['high']:.3g}); residual deviance {fit.dbar:.1f} for "
        f"{fit.points} {fit.unit}s, pD {fit.pd:.1f}, DIC {fit.dic:.1f}",
    ]
    lines += prior_remarks(result)
    if result.omega["high"] > 0:
        lines.append(class_text(result))
    if isinstance(result, BinomialResult):
        lines.append(f"Sampler: {result.diagnostics}.")
    as_counted = isinstance(result, BinomialResult)
    return "\n".join(lines + remarks(result.network, as_counted=as_counted))


def prior_remarks(result: BayesNetwork | BinomialResult) -> list[str]:
    """Priors that are not vague on the scale of these data, in words."""
    priors, found = result.priors, []
    largest = max(abs(float(study.effect.max())) for study in result.network.studies)
    if largest > priors.effect_sd / 3:
        found.append(
            f"The prior of effects, N(0, {priors.effect_sd:g}^2), is not vague beside effects of {largest:.3g}."
        )
    if result.tau["high"] > priors.tau_prior.reach:
        shape = str(priors.tau_prior).removeprefix("tau ")
        found.append(f"The prior of tau, {shape}, holds tau down on this scale.")
    return found + on_scale(priors.tau_prior, result.network.measure)


def class_text(result: BayesNetwork | BinomialResult) -> str:
    """Class means and the spread within classes."""
    show = display(result.network.measure)
    means = [name for name in result.names if name.startswith("class ")]
    told = []
    for name in means:
        found = result.contrast({name: 1.0})
        told.append(
            f"{name} {number(show(found['median']))} ({span(show(found['low']), show(found['high']))})"
        )
    spread = result.omega
    return (
        "Classes: " + "; ".join(told) + f"; spread within a class {spread['median']:.3g} "
        f"({spread['low']:.3g} to {spread['high']:.3g})"
    )


def borrowing_text(table: pl.DataFrame, measure: str) -> str:
    """What treatments take from their class, for a terminal."""
    show = display(measure)
    rows = [["borrowed from the class", "alone", "with class", "sd with / sd alone"]]
    for name, alone, _, classed, _, ratio in table.iter_rows():
        rows.append([name, number(show(alone)), number(show(classed)), f"{ratio:.2f}"])
    return columns(rows)
