"""One page on a network meta-analysis: forest, graph, league table, agreement, ranks, contributions."""

from collections.abc import Sequence

import polars as pl
from markupsafe import Markup

from speciosa.evidence.appraisal.certainty import ComparisonCertainty
from speciosa.evidence.appraisal.small_studies import small_studies
from speciosa.evidence.bayes.binomial_nuts import BinomialResult
from speciosa.evidence.bayes.network import BayesNetwork
from speciosa.evidence.bayes.words import bayes_text
from speciosa.evidence.network.coherence import by_comparison
from speciosa.evidence.network.contributions import study_contributions
from speciosa.evidence.network.inconsistency import net_split
from speciosa.evidence.network.result import NetworkResult
from speciosa.evidence.network.words import as_text, describe, heterogeneity_text, scale_text
from speciosa.evidence.printed import p_text
from speciosa.report.figures.funnel import network_funnel
from speciosa.report.figures.inconsistency import heat_chart, heat_table
from speciosa.report.figures.network import edges_table, network_chart
from speciosa.report.figures.network_forest import (
    MOST_SPLITS,
    forest_table,
    network_forest,
    split_chart,
    split_table,
)
from speciosa.report.figures.rankogram import rank_table, rankogram
from speciosa.report.number import table_html
from speciosa.report.page import Part, page
from speciosa.report.sections.evidence_page import drawing
from speciosa.report.sections.league import league_html
from speciosa.report.sections.network_certainty import certainty_html


def network_page(
    result: NetworkResult,
    source: str,
    title: str = "",
    population: str = "",
    note: str = "",
    posterior: BayesNetwork | BinomialResult | None = None,
    certainty: Sequence[ComparisonCertainty] | None = None,
    trials: Sequence[str] = (),
) -> str:
    """The page as HTML text.

    Args:
        result: the network meta-analysis.
        source: where the trials come from.
        title: of the page; the measure where empty.
        population: whom the trials studied, and the outcome; said to be unstated where empty.
        note: what a reader must know.
        posterior: a Bayesian analysis of the same trials.
        certainty: how sure each comparison is, where a minimal important difference was stated.
        trials: by what protocol they were chosen, how they came there, who is left out; said to be unstated where empty.
    """
    about = f"{population or 'Population and outcome: as in the file'}. {describe(result)}. Source: {source}."
    about = about[0].upper() + about[1:]
    parts = [
        Part("answer", "Result", Markup("<p>{}</p>").format(note) + _answer(result, about)),
        Part("network", "What was compared", _trials(trials) + _graph(result, about)),
        Part("league", "Everything against everything", league_html(result)),
        Part("agreement", "Do the trials agree?", _agreement(result, about)),
        Part("signals", "What each comparison rests on", _signals(result, certainty)),
        Part("small", "Small studies", _small_studies(result, about)),
        Part("ranks", "Ranks", _ranks(result, about)),
        Part("contributions", "Which studies carry the result", _contributions(result)),
    ]
    if posterior is not None:
        words = Markup("<pre>{}</pre>").format(bayes_text(posterior))
        parts.append(Part("bayes", "The same as a posterior", words))
    parts.append(
        Part("methods", "Numbers and methods", Markup("<pre>{}</pre>").format(as_text(result)))
    )
    return page(title or "Network meta-analysis", source, parts, describe(result))


def _answer(result: NetworkResult, about: str) -> Markup:
    caption = (
        f"{about} Squares: network estimates with {100 * result.level:g}% intervals; dashed: the effect to expect in a "
        f"new study. {result.coherence.ranking or 'Best by P-score first.'}"
    )
    return drawing(
        "forest",
        f"Every treatment against {result.reference}",
        caption,
        network_forest(result),
        forest_table(result),
    )


def _trials(told: Sequence[str]) -> Markup:
    unstated = ("Protocol: none was stated with the trials, nor how they were looked for.",)
    return Markup("").join(Markup("<p>{}</p>").format(line) for line in told or unstated)


def _graph(result: NetworkResult, about: str) -> Markup:
    caption = f"{about} Lines: trials that compare the two, their number on the line. Circles: people, or else studies."
    return drawing(
        "network",
        "The network of trials",
        caption,
        network_chart(result.network),
        edges_table(result.network),
    )


def _agreement(result: NetworkResult, about: str) -> Markup:
    parts, beside = result.heterogeneity, result.coherence
    words = Markup("<p>{}</p>").format(
        f"{beside.studies} trials, {beside.told_people}. {heterogeneity_text(result).rstrip('.')}. "
        f"Q within designs {parts.within:.2f} on {parts.within_df}, {p_text(parts.within_p)}. "
        f"Inconsistency: Q between designs {parts.between:.2f} on {parts.between_df}, {p_text(parts.between_p)}. "
        f"{beside.verdict}"
    )
    if net_split(result).is_empty():
        return words + Markup("<p>No comparison has both direct and indirect evidence.</p>")
    split = drawing(
        "split",
        "Direct against indirect evidence",
        f"{about} Back-calculation with the heterogeneity of the network; least agreement first, at most {MOST_SPLITS}.",
        split_chart(result),
        split_table(result),
    )
    table = heat_table(result.network, result.tau2)
    if table.is_empty():
        return words + split
    warm = drawing(
        "heat",
        "Where the disagreement sits",
        f"{about} Warm: setting the design of the column free lowers the disagreement of the design of the row.",
        heat_chart(table),
        table,
    )
    return words + split + warm


def _signals(result: NetworkResult, certainty: Sequence[ComparisonCertainty] | None) -> Markup:
    caption = f"Comparisons with {result.reference}."
    if certainty is not None:
        return table_html(by_comparison(result), "methods", caption=caption) + certainty_html(
            certainty, "methods"
        )
    unjudged = (
        "How sure they are is judged where --mid states the smallest difference that matters."
    )
    return table_html(by_comparison(result), "methods", caption=f"{caption} {unjudged}")


def _small_studies(result: NetworkResult, about: str) -> Markup:
    found = small_studies(result)
    told = found.reason or (
        f"Egger's intercept {found.intercept:.2f} (standard error {found.se:.2f}), {p_text(found.p)}"
    )
    return drawing(
        "funnel",
        "Do small studies show more?",
        f"{about} Each contrast less the pooled effect of its own comparison (comparison-adjusted funnel), against "
        f"{result.reference} where filled. {told[0].upper()}{told[1:]}.",
        network_funnel(found, scale_text(result.network.measure)),
        found.points,
    )


def _ranks(result: NetworkResult, about: str) -> Markup:
    if result.coherence.ranking:
        return Markup("<p>{}</p>").format(result.coherence.ranking)
    good = "small" if result.small_values == "desirable" else "large"
    caption = f"{about} Probability of each rank if {good} values are good, from the joint distribution of the estimates."
    return drawing(
        "ranks",
        "How sure the ranking is",
        caption,
        rankogram(result.ranks),
        rank_table(result.ranks),
    )


def _contributions(result: NetworkResult) -> Markup:
    table = study_contributions(result)
    share = (
        table.group_by("study", maintain_order=True)
        .agg(mean_share=pl.col("share").mean())
        .sort("mean_share", descending=True)
    )
    return table_html(
        share,
        "methods",
        caption="Mean share of each study in all network estimates (flow of evidence).",
    )
