"""Models written as equations from Python: room for jets, and predictions of all observations."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from speciosa.estimation.equations.arrays import MOST_PENDING, Room
from speciosa.estimation.equations.compile import Compiled
from speciosa.estimation.equations.integrate import coefficients
from speciosa.estimation.equations.solve import Work, predict
from speciosa.estimation.jet.arithmetic import Jets
from speciosa.estimation.jet.table import Floats, Integers, table
from speciosa.estimation.records import Records, repeated

_FEW, _PARTS = 10, 4
"""Subjects of a thread below which it is not worth its start; parts of its work, so that threads end together."""


def _apart(room: Room) -> Room:
    """Room of one thread: what is written is its own."""
    own = {name: getattr(room, name).copy() for name in room._fields if name != "by_state"}
    by_state = room.by_state._replace(x=np.zeros_like(room.by_state.x))
    return room._replace(**own, by_state=by_state)


@dataclass(frozen=True)
class OwnModel:
    """A model written as equations, with the records of all subjects.

    Attributes:
        compiled: the model.
        records: of all subjects.
        output: of each observation, the output that it observes.
        happened: of each observation, 1 where it is an event.
        covariates: of the model, of each group of records.
        threads: at most so many solve at once, each subjects of its own: what is found is the same with any number.
    """

    compiled: Compiled
    records: Records
    output: Integers
    happened: Floats
    covariates: Floats
    threads: int = 1
    _rooms: dict[tuple[int, int], Jets] = field(default_factory=dict, repr=False)

    @property
    def subjects(self) -> int:
        """How many there are."""
        return len(self.records.first) - 1

    def predict(
        self,
        base: Floats,
        slope: Floats,
        active: Integers,
        order: int,
        subjects: Integers | None = None,
    ) -> tuple[Floats, Integers]:
        """Coefficients of every observation's jet, and how each subject ended; as `ClosedForm.predict`."""
        jets = self._room(len(active), order)
        out = np.zeros((len(self.output), jets.size))
        status = np.zeros(self.subjects, dtype=np.int64)
        wanted = np.arange(self.subjects) if subjects is None else subjects
        room = self.space(jets.size)
        base = np.ascontiguousarray(base)
        slope = np.ascontiguousarray(slope.reshape(len(slope), -1))
        active = np.ascontiguousarray(active, dtype=np.int64)

        def solve(some: Integers, own: Jets, space: Room) -> None:
            some = np.ascontiguousarray(some, dtype=np.int64)
            predict(own, self.work(space), some, base, slope, active, out, status)

        threads = min(self.threads, len(wanted) // _FEW)
        if threads < 2:
            solve(wanted, jets, room)
            return out, status
        solve(wanted[:1], jets, room)  # compiled before threads ask for it
        with ThreadPoolExecutor(threads) as pool:
            parts = np.array_split(wanted[1:], threads * _PARTS)
            done = [
                pool.submit(solve, part, jets._replace(x=np.zeros_like(jets.x)), _apart(room))
                for part in parts
            ]
        for one in done:
            one.result()
        return out, status

    @cached_property
    def _same(self) -> tuple[Floats, ...]:
        """What is the same in every call."""
        return (self.happened, np.ascontiguousarray(self.covariates), *coefficients())

    def work(self, room: Room) -> Work:
        """The model with its data, as compiled functions take it."""
        happened, covariates, c, a, e = self._same
        of = self.compiled.program
        return Work(of, self.records, self.output, happened, covariates, room, c, a, e)

    def space(self, size: int) -> Room:
        """New work space beside jets of at most so many coefficients."""
        states = self.compiled.program.states
        waiting = np.zeros((3, MOST_PENDING), dtype=np.int64)
        return Room(
            np.zeros(states + 1),
            waiting[0],
            waiting[1],
            waiting[2],
            np.zeros(states * size + 1),
            np.zeros(states + 1),
            np.zeros(states * states + 1),
            np.zeros(states * states + 1),
            np.zeros(1, dtype=np.int64),
            np.zeros(2, dtype=np.int64),
            self.room(states, 1),
            np.zeros(states * states + 1),
            np.zeros(9 * states * states + 1),
            np.zeros(3 * states + 1, dtype=np.int64),
            np.zeros(3 * states * size + 1),
        )

    def repeated(self, copies: int, groups: int) -> "OwnModel":
        """Each subject several times over; as `ClosedForm.repeated`."""
        return OwnModel(
            self.compiled,
            repeated(self.records, copies, groups, len(self.output)),
            np.tile(self.output, copies),
            np.tile(self.happened, copies),
            np.tile(self.covariates, (copies, 1)),
            self.threads,
        )

    def room(self, directions: int, order: int) -> Jets:
        """New room for jets."""
        t = table(directions, order)
        rows = np.zeros((self.compiled.rows, t.size))
        return Jets(rows, t.first, t.left, t.right, t.order, t.size, t.directions)

    def _room(self, directions: int, order: int) -> Jets:
        key = (directions, order)
        if key not in self._rooms:
            self._rooms[key] = self.room(directions, order)
        return self._rooms[key]
