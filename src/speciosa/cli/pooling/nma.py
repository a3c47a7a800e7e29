"""`speciosa nma`: every treatment against every other, from a network of trials."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from speciosa.cli.pooling.network_answers import (
    MANTEL_HAENSZEL,
    by_mantel_haenszel,
    certainty,
    component_effects,
    estimates,
    islands_apart,
    node_splits,
    posterior_of,
    priors_of,
)
from speciosa.cli.pooling.options import Columns, Json, Level, Page, Rows, Scale, Sheet
from speciosa.errors import EvidenceError, Fault, UnknownNameError

if TYPE_CHECKING:
    from speciosa.evidence.bayes.binomial_nuts import BinomialResult
    from speciosa.evidence.bayes.network import BayesNetwork
    from speciosa.evidence.ledger.network_library import TrialNetwork
    from speciosa.evidence.network.data import Network
    from speciosa.evidence.network.result import NetworkResult
    from speciosa.evidence.table.reading import Reading


def nma(
    file: Annotated[
        str,
        typer.Argument(
            help="CSV, Excel or Parquet, one row an arm or a contrast; or one of the project's networks."
        ),
    ],
    measure: Annotated[
        str | None,
        typer.Option(
            help="OR, RR, RD, ASD, IRR, IRD, MD, SMD, ROM; HR for contrasts. By default OR, IRR or MD."
        ),
    ] = None,
    method: Annotated[
        str, typer.Option(help="Of tau2: REML, DL or ML; or MH for counts.")
    ] = "REML",
    model: Annotated[str, typer.Option(help="random or common.")] = "random",
    reference: Annotated[
        str | None, typer.Option(help="Shown against; by default placebo or the most studied.")
    ] = None,
    small_values: Annotated[
        str | None,
        typer.Option(
            help="desirable (the default for files) or undesirable: are small values good?"
        ),
    ] = None,
    without_recalled: Annotated[
        bool,
        typer.Option(
            "--without-recalled/--with-recalled",
            help="Of own networks: leave out, or take in, figures that were seen in no document.",
        ),
    ] = True,
    level: Level = 0.95,
    tau2_covariance: Annotated[
        str, typer.Option(help="exact, or diagonal as netmeta's REML of contrast files.")
    ] = "exact",
    distinct: Annotated[
        list[str] | None,
        typer.Option(help="A treatment that is not another misspelled; repeatable."),
    ] = None,
    scale: Scale = "",
    columns: Columns = None,
    rows: Rows = None,
    sheet: Sheet = "",
    bayes: Annotated[bool, typer.Option("--bayes", help="Posterior instead of estimates.")] = False,
    likelihood: Annotated[
        str, typer.Option(help="With --bayes: normal (quadrature) or binomial (sampled).")
    ] = "normal",
    effect_sd: Annotated[float, typer.Option(help="Prior sd of effects.")] = 100.0,
    tau_sd: Annotated[float, typer.Option(help="Scale of tau's half-normal prior.")] = 5.0,
    tau_prior: Annotated[
        str, typer.Option(help="With --bayes: turner:OUTCOME:COMPARISON, log-normal:MEDIAN,SPREAD.")
    ] = "",
    classes: Annotated[
        bool,
        typer.Option("--classes", help="With --bayes: the column class makes treatments borrow."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the sampler.")] = 1,
    components: Annotated[
        str, typer.Option(help="Separator of components, as +: adds the additive model.")
    ] = "",
    islands: Annotated[
        bool,
        typer.Option("--islands", help="Pool the parts of a network that falls apart, each alone."),
    ] = False,
    inactive: Annotated[str | None, typer.Option(help="The component without effect.")] = None,
    node_split: Annotated[
        list[str] | None,
        typer.Option(help="A pair, as A,B: direct against indirect evidence; repeatable."),
    ] = None,
    covariate: Annotated[
        str, typer.Option(help="A column, as year or dose: network meta-regression.")
    ] = "",
    interaction: Annotated[
        str, typer.Option(help="Of the covariate: common to all treatments, or independent.")
    ] = "common",
    at: Annotated[
        float | None, typer.Option(help="Value of the covariate at which effects are shown.")
    ] = None,
    tau2_by: Annotated[
        str, typer.Option(help="A column of groups of trials: one tau2 for each.")
    ] = "",
    bridge: Annotated[
        bool,
        typer.Option("--bridge", help="Join islands by the baselines of their trials; see docs."),
    ] = False,
    mid: Annotated[
        float | None,
        typer.Option(help="Minimal important difference, as 1.25 or 1: judges each comparison."),
    ] = None,
    out: Page = None,
    as_json: Json = False,
) -> None:
    """Pool a network of trials.

    One row an arm: study, treatment with events, n (or events, time; mean, sd, n). One row a contrast: study, treat1,
    treat2, effect, se, where effect is treat1 minus treat2 on the analysis scale (logarithms for ratios), or HR (OR,
    RR, ...), lower, upper as printed. Studies with a zero cell get 0.5 in every arm.

    The project's own networks: oud_retention, withdrawal_completion, psychosocial_addon, serious_adverse_events,
    stopped_for_adverse_events, deaths_in_trials, deaths_in_and_out_of_treatment, chronic_pain.

    Example: speciosa nma retention.csv --measure OR --reference placebo --small-values undesirable --out page.html
    """
    from speciosa.cli.pooling import network_models
    from speciosa.cli.pooling.reading import reading_of
    from speciosa.evidence.network.coherence import coherence
    from speciosa.evidence.network.words import as_text
    from speciosa.saving import save_whole, writable_file

    if out is not None:
        writable_file(out)
    reading = reading_of(scale, columns, rows, sheet)
    connected = not (components or islands or bridge)
    network, own = _evidence(
        file, measure, reference, distinct or [], connected, without_recalled, reading
    )
    reference = reference or (own.reference if own else None)
    small_values = small_values or (own.small_values if own else "desirable")
    if not components and not _connected(network):
        if bridge:
            values, text = network_models.bridge(network, reference, level)
            told = json.dumps(values | _about(own, values)) if as_json else ""
            print(told or "\n\n".join(_told(own, [text])))
            return
        if out is not None:
            raise EvidenceError(Fault("--out", "a network that hangs together", "islands"))
        options = (method, model, reference, small_values, level, tau2_covariance)
        values, text = islands_apart(network, options, mid, own)
        print(
            json.dumps(values | _about(own, values)) if as_json else "\n\n".join(_told(own, [text]))
        )
        return
    lines: list[str] = []
    found: dict[str, Any] | None = None
    if components:
        found, text = component_effects(network, components, inactive, method, model, level)
        lines.append(text)
    posterior = None
    if bayes:
        priors = (effect_sd, tau_sd, classes, seed, tau_prior)
        posterior, text = posterior_of(
            network, model, reference, small_values, level, likelihood, *priors
        )
        beside = coherence(network)
        found = (found or {}) | posterior.to_json() | beside.to_json()
        lines += [text, beside.verdict]
    elif method.upper() == MANTEL_HAENSZEL:
        found, text = by_mantel_haenszel(network, reference, small_values, level)
        lines.append(text)
    result = None
    if found is None or out is not None or (components and _connected(network)):
        result = estimates(network, method, model, reference, small_values, level, tau2_covariance)
        if found is None or (components and not bayes):
            found = result.to_json() | (found or {})
            lines.insert(0, as_text(result))
    if result is not None and (mid is not None or own):
        part, text = certainty(result, mid, own)
        found = (found or {}) | part
        lines.append(text)
    if node_split:
        found, text = node_splits(network, node_split, method, found or {})
        lines.append(text)
    if covariate:
        how = (interaction, at, method, model, reference, level)
        part, text = network_models.regression(network, covariate, *how)
        found, lines = (found or {}) | part, [*lines, text]
        if bayes:
            chosen = priors_of(effect_sd, tau_sd, tau_prior)
            asked = (interaction, at, model, reference, level, chosen)
            part, text = network_models.posterior(network, covariate, *asked)
            found, lines = found | part, [*lines, text]
    if tau2_by:
        part, text = network_models.unequal(network, tau2_by, method, reference, level)
        found, lines = (found or {}) | part, [*lines, text]
    if out is not None and result is not None:
        save_whole(out, _page(result, file, own, posterior, mid))
    print(json.dumps(found | _about(own, found)) if as_json else "\n\n".join(_told(own, lines)))


def _about(own: "TrialNetwork | None", found: dict[str, Any]) -> dict[str, Any]:
    """What JSON says beside a network of the project."""
    if own is None:
        return {}
    left_out = dict(own.left_out) | found.get("left_out", {})
    flow = asdict(own.flow)
    return {"title": own.title, "protocol": own.protocol, "flow": flow, "left_out": left_out}


def _told(own: "TrialNetwork | None", lines: list[str]) -> list[str]:
    """The lines, below what a network of the project is."""
    if own is None:
        return lines
    left_out = "".join(f"\nLeft out: {name}, {why}." for name, why in own.left_out.items())
    return [
        f"{own.title}: {own.outcome}.\nProtocol: {own.protocol}\nStudies: {own.flow}{left_out}",
        *lines,
    ]


def _page(
    result: "NetworkResult",
    file: str,
    own: "TrialNetwork | None",
    posterior: "BayesNetwork | BinomialResult | None",
    mid: float | None,
) -> str:
    """The result as a page; networks of the project say what they are of."""
    from speciosa.evidence.appraisal.certainty import certainty_of
    from speciosa.report.sections.network_page import network_page

    sure = None if mid is None else certainty_of(result, mid)
    if own is None:
        return network_page(result, Path(file).name, "", "", "", posterior, sure)
    about = f"{own.population}; {own.outcome}"
    sure = sure or own.certainty(result)
    return network_page(result, own.source, own.title, about, own.note, posterior, sure)


def _evidence(
    file: str,
    measure: str | None,
    reference: str | None,
    distinct: list[str],
    connected: bool,
    without_recalled: bool,
    reading: "Reading",
) -> tuple["Network", "TrialNetwork | None"]:
    """The trials of a file, or one of the project's networks with its definition."""
    from speciosa.evidence.ledger.network_library import network_ids, trial_network
    from speciosa.evidence.network.read import read_network

    if Path(file).exists() or Path(file).suffix:
        network = read_network(
            file,
            measure=measure,
            reference=reference,
            distinct=distinct,
            connected=connected,
            reading=reading,
        )
        return network, None
    if file not in network_ids():
        raise UnknownNameError("file or network of trials", file, network_ids())
    own = trial_network(file, without_recalled=without_recalled)
    network = read_network(
        own.table,
        measure=measure or own.measure,
        connected=False,
    )
    return replace(network, classes=own.classes), own


def _connected(network: "Network") -> bool:
    from speciosa.evidence.network.connectivity import islands

    return len(islands({study.name: study.treatments for study in network.studies})) == 1
