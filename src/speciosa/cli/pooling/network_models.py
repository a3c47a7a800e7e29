"""What `speciosa nma` adds on request: a covariate, heterogeneity by group, islands joined by their baselines."""

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from speciosa.evidence.bayes.network_posterior import Priors
    from speciosa.evidence.network.data import Network

Part = tuple[dict[str, Any], str]


def regression(
    network: "Network",
    column: str,
    interaction: str,
    at: float | None,
    method: str,
    model: str,
    reference: str | None,
    level: float,
) -> Part:
    """The effects of a network regressed on a column of its table."""
    from speciosa.evidence.network_models.regression import network_meta_regression
    from speciosa.evidence.network_models.words import regression_text

    found = network_meta_regression(
        network,
        column,
        interaction=cast(Any, interaction),
        method=cast(Any, method.upper()),
        model=cast(Any, model),
        reference=reference,
        level=level,
    )
    return {"regression": found.to_json(at)}, regression_text(found, at)


def posterior(
    network: "Network",
    column: str,
    interaction: str,
    at: float | None,
    model: str,
    reference: str | None,
    level: float,
    priors: "Priors",
) -> Part:
    """The posterior of the same regression."""
    from speciosa.evidence.bayes.network_regression import bayesian_network_meta_regression

    found = bayesian_network_meta_regression(
        network,
        column,
        interaction=cast(Any, interaction),
        model=cast(Any, model),
        reference=reference,
        priors=priors,
        level=level,
    ).to_json(at)
    lines = [f"Its posterior ({found['priors']}), on the analysis scale:"]
    for name, row in (found["slopes"] | found["effects"]).items():
        lines.append(
            f"  {name}: median {row['median']:.4g} ({row['low']:.4g} to {row['high']:.4g})"
        )
    return {"regression_posterior": found}, "\n".join(lines)


def unequal(
    network: "Network", column: str, method: str, reference: str | None, level: float
) -> Part:
    """A network with one tau2 a group of trials."""
    from speciosa.evidence.network_models.unequal import unequal_heterogeneity
    from speciosa.evidence.network_models.words import unequal_text

    found = unequal_heterogeneity(
        network, column, method=method.upper(), reference=reference, level=level
    )
    return {"unequal_heterogeneity": found.to_json()}, unequal_text(found)


def bridge(network: "Network", reference: str | None, level: float) -> Part:
    """Islands joined by the baselines of their trials."""
    from speciosa.evidence.network_models.bridge import bridged_network
    from speciosa.evidence.network_models.words import bridge_text

    found = bridged_network(network, reference=reference, level=level)
    return {"bridge": found.to_json()}, bridge_text(found)
