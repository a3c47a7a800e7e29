"""Titration: each person's dose goes up or down at visits, by what is measured of them and by unwanted effects.

At a visit that may change the dose, an unwanted effect takes the dose a step down; else a measurement that asks for more takes it
a step up. People are solved in stages: those who have had the same doses until a visit together, so that nobody is solved for
doses that are not theirs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.study.question.schema import Study
from speciosa.study.simulation import ArmSimulation
from speciosa.trials.people.pool import Chance
from speciosa.trials.people.reading import ADVERSE, Missed, Paths, at_visits, reader
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import read_condition, read_hours

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Meeting:
    """What a visit knows of a person.

    Attributes:
        chance: of each person of the pool.
        measured: what is measured of everybody at a visit, from their course there.
    """

    chance: Chance
    measured: Callable[[int, Array], Array]


def next_levels(levels: Counts, unwanted: Flags, wants: Flags, most: int) -> Counts:
    """The steps after a visit: down with an unwanted effect, else up where more is asked for.

    Example:
        >>> next_levels(np.array([1, 1, 0, 2]), np.array([1, 0, 1, 0]) > 0, np.array([1, 1, 1, 1]) > 0, 2).tolist()
        [0, 2, 0, 2]
    """
    found: Counts = np.where(unwanted, levels - 1, np.where(wants, levels + 1, levels))
    return np.clip(found, 0, most)


def titrated(
    simulation: ArmSimulation,
    study: Study,
    trial: Trial,
    typical: bool,
    meeting: Meeting,
    missed: Missed | None = None,
) -> Paths:
    """The doses of everybody in an arm, period by period."""
    design, output = trial.design, trial.endpoint.output
    times, size = design.times_h, study.population
    up = read_condition(design.up)
    adverse = [name for name in ADVERSE if name in simulation.effects]
    levels = np.zeros((size.draws, size.patients, 1), dtype=np.int64)
    begins = [0.0]
    for text in design.adjust:
        when = read_hours(text)
        visit = times.index(when)
        paths = Paths(tuple(begins), design.steps, levels)
        wanted = [at_visits(name, times)[visit] for name in dict.fromkeys((output, *adverse))]
        found = reader(simulation, study, typical, paths, missed)(wanted, None)
        well = np.ones(levels.shape[:2])
        for name in adverse:
            well = well * (1 - found[f"{name} {visit}"])
        value = meeting.measured(visit, found[f"{output} {visit}"])
        step = next_levels(
            levels[:, :, -1], meeting.chance.prone < 1 - well, up.holds(value), len(design.steps) - 1
        )  # fmt: skip
        levels = np.concatenate((levels, step[:, :, None]), axis=2)
        begins.append(when)
    return Paths(tuple(begins), design.steps, levels)
