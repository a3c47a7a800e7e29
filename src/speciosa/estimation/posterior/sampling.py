"""Draws from the posterior of a fit by the no-U-turn sampler of nutpie, and whether they can be trusted."""

import warnings
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import numpy as np

from speciosa.errors import MissingExtraError
from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.posterior.density import Posterior
from speciosa.estimation.posterior.priors import priors_of

MOST_RHAT, LEAST_DRAWS = 1.01, 400.0
"""Limits of Vehtari et al. 2021, doi:10.1214/20-BA1221: potential scale reduction, and effective draws in all."""
_ACCEPTED = 0.9
_APART = 0.02
"""Standard deviation of the begins of chains about the maximum: a posterior may have other, far maxima, such as flip-flop."""


@dataclass(frozen=True)
class Draws:
    """Draws of the coordinates.

    Attributes:
        x: ``(chains, draws, coordinates)``.
        rhat: the largest potential scale reduction of a coordinate.
        effective: the smallest effective number of draws.
        divergences: steps that went astray.
    """

    x: Floats
    rhat: float
    effective: float
    divergences: int

    @property
    def trusted(self) -> bool:
        """Whether all chains tell the same."""
        few = self.divergences <= 0.001 * self.x.shape[0] * self.x.shape[1]
        return self.rhat <= MOST_RHAT and self.effective >= LEAST_DRAWS and few

    def __str__(self) -> str:
        chains, draws, _ = self.x.shape
        return (
            f"{chains} chains of {draws} draws: R-hat at most {self.rhat:.3f}, effective draws at least {self.effective:.0f}, "
            f"{self.divergences} divergent"
        )


def sampled_posterior(
    joint: Joint, x: Floats, modes: Floats, draws: int, tune: int, chains: int, seed: int
) -> Draws:
    """Samples from the posterior; chains begin about `x` and `modes`.

    Args:
        joint: the model with its data.
        x: coordinates near the maximum.
        modes: random effects there.
        draws: of each chain.
        tune: draws of each chain before, in which the sampler learns.
        chains: how many.
        seed: the same seed gives the same draws.

    Raises:
        MissingExtraError: nutpie is not installed.
    """
    nutpie, pyfunc, arviz = map(_loaded, ("nutpie", "nutpie.compiled_pyfunc", "arviz"))
    posterior = Posterior(joint, priors_of(joint.design), len(x))
    size, begin = posterior.dimension, posterior.place(x, modes)
    compiled = pyfunc.from_pyfunc(
        size,
        lambda: posterior,
        lambda seed1, seed2, chain: lambda place: {"place": np.array(place)},
        [np.dtype("float64")],
        [(size,)],
        ["place"],
        make_initial_point_fn=lambda seed: (
            begin + _APART * np.random.default_rng(seed).normal(size=size)
        ),
    )
    trace = nutpie.sample(
        compiled,
        draws=draws,
        tune=tune,
        chains=chains,
        cores=1,
        seed=seed,
        target_accept=_ACCEPTED,
        save_warmup=False,
        progress_bar=False,
    )
    places = np.asarray(trace.posterior["place"].values, dtype=float)
    own = places[:, :, : len(x)]
    told = arviz.convert_to_dataset({"x": own})
    return Draws(
        own,
        float(np.max(arviz.rhat(told)["x"].values)),
        float(np.min(arviz.ess(told, method="bulk")["x"].values)),
        int(trace.sample_stats["diverging"].values.sum()),
    )


def _loaded(name: str) -> ModuleType:
    with warnings.catch_warnings():  # importing arviz may announce its own future
        warnings.simplefilter("ignore")
        try:
            return import_module(name)
        except ImportError:
            raise MissingExtraError("bayes", name.partition(".")[0]) from None
