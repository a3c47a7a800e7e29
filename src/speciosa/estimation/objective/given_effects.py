"""What the data say at given random effects, by compiled calls: at the nodes of integrals, and along Markov chains."""

from dataclasses import dataclass

import numpy as np

from speciosa.engine.compiler.native import Held, held
from speciosa.estimation.closed_form.room import ClosedForm
from speciosa.estimation.closed_form.solve import solve_subject as by_closed_form
from speciosa.estimation.equations.solve import solve_subject as by_equations
from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.calls import in_parts, said_of, threads_of
from speciosa.estimation.objective.design import Individuals
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.objective.subject import At
from speciosa.estimation.objective.sweeps import Chain, Proposals, nodes_by, sweeps_by

_SWEEPS = (sweeps_by(by_closed_form), sweeps_by(by_equations))
_NODES = (nodes_by(by_closed_form), nodes_by(by_equations))
_PLAIN = "values alone"


@dataclass(frozen=True)
class _Place:
    """What calls keep from one to the next."""

    said: Held
    threads: tuple[tuple[Held, Held], ...]
    kind: int


def move_chains(joint: Joint, at: Individuals, proposals: Proposals, chain: Chain) -> None:
    """One iteration of the chains of all subjects, which it changes."""
    place = _place(joint)
    here, numbers, chains = held(_here(at)), held(proposals), held(chain)

    def some(begin: int, end: int, thread: int) -> None:
        work, space = place.threads[thread]
        _SWEEPS[place.kind](work, place.said, space, here, numbers, chains, begin, end)

    in_parts(some, len(place.threads), joint.subjects)


def data_at_nodes(joint: Joint, at: Individuals, places: Floats) -> Floats:
    """Minus twice the log density of each subject's observations at random effects ``(nodes, subjects, effects)``.

    Returns:
        Shape ``(nodes, subjects)``, infinite where there is no density.
    """
    place = _place(joint)
    out = np.zeros(places.shape[:2])
    here, nodes, filled = held(_here(at)), held(np.ascontiguousarray(places)), held(out)

    def some(begin: int, end: int, thread: int) -> None:
        work, space = place.threads[thread]
        _NODES[place.kind](work, place.said, space, here, nodes, filled, begin, end)

    in_parts(some, len(place.threads), joint.subjects)
    return out


def _place(joint: Joint) -> _Place:
    if _PLAIN not in joint.calls:
        said, _ = said_of(joint, 0)
        threads = threads_of(joint, 0, (0, 0), (1, 0))
        kind = int(not isinstance(joint.kernel, ClosedForm))
        joint.calls[_PLAIN] = _Place(held(said), threads, kind)
    place: _Place = joint.calls[_PLAIN]
    return place


def _here(at: Individuals) -> At:
    return At(
        np.ascontiguousarray(at.base),
        np.ascontiguousarray(at.slope.reshape(len(at.slope), -1)),
        at.residual if len(at.residual) else np.zeros(1),
        at.spread.precision,
    )
