"""What is done in every replicate of a trial: rules, allocation, looks, and the analysis of each comparison."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.analysis.counts import logistic, negative_binomial
from speciosa.trials.analysis.data import Compared, compared
from speciosa.trials.analysis.events import cox, log_rank, proportion
from speciosa.trials.analysis.imputation import imputed
from speciosa.trials.analysis.means import ancova, crossover, t_test, wilcoxon, williams
from speciosa.trials.analysis.mixed import mmrm
from speciosa.trials.analysis.result import Found
from speciosa.trials.analysis.strategies import strategies as compare_strategies
from speciosa.trials.analysis.strategies import weights
from speciosa.trials.conduct.block import Block, places
from speciosa.trials.conduct.rules import Rules
from speciosa.trials.design.promising import Promising, promising
from speciosa.trials.design.shapes import Shape
from speciosa.trials.operating.responding import ShapeTest
from speciosa.trials.question.schema import Embedded

Array = NDArray[np.float64]
_WORST = 1e12
_TWENTIETH = 20  # of the people, the least share before or after the look at which `promising` sets the size anew


@dataclass(frozen=True)
class Again:
    """How a trial grows after its look; see `speciosa.trials.design.promising`."""

    most: float
    aim: float
    low: float | None
    test: str


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
        several: whether arms are dropped one by one and the first that is found better ends the trial.
        again: how the trial grows; None where it does not.
        paths: strategies of a trial of these, of which `reference` is a number; empty else.
        orders: treatments by arm of the pool and period, of a crossover of more than two; empty else.
        tip: of `imputed`: how much worse than imputed those who left the arm are.
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
    several: bool = False
    again: Again | None = None
    paths: tuple[Embedded, ...] = ()
    orders: tuple[tuple[int, ...], ...] = ()
    tip: float = 0.0

    @property
    def compared(self) -> tuple[int, ...]:
        """Numbers of the arms that are compared with the reference; of a dose response, the highest dose."""
        if self.shapes:
            return (len(self.allocation) - 1,)
        many = len(self.paths) or (len(self.orders[0]) if self.orders else len(self.allocation))
        return tuple(n for n in range(many) if n != self.reference)

    @property
    def null_arm(self) -> int:
        """Arm of the pool whose course everybody has where nothing has an effect."""
        if self.paths:
            return self.paths[self.reference].first
        if self.orders:
            return next(n for n, order in enumerate(self.orders) if order[0] == self.reference)
        return self.reference

    def people(self, size: int) -> tuple[int, ...]:
        """People at each look; of a trial that grows, the first has a twentieth of them or more before and after it."""
        counts = tuple(max(2, round(fraction * size)) for fraction in self.fractions)
        if self.again is None:
            return counts
        least = -(-size // _TWENTIETH)
        return (min(max(counts[0], least), size - least), *counts[1:])

    def most(self, size: int) -> int:
        """People at most, of a trial planned for a size."""
        if self.again is None:
            return size
        unit = sum(self.allocation)
        return max(size, int(size * self.again.most / unit) * unit)

    def again_at(self, size: int) -> Promising:
        """How a trial of a size grows."""
        rule = self.again
        assert rule is not None
        futility = self.futility[0] if self.futility else -np.inf
        found = promising(
            size, interim=self.people(size)[0] / size, most=max(self.most(size) / size, 1 + 1e-6), alpha=self.alpha,
            aim=rule.aim, test=rule.test, z_stop=self.upper[0], z_futility=futility, z_final=self.upper[1],
        )  # fmt: skip
        if rule.low is None:
            return found
        # of a size in whole people the plain test may need a little more than the file's fractions
        low = max(rule.low, found.cp_least) if rule.test == "plain" else rule.low
        return replace(found, cp_low=low)

    def shape_test(self, size: int) -> ShapeTest | None:
        """The test of a dose response for a trial of a size."""
        if not self.shapes:
            return None
        people = tuple(int(n) for n in np.bincount(places(self.allocation, size)))
        return ShapeTest.of(self.shapes, self.doses, people, self.alpha)

    def data(
        self, block: Block, arm: int, since: int = 0, until: int | None = None, ends: NDArray[np.int64] | None = None,
    ) -> Compared:  # fmt: skip
        """What the analysis of one comparison sees of some trials, of the people from one place to another."""
        there = np.arange(len(block.arm))[since:until]
        if not (self.paths or self.orders):
            here = block.arm[there]
            there = there[(here == arm) | (here == self.reference)]
        return self._seen(block, there, block.arm[there] == arm, ends=ends)

    def whole(self, block: Block, treated: NDArray[np.bool_]) -> Compared:
        """The same of people who are all seen to the end, as for the true estimand."""
        return self._seen(block, np.arange(len(block.arm)), treated, complete=True)

    def _seen(
        self, block: Block, who: NDArray[np.int64], treated: NDArray[np.bool_], *, complete: bool = False,
        ends: NDArray[np.int64] | None = None,
    ) -> Compared:  # fmt: skip
        worst = -self.better * _WORST if self.method == "wilcoxon" else None
        return compared(
            block, who, treated, self.strategies, self.at,
            failure=worst, event=self.event, complete=complete, ends=ends,
        )  # fmt: skip

    def compare(
        self, block: Block, arm: int, since: int = 0, until: int | None = None, *,
        ends: NDArray[np.int64] | None = None, shift: float = 0.0,
    ) -> Found:  # fmt: skip
        """The analysis of one comparison in each trial; `shift` moves the values of its arm.

        Args:
            block: of trials.
            arm: number of the arm, of the treatment of a crossover, or of the strategy.
            since: first place of a trial that is analysed.
            until: the place before which it ends.
            ends: the same by trial.
            shift: of the values of the arm.
        """
        data = self.data(block, arm, since, until, ends)
        if shift and self.method == "crossover":  # each has the arm in one of both periods
            data.y[0][:, data.treated] += shift
            data.y[1][:, ~data.treated] += shift
        elif shift:
            data.y[:, :, data.treated] += shift
        if self.paths:
            shares = tuple(n / sum(self.allocation) for n in self.allocation)
            switch = self.rules.switch
            assert switch is not None
            options = tuple(len(each) for each in switch.options)
            part = slice(since, until)
            one, two = (
                weights(block, path.first, path.then, shares, options)[:, part]
                for path in (self.paths[arm], self.paths[self.reference])
            )
            return compare_strategies(data, one, two, self.better, self.margin, self.alpha)
        if self.orders:
            orders = np.asarray(self.orders)[block.arm[since:until]].T
            return williams(data, orders, arm, self.reference, self.better, self.margin, self.alpha)
        return self.analysed(data)

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
            return imputed(data, self.imputation, self.imputations, better, margin, alpha, self.tip)
        if self.method == "wilcoxon":
            return wilcoxon(data, better, alpha)
        if self.method == "proportion":
            wanted = 1 if np.sign(self.change) == better else -1
            return proportion(data, self.change, wanted, alpha)
        if self.method == "logistic":
            wanted = 1 if np.sign(self.change) == better else -1
            return logistic(data, self.change, wanted, alpha)
        if self.method == "negative binomial":
            return negative_binomial(data, -1, alpha)
        if self.method == "cox":
            return cox(data, -1, alpha)
        return log_rank(data, -1, alpha)
