"""Models written as equations from Python: room for jets, and predictions of all observations."""

from dataclasses import dataclass, field

import numpy as np

from speciosa.estimation.equations.arrays import MOST_PENDING, Room
from speciosa.estimation.equations.compile import Compiled
from speciosa.estimation.equations.integrate import coefficients
from speciosa.estimation.equations.solve import predict
from speciosa.estimation.jet.arithmetic import Jets
from speciosa.estimation.jet.table import Floats, Integers, table
from speciosa.estimation.records import Records, repeated


@dataclass(frozen=True)
class OwnModel:
    """A model written as equations, with the records of all subjects.

    Attributes:
        compiled: the model.
        records: of all subjects.
        output: of each observation, the output that it observes.
        happened: of each observation, 1 where it is an event.
        covariates: of the model, of each group of records.
    """

    compiled: Compiled
    records: Records
    output: Integers
    happened: Floats
    covariates: Floats
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
        states = self.compiled.program.states
        waiting = np.zeros((3, MOST_PENDING), dtype=np.int64)
        room = Room(
            np.zeros(states + 1),
            waiting[0],
            waiting[1],
            waiting[2],
            np.zeros(states * jets.size + 1),
        )
        c, a, e = coefficients()
        predict(
            jets,
            self.compiled.program,
            self.records,
            self.output,
            self.happened,
            np.ascontiguousarray(self.covariates),
            np.ascontiguousarray(wanted, dtype=np.int64),
            np.ascontiguousarray(base),
            np.ascontiguousarray(slope.reshape(len(slope), -1)),
            np.ascontiguousarray(active, dtype=np.int64),
            room,
            c,
            a,
            e,
            out,
            status,
        )
        return out, status

    def repeated(self, copies: int, groups: int) -> "OwnModel":
        """Each subject several times over; as `ClosedForm.repeated`."""
        return OwnModel(
            self.compiled,
            repeated(self.records, copies, groups, len(self.output)),
            np.tile(self.output, copies),
            np.tile(self.happened, copies),
            np.tile(self.covariates, (copies, 1)),
        )

    def _room(self, directions: int, order: int) -> Jets:
        key = (directions, order)
        if key not in self._rooms:
            t = table(directions, order)
            rows = np.zeros((self.compiled.rows, t.size))
            self._rooms[key] = Jets(rows, t.first, t.left, t.right, t.order, t.size, t.directions)
        return self._rooms[key]
