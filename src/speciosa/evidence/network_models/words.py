"""Meta-regression, heterogeneity by group and bridged islands of a network, in words for a terminal."""

import polars as pl

from speciosa.evidence.network.effects import NAMES, display
from speciosa.evidence.network_models.bridge import BridgedNetwork
from speciosa.evidence.network_models.regression import NetworkRegression
from speciosa.evidence.network_models.unequal import UnequalHeterogeneity
from speciosa.evidence.printed import columns, number, p_text, span


def regression_text(found: NetworkRegression, at: float | None = None) -> str:
    """The slopes, and effects at a value of the covariate."""
    name, where = found.covariate.name, found.centre if at is None else at
    kind = "arms" if found.covariate.varies else "studies"
    coded = f" ({found.covariate.zero} 0, {found.covariate.one} 1)" if found.covariate.one else ""
    chi2, df, p = found.wald()
    lines = [
        f"Network meta-regression on {name}{coded}, a covariate of {kind}, {found.interaction} interaction, "
        f"{len(found.network.studies)} studies.",
        "Change for each unit, on the analysis scale:",
    ]
    lines += [
        f"  {row['name']}: {row['estimate']:.4g} ({row['ci_low']:.4g} to {row['ci_high']:.4g}, {p_text(row['p'])})"
        for row in found.slopes.to_dicts()
    ]
    explained = (
        "" if found.R2 is None else f", {found.R2:.0f}% of {found.tau2_without:.4g} accounted for"
    )
    lines.append(
        f"All slopes: chi-squared {chi2:.2f} on {df}, {p_text(p)}; tau2 {found.tau2:.4g}{explained}"
    )
    held = "" if found.covariate.varies else f" where {name} is {where:.5g}"
    lines += [
        f"Against {found.reference}{held}:",
        _effects(found.effects(at), found.network.measure),
    ]
    lines += [f"Left out: {study}, no {name}." for study in found.covariate.left_out]
    return "\n".join(lines)


def unequal_text(found: UnequalHeterogeneity) -> str:
    """The tau2 of each group, and the effects."""
    chi2, df, p = found.test()
    lines = [f"Heterogeneity by {found.by}, one tau2 a group:"]
    rows = zip(found.names, found.counts, found.tau2.tolist(), strict=True)
    lines += [f"  {name} ({k}): tau2 {tau2:.4g}, tau {tau2**0.5:.4g}" for name, k, tau2 in rows]
    lines.append(f"One for all: likelihood ratio {chi2:.2f} on {df}, {p_text(p)}")
    lines += [f"Against {found.reference}:", _effects(found.effects, found.network.measure)]
    return "\n".join(lines)


def bridge_text(found: BridgedNetwork) -> str:
    """The effects of bridged islands, those across islands marked."""
    show = display(found.network.measure)
    rows = [["", NAMES.get(found.network.measure, "effect"), "interval", "rests on"]]
    for row in found.effects.to_dicts():
        interval = span(show(row["ci_low"]), show(row["ci_high"]))
        kind = "trials that join them" if row["island"] else "baselines of trials"
        rows.append([row["treatment"], number(show(row["estimate"])), interval, kind])
    return "\n".join(
        [
            f"Islands joined by the baselines of their trials, against {found.reference}:",
            columns(rows),
            f"Baselines differ with standard deviation {found.baseline_sd:.3g}; tau2 {found.tau2:.4g}.",
            "Effects that rest on baselines compare trials with trials, as observational studies do: no randomisation stands "
            "behind them.",
        ]
    )


def _effects(table: pl.DataFrame, measure: str) -> str:
    show = display(measure)
    rows = [["", NAMES.get(measure, "effect"), "interval"]]
    for row in table.to_dicts():
        interval = span(show(row["ci_low"]), show(row["ci_high"]))
        rows.append([row["treatment"], number(show(row["estimate"])), interval])
    return columns(rows)
