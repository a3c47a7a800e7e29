"""Sampling a binomial network model with nutpie, and whether the chains can be trusted."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import MissingExtraError
from speciosa.evidence.bayes.binomial_model import BinomialModel


@dataclass(frozen=True)
class Sampler:
    """How to sample.

    Attributes:
        draws: kept draws a chain.
        tune: draws of warm-up a chain, not kept.
        chains: number of chains.
        seed: seed of all randomness.
        target_accept: aimed acceptance; higher is slower and safer. None takes 0.9, and 0.99 with classes, whose
            spread makes a narrow funnel.
    """

    draws: int = 2000
    tune: int = 1000
    chains: int = 4
    seed: int = 1
    target_accept: float | None = None


@dataclass(frozen=True)
class Diagnostics:
    """Whether the chains can be trusted.

    Attributes:
        rhat: largest split rank-normalised R-hat (Vehtari 2021, doi:10.1214/20-BA1221).
        ess_bulk, ess_tail: smallest effective sample sizes.
        divergences: divergent transitions.
        draws: kept draws of all chains.
    """

    rhat: float
    ess_bulk: float
    ess_tail: float
    divergences: int
    draws: int

    MAX_RHAT = 1.01
    MIN_ESS = 400.0
    MAX_DIVERGENT_SHARE = 0.001

    @property
    def failures(self) -> list[str]:
        """What fails, in words; empty where all is well."""
        found = []
        if not self.rhat <= self.MAX_RHAT:
            found.append(f"R-hat {self.rhat:.3f}, above {self.MAX_RHAT}")
        for name, value in (("bulk", self.ess_bulk), ("tail", self.ess_tail)):
            if not value >= self.MIN_ESS:
                found.append(f"{name} effective sample size {value:.0f}, below {self.MIN_ESS:.0f}")
        if self.divergences > self.MAX_DIVERGENT_SHARE * self.draws:
            found.append(f"{self.divergences} divergent transitions of {self.draws}")
        return found

    def __str__(self) -> str:
        return (
            f"R-hat at most {self.rhat:.4f}, effective sample size at least {self.ess_bulk:.0f} (bulk) and "
            f"{self.ess_tail:.0f} (tail), {self.divergences} divergent transitions of {self.draws}"
        )


def _load(name: str) -> ModuleType:
    import warnings
    from importlib import import_module

    # Importing arviz may announce its own future; that is no news for a reader of trials.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return import_module(name)
        except ImportError:
            raise MissingExtraError("bayes", name) from None


def sample(model: BinomialModel, settings: Sampler) -> tuple[NDArray[np.float64], int]:
    """Draws, shape ``(chains, draws, dimension)``, and the number of divergent transitions.

    Raises:
        MissingExtraError: nutpie is not installed.
    """
    nutpie = _load("nutpie")
    pyfunc = _load("nutpie.compiled_pyfunc")
    size, density = model.dimension, model.log_density()
    compiled = pyfunc.from_pyfunc(
        size,
        lambda: density,
        lambda seed1, seed2, chain: lambda x: {"x": np.array(x)},
        [np.dtype("float64")],
        [(size,)],
        ["x"],
    )
    trace = nutpie.sample(
        compiled,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=1,
        seed=settings.seed,
        target_accept=settings.target_accept or (0.99 if model.setup.classes else 0.9),
        init_mean=model.start(),
        save_warmup=False,
        progress_bar=False,
    )
    draws = np.asarray(trace.posterior["x"].values, dtype=float)
    return draws, int(trace.sample_stats["diverging"].values.sum())


def diagnose(
    beta: NDArray[np.float64],
    tau: NDArray[np.float64] | None,
    omega: NDArray[np.float64] | None,
    divergences: int,
) -> Diagnostics:
    """Convergence of effects, tau and omega; those not in the model are None.

    Args:
        beta: shape ``(chains, draws, p)``.
        tau: shape ``(chains, draws)``.
        omega: shape ``(chains, draws)``.
        divergences: number of divergent transitions.
    """
    arviz = _load("arviz")
    quantities: dict[str, NDArray[np.float64]] = {"effects": beta}
    quantities |= {
        name: value for name, value in (("tau", tau), ("omega", omega)) if value is not None
    }
    data = arviz.convert_to_dataset(quantities)

    def extreme(found: Any, largest: bool) -> float:
        values = np.concatenate([np.ravel(found[name].values) for name in quantities])
        return float(values.max() if largest else values.min())

    return Diagnostics(
        extreme(arviz.rhat(data), True),
        extreme(arviz.ess(data, method="bulk"), False),
        extreme(arviz.ess(data, method="tail"), False),
        divergences,
        beta.shape[0] * beta.shape[1],
    )
