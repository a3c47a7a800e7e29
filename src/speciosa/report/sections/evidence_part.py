"""What human trials say: the trials of kratom, the pooled networks, and recorded rates of harm."""

import polars as pl
from markupsafe import Markup

from speciosa.comparison import Comparison
from speciosa.comparison.trials import Pooled, kratom_trials
from speciosa.evidence.appraisal.small_studies import SmallStudies, small_studies
from speciosa.evidence.network.coherence import LEVEL, by_comparison
from speciosa.evidence.network.inconsistency import net_split
from speciosa.evidence.network.result import NetworkResult
from speciosa.evidence.network.words import describe, heterogeneity_text, scale_text
from speciosa.evidence.printed import p_text
from speciosa.report.figures.figure import Figure, anchor_of
from speciosa.report.number import link_numbers, linked, plain, table_html
from speciosa.report.sections.league import league_html
from speciosa.report.sections.network_certainty import certainty_html
from speciosa.report.sections.sources import Sources
from speciosa.report.texts import text


def evidence_part(comparison: Comparison, figures: list[Figure], sources: Sources) -> Markup:
    """The section: kratom's own trials first, then each network, then rates."""
    body = _kratom_trials(sources)
    indication = comparison.study.indication
    if indication != "withdrawal" and any(n.indication != indication for n in comparison.pooled):
        body += Markup("<p>{}</p>").format(text("part.other_people"))
    for network in comparison.pooled:
        body += _network(network, figures, sources)
    if len(comparison.risks):
        body += _risks(comparison.risks, sources)
    return body


def _kratom_trials(sources: Sources) -> Markup:
    """Every randomised study of kratom in people that the fact base holds, in a sentence and a table."""
    rows = kratom_trials()
    names = rows["study"].unique(maintain_order=True).to_list()
    listed = []
    for row in rows.iter_rows(named=True):
        anchor = sources.anchor(str(row["reference"]))
        estimate = row["estimate"] if row["estimate"] is not None else row["mean_t"]
        listed.append(
            {
                "study": sources.link(str(row["reference"])),
                "people": linked(str(row["n"]), anchor) if row["n"] is not None else None,
                "outcome": link_numbers(f"{row['outcome']} ({row['timepoint']})", anchor),
                "kratom": linked(plain(estimate, 3), anchor) if estimate is not None else None,
                "comparator": linked(plain(row["mean_c"], 3), anchor)
                if row["mean_c"] is not None
                else None,
                "seen": str(row["seen"]),
            }
        )
    said = text("trials.kratom_count", count=len(names), names=", ".join(names))
    told = link_numbers(said, "evidence")
    return Markup("<h3>{}</h3><p>{}</p><details><summary>{}</summary>{}</details>").format(
        text("trials.kratom"), told, text("trials.kratom_rows"), table_html(listed, "evidence")
    )


def _network(network: Pooled, figures: list[Figure], sources: Sources) -> Markup:
    anchor = anchor_of("network", network.name)
    head = Markup('<h3 id="{}">{}</h3>').format(
        anchor, network.title[0].upper() + network.title[1:]
    )
    cited = network_trials(network, anchor, sources)
    if network.result is None:
        why = link_numbers(network.problem, anchor)
        alone = islands_apart(network, anchor)
        return head + Markup('<p class="gap">Not pooled: {}</p>').format(why) + alone + cited
    found = _drawn(network, network.result, anchor)
    figures += found
    league = Markup(
        '<details data-source="#{}"><summary>League table</summary>{}</details>'
    ).format(anchor, league_html(network.result))
    drawn = Markup("").join(figure.html() for figure in found)
    return head + network_evidence(network, network.result, anchor, drawn) + league + cited


def network_evidence(
    network: Pooled, result: NetworkResult, anchor: str, drawn: str = ""
) -> Markup:
    """What stands beside a network or an island of it: whether it agrees, what each comparison rests on and how sure it is."""
    sure = certainty_html(network.certainty_of(result), anchor)
    beside = Markup(drawn) + comparison_signals(result, anchor)
    return network_agreement(result, anchor) + beside + sure


def islands_apart(network: Pooled, anchor: str) -> Markup:
    """The parts of a network that falls apart, each by itself."""
    named = Markup("<h4>Only {}</h4>{}")
    return Markup("").join(
        named.format(
            link_numbers(", ".join(part.treatments), anchor),
            network_evidence(network, part, anchor),
        )
        for part in network.islands
    )


def network_trials(network: Pooled, anchor: str, sources: Sources) -> Markup:
    """The trials, how they came to be pooled, and which did not."""
    apart = "; ".join(f"{study} ({setting})" for study, setting in network.apart.items())
    told = {
        "protocol": network.protocol or text("trials.no_protocol"),
        "note": network.about,
        "flow": "" if network.flow is None else str(network.flow),
        "review": network.review,
        "apart": apart,
        "recalled": ", ".join(network.left_out),
    }
    cited = Markup("<p>Trials: {}.</p>").format(sources.links(network.studies.values()))
    for key, what in told.items():
        if what:
            cited += Markup("<p>{}</p>").format(
                link_numbers(text(f"trials.{key}", what=what), anchor)
            )
    return cited


