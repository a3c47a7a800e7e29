"""Running the replicates of a trial in blocks; the same numbers whatever the blocks and threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.analysis.result import Found
from speciosa.trials.conduct.block import places, run_block
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.operating.looking import looked
from speciosa.trials.operating.plan import Plan
from speciosa.trials.operating.responding import ShapeTest
from speciosa.trials.people.pool import Pool

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
_PLACES_AT_ONCE = 60_000
Told = Callable[[int], None]


@dataclass(frozen=True)
class Replicates:
    """Trials of one size; arrays of comparisons have the shape ``(comparisons, trials)``.

    Attributes:
        size: people planned.
        estimate: arm minus reference, where the trial stopped.
        low: of the interval.
        high: of it.
        z: evidence for the arm where the trial stopped.
        rejected: whether the arm was found better (or not inferior).
        look: at which the trial stopped, from 0.
        people: randomised until then.
        futile: whether it stopped for futility.
        dropped: look at which an arm was dropped, shape ``(comparisons, trials)``; the number of looks where it was not.
        completed: share of those randomised that was under treatment at the last visit, each arm by its own people.
        retained: the same by arm, shape ``(arms, trials)``.
        rescued: share with rescue, counted likewise.
        harmed: people by harm, of those randomised: what became of an arm's places, by the share of them that was taken.
        failed: analyses that gave no answer.
        several: whether the trial succeeds with any of its arms.
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
    dropped: Counts
    completed: Array
    retained: Array
    rescued: Array
    harmed: dict[str, Array]
    failed: NDArray[np.bool_]
    several: bool = False

    @cached_property
    def trials(self) -> int:
        """How many there are."""
        return len(self.look)

    def power(self, comparison: int | None = None) -> float:
        """Share of trials that find the arm better; without a comparison, that succeed."""
        if comparison is None and self.several:
            return float(self.rejected.any(0).mean())
        return float(self.rejected[comparison or 0].mean())

    def power_se(self, comparison: int | None = None) -> float:
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
        size: people in all arms, as planned.
        trials: how many.
        by_draw: whether trial k has draw k of the uncertain parameters, in turn, rather than the first.
        null: whether no arm has an effect: each does what the reference does, less the margin.
        threads: on which blocks run; results do not depend on it.
        chunk: trials a block; results do not depend on it.
        told: called with the trials that are done.
    """
    most = plan.most(size)
    arm = places(plan.allocation, most)
    world = pool.null(plan.null_arm) if null else pool
    test = plan.shape_test(size)
    step = chunk or max(1, _PLACES_AT_ONCE // most)
    blocks = [range(begin, min(begin + step, trials)) for begin in range(0, trials, step)]

    def one(which: range) -> Replicates:
        found = _block(world, plan, arm, size, which, by_draw, null, test)
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
    arm: Counts,
    size: int,
    which: range,
    by_draw: bool,
    null: bool,
    test: ShapeTest | None,
) -> Replicates:
    streams = Streams.of(plan.seed, which, len(arm))
    draw = np.arange(which.start, which.stop) % pool.draws if by_draw else None
    block = run_block(pool, plan.rules, arm, streams, draw=draw)
    shift = -plan.better * plan.margin if null else 0.0

    def analysed(row: int, since: int, until: int, ends: Counts | None) -> Found:
        last = None if until == len(arm) else until
        return plan.compare(block, plan.compared[row], since, last, ends=ends, shift=shift)

    found = looked(plan, block, size, analysed, test)
    many, trials = len(plan.allocation), len(which)
    of_draw = np.zeros(trials, dtype=np.int64) if draw is None else draw
    # of each place, the share of its arm's people who had been randomised when the trial stopped
    share = np.ascontiguousarray((found.by_arm / np.bincount(arm, minlength=many)[:, None])[arm].T)
    harmed = {}
    for name in sorted({key for worlds in pool.arms for key in worlds.harms}):
        counts = np.zeros(trials)
        for number, worlds in enumerate(pool.arms):
            if name in worlds.harms:
                here = block.course == number
                harm = worlds.harms[name][of_draw[:, None], block.person]
                counts += (harm * block.takes * here * share).sum(1)
        harmed[name] = counts
    stays = block.stopped == block.last
    completed, rescued = (
        (share * each).sum(1) / found.people for each in (stays, block.rescued <= block.last)
    )
    retained = np.stack([stays[:, arm == number].mean(1) for number in range(many)])
    return Replicates(
        size, found.estimate, found.low, found.high, found.z, found.rejected, found.look, found.people, found.futile,
        found.dropped, completed, retained, rescued, harmed, np.isnan(found.z[0]), plan.several,
    )  # fmt: skip


def _joined(parts: list[Replicates]) -> Replicates:
    """The trials of all blocks in order."""

    def both(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(part, name) for part in parts], axis=-1)

    names = (
        "estimate", "low", "high", "z", "rejected", "look", "people", "futile", "dropped", "completed", "retained",
        "rescued",
    )  # fmt: skip
    harmed = {
        name: np.concatenate([part.harmed[name] for part in parts]) for name in parts[0].harmed
    }
    values = [both(name) for name in names]
    return Replicates(parts[0].size, *values, harmed, both("failed"), parts[0].several)  # type: ignore[arg-type, call-arg]
