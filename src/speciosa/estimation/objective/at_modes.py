"""Modes, pieces and objective of all subjects by compiled calls, each subject by itself."""

from dataclasses import dataclass

import numpy as np

from speciosa.engine.compiler.native import Held, Native, held
from speciosa.estimation.closed_form.room import ClosedForm
from speciosa.estimation.closed_form.solve import solve_subject as by_closed_form
from speciosa.estimation.equations.solve import solve_subject as by_equations
from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.calls import in_parts, said_of, threads_of
from speciosa.estimation.objective.design import Individuals
from speciosa.estimation.objective.evaluation import Evaluation
from speciosa.estimation.objective.gather import (
    Coordinates,
    Filled,
    Parts,
    coordinates,
    gather,
    room_to_fill,
)
from speciosa.estimation.objective.joint import Joint, Pieces, unsolved
from speciosa.estimation.objective.subject import NO_MODE, At, Found, by_subject

_CLOSED_FORM, _EQUATIONS = by_subject(by_closed_form), by_subject(by_equations)


@dataclass
class Workplace:
    """Arrays that compiled calls read and fill, and these taken apart once, so that a call costs little.

    Attributes:
        compiled: fills in modes and pieces.
        said: what stays the same.
        threads: of each thread, the model with its data and room.
        at, found, coordinates, filled: what is read and filled in.
        taken: the same taken apart: `at`, `found`, `coordinates`, parts of `found`, `filled`.
        slope, chain: those that were written last.
    """

    compiled: Native
    said: Held
    threads: tuple[tuple[Held, Held], ...]
    at: At
    found: Found
    coordinates: Coordinates
    filled: Filled
    taken: tuple[Held, Held, Held, Held, Held]
    slope: Floats | None = None
    chain: Floats | None = None


def evaluated(joint: Joint, at: Individuals, start: Floats, *, exact: bool) -> Evaluation:
    """The objective by FOCEI, or by Laplace's method (`exact`).

    Raises:
        UnsolvedError: a subject without a finite density, a mode, or an objective.
    """
    place = _at_modes(joint, at, start, exact)
    of, out = place.coordinates, place.filled
    if place.chain is not at.chain:
        of.chain[:], place.chain = at.chain, at.chain
    of.log_determinant[0] = at.spread.log_determinant
    of.changed[:] = at.spread.changed
    of.rise[:] = at.spread.rise
    gather(place.taken[2], place.taken[3], place.taken[4])
    modes = place.found.modes.copy()
    total = float(out.value.sum())
    if not np.isfinite(total):
        raise unsolved(joint, np.flatnonzero(~np.isfinite(out.value)), modes)
    subjects, n = modes.shape
    return Evaluation(
        total,
        out.value.copy(),
        out.gradients.copy(),
        modes,
        out.curvatures.reshape(subjects, n, n).copy(),
        moved=out.moved.reshape(subjects, n, -1).copy() if n else None,
    )


def modes_and_pieces(
    joint: Joint, at: Individuals, start: Floats, *, exact: bool
) -> tuple[Pieces, Floats]:
    """The pieces of FOCEI, or of Laplace's method (`exact`), and the modes.

    Raises:
        UnsolvedError: a subject without a finite density, a mode or a prediction there.
    """
    place = _at_modes(joint, at, start, exact)
    found, (subjects, n) = place.found, place.found.modes.shape
    d = found.first.shape[1]
    return (
        Pieces(
            found.value.copy(),
            found.first.copy(),
            found.second.reshape(subjects, n, d).copy(),
            found.weighted.reshape(subjects, n, n).copy(),
            found.change.reshape(subjects, n, n, d).copy(),
        ),
        found.modes.copy(),
    )


def _at_modes(joint: Joint, at: Individuals, start: Floats, exact: bool) -> Workplace:
    """The workplace with modes and pieces filled in."""
    if exact not in joint.calls:
        joint.calls[exact] = _made(joint, at, 3 if exact else 2)
    place: Workplace = joint.calls[exact]
    here = place.at
    here.base[:], place.found.modes[:] = at.base, start
    here.residual[: len(at.residual)] = at.residual
    here.precision[:] = at.spread.precision
    if place.slope is not at.slope:
        here.slope[:], place.slope = at.slope.reshape(len(at.slope), -1), at.slope

    def some(begin: int, end: int, thread: int) -> None:
        work, space = place.threads[thread]
        place.compiled(work, place.said, space, *place.taken[:2], begin, end, exact)

    in_parts(some, len(place.threads), joint.subjects)
    status = place.found.status
    if status.any():
        failed = np.flatnonzero(status)
        no_mode = (status[failed] == NO_MODE).all()
        what = "No mode of the random effects" if no_mode else "No finite objective"
        raise unsolved(joint, failed, place.found.modes, what)
    return place


def _made(joint: Joint, at: Individuals, order: int) -> Workplace:
    said, free = said_of(joint, order)
    each = threads_of(joint, 2, (len(said.active), order), (1 + len(free), order))
    subjects, n, d = joint.subjects, joint.design.effects, len(said.active) + len(free)
    here = At(
        np.zeros_like(at.base),
        np.zeros((len(at.slope), at.slope.shape[1] * at.slope.shape[2])),
        np.zeros(max(len(at.residual), 1)),
        np.zeros((n, n)),
    )
    found = Found(
        np.zeros((subjects, n)),
        np.zeros(subjects),
        np.zeros((subjects, d)),
        np.zeros((subjects, n * d)),
        np.zeros((subjects, n * n)),
        np.zeros((subjects, n * n * d)),
        np.zeros(subjects, dtype=np.int64),
    )
    columns = joint.design.residual_columns[free]
    of = coordinates(np.zeros_like(at.chain), said.active, columns, at.spread, here.precision)
    parts = Parts(*found[1:6], found.modes)
    out = room_to_fill(subjects, n, at.chain.shape[2])
    compiled = _CLOSED_FORM if isinstance(joint.kernel, ClosedForm) else _EQUATIONS
    taken = (held(here), held(found), held(of), held(parts), held(out))
    return Workplace(compiled, held(said), each, here, found, of, out, taken)