def _drawn(network: Pooled, result: NetworkResult, anchor: str) -> list[Figure]:
    """The forest, the graph and, where it says something, the funnel of a network."""
    # Loaded for networks only: what builds these charts takes longer to load than a report to draw.
    from speciosa.report.figures.network import edges_table, network_chart
    from speciosa.report.figures.network_forest import forest_table, network_forest

    name, about = network.name.replace("_", "-"), f"{network.outcome}. {describe(result)}"
    found = [
        Figure(
            f"forest-{name}",
            text("trials.forest", outcome=network.outcome, reference=result.reference),
            f"{about}.",
            network_forest(result),
            forest_table(result),
            (anchor,),
            narrow=network_forest(result, narrow=True),
        ),
        Figure(
            f"network-{name}",
            text("trials.graph"),
            f"{about}. {text('trials.graph_caption')}{_absent(network)}",
            network_chart(result.network),
            edges_table(result.network),
            (anchor,),
            narrow=network_chart(result.network, narrow=True),
        ),
    ]
    tested = small_studies(result)
    if not tested.reason:
        found.append(_funnel(network, tested, about, anchor))
    return found


def _funnel(network: Pooled, tested: SmallStudies, about: str, anchor: str) -> Figure:
    from speciosa.report.figures.funnel import network_funnel

    assert network.result is not None
    measure = scale_text(network.result.network.measure)
    return Figure(
        f"funnel-{network.name.replace('_', '-')}",
        text("trials.funnel"),
        text(
            "trials.funnel_caption",
            about=about,
            reference=network.result.reference,
            p=p_text(tested.p),
        ),
        network_funnel(tested, measure),
        tested.points,
        (anchor,),
        narrow=network_funnel(tested, measure, narrow=True),
    )


def comparison_signals(result: NetworkResult, anchor: str) -> Markup:
    """What each comparison with the reference rests on, as a table: signals of certainty, not a judgement."""

    def said(value: bool | None) -> str | None:
        return None if value is None else "yes" if value else "no"

    rows: list[dict[str, object]] = [
        {
            "treatment": row["treatment"],
            "trials against it": linked(str(row["trials"]), anchor),
            "people in them": None
            if row["people"] is None
            else linked(f"{row['people']:,.0f}", anchor),
            "direct share": linked(f"{100 * row['share_direct']:.0f}%", anchor),
            "interval excludes no effect": said(row["excludes_no_effect"]),
            "so does that of a new study": said(row["new_study_excludes_no_effect"]),
            "direct against indirect": None
            if row["direct_against_indirect_p"] is None
            else linked(p_text(row["direct_against_indirect_p"]), anchor),
        }
        for row in by_comparison(result).to_dicts()
    ]
    caption = f"What each comparison with {result.reference} rests on"
    return table_html(rows, anchor, caption=f"{caption}.")


def network_agreement(result: NetworkResult, anchor: str) -> Markup:
    """What stands beside every network: studies, people, heterogeneity, whether the designs agree, who is left out."""
    beside = result.coherence
    said = [
        f"{beside.studies} trials, {beside.told_people}.",
        heterogeneity_text(result).rstrip(".") + ".",
        beside.verdict,
    ]
    split = net_split(result)
    if len(split):
        worst = split.sort("p").row(0, named=True)
        below = int((split["p"] < LEVEL).sum())
        said.append(
            f"Direct and indirect evidence can be compared for {len(split)} pairs, of which {below} differ with p below"
            f" {LEVEL:g}; the least agreement is in {worst['treat1']} with {worst['treat2']} ({p_text(worst['p'])})."
        )
    said += [f"Left out: {name}, {why}." for name, why in beside.left_out.items()]
    kind = Markup(' class="gap"') if beside.coherent is False else ""
    return Markup("<p{}>{}</p>").format(
        kind, link_numbers(" ".join([*said, *beside.notes]), anchor)
    )


def _absent(network: Pooled) -> str:
    given = network.result.treatments if network.result else ()
    kratom = any("kratom" in name or "mitragynine" in name for name in given)
    return "" if kratom else f" {text('trials.no_kratom')}"


def _risks(risks: pl.DataFrame, sources: Sources) -> Markup:
    rows = []
    for row in risks.iter_rows(named=True):
        anchor = sources.anchor(str(row["reference"]))
        rate = plain(row["rate"], 3) if row["rate"] is not None else None
        span = (
            f" ({plain(row['ci_low'], 3)} to {plain(row['ci_high'], 3)})"
            if row["ci_low"] is not None and row["ci_high"] is not None
            else ""
        )
        rows.append(
            {
                "exposure": link_numbers(str(row["exposure"]), anchor),
                "outcome": link_numbers(str(row["outcome"]), anchor),
                "rate": linked(f"{rate}{span} {row['measure']}", anchor) if rate else None,
                "population": link_numbers(str(row["population"] or ""), anchor),
                "design": link_numbers(str(row["design"] or ""), anchor),
                "source": sources.link(str(row["reference"])),
            }
        )
    return Markup("<h3>{}</h3><details><summary>{}</summary>{}</details>").format(
        text("trials.rates"),
        text("trials.rates_fold"),
        table_html(rows, "evidence", caption=text("trials.rates_caption")),
    )
