"""What treatments of one class borrow from each other."""

from collections.abc import Mapping
from typing import Protocol

import polars as pl

from speciosa.evidence.network.data import Network


class Posterior(Protocol):
    """What a Bayesian network can be asked, however it was computed."""

    @property
    def network(self) -> Network:
        """The evidence."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""

    def contrast(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Posterior of a combination of parameters."""


def borrowing(alone: Posterior, classed: Posterior) -> pl.DataFrame:
    """What treatments take from their class: ``treatment, alone, alone_sd, with_class, with_class_sd, sd_ratio``.

    Effects against the reference on the analysis scale; a ratio below 1 is precision borrowed.

    Args:
        alone: the posterior without classes.
        classed: the posterior with them.
    """
    rows = []
    for name in alone.names:
        one, other = alone.contrast({name: 1.0}), classed.contrast({name: 1.0})
        rows.append(
            {
                "treatment": name,
                "alone": one["mean"],
                "alone_sd": one["sd"],
                "with_class": other["mean"],
                "with_class_sd": other["sd"],
                "sd_ratio": other["sd"] / one["sd"],
            }
        )
    return pl.DataFrame(rows)
