"""The closed form from Python: room for jets, and predictions of all observations."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from speciosa.engine.compiler.native import Held, held
from speciosa.estimation.closed_form.arrays import (
    MOST_PENDING,
    ROWS,
    Pending,
    Structure,
)
from speciosa.estimation.closed_form.solve import Work, predict
from speciosa.estimation.jet.arithmetic import Jets
from speciosa.estimation.jet.table import Floats, Integers, table
from speciosa.estimation.records import Records, repeated


@dataclass(frozen=True)
class ClosedForm:
    """A compartment model with the records of all subjects.

    Attributes:
        structure: of the model.
        records: of all subjects.
        observations: how many there are.
    """

    structure: Structure
    records: Records
    observations: int
    _rooms: dict[tuple[int, int], Jets] = field(default_factory=dict, repr=False)
    _held: dict[tuple[int, int], Held] = field(default_factory=dict, repr=False)

    @cached_property
    def _constant(self) -> Held:
        """What is the same in every call."""
        return held(self.work())

    def work(self) -> Work:
        """The model with its data, and room of its own, as compiled functions take it."""
        pending = Pending(*np.zeros((3, MOST_PENDING), dtype=np.int64))
        return Work(self.structure, self.records, pending)

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
        """Coefficients of every observation's jet, ``(observations, size)``, and how each subject ended.

        Args:
            base: parameters of each group on the scale on which individuals vary, ``(groups, parameters)``.
            slope: their derivatives by every variable, ``(groups, parameters, variables)``.
            active: the variables that are directions.
            order: of the derivatives, 0 to 3.
            subjects: those wanted; observations of others are left 0.
        """
        room = self._room(len(active), order)
        out = np.zeros((self.observations, room.size))
        status = np.zeros(self.subjects, dtype=np.int64)
        wanted = np.arange(self.subjects) if subjects is None else subjects
        flat = np.ascontiguousarray(slope.reshape(len(slope), -1))
        predict(
            self._held[len(active), order],
            self._constant,
            np.ascontiguousarray(wanted, dtype=np.int64),
            np.ascontiguousarray(base),
            flat,
            np.ascontiguousarray(active, dtype=np.int64),
            out,
            status,
        )
        return out, status

    def room(self, directions: int, order: int) -> Jets:
        """New room for jets."""
        t = table(directions, order)
        rows = np.zeros((ROWS, t.size))
        return Jets(rows, t.first, t.left, t.right, t.order, t.size, t.directions)

    def repeated(self, copies: int, groups: int) -> "ClosedForm":
        """Each subject several times over; `groups` is how many rows of parameters one copy has."""
        records = repeated(self.records, copies, groups, self.observations)
        return ClosedForm(self.structure, records, self.observations * copies)

    def _room(self, directions: int, order: int) -> Jets:
        key = (directions, order)
        if key not in self._rooms:
            self._rooms[key] = self.room(directions, order)
            self._held[key] = held(self._rooms[key])
        return self._rooms[key]
