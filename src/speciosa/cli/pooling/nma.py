"""`speciosa nma`: every treatment against every other, from a network of trials."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from speciosa.cli.pooling.options import Columns, Json, Level, Page, Rows, Scale, Sheet
from speciosa.errors import EvidenceError, Fault, UnknownNameError

if TYPE_CHECKING:
    from speciosa.evidence.bayes.binomial_nuts import BinomialResult
    from speciosa.evidence.bayes.network import BayesNetwork
    from speciosa.evidence.bayes.network_posterior import Priors
    from speciosa.evidence.ledger.network_library import TrialNetwork
    from speciosa.evidence.network.data import Network
    from speciosa.evidence.network.result import NetworkResult
    from speciosa.evidence.table.reading import Reading

MANTEL_HAENSZEL = "MH"


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
        values, text = _islands(network, options)
        print(
            json.dumps(values | _about(own, values)) if as_json else "\n\n".join(_told(own, [text]))
        )
        return
    lines: list[str] = []
    found: dict[str, Any] | None = None
    if components:
        found, text = _components(network, components, inactive, method, model, level)
        lines.append(text)
    posterior = None
    if bayes:
        priors = (effect_sd, tau_sd, classes, seed, tau_prior)
        posterior, text = _bayes(
            network, model, reference, small_values, level, likelihood, *priors
        )
        beside = coherence(network)
        found = (found or {}) | posterior.to_json() | beside.to_json()
        lines += [text, beside.verdict]
    elif method.upper() == MANTEL_HAENSZEL:
        found, text = _mantel_haenszel(network, reference, small_values, level)
        lines.append(text)
    result = None
    if found is None or out is not None or (components and _connected(network)):
        result = _estimates(network, method, model, reference, small_values, level, tau2_covariance)
        if found is None or (components and not bayes):
            found = result.to_json() | (found or {})
            lines.insert(0, as_text(result))
    if result is not None and (mid is not None or own):
        part, text = _certainty(result, mid, own)
        found = (found or {}) | part
        lines.append(text)
    if node_split:
        found, text = _node_splits(network, node_split, method, found or {})
        lines.append(text)
    if covariate:
        how = (interaction, at, method, model, reference, level)
        part, text = network_models.regression(network, covariate, *how)
        found, lines = (found or {}) | part, [*lines, text]
        if bayes:
            chosen = _priors(effect_sd, tau_sd, tau_prior)
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


def _estimates(
    network: "Network",
    method: str,
    model: str,
    reference: str | None,
    small_values: str,
    level: float,
    tau2_covariance: str,
) -> "NetworkResult":
    from speciosa.evidence.network.result import network_meta_analysis

    return network_meta_analysis(
        network,
        method=cast(Any, "DL" if method.upper() == MANTEL_HAENSZEL else method.upper()),
        model=cast(Any, model),
        reference=reference,
        small_values=cast(Any, small_values),
        level=level,
        tau2_covariance=cast(Any, tau2_covariance),
    )


def _certainty(
    result: "NetworkResult", mid: float | None, own: "TrialNetwork | None"
) -> tuple[dict[str, Any], str]:
    """How sure each comparison with the reference is."""
    from speciosa.evidence.appraisal.certainty import certainty_of
    from speciosa.evidence.appraisal.words import certainty_text

    found = own.certainty(result) if own and mid is None else certainty_of(result, mid or 0.0)
    return {"certainty": [one.to_json() for one in found]}, certainty_text(found)


Options = tuple[str, str, str | None, str, float, str]


def _islands(network: "Network", options: Options) -> tuple[dict[str, Any], str]:
    """Each connected part of a network by itself; no effect joins two of them."""
    from speciosa.evidence.network.connectivity import islands
    from speciosa.evidence.network.words import as_text

    method, model, reference, *rest = options
    parts = islands({study.name: study.treatments for study in network.studies})
    found = []
    for part in parts:
        studies = tuple(study for study in network.studies if study.name in part.studies)
        base = reference if reference in part.treatments else None
        alone = replace(network, studies=studies)
        found.append(_estimates(alone, method, model, base, *cast(Any, rest)))
    told = f"no chain of trials joins these {len(parts)} islands, and no effect between them can be estimated"
    values = {"measure": network.measure, "note": told, "islands": [one.to_json() for one in found]}
    text = "\n\n".join(as_text(one) for one in found)
    return values, f"{told[0].upper()}{told[1:]}.\n\n{text}"


def _node_splits(
    network: "Network", pairs: list[str], method: str, found: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """Direct against indirect evidence of pairs, each by a model of its own."""
    from speciosa.evidence.network.inconsistency import node_split as split
    from speciosa.evidence.network.words import node_split_text

    named = [tuple(part.strip() for part in pair.split(",")) for pair in pairs]
    faults = [
        Fault("--node-split", "two of " + ", ".join(network.treatments), repr(pair))
        for pair, names in zip(pairs, named, strict=True)
        if len(names) != 2 or len(set(names) & set(network.treatments)) != 2
    ]
    if faults:
        raise EvidenceError(faults)
    known = cast(Any, method.upper() if method.upper() != MANTEL_HAENSZEL else "DL")
    splits = {
        pair: split(network, names[0], names[1], method=known)
        for pair, names in zip(pairs, named, strict=True)
    }
    rows = [None if each is None else asdict(each) for each in splits.values()]
    return found | {"node_splits": rows}, node_split_text(splits, network.measure)


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


def _components(
    network: "Network", separator: str, inactive: str | None, method: str, model: str, level: float
) -> tuple[dict[str, Any], str]:
    from speciosa.evidence.network.components import component_network
    from speciosa.evidence.network.words import components_text

    found = component_network(
        network,
        separator=separator,
        inactive=inactive,
        method=cast(Any, method.upper()),
        model=model,
        level=level,
    )
    values = {
        "tau2": found.tau2,
        "Q": found.q,
        "df": found.df,
        "Q_additivity": found.q_additivity,
        "df_additivity": found.df_additivity,
        "effects": found.effects.to_dicts(),
        "combinations": found.combinations.to_dicts(),
    }
    return {"components": values}, components_text(found, network.measure)


def _priors(effect_sd: float, tau_sd: float, tau_prior: str) -> "Priors":
    """The priors that the options state."""
    from speciosa.evidence.bayes.network_posterior import Priors
    from speciosa.evidence.bayes.priors import parse_prior

    return Priors(effect_sd, tau_sd, tau=parse_prior(tau_prior) if tau_prior else None)


def _bayes(
    network: "Network",
    model: str,
    reference: str | None,
    small_values: str,
    level: float,
    likelihood: str,
    effect_sd: float,
    tau_sd: float,
    classes: bool,
    seed: int,
    tau_prior: str,
) -> tuple["BayesNetwork | BinomialResult", str]:
    from speciosa.evidence.bayes.borrowing import borrowing
    from speciosa.evidence.bayes.network import bayesian_network
    from speciosa.evidence.bayes.words import bayes_text, borrowing_text

    if likelihood not in ("normal", "binomial"):
        raise EvidenceError(Fault("--likelihood", "normal or binomial", likelihood))
    if classes and not network.classes:
        raise EvidenceError(Fault("--classes", "a column class in the table", "none"))
    shared: dict[str, Any] = {
        "model": model,
        "reference": reference,
        "priors": _priors(effect_sd, tau_sd, tau_prior),
        "small_values": small_values,
        "level": level,
        "classes": network.classes if classes else None,
    }
    result: BayesNetwork | BinomialResult
    if likelihood == "binomial":
        from speciosa.evidence.bayes.binomial_nuts import binomial_network
        from speciosa.evidence.bayes.binomial_sampling import Sampler

        result = binomial_network(network, sampler=Sampler(seed=seed), **shared)
    else:
        result = bayesian_network(network, **shared)
    text = bayes_text(result)
    if classes:
        alone = bayesian_network(network, **(shared | {"classes": None}))
        text += "\n\n" + borrowing_text(borrowing(alone, result), network.measure)
    return result, text


def _mantel_haenszel(
    network: "Network", reference: str | None, small_values: str, level: float
) -> tuple[dict[str, Any], str]:
    from speciosa.evidence.network.coherence import coherence
    from speciosa.evidence.network.mantel_haenszel import mantel_haenszel_network
    from speciosa.evidence.network.ranking import p_scores
    from speciosa.evidence.network.result import default_reference
    from speciosa.evidence.network.words import mantel_haenszel_text

    result = mantel_haenszel_network(network)
    base = reference or default_reference(network)
    nothing = dict.fromkeys(("pi_low", "pi_high", "direct", "indirect", "proportion_direct"))
    scores = p_scores(result.effect, result.se, cast(Any, small_values)).tolist()
    values = {
        "measure": "OR",
        "model": "common",
        "method": MANTEL_HAENSZEL,
        "reference": base,
        "tau2": 0.0,
        "Q": None,
        "Q_heterogeneity": None,
        "Q_inconsistency": result.q,
        "I2": None,
        "estimates": [row | nothing for row in result.frame(level).to_dicts()],
        "p_scores": dict(zip(result.treatments, scores, strict=True)),
        **coherence(network).to_json(),
        "left_out": result.left_out,
    }
    return values, f"{mantel_haenszel_text(result, base)}\n{coherence(network).verdict}"
