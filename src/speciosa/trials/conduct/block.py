"""Trials in blocks: people taken from the pool, measured at visits, rescued, stopping; many trials at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from speciosa.errors import ConvergenceError
from speciosa.trials.conduct.rules import Rules
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.people.pool import Pool

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
_PERSON, _OWN, _ADVERSE, _FOLLOWED, _REASON, _MOMENT, _TAKES = range(7)
_VISIT, _LEAVE, _SCREEN = 16, 64, 128
_TRIES = 200
REASONS = ("other", "unwanted effect", "lack of effect", "withdrawal")


@dataclass(frozen=True)
class Block:
    """Some trials; arrays have the shape ``(trials, people)``, those of visits ``(visits, trials, people)``, the baseline first.

    Attributes:
        arm: of each place, the same in every trial, shape ``(people,)``.
        person: who it is, as a number in the pool.
        y: what is measured at each visit, whether or not the trial gets to see it.
        stopped: last visit under treatment; the number of the last visit for those who complete.
        reason: why, as a number of `REASONS`; 0 where nobody stopped.
        rescued: visit after which rescue began; the number of visits where it never did.
        followed: whether those who stop are seen at the visits that follow.
        moment: share of the interval between two visits that had passed when its event came.
        takes: whether people take what they are given.
        streams: of random numbers of these trials.
        adverse: whether there was a bothersome unwanted effect at some visit under treatment.
    """

    arm: Counts
    person: Counts
    y: Array
    stopped: Counts
    reason: Counts
    rescued: Counts
    followed: Flags
    moment: Array
    takes: Flags
    streams: Streams
    adverse: Flags

    @property
    def last(self) -> int:
        """The number of the last visit."""
        return len(self.y) - 1


def places(allocation: tuple[int, ...], size: int) -> Counts:
    """The arm of each place: blocks in the order of the arms, so that the arms fill evenly.

    People come from the pool in random order, so which places belong to which arm needs no lot.

    Example:
        >>> places((1, 2), 7).tolist()
        [0, 1, 1, 0, 1, 1, 0]
    """
    unit = np.repeat(np.arange(len(allocation)), allocation)
    return np.asarray(np.resize(unit, size), dtype=np.int64)


def run_block(
    pool: Pool,
    rules: Rules,
    arm: Counts,
    streams: Streams,
    *,
    draw: Counts | None = None,
    stops: bool = True,
    rescue: bool = True,
) -> Block:
    """Runs trials.

    Args:
        pool: of people.
        rules: of conduct.
        arm: of each place.
        streams: of random numbers, of these trials and places.
        draw: of the uncertain parameters, for each trial; the first where None.
        stops: whether people stop (off for the course that they would have if they did not).
        rescue: whether rescue is given.
    """
    trials = len(streams.start)
    which = np.zeros(trials, dtype=np.int64) if draw is None else draw
    person, answer = _people(pool, rules, streams, which)
    at = (which[:, None], person)
    moves, weeks = rules.moves, pool.weeks
    own = answer * moves.placebo_sd + moves.placebo
    prone = streams.uniform(_ADVERSE)
    visits = len(weeks)
    last = visits - 1
    y = np.empty((visits, trials, len(arm)))
    stopped = np.full((trials, len(arm)), last)
    reason = np.zeros((trials, len(arm)), dtype=np.int64)
    rescued = np.full((trials, len(arm)), visits)
    hurt = np.zeros((trials, len(arm)), dtype=bool)
    arms = [np.flatnonzero(arm == number) for number in range(len(pool.arms))]
    stays = _gathered(pool, arms, at, "stay")
    unwanted = prone < _gathered(pool, arms, at, "adverse")
    scores = _gathered(pool, arms, at, "withdrawal")
    takes = np.ones(person.shape, dtype=bool)
    if rules.taken < 1:
        takes = streams.uniform(_TAKES) < rules.taken
        nothing = np.zeros_like(stopped)
        stays = np.stack(
            [
                np.where(takes, stays[v], _after(pool, arms, at, nothing, v, stays))
                for v in range(visits)
            ]
        )
        # what is so at the beginning, before the first dose
        unwanted, scores = (np.where(takes, course, course[:1]) for course in (unwanted, scores))
    left = None if pool.rescue is None or not rescue else pool.rescue[at]
    noise = [streams.normal(_VISIT + visit) * moves.visit_sd for visit in range(visits)]

    def measured(visit: int, course: Array) -> Array:
        given = course if left is None else course * np.where(rescued < visit, left, 1.0)
        week = weeks[visit] + pool.begin_weeks
        rise = -np.expm1(-week / moves.tau_weeks)
        value = given + moves.drift * week + own * rise + noise[visit]
        clipped: Array = np.clip(value, moves.low, moves.high)
        return clipped

    y[0] = measured(0, stays[0])
    for visit in range(1, visits):
        # who needs rescue is seen at the visit before, from the first one under treatment on
        if left is not None and rules.rescue is not None and visit > 1:
            needs = rules.rescue.holds(y[visit - 1]) & (stopped >= visit - 1) & (rescued > visit)
            rescued[needs] = visit - 1
        value = measured(visit, stays[visit])
        if stops and rules.leaving is not None:
            seen = value if rules.leaving.unseen else y[visit - 1]
            look = visit if rules.leaving.unseen else visit - 1
            chance, why = _hazard(
                rules, arm, seen, y[0], unwanted[look], scores[look], weeks[visit - 1]
            )
            goes = (stopped == last) & (streams.uniform(_LEAVE + visit) < chance)
            stopped[goes] = visit - 1
            reason[goes] = _drawn(streams.uniform(_REASON), why)[goes]
            gone = stopped < visit
            if gone.any():
                value = np.where(
                    gone,
                    measured(visit, _after(pool, arms, at, stopped * takes, visit, stays)),
                    value,
                )
        hurt |= unwanted[visit] & (stopped >= visit)
        y[visit] = value
    share = 0.0 if rules.leaving is None else rules.leaving.followed
    followed = streams.uniform(_FOLLOWED) < share
    moment = streams.uniform(_MOMENT)
    return Block(arm, person, y, stopped, reason, rescued, followed, moment, takes, streams, hurt)


def _gathered(pool: Pool, arms: list[Counts], at: tuple[Counts, Counts], name: str) -> Array:
    """A course of everybody in the arm of their place, the visits first."""
    which, person = at
    found = np.empty((len(pool.times_h), *person.shape))
    for worlds, where in zip(pool.arms, arms, strict=True):
        values = getattr(worlds, name)[which, person[:, where]]
        found[:, :, where] = np.moveaxis(values, 2, 0)
    return found


def _after(
    pool: Pool,
    arms: list[Counts],
    at: tuple[Counts, Counts],
    stopped: Counts,
    visit: int,
    stays: Array,
) -> Array:
    """The course of those who stopped; of arms without a drug, and where it was not solved, as it was."""
    which, person = at
    value: Array = stays[visit].copy()
    for worlds, where in zip(pool.arms, arms, strict=True):
        if worlds.stopped is None:
            continue
        for when in range(visit):
            rows, columns = np.nonzero(stopped[:, where] == when)
            cells = (rows, where[columns])
            value[cells] = worlds.stopped[when][which[rows, 0], person[cells], visit]
    return value


def _hazard(
    rules: Rules,
    arm: Counts,
    seen: Array,
    baseline: Array,
    unwanted: Flags,
    score: Array,
    week: float,
) -> tuple[Array, list[Array]]:
    """The chance of stopping in an interval, and the log odds ratios that each reason adds."""
    leaving = rules.leaving
    assert leaving is not None
    start = np.where(np.abs(baseline) > 1e-9, baseline, 1.0)
    remains = np.clip(seen / start, 0.0, 2.0)
    lack = leaving.lack * (remains if rules.better < 0 else 2.0 - remains)
    terms: list[Array] = [
        leaving.adverse * unwanted.astype(np.float64),
        lack,
        leaving.withdrawal * score / 10.0,
    ]
    base = np.asarray(leaving.intercept)[arm][None, :] + leaving.time * week
    chance: Array = expit(base + terms[0] + terms[1] + terms[2])
    return chance, terms


def _drawn(uniform: Array, terms: list[Array]) -> Counts:
    """A reason for each, in proportion to what it adds to the odds."""
    weights = [np.ones_like(uniform), *(np.expm1(term) for term in terms)]
    total = sum(weights)
    so_far = np.zeros_like(uniform)
    found = np.zeros(uniform.shape, dtype=np.int64)
    for number, weight in enumerate(weights):
        so_far = so_far + weight
        found[uniform * total > so_far] = number + 1
    return np.minimum(found, len(REASONS) - 1)


def _people(pool: Pool, rules: Rules, streams: Streams, which: Counts) -> tuple[Counts, Array]:
    """Who stands at each place, the first of the people drawn for it who is taken in, and how they answer to being treated."""
    person = (streams.uniform(_PERSON) * pool.people).astype(np.int64)
    own = streams.normal(_OWN)
    if rules.include is None and rules.respond is None:
        return person, own
    rest = np.ones(person.shape, dtype=bool)
    draws = np.broadcast_to(which[:, None], person.shape)
    for turn in range(_TRIES):
        some = streams.some(rest)
        found = (some.uniform(_SCREEN + 4 * turn)[0] * pool.people).astype(np.int64)
        answer = some.normal(_SCREEN + 4 * turn + 1)[0]
        fits = _fits(pool, rules, some, draws[rest], found, answer, _SCREEN + 4 * turn + 2)
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
    person = (streams.uniform(_PERSON)[0] * pool.people).astype(np.int64)
    draw = np.zeros(people, dtype=np.int64)
    answer = streams.normal(_OWN)[0]
    return float(_fits(pool, rules, streams, draw, person, answer, _SCREEN).mean())


def calibrated(
    pool: Pool,
    rules: Rules,
    completed: tuple[float, ...],
    allocation: tuple[int, ...],
    seed: int,
    people: int = 4000,
) -> Rules:
    """The rules with intercepts under which the share asked for completes.

    Args:
        pool: of people.
        rules: before.
        completed: one share for all arms together, or one an arm.
        allocation: of the arms.
        seed: of a stream of its own.
        people: an arm by whom it is worked out.
    """
    leaving = rules.leaving
    if leaving is None:
        return rules
    count = len(pool.arms)
    arm = np.repeat(np.arange(count), people).astype(np.int64)
    streams = Streams.of(seed, range(1), people)
    same = Streams(np.tile(streams.start, (1, count)))

    def share(intercepts: tuple[float, ...]) -> Array:
        tried = replace(rules, leaving=replace(leaving, intercept=intercepts))
        block = run_block(pool, tried, arm, same)
        done = (block.stopped == block.last)[0].reshape(count, people).mean(1)
        return np.asarray(done, dtype=np.float64)

    if len(completed) == 1:
        weights = np.asarray(allocation) / sum(allocation)
        found = _bisected(lambda a: float(share((a,) * count) @ weights), completed[0])
        intercepts = (found,) * count
    else:
        low, high = np.full(count, -30.0), np.full(count, 20.0)
        for _ in range(40):
            middle = (low + high) / 2
            much = share(tuple(middle)) > np.asarray(completed)
            low, high = np.where(much, middle, low), np.where(much, high, middle)
        intercepts = tuple(float(a) for a in (low + high) / 2)
    return replace(rules, leaving=replace(leaving, intercept=intercepts))


def _bisected(share: Callable[[float], float], aim: float) -> float:
    low, high = -30.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) > aim else (low, middle)
    return (low + high) / 2
