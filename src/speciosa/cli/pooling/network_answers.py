"""What is asked of a network, each as values for JSON and as text."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, cast

from speciosa.cli.pooling.network_question import MANTEL_HAENSZEL, Additions, Pooling, Posterior
from speciosa.errors import EvidenceError, Fault

if TYPE_CHECKING:
    from speciosa.evidence.bayes.binomial_nuts import BinomialResult
    from speciosa.evidence.bayes.network import BayesNetwork
    from speciosa.evidence.bayes.network_posterior import Priors
    from speciosa.evidence.ledger.network_library import TrialNetwork
    from speciosa.evidence.network.data import Network
    from speciosa.evidence.network.result import NetworkResult

Part = tuple[dict[str, Any], str]


def estimates(network: "Network", how: Pooling) -> "NetworkResult":
    """The frequentist estimates; by DerSimonian and Laird where Mantel and Haenszel's method has none."""
    from speciosa.evidence.network.result import network_meta_analysis

    return network_meta_analysis(network, **_pooled(how))


def _pooled(how: Pooling) -> dict[str, Any]:
    """The options of pooling as the library calls them."""
    return {
        "method": how.estimator,
        "model": how.model,
        "reference": how.reference,
        "small_values": how.small_values,
        "level": how.level,
        "tau2_covariance": how.tau2_covariance,
    }


def certainty(result: "NetworkResult", mid: float | None, own: "TrialNetwork | None") -> Part:
    """How sure each comparison with the reference is."""
    from speciosa.evidence.appraisal.certainty import certainty_of
    from speciosa.evidence.appraisal.words import certainty_text

    found = own.certainty(result, mid) if own else certainty_of(result, mid or 0.0)
    return {"certainty": [one.to_json() for one in found]}, certainty_text(found)


def islands_apart(
    network: "Network", how: Pooling, mid: float | None, own: "TrialNetwork | None"
) -> Part:
    """Each connected part of a network by itself, and how sure its comparisons are; no effect joins two of them."""
    from speciosa.evidence.network.words import as_text
    from speciosa.evidence.network_models.apart import pooled_apart

    found = pooled_apart(network, **_pooled(how))
    told = f"no chain of trials joins these {len(found)} islands, and no effect between them can be estimated"
    parts, lines = [], [f"{told[0].upper()}{told[1:]}."]
    for one in found:
        sure, text = certainty(one, mid, own) if mid is not None or own else ({}, "")
        parts.append(one.to_json() | sure)
        lines += [as_text(one), *([text] if text else [])]
    values = {"measure": network.measure, "note": told, "islands": parts}
    return values, "\n\n".join(lines)


def node_splits(network: "Network", pairs: list[str], how: Pooling) -> Part:
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
    method = cast(Any, how.estimator)
    splits = {
        pair: split(network, names[0], names[1], method=method)
        for pair, names in zip(pairs, named, strict=True)
    }
    rows = [None if each is None else asdict(each) for each in splits.values()]
    return {"node_splits": rows}, node_split_text(splits, network.measure)


def component_effects(network: "Network", beside: Additions, how: Pooling) -> Part:
    """Additive effects of the components that treatments are made of."""
    from speciosa.evidence.network.components import component_network
    from speciosa.evidence.network.words import components_text

    found = component_network(
        network,
        separator=beside.components,
        inactive=beside.inactive,
        method=cast(Any, how.method.upper()),
        model=how.model,
        level=how.level,
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


def priors_of(prior: Posterior) -> "Priors":
    """The priors that the options state."""
    from speciosa.evidence.bayes.network_posterior import Priors
    from speciosa.evidence.bayes.priors import parse_prior

    tau = parse_prior(prior.tau_prior) if prior.tau_prior else None
    return Priors(prior.effect_sd, prior.tau_sd, tau=tau)


def posterior_of(
    network: "Network", how: Pooling, prior: Posterior
) -> tuple["BayesNetwork | BinomialResult", Part]:
    """The posterior of a network, with what its classes borrow and whether its designs agree."""
    from speciosa.evidence.bayes.borrowing import borrowing
    from speciosa.evidence.bayes.network import bayesian_network
    from speciosa.evidence.bayes.words import bayes_text, borrowing_text, prior_remarks
    from speciosa.evidence.network.coherence import coherence
    from speciosa.evidence.network.words import remarks

    if prior.likelihood not in ("normal", "binomial"):
        raise EvidenceError(Fault("--likelihood", "normal or binomial", prior.likelihood))
    if prior.classes and not network.classes:
        raise EvidenceError(Fault("--classes", "a column class in the table", "none"))
    shared: dict[str, Any] = {
        "model": how.model,
        "reference": how.reference,
        "priors": priors_of(prior),
        "small_values": how.small_values,
        "level": how.level,
        "classes": network.classes if prior.classes else None,
    }
    result: BayesNetwork | BinomialResult
    if prior.likelihood == "binomial":
        from speciosa.evidence.bayes.binomial_nuts import binomial_network
        from speciosa.evidence.bayes.binomial_sampling import Sampler

        result = binomial_network(network, sampler=Sampler(seed=prior.seed), **shared)
    else:
        result = bayesian_network(network, **shared)
    text = bayes_text(result)
    if prior.classes:
        alone = bayesian_network(network, **(shared | {"classes": None}))
        text += "\n\n" + borrowing_text(borrowing(alone, result), network.measure)
    beside = coherence(network)
    values = result.to_json() | beside.to_json()
    said = remarks(network, as_counted=prior.likelihood == "binomial")
    values["notes"] = [note for note in values["notes"] if note in said] + prior_remarks(result)
    return result, (values, f"{text}\n\n{beside.verdict}")


def by_mantel_haenszel(network: "Network", how: Pooling) -> Part:
    """Pooled odds ratios of counts, without heterogeneity."""
    from speciosa.evidence.network.coherence import coherence
    from speciosa.evidence.network.mantel_haenszel import mantel_haenszel_network
    from speciosa.evidence.network.ranking import p_scores
    from speciosa.evidence.network.result import default_reference
    from speciosa.evidence.network.words import mantel_haenszel_text, remarks

    result = mantel_haenszel_network(network)
    base = how.reference or default_reference(network)
    if base not in result.treatments:
        told = "; ".join(f"{name}, {why}" for name, why in result.left_out.items())
        fix = "Another --reference, or --method REML, which adds 0.5 to zero cells."
        expected = f"one of {', '.join(result.treatments)}"
        raise EvidenceError(Fault("reference", expected, f"{base}, left out ({told})", fix))
    said = remarks(network, as_counted=True)
    notes = tuple(note for note in network.notes if note in said)
    beside = replace(
        coherence(network), test=result.test, left_out=dict(result.left_out), notes=notes
    )
    nothing = dict.fromkeys(("pi_low", "pi_high", "direct", "indirect", "proportion_direct"))
    scores = p_scores(result.effect, result.se, cast(Any, how.small_values)).tolist()
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
        "estimates": [row | nothing for row in result.frame(how.level).to_dicts()],
        "p_scores": dict(zip(result.treatments, scores, strict=True)),
        **beside.to_json(),
    }
    text = mantel_haenszel_text(result, base, how.level)
    return values, "\n".join([text, beside.verdict, *notes])
