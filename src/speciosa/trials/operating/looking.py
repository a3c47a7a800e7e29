"""Looks at a trial: it stops for success or futility, drops arms, or grows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.analysis.result import Found
from speciosa.trials.conduct.block import Block
from speciosa.trials.design.promising import Promising
from speciosa.trials.operating.plan import Plan
from speciosa.trials.operating.responding import ShapeTest

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]
Analysed = Callable[[int, int, int, Counts | None], Found]
"""The analysis of a comparison, by its row, of the people from one place to another, or up to a place of each trial's own."""


@dataclass
class Looked:
    """What the looks at some trials come to; arrays of comparisons have the shape ``(comparisons, trials)``.

    Attributes:
        estimate: arm minus reference, where the trial stopped.
        low: of the interval.
        high: of it.
        z: evidence for the arm where it was looked at last.
        rejected: whether the arm was found better.
        look: at which the trial stopped.
        by_arm: people randomised until then, shape ``(arms, trials)``.
        futile: whether it stopped for futility.
        dropped: look at which an arm was dropped; the number of looks where it was not.
    """

    estimate: Array
    low: Array
    high: Array
    z: Array
    rejected: Flags
    look: Counts
    by_arm: Counts
    futile: Flags
    dropped: Counts

    @property
    def people(self) -> Counts:
        """Randomised until the trial stopped."""
        found: Counts = self.by_arm.sum(0)
        return found

    @classmethod
    def empty(cls, many: int, trials: int, looks: int, arms: int) -> "Looked":
        """Before the first look."""
        unknown = [np.full((many, trials), np.nan) for _ in range(4)]
        return cls(
            unknown[0],
            unknown[1],
            unknown[2],
            unknown[3],
            np.zeros((many, trials), dtype=bool),
            np.full(trials, looks - 1),
            np.zeros((arms, trials), dtype=np.int64),
            np.zeros(trials, dtype=bool),
            np.full((many, trials), looks),
        )

    def note(self, row: int, found: Found, where: Flags) -> None:
        """Takes the numbers of a comparison in some trials."""
        for kept, new in (
            (self.estimate, found.estimate),
            (self.low, found.low),
            (self.high, found.high),
            (self.z, found.z),
        ):
            kept[row, where] = new[where]


def looked(
    plan: Plan, block: Block, size: int, analysed: Analysed, test: ShapeTest | None
) -> Looked:
    """The looks of a plan at some trials.

    Args:
        plan: of the trial.
        block: of trials.
        size: people planned.
        analysed: the analysis.
        test: of a dose response.
    """
    if plan.again is not None:
        return _grown(plan, plan.again_at(size), block, size, analysed)
    if plan.several:
        return _several(plan, block, size, analysed)
    return _first(plan, block, size, analysed, test)


def _first(
    plan: Plan, block: Block, size: int, analysed: Analysed, test: ShapeTest | None
) -> Looked:
    """The first comparison stops the trial."""
    many, trials, looks = len(plan.compared), len(block.y[0]), len(plan.fractions)
    found = Looked.empty(many, trials, looks, len(plan.allocation))
    going = np.ones(trials, dtype=bool)
    counts = plan.people(size)
    for number, people in enumerate(counts):
        last = number == looks - 1
        crossed = np.zeros((many, trials), dtype=bool)
        for row in range(many):
            each = analysed(row, 0, size if last else people, None)
            if test is not None:  # the largest statistic against its own bound
                largest = test.statistics(block, plan.at, plan.better).max(0)
                each = replace(each, z=largest - test.bound + plan.upper[number])
            found.note(row, each, going)
            with np.errstate(invalid="ignore"):
                crossed[row] = each.z >= plan.upper[number]
        found.rejected[:, going] = crossed[:, going]
        if last:
            break
        with np.errstate(invalid="ignore"):
            z = found.z[0]
            lost = z < plan.futility[number] if plan.futility else np.zeros(trials, dtype=bool)
        ends = going & (crossed[0] | lost)
        found.look[ends] = number
        found.futile |= going & lost & ~crossed[0]
        going &= ~ends
        if not going.any():
            break
    found.by_arm = _by_arm(plan, block, np.asarray(counts)[found.look])
    return found


def _by_arm(plan: Plan, block: Block, until: Counts) -> Counts:
    """People of each arm among those up to a place of each trial's own, shape ``(arms, trials)``."""
    each = block.arm == np.arange(len(plan.allocation))[:, None]
    so_far = np.pad(np.cumsum(each, axis=1), ((0, 0), (1, 0)))
    found: Counts = so_far[:, until]
    return found


def _several(plan: Plan, block: Block, size: int, analysed: Analysed) -> Looked:
    """Arms are dropped below the lower bound; the trial stops when one is above the upper, or none is left."""
    many, trials, looks = len(plan.compared), len(block.y[0]), len(plan.fractions)
    found = Looked.empty(many, trials, looks, len(plan.allocation))
    going, active = np.ones(trials, dtype=bool), np.ones((many, trials), dtype=bool)
    before = np.zeros(len(plan.allocation), dtype=np.int64)
    arms = np.asarray(plan.compared)
    for number, people in enumerate(plan.people(size)):
        last = number == looks - 1
        until = size if last else people
        taken = np.bincount(block.arm[:until], minlength=len(plan.allocation))
        fresh, before = taken - before, taken
        found.by_arm[plan.reference] += going * fresh[plan.reference]
        found.by_arm[arms] += (going & active) * fresh[arms][:, None]
        for row in range(many):
            where = going & active[row]
            each = analysed(row, 0, until, None)
            found.note(row, each, where)
            with np.errstate(invalid="ignore"):
                found.rejected[row] |= where & (each.z >= plan.upper[number])
        ends = going & found.rejected.any(0)
        if not last and plan.futility:
            with np.errstate(invalid="ignore"):
                falls = going & active & (found.z < plan.futility[number])
            found.dropped[falls] = number
            active &= ~falls
        empty = going & ~ends & ~active.any(0)
        found.futile |= empty & (not last)
        found.look[(ends | empty) & going] = number
        going &= ~(ends | empty)
        if not going.any():
            break
    return found


def _grown(plan: Plan, rule: Promising, block: Block, size: int, analysed: Analysed) -> Looked:
    """After the look the trial may grow; both stages are tested together."""
    most, trials = len(block.arm), len(block.y[0])
    found = Looked.empty(1, trials, 2, len(plan.allocation))
    unit = sum(plan.allocation)
    first = plan.people(size)[0]
    everybody = np.ones(trials, dtype=bool)
    early = analysed(0, 0, first, None)
    found.note(0, early, everybody)
    z1 = np.nan_to_num(early.z, nan=0.0)
    with np.errstate(invalid="ignore"):
        success = early.z >= plan.upper[0]
        lost = early.z < plan.futility[0] if plan.futility else ~everybody
    wanted = rule.size_after(z1)
    grown = np.ceil(wanted / unit - 1e-9) * unit
    ends = np.where(wanted > size, np.clip(grown, size, most), size).astype(np.int64)
    then = analysed(0, first, most, ends)
    whole = analysed(0, 0, most, ends)
    share = first / size
    if rule.test == "plain":
        z = whole.z
    else:
        z = sqrt(share) * early.z + sqrt(1 - share) * then.z
    on = ~(success | lost)
    found.note(0, replace(whole, z=z), on)
    with np.errstate(invalid="ignore"):
        found.rejected[0] = np.where(on, z >= plan.upper[1], success)
    found.futile = lost & ~success
    found.look[~on] = 0
    found.by_arm = _by_arm(plan, block, np.where(on, ends, first))
    return found
