"""Markov chains of the random effects of all subjects, by three kernels in turn."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.design import Individuals
from speciosa.estimation.objective.given_effects import move_chains
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.objective.sweeps import Chain, Numbers, Proposals
from speciosa.population.streams import normals, uniforms

Truths: TypeAlias = NDArray[np.bool_]

SWEEPS = 2
"""Of each kernel in an iteration, as in Monolix and nlmixr2."""
_BLOCK = 20
"""Iterations whose random numbers are drawn in one call."""
_ONE_TAKEN, _ALL_TAKEN = 0.44, 0.3
"""Share of proposals to be accepted: of one effect (Roberts and Rosenthal 2001, doi:10.1214/ss/1015346320), and of all together."""


def numbers(seed: int, subjects: int, effects: int, iterations: int) -> Iterator[Numbers]:
    """Those of every iteration, keyed by the seed, the subject and the iteration."""
    people = range(subjects)
    for begin in range(0, iterations, _BLOCK):
        turns = range(begin * SWEEPS, (begin + _BLOCK) * SWEEPS)
        shape = (_BLOCK, SWEEPS, effects, subjects)

        def normal(name: str, turns: range = turns, shape: tuple[int, ...] = shape) -> Floats:
            each = [normals(seed, f"saem {name} {e}", people, turns) for e in range(effects)]
            return np.stack(each, axis=1).reshape(shape)

        def uniform(name: str, turns: range = turns) -> Floats:
            return uniforms(seed, f"saem {name} taken", people, turns)

        own = [normal(name) for name in ("independent", "walk", "joint")]
        taken = [
            uniform(name).reshape(_BLOCK, SWEEPS, subjects) for name in ("independent", "joint")
        ]
        each = [uniform(f"walk {e}") for e in range(effects)]
        walk = np.stack(each, axis=1).reshape(shape)
        for k in range(min(_BLOCK, iterations - begin)):
            yield Numbers(own[0][k], own[1][k], own[2][k], taken[0][k], walk[k], taken[1][k])


@dataclass
class Chains:
    """One chain of random effects a subject.

    Attributes:
        joint: the model with its data, each subject as often as it has chains.
        effects: where the chains are, ``(subjects, effects)``.
        one: widths of steps in one effect, in standard deviations of the effect, ``(subjects, effects)``.
        all: widths of steps in all effects together, ``(subjects,)``.
    """

    joint: Joint
    effects: Floats
    one: Floats
    all: Floats

    @classmethod
    def of(cls, joint: Joint) -> "Chains":
        """Chains that begin without random effects."""
        shape = (joint.subjects, joint.design.effects)
        return cls(joint, np.zeros(shape), np.full(shape, 0.7), np.full(shape[0], 0.5))

    def move(self, at: Individuals, drawn: Numbers, learning: float) -> None:
        """One iteration: proposals of the population, of one effect after another, and of all effects together.

        Args:
            at: parameters without random effects.
            drawn: the random numbers.
            learning: by how much widths follow what was accepted; 0 in the end, so that the chains keep their distribution.
        """
        factor = np.asarray(np.linalg.cholesky(at.spread.matrix), dtype=np.float64)
        spread = np.sqrt(np.diag(at.spread.matrix))
        aims = np.array([_ONE_TAKEN, _ALL_TAKEN])
        proposals = Proposals(drawn, factor, spread, np.array([learning]), aims)
        move_chains(self.joint, at, proposals, Chain(self.effects, self.one, self.all))
