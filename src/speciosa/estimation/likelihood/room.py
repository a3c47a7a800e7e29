"""Likelihoods of observations from Python."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from speciosa.engine.compiler.native import Held, held
from speciosa.estimation.jet.arithmetic import Jets
from speciosa.estimation.jet.table import Floats, Integers, derivatives, table
from speciosa.estimation.likelihood.kinds import (
    POWER,
    ROWS,
    SEEN,
    Observations,
    minus_twice_log,
    take_logarithms,
)


@dataclass(frozen=True)
class Terms:
    """Minus twice the log density of each observation, with derivatives by what it depends on.

    Attributes:
        value: shape ``(observations,)``.
        first, second, third: derivatives, as far as the order goes.
        weight: of ``df df'`` in the expected information.
        weight_slope: its first derivatives.
    """

    value: Floats
    first: Floats
    second: Floats
    third: Floats | None
    weight: Floats
    weight_slope: Floats


@dataclass(frozen=True)
class Likelihood:
    """All observations, with room to work out what each says.

    Attributes:
        observed: see `Observations`.
        subject: of each observation.
        logged: those whose prediction is taken on the logarithmic scale.
    """

    observed: Observations
    subject: Integers
    logged: Integers
    _rooms: dict[tuple[int, int], Jets] = field(default_factory=dict, repr=False)
    _held: dict[tuple[int, int], Held] = field(default_factory=dict, repr=False)

    @cached_property
    def _constant(self) -> Held:
        """What is the same in every call."""
        return held(self.observed)

    @property
    def gaussian(self) -> int:
        """Number of Gaussian observations that are not censored."""
        seen = (self.observed.kind <= POWER) & (self.observed.known == SEEN)
        return int(seen.sum())

    def _room(self, directions: int, order: int, rows: int) -> Jets:
        key = (directions, order)
        if key not in self._rooms:
            t = table(directions, order)
            room = np.zeros((rows, t.size))
            self._rooms[key] = Jets(room, t.first, t.left, t.right, t.order, t.size, t.directions)
            self._held[key] = held(self._rooms[key])
        return self._rooms[key]

    def on_scale(self, prediction: Floats, directions: int, order: int) -> Floats:
        """Jets of predictions on the scale of their observations; changed in place."""
        if len(self.logged):
            take_logarithms(self._room(directions, order, ROWS), self.logged, prediction)
        return prediction

    def values(self, prediction: Floats, residual: Floats) -> Floats:
        """Minus twice the log density of each observation, without derivatives."""
        self._room(1, 0, ROWS)
        out = np.zeros((len(prediction), 1))
        minus_twice_log(
            self._held[1, 0],
            self._constant,
            np.arange(len(prediction)),
            np.ascontiguousarray(prediction),
            np.ascontiguousarray(prediction),
            False,
            np.ascontiguousarray(residual) if len(residual) else np.zeros(1),
            np.full(max(len(residual), 1), -1, dtype=np.int64),
            out,
            np.zeros_like(out),
        )
        return out[:, 0]

    def repeated(self, copies: int, subjects: int) -> "Likelihood":
        """The observations several times over, of as many subjects each time."""
        count = len(self.subject)
        turns = np.repeat(np.arange(copies), count)
        logged = (self.logged + count * np.arange(copies)[:, None]).ravel()
        observed = Observations._make(np.tile(column, copies) for column in self.observed)
        return Likelihood(observed, np.tile(self.subject, copies) + subjects * turns, logged)

    def terms(
        self,
        prediction: Floats,
        residual: Floats,
        free: Integers,
        order: int,
        *,
        typical: Floats | None = None,
        wanted: Integers | None = None,
    ) -> Terms:
        """What each observation says.

        Args:
            prediction: of each observation.
            residual: all residual parameters.
            free: those that are directions.
            order: of the derivatives, 1 to 3.
            typical: predictions of which the variance is made, where they are others; then direction 1.
            wanted: the observations to work out; others are left 0.
        """
        before = 1 if typical is None else 2
        count = before + len(free)
        directions = np.full(len(residual), -1, dtype=np.int64)
        directions[free] = before + np.arange(len(free))
        room = self._room(count, order, ROWS)
        out = np.zeros((len(prediction), room.size))
        weight = np.zeros_like(out)
        minus_twice_log(
            self._held[count, order],
            self._constant,
            np.arange(len(prediction)) if wanted is None else wanted,
            np.ascontiguousarray(prediction),
            np.ascontiguousarray(prediction if typical is None else typical),
            typical is not None,
            np.ascontiguousarray(residual) if len(residual) else np.zeros(1),
            directions if len(residual) else np.zeros(1, dtype=np.int64),
            out,
            weight,
        )
        return Terms(
            out[:, 0],
            derivatives(out, count, 1),
            derivatives(out, count, 2) if order > 1 else np.zeros((len(out), 0, 0)),
            derivatives(out, count, 3) if order > 2 else None,
            weight[:, 0],
            derivatives(weight, count, 1),
        )
