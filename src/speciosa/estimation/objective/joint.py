"""The joint density of observations and random effects, minus twice its logarithm, with derivatives by both."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from speciosa.estimation.closed_form.arrays import OK
from speciosa.estimation.jet.table import Floats, Integers, derivatives
from speciosa.estimation.likelihood.room import Terms
from speciosa.estimation.objective.design import Design, Individuals
from speciosa.estimation.objective.evaluation import UnsolvedError


class Kernel(Protocol):
    """What predicts: a compartment model in closed form, or a model written as equations."""

    def predict(
        self,
        base: Floats,
        slope: Floats,
        active: Integers,
        order: int,
        subjects: Integers | None = None,
    ) -> tuple[Floats, Integers]:
        """Coefficients of every observation's jet, and how each subject ended."""

    def repeated(self, copies: int, groups: int) -> "Kernel":
        """Each subject several times over."""


@dataclass(frozen=True)
class Predicted:
    """Predictions of all observations with derivatives by some directions.

    Attributes:
        value, first, second, third: as far as they were asked for.
        failed: subjects that could not be predicted.
    """

    value: Floats
    first: Floats
    second: Floats
    third: Floats | None
    failed: Integers


@dataclass(frozen=True)
class Pieces:
    """Of each subject, the data's part of the joint density and of the curvature.

    Attributes:
        value: shape ``(subjects,)``.
        first: by the directions, ``(subjects, directions)``.
        second: by random effects and directions, ``(subjects, effects, directions)``.
        curvature: half the expected or exact second derivative by random effects.
        curvature_slope: its derivatives, ``(subjects, effects, effects, directions)``.
    """

    value: Floats
    first: Floats
    second: Floats
    curvature: Floats
    curvature_slope: Floats


@dataclass(frozen=True)
class Joint:
    """The model with its data.

    Attributes:
        design: how coordinates become parameters.
        kernel: predicts.
        calls: what compiled calls keep from one to the next, by what they are.
    """

    design: Design
    kernel: Kernel
    calls: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)
    _copies: dict[int, "Joint"] = field(default_factory=dict, repr=False, compare=False)

    def repeated(self, copies: int) -> "Joint":
        """The same model with each subject several times over, so that many random effects of all are solved in one call."""
        if copies == 1:
            return self
        if copies not in self._copies:
            self._copies.clear()
            design = Design(self.design.question, self.design.prepared.repeated(copies))
            groups = len(self.design.prepared.group_subject)
            self._copies[copies] = Joint(design, self.kernel.repeated(copies, groups))
        return self._copies[copies]

    def data_part(self, at: Individuals, effects: Floats) -> Floats:
        """Minus twice the log density of each subject's observations, given random effects; infinite where there is none."""
        none = np.zeros(0, dtype=np.int64)
        with np.errstate(all="ignore"):
            predicted = self.predict(at, effects, none, 0)
            values = self.design.prepared.likelihood.values(predicted.value, at.residual)
            found = self.by_subject(values)
        found[predicted.failed] = np.inf
        return np.where(np.isfinite(found), found, np.inf)

    @property
    def subjects(self) -> int:
        """How many there are."""
        return len(self.design.prepared.ids)

    def predict(
        self,
        at: Individuals,
        effects: Floats,
        active: Integers,
        order: int,
        subjects: Integers | None = None,
    ) -> Predicted:
        """Predictions with random effects, ``(subjects, effects)``, and derivatives by the active variables."""
        base = at.base
        if effects.shape[1]:
            moved = at.slope[:, :, self.design.random]
            base = base + np.einsum(
                "gke,ge->gk", moved, effects[self.design.prepared.group_subject]
            )
        jets, status = self.kernel.predict(base, at.slope, active, order, subjects)
        jets = self.design.prepared.likelihood.on_scale(jets, len(active), order)
        n = len(active)
        return Predicted(
            jets[:, 0],
            derivatives(jets, n, 1) if order else np.zeros((len(jets), 0)),
            derivatives(jets, n, 2) if order > 1 else np.zeros((len(jets), 0, 0)),
            derivatives(jets, n, 3) if order > 2 else None,
            np.flatnonzero(status != OK),
        )

    def by_subject(self, values: Floats) -> Floats:
        """Sums over the observations of each subject."""
        begins, who = self._begins
        out = np.zeros((self.subjects, *values.shape[1:]))
        out[who] = np.add.reduceat(values, begins, axis=0)
        return out

    @cached_property
    def _begins(self) -> tuple[Integers, Integers]:
        """Where the observations of each subject begin, and whose they are."""
        subject = self.design.prepared.likelihood.subject
        begins = np.flatnonzero(np.concatenate([[True], np.diff(subject) != 0]))
        return begins, subject[begins]


def expected_pieces(
    joint: Joint, terms: Terms, first: Floats, second: Floats, inputs: Floats, effects: int
) -> Pieces:
    """Pieces with the expected curvature, of FO, FOCE and FOCEI.

    Args:
        joint: the model.
        terms: of each observation.
        first: derivatives of what is linearised by the directions, random effects first.
        second: its second derivatives by random effects and directions.
        inputs: derivatives by the directions of all that each observation depends on, the prediction first.
        effects: number of random effects.
    """
    value, d1, d2 = _data_part(joint, terms, second, inputs, effects)
    g = first[:, :effects]
    outer = g[:, :, None] * g[:, None, :]
    curvature = joint.by_subject(terms.weight[:, None, None] * outer)
    slope = np.matmul(terms.weight_slope[:, None, :], inputs)[:, 0]
    turned = terms.weight[:, None, None, None] * second[:, :, None, :] * g[:, None, :, None]
    change = outer[:, :, :, None] * slope[:, None, None, :] + turned + turned.transpose(0, 2, 1, 3)
    return Pieces(value, d1, d2, curvature, joint.by_subject(change))


def _data_part(
    joint: Joint, terms: Terms, second: Floats, inputs: Floats, effects: int
) -> tuple[Floats, Floats, Floats]:
    d1 = np.matmul(terms.first[:, None, :], inputs)[:, 0]
    half = np.matmul(inputs[:, :, :effects].transpose(0, 2, 1), terms.second)
    d2 = np.matmul(half, inputs) + terms.first[:, 0, None, None] * second
    return joint.by_subject(terms.value), joint.by_subject(d1), joint.by_subject(d2)


def unsolved(
    joint: Joint, failed: Integers, effects: Floats, what: str = "No finite objective"
) -> UnsolvedError:
    """The error that names subjects which could not be solved, with their random effects."""
    told = []
    for s in failed[:5]:
        etas = ", ".join(f"{v:.3g}" for v in effects[s])
        told.append(f"{joint.design.prepared.ids[s]:g} (random effects {etas or 'none'})")
    more = f" and {len(failed) - 5} more" if len(failed) > 5 else ""
    return UnsolvedError(f"{what} for subject {', '.join(told)}{more}.")
