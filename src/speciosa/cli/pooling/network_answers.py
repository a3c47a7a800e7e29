"""What is asked of a network, each as values for JSON and as text."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from speciosa.errors import EvidenceError, Fault

if TYPE_CHECKING:
    from speciosa.evidence.bayes.binomial_nuts import BinomialResult
    from speciosa.evidence.bayes.network import BayesNetwork
    from speciosa.evidence.bayes.network_posterior import Priors
    from speciosa.evidence.ledger.network_library import TrialNetwork
    from speciosa.evidence.network.data import Network
    from speciosa.evidence.network.result import NetworkResult

MANTEL_HAENSZEL = "MH"


def estimates(
    network: "Network",
    method: str,
    model: str,
    reference: str | None,
    small_values: str,
    level: float,
    tau2_covariance: str,
) -> "NetworkResult":
    """The frequentist estimates; by DerSimonian and Laird where Mantel and Haenszel's method has none."""
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


def certainty(
    result: "NetworkResult", mid: float | None, own: "TrialNetwork | None"
) -> tuple[dict[str, Any], str]:
    """How sure each comparison with the reference is."""
    from speciosa.evidence.appraisal.certainty import certainty_of
    from speciosa.evidence.appraisal.words import certainty_text

    found = own.certainty(result) if own and mid is None else certainty_of(result, mid or 0.0)
    return {"certainty": [one.to_json() for one in found]}, certainty_text(found)


Options = tuple[str, str, str | None, str, float, str]


def islands_apart(
    network: "Network", options: Options, mid: float | None, own: "TrialNetwork | None"
) -> tuple[dict[str, Any], str]:
    """Each connected part of a network by itself, and how sure its comparisons are; no effect joins two of them."""
    from speciosa.evidence.network.words import as_text
    from speciosa.evidence.network_models.apart import pooled_apart

    method, model, reference, small_values, level, tau2_covariance = options
    found = pooled_apart(
        network,
        reference=reference,
        method=cast(Any, "DL" if method.upper() == MANTEL_HAENSZEL else method.upper()),
        model=cast(Any, model),
        small_values=cast(Any, small_values),
        level=level,
        tau2_covariance=cast(Any, tau2_covariance),
    )
    told = f"no chain of trials joins these {len(found)} islands, and no effect between them can be estimated"
    parts, lines = [], [f"{told[0].upper()}{told[1:]}."]
    for one in found:
        sure, text = certainty(one, mid, own) if mid is not None or own else ({}, "")
        parts.append(one.to_json() | sure)
        lines += [as_text(one), *([text] if text else [])]
    values = {"measure": network.measure, "note": told, "islands": parts}
    return values, "\n\n".join(lines)


def node_splits(
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


def component_effects(
    network: "Network", separator: str, inactive: str | None, method: str, model: str, level: float
) -> tuple[dict[str, Any], str]:
    """Additive effects of the components that treatments are made of."""
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


def priors_of(effect_sd: float, tau_sd: float, tau_prior: str) -> "Priors":
    """The priors that the options state."""
    from speciosa.evidence.bayes.network_posterior import Priors
    from speciosa.evidence.bayes.priors import parse_prior

    return Priors(effect_sd, tau_sd, tau=parse_prior(tau_prior) if tau_prior else None)


def posterior_of(
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
    """The posterior of a network, with what its classes borrow."""
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
        "priors": priors_of(effect_sd, tau_sd, tau_prior),
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


def by_mantel_haenszel(
    network: "Network", reference: str | None, small_values: str, level: float
) -> tuple[dict[str, Any], str]:
    """Pooled odds ratios of counts, without heterogeneity."""
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
