"""Dose-response trials by MCP-Mod: each simulated trial is tested against every candidate shape."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.conduct.block import Block
from speciosa.trials.design.contrasts import correlation_of, optimal_contrasts
from speciosa.trials.design.rays import critical_value, root
from speciosa.trials.design.shapes import Shape

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ShapeTest:
    """The multiple contrast test of a trial of given size.

    Attributes:
        names: of the shapes.
        contrasts: by shape and arm.
        bound: of the largest statistic.
    """

    names: tuple[str, ...]
    contrasts: Array
    bound: float

    @classmethod
    def of(
        cls,
        shapes: Mapping[str, Shape],
        doses: tuple[float, ...],
        people: tuple[int, ...],
        alpha: float,
    ) -> "ShapeTest":
        """The test for planned group sizes; the bound is that of the t distribution of the planned degrees of freedom."""
        contrasts = optimal_contrasts(shapes, doses, people)
        factor = root(correlation_of(contrasts, people))
        df = float(sum(people) - len(people))
        return cls(tuple(shapes), contrasts, critical_value(factor, alpha, df))

    def statistics(self, block: Block, at: int, better: int) -> Array:
        """The statistic of each shape, shape ``(shapes, trials)``, from the changes from baseline of those seen at the visit."""
        arms = self.contrasts.shape[1]
        change = better * (block.y[at] - block.y[0])
        seen = (block.stopped >= at) | block.followed
        counts, means = np.zeros((arms, len(change))), np.zeros((arms, len(change)))
        squares = np.zeros(len(change))
        for arm in range(arms):
            here = seen & (block.arm == arm)
            counts[arm] = here.sum(1)
            means[arm] = np.where(here, change, 0.0).sum(1) / np.maximum(counts[arm], 1)
            gap = np.where(here, change - means[arm][:, None], 0.0)
            squares += (gap * gap).sum(1)
        variance = squares / (counts.sum(0) - arms)
        errors = np.sqrt(
            variance * ((self.contrasts**2)[:, :, None] / np.maximum(counts, 1)).sum(1)
        )
        # plain sums, so that a trial's numbers do not depend on the trials beside it
        found: Array = (self.contrasts[:, :, None] * means).sum(1) / errors
        return found
