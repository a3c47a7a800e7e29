"""What every posterior of a network of treatments has, however it was computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.bayes.deviance import Deviance
from speciosa.evidence.bayes.priors import TauPrior, on_scale
from speciosa.evidence.bayes.summary import Model, estimate_rows
from speciosa.evidence.network.data import Network
from speciosa.evidence.network.ranking import SmallValues
from speciosa.evidence.network.read import Source, read_network, require_connected

# Tails that a grid of tau covers.
NETWORK_FAMILIES = ("half-normal", "log-normal", "log-t")


@dataclass(frozen=True)
class Priors:
    """Priors of a Bayesian network meta-analysis, on the analysis scale.

    Attributes:
        effect_sd: standard deviation of the normal prior of effects (and class means).
        tau_sd: scale of the half-normal prior of the heterogeneity standard deviation.
        omega_sd: scale of the half-normal prior of the spread within a class.
        tau: another prior of the heterogeneity standard deviation in place of the half-normal one.
    """

    effect_sd: float = 100.0
    tau_sd: float = 5.0
    omega_sd: float = 1.0
    tau: TauPrior | None = None

    def __post_init__(self) -> None:
        faults = [
            Fault(f"prior, {name}", "above 0", f"{value:g}")
            for name in ("effect_sd", "tau_sd", "omega_sd")
            if not (value := getattr(self, name)) > 0
        ]
        if self.tau is not None and self.tau.family not in NETWORK_FAMILIES:
            faults.append(
                Fault(
                    "prior, tau", " or ".join(NETWORK_FAMILIES) + " of a network", self.tau.family
                )
            )
        if faults:
            raise EvidenceError(faults)

    @property
    def tau_prior(self) -> TauPrior:
        """The prior of tau."""
        return self.tau or TauPrior("half-normal", self.tau_sd)

    def __str__(self) -> str:
        return (
            f"effects against the reference N(0, {self.effect_sd:g}^2), {self.tau_prior}, "
            f"spread within a class half-normal({self.omega_sd:g})"
        )


@dataclass(frozen=True)
class NetworkPosterior:
    """Of what network a posterior is, of which model, and under which priors.

    Attributes:
        network: the evidence.
        reference: treatment that effects are relative to.
        model: ``random``, or ``common`` with tau fixed at 0.
        level: coverage of the intervals.
        small_values: whether small values of the outcome are good.
        priors: the priors.
        names: what the parameters are: effects against the reference (or ``x : y`` pairs of an unrelated-effects model),
            then class means.
    """

    network: Network
    reference: str
    model: Model
    level: float
    small_values: SmallValues
    priors: Priors
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        on_scale(self.priors.tau_prior, self.network.measure)

    @property
    def treatments(self) -> tuple[str, ...]:
        """The reference and every other treatment by name."""
        return (self.reference, *(n for n in self.network.treatments if n != self.reference))


def plain_values(
    found: NetworkPosterior,
    method: str,
    tau2: float,
    table: pl.DataFrame,
    sucra: dict[str, float],
    tau: dict[str, float],
    deviance: Deviance,
) -> dict[str, Any]:
    """A posterior under the keys of a frequentist result, and Bayesian ones beside them."""
    return {
        "measure": found.network.measure,
        "model": found.model,
        "method": method,
        "reference": found.reference,
        "tau2": tau2,
        "Q": None,
        "Q_heterogeneity": None,
        "Q_inconsistency": None,
        "I2": None,
        "estimates": estimate_rows(table, found.model),
        "p_scores": sucra,
        "tau": tau,
        "deviance": deviance.to_json(),
    }


def connected_network(
    source: Source | Network, measure: str | None, reference: str | None, distinct: Sequence[str]
) -> Network:
    """The network of a table, or the one that is there; each connected.

    Raises:
        EvidenceError: faults of the data.
    """
    if isinstance(source, Network):
        require_connected(source, reference)
        return source
    return read_network(source, measure=measure, reference=reference, distinct=distinct)
