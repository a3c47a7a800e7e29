"""`speciosa nma`: every treatment against every other, from a network of trials."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speciosa.cli.pooling import network_answers as answers
from speciosa.cli.pooling import network_models
from speciosa.cli.pooling import network_options as asked
from speciosa.cli.pooling.network_question import Additions, Pooling, Posterior
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
    file: asked.File,
    measure: asked.Measure = None,
    method: asked.Method = "REML",
    model: asked.Model = "random",
    reference: asked.Reference = None,
    small_values: asked.SmallValues = None,
    without_recalled: asked.WithoutRecalled = True,
    level: Level = 0.95,
    tau2_covariance: asked.Tau2Covariance = "exact",
    distinct: asked.Distinct = None,
    scale: Scale = "",
    columns: Columns = None,
    rows: Rows = None,
    sheet: Sheet = "",
    bayes: asked.Bayes = False,
    likelihood: asked.Likelihood = "normal",
    effect_sd: asked.EffectSd = 100.0,
    tau_sd: asked.TauSd = 5.0,
    tau_prior: asked.TauPrior = "",
    classes: asked.Classes = False,
    seed: asked.Seed = 1,
    components: asked.Components = "",
    islands: asked.Islands = False,
    inactive: asked.Inactive = None,
    node_split: asked.NodeSplit = None,
    covariate: asked.Covariate = "",
    interaction: asked.Interaction = "common",
    at: asked.At = None,
    tau2_by: asked.Tau2By = "",
    bridge: asked.Bridge = False,
    mid: asked.Mid = None,
    out: Page = None,
    as_json: Json = False,
) -> None:
    """Pool a network of trials.

    One row an arm: study, treatment with events, n (or events, time; mean, sd, n). One row a contrast: study, treat1,
    treat2, effect, se, where effect is treat1 minus treat2 on the analysis scale (logarithms for ratios), or HR (OR,
    RR, ...), lower, upper as printed. Studies with a zero cell get 0.5 in every arm.

    The project's own networks: oud_retention, withdrawal_completion, psychosocial_addon, serious_adverse_events,
    stopped_for_adverse_events, deaths_in_trials, deaths_in_and_out_of_treatment, chronic_pain, acute_pain.

    Example: speciosa nma retention.csv --measure OR --reference placebo --small-values undesirable --out page.html
    """
    from speciosa.cli.pooling.reading import reading_of
    from speciosa.saving import writable_file

    if out is not None:
        writable_file(out)
    reading = reading_of(scale, columns, rows, sheet)
    connected = not (components or islands or bridge)
    network, own = _evidence(
        file, measure, reference, distinct or [], connected, without_recalled, reading
    )
    how = Pooling(
        method,
        model,
        reference or (own.reference if own else None),
        small_values or (own.small_values if own else "desirable"),
        level,
        tau2_covariance,
    )
    beside = Additions(
        components, inactive, node_split or [], covariate, interaction, at, tau2_by, mid
    )
    prior = Posterior(likelihood, effect_sd, tau_sd, tau_prior, classes, seed) if bayes else None
    if not components and not _connected(network):
        values, text = _apart(network, own, how, mid, bridge=bridge, page=out)
        lines = [text]
    else:
        values, lines = _whole(network, own, how, prior, beside, (file, out))
        lines += ["The network hangs together: there was nothing to bridge."] if bridge else []
    values |= _about(own, values)
    print(json.dumps(values) if as_json else "\n\n".join(_told(own, lines)))


def _apart(
    network: "Network",
    own: "TrialNetwork | None",
    how: Pooling,
    mid: float | None,
    *,
    bridge: bool,
    page: Path | None,
) -> answers.Part:
    """A network that falls apart: its islands joined by baselines, or each alone."""
    if bridge:
        return network_models.bridge(network, how.reference, how.level)
    if page is not None:
        raise EvidenceError(Fault("--out", "a network that hangs together", "islands"))
    return answers.islands_apart(network, how, mid, own)


def _whole(
    network: "Network",
    own: "TrialNetwork | None",
    how: Pooling,
    prior: Posterior | None,
    beside: Additions,
    page: tuple[str, Path | None],
) -> tuple[dict[str, Any], list[str]]:
    """The effects of a network with what is asked beside them; writes the page."""
    from speciosa.evidence.network.words import as_text
    from speciosa.saving import save_whole

    values: dict[str, Any] = {}
    lines: list[str] = []

    def add(part: answers.Part) -> None:
        values.update(part[0])
        lines.append(part[1])

    if beside.components:
        add(answers.component_effects(network, beside, how))
    posterior = None
    if prior is not None:
        posterior, part = answers.posterior_of(network, how, prior)
        add(part)
    elif how.by_mantel_haenszel:
        add(answers.by_mantel_haenszel(network, how))
    file, out = page
    result = None
    if not values or out is not None or (beside.components and _connected(network)):
        result = answers.estimates(network, how)
        if prior is None and not (how.by_mantel_haenszel and not beside.components):
            values = result.to_json() | values
            lines.insert(0, as_text(result))
    if result is not None and (beside.mid is not None or own):
        add(answers.certainty(result, beside.mid, own))
    for part in _beside(network, how, prior, beside):
        add(part)
    if out is not None and result is not None:
        save_whole(out, _page(result, file, own, posterior, beside.mid))
    return values, lines


def _beside(
    network: "Network", how: Pooling, prior: Posterior | None, beside: Additions
) -> list[answers.Part]:
    """Split nodes, a covariate, and heterogeneity by group, as far as they are asked for."""
    parts = []
    if beside.node_split:
        parts.append(answers.node_splits(network, beside.node_split, how))
    if beside.covariate:
        parts.append(network_models.regression(network, beside, how))
        if prior is not None:
            parts.append(network_models.posterior(network, beside, how, answers.priors_of(prior)))
    if beside.tau2_by:
        parts.append(network_models.unequal(network, beside.tau2_by, how))
    return parts


def _about(own: "TrialNetwork | None", found: dict[str, Any]) -> dict[str, Any]:
    """What JSON says beside a network of the project."""
    if own is None:
        return {}
    left_out = dict(own.left_out) | found.get("left_out", {})
    flow = asdict(own.flow)
    told = {"title": own.title, "protocol": own.protocol, "flow": flow, "review": own.review}
    return told | {"left_out": left_out}


def _told(own: "TrialNetwork | None", lines: list[str]) -> list[str]:
    """The lines, below what a network of the project is."""
    if own is None:
        return lines
    return [f"{own.title}: {own.outcome}.\n" + "\n".join(_trials(own)), *lines]


def _trials(own: "TrialNetwork") -> list[str]:
    """What trials a network of the project has: protocol, how they came there, who is left out, and what reviews say."""
    left_out = [f"Left out: {name}, {why}." for name, why in own.left_out.items()]
    reviews = f"Published reviews: {own.review}"
    return [f"Protocol: {own.protocol}", f"Studies: {own.flow}", *left_out, reviews]


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

    if own is None:
        sure = None if mid is None else certainty_of(result, mid)
        return network_page(result, Path(file).name, "", "", "", posterior, sure)
    about = f"{own.population}; {own.outcome}"
    sure, trials = own.certainty(result, mid), _trials(own)
    return network_page(result, own.source, own.title, about, own.note, posterior, sure, trials)


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
