"""A pool of simulated people: what each of them would go through in every arm.

The same people stand in every arm, so their courses are potential outcomes: an effect is the difference within a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Worlds:
    """What the people of a pool go through in one arm; every array begins with ``(draws, people, visits)``.

    Attributes:
        name: of the arm.
        stay: the endpoint's output at the visits, the baseline first, while the treatment goes on.
        adverse: probability of a bothersome unwanted effect.
        withdrawal: score of opioid withdrawal (COWS).
        stopped: the output where the treatment stops at a visit before the last, one array for each of them; None where it
            is not needed.
        switched: the same where another treatment follows; None where none does.
        harms: shares by name, shape ``(draws, people)``: whether a person comes to this harm.
        dies: last visit that is lived to see, shape ``(draws, people)``; None where nobody's breathing stops.
        levels: of a titration, the step at which each person ends, from 0, shape ``(draws, people)``; None without.
    """

    name: str
    stay: Array
    adverse: Array
    withdrawal: Array
    stopped: tuple[Array, ...] | None
    harms: Mapping[str, Array]
    dies: NDArray[np.int64] | None = None
    levels: NDArray[np.int64] | None = None
    switched: tuple[Array, ...] | None = None


@dataclass(frozen=True)
class Chance:
    """What happens to the people of a pool by chance while they are titrated, which they keep in every trial.

    Attributes:
        answer: to being treated, standard normal, shape ``(people,)``.
        prone: to unwanted effects, uniform: those below their probability have them.
        noise: of the measurement at each visit, standard normal, shape ``(people, visits)``.
    """

    answer: Array
    prone: Array
    noise: Array


@dataclass(frozen=True)
class Pool:
    """People in every arm of a trial.

    Attributes:
        arms: in the order of the trial.
        times_h: of the visits.
        rescue: share of the output that rescue leaves, shape ``(draws, people)``; None without rescue.
        entry: the output before a run-in and at its end, shape ``(draws, people, 2)``; None without a run-in.
        begin_weeks: how long people have been treated when they are randomised.
        failed: people left out since their solution failed in an arm.
        chance: of people who were titrated by what was measured of them; None where nobody was.
    """

    arms: tuple[Worlds, ...]
    times_h: tuple[float, ...]
    rescue: Array | None = None
    entry: Array | None = None
    begin_weeks: float = 0.0
    failed: int = 0
    chance: Chance | None = None

    @cached_property
    def weeks(self) -> Array:
        """The visits in weeks."""
        return np.asarray(self.times_h, dtype=np.float64) / 168.0

    @property
    def draws(self) -> int:
        """Draws of the uncertain parameters."""
        return int(self.arms[0].stay.shape[0])

    @property
    def people(self) -> int:
        """People a draw."""
        return int(self.arms[0].stay.shape[1])

    def without(self, bad: NDArray[np.bool_]) -> "Pool":
        """The pool without some of its people."""
        good = ~bad

        def of(values: NDArray[Any] | None) -> Any:
            return None if values is None else values[:, good]

        arms = tuple(
            replace(
                arm,
                stay=of(arm.stay),
                adverse=of(arm.adverse),
                withdrawal=of(arm.withdrawal),
                stopped=None if arm.stopped is None else tuple(map(of, arm.stopped)),
                harms={name: of(values) for name, values in arm.harms.items()},
                dies=of(arm.dies),
                levels=of(arm.levels),
                switched=None if arm.switched is None else tuple(map(of, arm.switched)),
            )
            for arm in self.arms
        )
        chance = self.chance
        if chance is not None:
            chance = Chance(chance.answer[good], chance.prone[good], chance.noise[good])
        return replace(
            self, arms=arms, rescue=of(self.rescue), entry=of(self.entry), chance=chance, failed=self.failed + int(bad.sum()),
        )  # fmt: skip

    def null(self, reference: int) -> "Pool":
        """The pool in which every arm does what one of them does: no arm has an effect."""
        same = self.arms[reference]
        return replace(self, arms=tuple(same for _ in self.arms))
