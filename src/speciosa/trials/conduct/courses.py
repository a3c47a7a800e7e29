"""The courses of the people at their places: of the arm they are in, after a stop, and after a change of treatment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.people.pool import Pool

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass
class Courses:
    """What everybody goes through; arrays have the shape ``(visits, trials, people)``.

    Attributes:
        pool: of people.
        which: draw of each trial.
        person: who stands at each place, shape ``(trials, people)``.
        places: of each arm of the pool, as long as nobody has changed treatment.
        course: arm of the pool that each follows, shape ``(trials, people)``.
        stay: the endpoint's output while the treatment goes on.
        adverse: probability of a bothersome unwanted effect.
        withdrawal: score of opioid withdrawal.
        dies: last visit that is lived to see, shape ``(trials, people)``.
    """

    pool: Pool
    which: Counts
    person: Counts
    places: list[Counts] | None
    course: Counts
    stay: Array
    adverse: Array
    withdrawal: Array
    dies: Counts

    @classmethod
    def of(cls, pool: Pool, arm: Counts, which: Counts, person: Counts) -> "Courses":
        """The courses of the arms at the places, the same in every trial."""
        places = [np.flatnonzero(arm == number) for number in range(len(pool.arms))]
        visits = len(pool.times_h)
        shape = (visits, *person.shape)
        stay, adverse, withdrawal = np.empty(shape), np.empty(shape), np.empty(shape)
        dies = np.full(person.shape, visits - 1)
        for worlds, where in zip(pool.arms, places, strict=True):
            at = (which[:, None], person[:, where])
            for whole, values in (
                (stay, worlds.stay),
                (adverse, worlds.adverse),
                (withdrawal, worlds.withdrawal),
            ):
                whole[:, :, where] = np.moveaxis(values[at], 2, 0)
            if worlds.dies is not None:
                dies[:, where] = worlds.dies[at]
        course = np.broadcast_to(arm, person.shape)
        return cls(pool, which, person, places, course, stay, adverse, withdrawal, dies)

    def after(self, stopped: Counts, visit: int, *, other: bool = False) -> Array:
        """The course of those who stopped, or went on with another treatment; where it was not solved, as it was."""
        value: Array = self.stay[visit].copy()
        for number, worlds in enumerate(self.pool.arms):
            solved = worlds.switched if other else worlds.stopped
            if solved is None:
                continue
            for when in range(visit):
                if self.places is not None:
                    where = self.places[number]
                    rows, columns = np.nonzero(stopped[:, where] == when)
                    columns = where[columns]
                else:
                    rows, columns = np.nonzero((self.course == number) & (stopped == when))
                people = self.person[rows, columns]
                value[rows, columns] = solved[when][self.which[rows], people, visit]
        return value

    def change(self, to: Counts, again: Flags, since: int) -> None:
        """Lets some follow another arm of the pool from a visit on."""
        self.places, self.course = None, np.where(again, to, self.course)
        for number, worlds in enumerate(self.pool.arms):
            rows, columns = np.nonzero(again & (to == number))
            at = (self.which[rows], self.person[rows, columns])
            for whole, values in (
                (self.stay, worlds.stay),
                (self.adverse, worlds.adverse),
                (self.withdrawal, worlds.withdrawal),
            ):
                whole[since:, rows, columns] = values[at][:, since:].T
            last = len(self.stay) - 1
            self.dies[rows, columns] = last if worlds.dies is None else worlds.dies[at]
