"""What is done in every replicate of a trial: rules, allocation, looks, and the analysis of each comparison."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.analysis.data import Compared, compared
from speciosa.trials.analysis.events import cox, log_rank, proportion
from speciosa.trials.analysis.imputation import imputed
from speciosa.trials.analysis.means import ancova, crossover, t_test, wilcoxon
from speciosa.trials.analysis.mixed import mmrm
from speciosa.trials.analysis.result import Found
from speciosa.trials.conduct.block import Block, places
from speciosa.trials.conduct.rules import Rules
from speciosa.trials.design.shapes import Shape
from speciosa.trials.operating.responding import ShapeTest

Array = NDArray[np.float64]
_WORST = 1e12


@dataclass(frozen=True)
class Plan:
    """A trial as its replicates are run.

    Attributes:
        rules: of conduct.
        allocation: of the arms.
        reference: number of the arm with which the others are compared.
        at: visit of the endpoint.
        method: of the analysis.
        strategies: by intercurrent event.
        better: 1 where more of the endpoint is better, -1 where less is.
        alpha: one-sided.
        margin: of non-inferiority.
        change: of responders.
        event: of a time to an event.
        kenward_roger: of `mmrm`.
        imputation: which mean those who left follow.
        imputations: how many.
        fractions: of the people at each look.
        upper: bounds of z for the arm at each look.
        futility: bounds of z below which the trial stops, at the looks before the last.
        seed: of the trials.
        doses: of a dose-response trial, by arm; empty else.
        shapes: of a dose-response trial, the candidates by name.
    """

    rules: Rules
    allocation: tuple[int, ...]
    reference: int
    at: int
    method: str = "t test"
    strategies: Mapping[str, str] = field(default_factory=dict)
    better: int = -1
    alpha: float = 0.025
    margin: float = 0.0
    change: float = 0.0
    event: str = "discontinued"
    kenward_roger: bool = False
    imputation: str = "J2R"
    imputations: int = 20
    fractions: tuple[float, ...] = (1.0,)
    upper: tuple[float, ...] = (1.959963984540054,)
    futility: tuple[float, ...] = ()
    seed: int = 1
    doses: tuple[float, ...] = ()
    shapes: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def compared(self) -> tuple[int, ...]:
        """Numbers of the arms that are compared with the reference; of a dose response, the highest dose."""
        if self.shapes:
            return (len(self.allocation) - 1,)
        return tuple(n for n in range(len(self.allocation)) if n != self.reference)

    def people(self, size: int) -> tuple[int, ...]:
        """People at each look."""
        return tuple(max(2, round(fraction * size)) for fraction in self.fractions)

    def shape_test(self, size: int) -> ShapeTest | None:
        """The test of a dose response for a trial of a size."""
        if not self.shapes:
            return None
        people = tuple(int(n) for n in np.bincount(places(self.allocation, size)))
        return ShapeTest.of(self.shapes, self.doses, people, self.alpha)

    def data(
        self, block: Block, arm: int, first: int | None = None, *, complete: bool = False
    ) -> Compared:
        """What the analysis of one arm sees of some trials."""
        worst = -self.better * _WORST if self.method == "wilcoxon" else None
        return compared(
            block, arm, self.reference, self.strategies, self.at,
            failure=worst, event=self.event, complete=complete, first=first,
        )  # fmt: skip

    def analysed(self, data: Compared) -> Found:
        """The analysis of one comparison in each trial."""
        better, margin, alpha = self.better, self.margin, self.alpha
        if self.method == "t test":
            return t_test(data, better, margin, alpha)
        if self.method == "ancova":
            return ancova(data, better, margin, alpha)
        if self.method == "mmrm":
            return mmrm(data, better, margin, alpha, kenward_roger=self.kenward_roger)
        if self.method == "crossover":
            return crossover(data, better, margin, alpha)
        if self.method == "imputation":
            return imputed(data, self.imputation, self.imputations, better, margin, alpha)
        if self.method == "wilcoxon":
            return wilcoxon(data, better, alpha)
        if self.method == "proportion":
            wanted = 1 if np.sign(self.change) == better else -1
            return proportion(data, self.change, wanted, alpha)
        if self.method == "cox":
            return cox(data, -1, alpha)
        return log_rank(data, -1, alpha)
