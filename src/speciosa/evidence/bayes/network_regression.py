"""Bayesian network meta-regression by quadrature: the posterior of effects and slopes on a covariate of trials or arms."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from speciosa.evidence.bayes.grid import Grid, posterior_grid
from speciosa.evidence.bayes.network_posterior import Priors
from speciosa.evidence.bayes.priors import on_scale
from speciosa.evidence.bayes.summary import mixture_summary
from speciosa.evidence.network.data import Network
from speciosa.evidence.network.designs import Parameters
from speciosa.evidence.network.gls import whiten
from speciosa.evidence.network.result import Model
from speciosa.evidence.network_models.regression import (
    Interaction,
    NetworkRegression,
    network_meta_regression,
    regression_rows,
)


@dataclass(frozen=True)
class BayesianRegression:
    """The posterior of a network meta-regression.

    Attributes:
        frequentist: the same model without priors: its covariate, centre, treatments and slopes' names.
        priors: of effects and slopes, normal around 0, and of tau.
        grid: the posterior as a mixture of normals over tau.
        level: coverage of the intervals.
    """

    frequentist: NetworkRegression
    priors: Priors
    grid: Grid
    level: float

    def slope(self, name: str) -> dict[str, float]:
        """Posterior of a slope: mean, sd, median, quartiles, interval, probability below 0."""
        place = len(self.frequentist.treatments) + self.frequentist.slope_names.index(name)
        return self._summary(np.eye(self.grid.beta.shape[1])[place])

    def effect(self, treatment: str, at: float | None = None) -> dict[str, float]:
        """Posterior of a treatment against the reference where the covariate is `at` (by default the centre)."""
        model = self.frequentist
        count = len(model.treatments)
        vector = np.zeros(self.grid.beta.shape[1])
        vector[model.treatments.index(treatment)] = 1.0
        if at is not None and not model.covariate.varies:
            alone = len(vector) == count + 1
            vector[count if alone else count + model.treatments.index(treatment)] = (
                at - model.centre
            )
        return self._summary(vector)

    def _summary(self, vector: np.ndarray) -> dict[str, float]:
        mean = self.grid.beta @ vector
        variance = np.einsum("gij,i,j->g", self.grid.covariance, vector, vector)
        return mixture_summary(
            self.grid.weight, mean, np.sqrt(np.maximum(variance, 0.0)), self.level
        )

    def to_json(self, at: float | None = None) -> dict[str, Any]:
        """As plain values."""
        model = self.frequentist
        return {
            "covariate": model.covariate.name,
            "reference": model.reference,
            "centre": model.centre,
            "at": model.centre if at is None else at,
            "priors": f"{self.priors}; slopes as effects",
            "slopes": {name: self.slope(name) for name in model.slope_names},
            "effects": {name: self.effect(name, at) for name in model.treatments},
            "tau": self.grid.tau_summary(self.level),
        }


def bayesian_network_meta_regression(
    network: Network,
    column: str,
    *,
    interaction: Interaction = "common",
    model: Model = "random",
    reference: str | None = None,
    priors: Priors | None = None,
    level: float = 0.95,
) -> BayesianRegression:
    """The posterior of a network regressed on a column of its table.

    Args:
        network: the trials, as `read_network` gives them.
        column: numbers or two words, by study or by arm.
        interaction: ``common`` or ``independent`` slopes.
        model: ``random``, or ``common`` with tau fixed at 0.
        reference: treatment whose own slope is 0.
        priors: vague ones by default; slopes have the prior of effects, for one unit of the covariate.
        level: coverage of the intervals.

    Raises:
        EvidenceError: as `network_meta_regression`.

    Example:
        >>> from speciosa.evidence.network.read import read_network
        >>> rows = {"study": list("ABC"), "treat1": ["x"] * 3, "treat2": ["p"] * 3, "effect": [1.0, 2.0, 3.0],
        ...         "se": [0.1] * 3, "year": [0, 1, 2]}
        >>> found = bayesian_network_meta_regression(read_network(rows), "year", model="common")
        >>> round(found.slope("year")["median"], 3)
        1.0
    """
    fitted = network_meta_regression(
        network, column, interaction=interaction, model=model, reference=reference, level=level
    )
    priors = priors or Priors()
    on_scale(priors.tau_prior, network.measure)
    rows = regression_rows(fitted)
    names = (*fitted.treatments, *fitted.slope_names)
    setup = Parameters(
        names, whiten(fitted.network.studies, rows), tuple(rows), (), np.zeros((len(names), 0))
    )
    tau_prior = priors.tau_prior if model == "random" else None
    grid = posterior_grid(setup, priors.effect_sd, tau_prior, priors.omega_sd)
    return BayesianRegression(fitted, priors, grid, level)
