"""The pool of a trial, with what happens by chance to people who are titrated."""

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from speciosa.facts.folders import identity
from speciosa.progress import Progress, silent
from speciosa.trials.conduct.rules import Moves, moves_of
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.people.pool import Chance, Pool, Worlds
from speciosa.trials.people.reading import Missed
from speciosa.trials.people.solve import solve_pool, world_of
from speciosa.trials.people.titration import Meeting
from speciosa.trials.people.worlds import solved_arms
from speciosa.trials.question.schema import Trial
from speciosa.workers import Cluster, Task

Array = NDArray[np.float64]
_SEED_STEP = 0x717A
_PATTERN, _LEVELS, _DOSES = 1024, 16, 4096


def pool_of(
    trial: Trial,
    *,
    typical: bool,
    stops: bool,
    threads: int | None = None,
    cluster: Cluster | None = None,
    progress: Progress = silent,
) -> Pool:
    """Solves the people of a trial, its arms on the workers of a cluster; see `speciosa.trials.people.solve.solve_pool`."""
    meeting = meeting_of(trial) if trial.design.kind == "titration" else None
    return solve_pool(
        trial,
        typical=typical,
        stops=stops,
        meeting=meeting,
        missed=missed_of(trial),
        worlds=() if cluster is None else _spread(trial, typical, stops, cluster, progress),
        threads=threads,
        progress=progress,
    )


def _spread(
    trial: Trial, typical: bool, stops: bool, cluster: Cluster, progress: Progress
) -> tuple[Worlds, ...]:
    """The arms, solved one a task."""
    cluster.require(identity)
    about, count = trial.model_dump_json(), len(solved_arms(trial))
    name = hashlib.sha256(about.encode()).hexdigest()[:24]
    tasks = [
        Task(f"speciosa-trial-{name}-{typical:d}{stops:d}/{number}", _solved, (about, number, typical, stops))
        for number in range(count)
    ]  # fmt: skip
    found: dict[str, Worlds] = {}
    people = trial.population.patients * (1 if typical else trial.population.draws)
    for task, result in cluster.run(tasks):
        found[task.key] = result
        progress("patients", len(found) * people, count * people)
    return tuple(found[task.key] for task in tasks)


def _solved(about: str, number: int, typical: bool, stops: bool) -> Worlds:
    trial = Trial.model_validate_json(about)
    meeting = meeting_of(trial) if trial.design.kind == "titration" else None
    return world_of(
        trial, number, typical, stops, meeting=meeting, missed=missed_of(trial), threads=1
    )


def missed_of(trial: Trial) -> Missed | None:
    """Which doses the people of a trial leave out, keyed by the seed of the population; None where they take all.

    The share that a person takes is from a beta distribution, and theirs in the whole trial. There are 32 patterns, two for each
    of 16 quantiles, so that people with one pattern are solved together.
    """
    asked, size = trial.adherence, trial.population
    if asked.doses >= 1:
        return None
    mean, sd = asked.doses, min(asked.sd, 0.99 * float(np.sqrt(asked.doses * (1 - asked.doses))))
    levels = (np.arange(_LEVELS) + 0.5) / _LEVELS
    shares = np.full(_LEVELS, mean)
    if sd > 0:
        strength = mean * (1 - mean) / sd**2 - 1
        shares = betaincinv(mean * strength, (1 - mean) * strength, levels)
    streams = Streams.of((size.seed + _SEED_STEP) % 2**63, range(1), size.patients)
    pattern = (streams.uniform(_PATTERN)[0] * 2 * _LEVELS).astype(np.int64)
    lots = Streams.of((size.seed + _SEED_STEP + 1) % 2**63, range(1), _DOSES)
    chance = np.stack([lots.uniform(number)[0] for number in range(2 * _LEVELS)])
    return Missed(pattern, chance < np.repeat(shares, 2)[:, None])


def meeting_of(trial: Trial) -> Meeting:
    """What visits know of the people of a trial, whose chance is keyed by the seed of the population."""
    visits, size = len(trial.design.times_h), trial.population
    streams = Streams.of((size.seed + _SEED_STEP) % 2**63, range(1), size.patients)
    noise = np.stack([streams.normal(2 + visit)[0] for visit in range(visits)], axis=1)
    chance = Chance(streams.normal(0)[0], streams.uniform(1)[0], noise)
    weeks = np.asarray(trial.design.times_h) / 168.0
    return Meeting(chance, _measured(moves_of(trial), chance, weeks))


def _measured(moves: Moves, chance: Chance, weeks: Array) -> Callable[[int, Array], Array]:
    def measured(visit: int, course: Array) -> Array:
        """As in every trial: course, drift, answer to being treated, error."""
        own = chance.answer * moves.placebo_sd + moves.placebo
        value = (
            course + moves.drift * weeks[visit] - own * np.expm1(-weeks[visit] / moves.tau_weeks)
        )
        value = value + chance.noise[:, visit] * moves.visit_sd
        found: Array = np.clip(value, moves.low, moves.high)
        return found

    return measured
