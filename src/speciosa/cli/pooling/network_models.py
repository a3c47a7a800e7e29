"""What `speciosa nma` adds on request: a covariate, heterogeneity by group, islands joined by their baselines."""

from typing import TYPE_CHECKING, Any, cast

from speciosa.cli.pooling.network_question import Additions, Pooling

if TYPE_CHECKING:
    from speciosa.evidence.bayes.network_posterior import Priors
    from speciosa.evidence.network.data import Network

Part = tuple[dict[str, Any], str]


def regression(network: "Network", beside: Additions, how: Pooling) -> Part:
    """The effects of a network regressed on a column of its table."""
    from speciosa.evidence.network_models.regression import network_meta_regression
    from speciosa.evidence.network_models.words import regression_text

    found = network_meta_regression(
        network,
        beside.covariate,
        interaction=cast(Any, beside.interaction),
        method=cast(Any, how.method.upper()),
        model=cast(Any, how.model),
        reference=how.reference,
        level=how.level,
    )
    return {"regression": found.to_json(beside.at)}, regression_text(found, beside.at)


def posterior(network: "Network", beside: Additions, how: Pooling, priors: "Priors") -> Part:
    """The posterior of the same regression."""
    from speciosa.evidence.bayes.network_regression import bayesian_network_meta_regression

    found = bayesian_network_meta_regression(
        network,
        beside.covariate,
        interaction=cast(Any, beside.interaction),
        model=cast(Any, how.model),
        reference=how.reference,
        priors=priors,
        level=how.level,
    ).to_json(beside.at)
    lines = [f"Its posterior ({found['priors']}), on the analysis scale:"]
    for name, row in (found["slopes"] | found["effects"]).items():
        lines.append(
            f"  {name}: median {row['median']:.4g} ({row['low']:.4g} to {row['high']:.4g})"
        )
    return {"regression_posterior": found}, "\n".join(lines)


def unequal(network: "Network", column: str, how: Pooling) -> Part:
    """A network with one tau2 a group of trials."""
    from speciosa.evidence.network_models.unequal import unequal_heterogeneity
    from speciosa.evidence.network_models.words import unequal_text

    found = unequal_heterogeneity(
        network, column, method=how.method.upper(), reference=how.reference, level=how.level
    )
    return {"unequal_heterogeneity": found.to_json()}, unequal_text(found)


def bridge(network: "Network", reference: str | None, level: float) -> Part:
    """Islands joined by the baselines of their trials."""
    from speciosa.evidence.network_models.bridge import bridged_network
    from speciosa.evidence.network_models.words import bridge_text

    found = bridged_network(network, reference=reference, level=level)
    return {"bridge": found.to_json()}, bridge_text(found)
