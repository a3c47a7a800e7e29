"""The pool of a trial, with what happens by chance to people who are titrated."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from speciosa.progress import Progress, silent
from speciosa.trials.conduct.rules import Moves, moves_of
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.people.pool import Chance, Pool
from speciosa.trials.people.reading import Missed
from speciosa.trials.people.solve import solve_pool
from speciosa.trials.people.titration import Meeting
from speciosa.trials.question.schema import Trial

Array = NDArray[np.float64]
_SEED_STEP = 0x717A
_PATTERN, _LEVELS, _DOSES = 1024, 16, 4096


def pool_of(
    trial: Trial,
    *,
    typical: bool,
    stops: bool,
    threads: int | None = None,
    progress: Progress = silent,
) -> Pool:
    """Solves the people of a trial; see `speciosa.trials.people.solve.solve_pool`."""
    meeting = meeting_of(trial) if trial.design.kind == "titration" else None
    return solve_pool(
        trial,
        typical=typical,
        stops=stops,
        meeting=meeting,
        missed=missed_of(trial),
        threads=threads,
        progress=progress,
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
