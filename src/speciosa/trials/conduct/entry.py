"""Who stands at each place of a trial: people of the pool who are taken in, and randomised after a run-in."""

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import ConvergenceError
from speciosa.trials.conduct.rules import Rules
from speciosa.trials.conduct.streams import Streams, Use
from speciosa.trials.people.pool import Pool

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
_TRIES = 200


def people_at(pool: Pool, rules: Rules, streams: Streams, which: Counts) -> tuple[Counts, Array]:
    """Who stands at each place, the first of the people drawn for it who is taken in, and how they answer to being treated."""
    person = (streams.uniform(Use.PERSON) * pool.people).astype(np.int64)
    own = streams.normal(Use.OWN)
    if rules.include is None and rules.respond is None:
        return person, own
    rest = np.ones(person.shape, dtype=bool)
    draws = np.broadcast_to(which[:, None], person.shape)
    for turn in range(_TRIES):
        some = streams.some(rest)
        found = (some.uniform(Use.SCREEN + 4 * turn)[0] * pool.people).astype(np.int64)
        answer = some.normal(Use.SCREEN + 4 * turn + 1)[0]
        fits = _fits(pool, rules, some, draws[rest], found, answer, Use.SCREEN + 4 * turn + 2)
        open_places = np.flatnonzero(rest.ravel())[fits]
        person.ravel()[open_places] = found[fits]
        own.ravel()[open_places] = answer[fits]
        rest.ravel()[open_places] = False
        if not rest.any():
            return person, own
    raise ConvergenceError(
        f"Fewer than one in {_TRIES // 4} of the virtual people can be randomised: the rule of inclusion or the response "
        "asked of the run-in is too strict."
    )


def _fits(
    pool: Pool,
    rules: Rules,
    streams: Streams,
    draw: Counts,
    person: Counts,
    answer: Array,
    use: int,
) -> Flags:
    """Whether people are taken in by a measurement before the trial, and randomised by one at the end of the run-in."""
    moves = rules.moves
    start = pool.arms[0].stay if pool.entry is None else pool.entry
    before = start[draw, person, 0] + streams.normal(use)[0] * moves.visit_sd
    before = np.clip(before, moves.low, moves.high)
    fits = (
        np.ones(len(person), dtype=bool) if rules.include is None else rules.include.holds(before)
    )
    if rules.respond is None or pool.entry is None:
        return fits
    rise = -np.expm1(-pool.begin_weeks / moves.tau_weeks)
    after = pool.entry[draw, person, 1] + (answer * moves.placebo_sd + moves.placebo) * rise
    after = after + moves.drift * pool.begin_weeks + streams.normal(use + 1)[0] * moves.visit_sd
    after = np.clip(after, moves.low, moves.high)
    level = before * (1 + rules.respond)
    answered = after <= level if rules.respond < 0 else after >= level
    found: Flags = fits & answered & (before != 0)
    return found


def taken_in(pool: Pool, rules: Rules, seed: int, people: int = 20_000) -> float:
    """The share of those who are looked at that is randomised."""
    streams = Streams.of(seed, range(1), people)
    person = (streams.uniform(Use.PERSON)[0] * pool.people).astype(np.int64)
    draw = np.zeros(people, dtype=np.int64)
    answer = streams.normal(Use.OWN)[0]
    return float(_fits(pool, rules, streams, draw, person, answer, Use.SCREEN).mean())
