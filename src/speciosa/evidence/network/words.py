"""A network meta-analysis in words and plain columns, for a terminal and for the methods part of a page."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from speciosa.evidence.network.data import Network
from speciosa.evidence.network.effects import NAMES, RARE, ZERO_CELLS, display
from speciosa.evidence.network.inconsistency import net_split
from speciosa.evidence.network.tau2 import network_tau2
from speciosa.evidence.printed import columns, number, p_text, span

if TYPE_CHECKING:
    from speciosa.evidence.network.components import ComponentResult
    from speciosa.evidence.network.inconsistency import NodeSplit
    from speciosa.evidence.network.mantel_haenszel import MantelHaenszelResult
    from speciosa.evidence.network.result import NetworkResult


def scale_text(measure: str) -> str:
    """The measure in words."""
    return NAMES.get(measure, measure)


def describe_network(network: Network) -> str:
    """How much evidence there is, in one line."""
    people = people_text(network)
    return (
        f"{_count(len(network.studies), 'study', 'studies')}, {len(network.treatments)} treatments, "
        f"{_count(len(network.comparisons), 'direct comparison', 'direct comparisons')}{', ' if people else ''}{people}"
    )


def people_text(network: Network) -> str:
    """People of the studies that state them; nothing where none does."""
    stated = [study.people for study in network.studies if study.people is not None]
    some = f" in the {len(stated)} that state them" if len(stated) < len(network.studies) else ""
    return f"{sum(stated):,.0f} people{some}" if stated else ""


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def describe(result: "NetworkResult") -> str:
    """Model and estimator in one line."""
    model = f"random effects, {result.method}" if result.model == "random" else "common effect"
    return f"{scale_text(result.network.measure)}, {model}, {describe_network(result.network)}"


def as_text(result: "NetworkResult") -> str:
    """The result for a terminal."""
    show, parts = display(result.network.measure), result.heterogeneity
    percent = f"{100 * result.level:g}%"
    rows = [
        [
            "",
            scale_text(result.network.measure),
            f"{percent} interval",
            "new study",
            "direct",
            "P-score",
        ]
    ]
    against = {row["treat1"]: row for row in result.against().iter_rows(named=True)}
    withheld = result.coherence.ranking
    for name in result.order:
        row = against.get(name)
        score = "withheld" if withheld else f"{result.p_scores[name]:.2f}"
        if row is None:
            rows.append([f"{name} (reference)", "", "", "", "", score])
            continue
        new = "" if row["pi_low"] is None else span(show(row["pi_low"]), show(row["pi_high"]))
        share = f"{100 * row['proportion_direct']:.0f}%"
        interval = span(show(row["ci_low"]), show(row["ci_high"]))
        rows.append([name, number(show(row["effect"])), interval, new, share, score])
    test = result.coherence.test
    lines = [
        f"Network meta-analysis: {describe(result)}.",
        f"Against {result.reference}; {'small' if result.small_values == 'desirable' else 'large'} values are good.",
        "",
        columns(rows),
        "",
        heterogeneity_text(result),
        f"Q {parts.total:.2f} on {parts.total_df}, {p_text(parts.total_p)}: within designs {parts.within:.2f} on "
        f"{parts.within_df}, {p_text(parts.within_p)}; between designs {parts.between:.2f} on {parts.between_df}, "
        f"{p_text(parts.between_p)}",
        f"Design-by-treatment test with heterogeneity: Q {test.q:.2f} on {test.df}, {p_text(test.p)}",
    ]
    lines += [
        *_disagreements(result),
        *([withheld] if withheld else []),
        *_covariance_remark(result),
    ]
    return "\n".join(lines + remarks(result.network))


def heterogeneity_text(result: "NetworkResult") -> str:
    """tau2 and I2, or that nothing estimates them."""
    if result.I2 is None:
        return "No contrast was estimated twice: nothing estimates heterogeneity (tau2, I2), and intervals leave it out."
    return f"tau2 {result.tau2:.4g}, tau {result.tau2**0.5:.4g}, I2 {result.I2:.0f}%"


def _covariance_remark(result: "NetworkResult") -> list[str]:
    """Where netmeta would say another tau2: trials of several arms that came as contrasts only."""
    several = [s.name for s in result.network.studies if len(s.treatments) > 2 and not s.arms]
    if not several or result.model == "common" or result.method == "DL":
        return []
    if result.tau2 != network_tau2(result.network, result.method):
        return []
    other = network_tau2(result.network, result.method, "diagonal")
    if np.isclose(other, result.tau2, rtol=1e-4):
        return []
    return [
        f"Note: from contrasts alone, netmeta's {result.method} leaves out the covariance within trials of several arms "
        f"({', '.join(several)}): tau2 {other:.4g} (--tau2-covariance diagonal)."
    ]


def _disagreements(result: "NetworkResult") -> list[str]:
    split = net_split(result)
    if split.is_empty():
        return ["No comparison has direct and indirect evidence: inconsistency cannot be tested."]
    worst = split.sort("p").row(0, named=True)
    return [
        f"Direct against indirect evidence: {len(split)} comparisons; least agreement in {worst['treat1']} with "
        f"{worst['treat2']}, difference {number(worst['difference'])}, {p_text(worst['p'])}"
    ]


def remarks(network: Network, *, as_counted: bool = False) -> list[str]:
    """Studies left out and what a reader should look at; `as_counted` where counts are pooled as they are."""
    lines = [f"Left out: {name}, {reason}." for name, reason in network.excluded.items()]
    of_logarithms = (ZERO_CELLS, RARE) if as_counted else ()
    return lines + [n for n in network.notes if not n.startswith(of_logarithms)]


def components_text(result: "ComponentResult", measure: str) -> str:
    """An additive component model for a terminal."""
    show = display(measure)
    rows = [["component", scale_text(measure), "interval"]]
    for name, effect, _, low, high, _ in result.effects.iter_rows():
        if effect is None:
            rows.append([name, "not estimable", ""])
        else:
            rows.append([name, number(show(effect)), span(show(low), show(high))])
    lines = [
        "Additive components"
        + (f", {result.inactive} without effect" if result.inactive else "")
        + ":",
        columns(rows),
        f"tau2 {result.tau2:.4g}; Q {result.q:.2f} on {result.df}, {p_text(result.p)}",
    ]
    if result.q_additivity is not None:
        lines.append(
            f"Additivity: Q {result.q_additivity:.2f} on {result.df_additivity}, {p_text(result.p_additivity)}"
        )
    if not result.inactive:
        lines.append(
            "Every component has an effect of its own, a placebo too; --inactive NAME sets one to none, and the others against it."
        )
    return "\n".join(lines)


def mantel_haenszel_text(
    result: "MantelHaenszelResult", reference: str, level: float = 0.95
) -> str:
    """A Mantel-Haenszel network for a terminal."""
    show = display("OR")
    rows = [["", "odds ratio", f"{100 * level:g}% interval"]]
    for row in result.frame(level).iter_rows(named=True):
        if row["treat2"] == reference:
            interval = span(show(row["ci_low"]), show(row["ci_high"]))
            rows.append([row["treat1"], number(show(row["effect"])), interval])
    lines = [f"Mantel-Haenszel network, common effect, against {reference}.", "", columns(rows), ""]
    lines.append(f"Q between designs {result.q:.2f} on {result.df}, {p_text(result.test.p)}")
    return "\n".join(
        lines + [f"Left out: {name}, {reason}." for name, reason in result.left_out.items()]
    )


def node_split_text(splits: "Mapping[str, NodeSplit | None]", measure: str) -> str:
    """Pairs with their direct and indirect estimates, for a terminal."""
    show = display(measure)
    rows = [["node split", "direct", "indirect", "difference", ""]]
    for pair, found in splits.items():
        if found is None:
            rows.append([pair, "not both direct and indirect", "", "", ""])
            continue
        values = [number(show(found.direct)), number(show(found.indirect))]
        rows.append([pair, *values, number(found.difference), p_text(found.p)])
    return columns(rows)
