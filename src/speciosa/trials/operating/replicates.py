"""Running the replicates of a trial in blocks; the same numbers whatever the blocks and threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.conduct.block import places, run_block
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.operating.plan import Plan
from speciosa.trials.operating.responding import ShapeTest
from speciosa.trials.people.pool import Pool

Array = NDArray[np.float64]
_PLACES_AT_ONCE = 60_000
Told = Callable[[int], None]


@dataclass(frozen=True)
class Replicates:
    """Trials of one size; arrays of comparisons have the shape ``(comparisons, trials)``.

    Attributes:
        size: people randomised at the end.
        estimate: arm minus reference, where the trial stopped.
        low: of the interval.
        high: of it.
        z: evidence for the arm where the trial stopped.
        rejected: whether the arm was found better (or not inferior).
        look: at which the trial stopped, from 0.
        people: randomised until then.
        futile: whether it stopped for futility.
        completed: share that was under treatment at the last visit.
        retained: the same by arm, shape ``(arms, trials)``.
        rescued: share with rescue.
        harmed: people by harm.
        failed: analyses that gave no answer.
    """

    size: int
    estimate: Array
    low: Array
    high: Array
    z: Array
    rejected: NDArray[np.bool_]
    look: NDArray[np.int64]
    people: NDArray[np.int64]
    futile: NDArray[np.bool_]
    completed: Array
    retained: Array
    rescued: Array
    harmed: dict[str, Array]
    failed: NDArray[np.bool_]

    @cached_property
    def trials(self) -> int:
        """How many there are."""
        return len(self.look)

    def power(self, comparison: int = 0) -> float:
        """Share of trials that find the arm better."""
        return float(self.rejected[comparison].mean())

    def power_se(self, comparison: int = 0) -> float:
        """Its Monte-Carlo error."""
        share = self.power(comparison)
        return float(np.sqrt(share * (1 - share) / self.trials))


def replicate(
    pool: Pool,
    plan: Plan,
    size: int,
    trials: int,
    *,
    by_draw: bool = False,
    null: bool = False,
    threads: int | None = None,
    chunk: int | None = None,
    told: Told | None = None,
) -> Replicates:
    """Runs trials of one size.

    Args:
        pool: of people.
        plan: of the trial.
        size: people in all arms.
        trials: how many.
        by_draw: whether trial k has draw k of the uncertain parameters, in turn, rather than the first.
        null: whether no arm has an effect: each does what the reference does, less the margin.
        threads: on which blocks run; results do not depend on it.
        chunk: trials a block; results do not depend on it.
        told: called with the trials that are done.
    """
    arm = places(plan.allocation, size)
    world = pool.null(plan.reference) if null else pool
    test = plan.shape_test(size)
    step = chunk or max(1, _PLACES_AT_ONCE // size)
    blocks = [range(begin, min(begin + step, trials)) for begin in range(0, trials, step)]

    def one(which: range) -> Replicates:
        found = _block(world, plan, arm, which, by_draw, null, test)
        if told is not None:
            told(len(which))
        return found

    if threads == 1 or len(blocks) == 1:
        parts = [one(block) for block in blocks]
    else:
        with ThreadPoolExecutor(threads) as workers:
            parts = list(workers.map(one, blocks))
    return _joined(parts)


def _block(
    pool: Pool,
    plan: Plan,
    arm: NDArray[np.int64],
    which: range,
    by_draw: bool,
    null: bool,
    test: ShapeTest | None,
) -> Replicates:
    streams = Streams.of(plan.seed, which, len(arm))
    draw = np.arange(which.start, which.stop) % pool.draws if by_draw else None
    block = run_block(pool, plan.rules, arm, streams, draw=draw)
    trials, many = len(which), len(plan.compared)
    estimate, low, high, z = (np.full((many, trials), np.nan) for _ in range(4))
    look = np.full(trials, len(plan.fractions) - 1)
    futile = np.zeros(trials, dtype=bool)
    rejected = np.zeros((many, trials), dtype=bool)
    going = np.ones(trials, dtype=bool)
    for number, people in enumerate(plan.people(len(arm))):
        last = number == len(plan.fractions) - 1
        crossed = np.zeros((many, trials), dtype=bool)
        for row, other in enumerate(plan.compared):
            data = plan.data(block, other, None if last else people)
            if null and plan.margin:
                data.y[:, :, data.treated] -= plan.better * plan.margin
            found = plan.analysed(data)
            if test is not None:  # the largest statistic against its own bound
                largest = test.statistics(block, plan.at, plan.better).max(0)
                found = replace(found, z=largest - test.bound + plan.upper[number])
            for kept, new in zip(
                (estimate, low, high, z),
                (found.estimate, found.low, found.high, found.z),
                strict=True,
            ):
                kept[row, going] = new[going]
            with np.errstate(invalid="ignore"):
                crossed[row] = found.z >= plan.upper[number]
        rejected[:, going] = crossed[:, going]
        if last:
            break
        with np.errstate(invalid="ignore"):
            lost = z[0] < plan.futility[number] if plan.futility else np.zeros(trials, dtype=bool)
        ends = going & (crossed[0] | lost)
        look[ends] = number
        futile |= going & lost & ~crossed[0]
        going &= ~ends
        if not going.any():
            break
    randomised = np.asarray(plan.people(len(arm)))[look]
    harmed = {}
    for name in sorted({key for worlds in pool.arms for key in worlds.harms}):
        counts = np.zeros(trials)
        for number, worlds in enumerate(pool.arms):
            if name in worlds.harms:
                here = arm == number
                of_draw = np.zeros(trials, dtype=np.int64) if draw is None else draw
                harm = worlds.harms[name][of_draw[:, None], block.person[:, here]]
                counts += (harm * block.takes[:, here]).sum(1)
        harmed[name] = counts * randomised / len(arm)
    stays = block.stopped == block.last
    retained = np.stack([stays[:, arm == number].mean(1) for number in range(len(pool.arms))])
    return Replicates(
        len(arm), estimate, low, high, z, rejected, look, randomised, futile, stays.mean(1), retained,
        (block.rescued <= block.last).mean(1), harmed, np.isnan(z[0]),
    )  # fmt: skip


def _joined(parts: list[Replicates]) -> Replicates:
    """The trials of all blocks in order."""

    def both(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(part, name) for part in parts], axis=-1)

    names = (
        "estimate", "low", "high", "z", "rejected", "look", "people", "futile", "completed", "retained", "rescued",
    )  # fmt: skip
    harmed = {
        name: np.concatenate([part.harmed[name] for part in parts]) for name in parts[0].harmed
    }
    values = [both(name) for name in names]
    return Replicates(parts[0].size, *values, harmed, both("failed"))  # type: ignore[arg-type, call-arg]
