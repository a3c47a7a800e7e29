"""Trials in blocks: people taken from the pool, measured at visits, rescued, stopping; many trials at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from speciosa.trials.conduct.courses import Courses
from speciosa.trials.conduct.entry import people_at
from speciosa.trials.conduct.rules import Rules, Switch
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.people.pool import Pool

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
_ADVERSE, _FOLLOWED, _REASON, _MOMENT, _TAKES, _AGAIN, _KNOWS, _SWITCHES = range(2, 10)
_VISIT, _LEAVE = 16, 64
REASONS = ("other", "unwanted effect", "lack of effect", "withdrawal", "death")
_DEATH = len(REASONS) - 1


@dataclass(frozen=True)
class Block:
    """Some trials; arrays have the shape ``(trials, people)``, those of visits ``(visits, trials, people)``, the baseline first.

    Attributes:
        arm: of each place, the same in every trial, shape ``(people,)``.
        person: who it is, as a number in the pool.
        y: what is measured at each visit, whether or not the trial gets to see it.
        stopped: last visit under treatment; the number of the last visit for those who complete.
        switches: whether a person who stops goes on with another treatment.
        reason: why, as a number of `REASONS`; 0 where nobody stopped.
        rescued: visit after which rescue began; the number of visits where it never did.
        died: last visit that was lived to see; the number of visits for those who live.
        followed: whether those who stop are seen at the visits that follow.
        moment: share of the interval between two visits that had passed when its event came.
        takes: whether people take what they are given.
        streams: of random numbers of these trials.
        unwanted: at which visits under treatment there was a bothersome unwanted effect, shape ``(visits, trials, people)``.
        course: arm of the pool that is followed in the end; not `arm` for those whose treatment was changed.
    """

    arm: Counts
    person: Counts
    y: Array
    stopped: Counts
    switches: Flags
    reason: Counts
    rescued: Counts
    died: Counts
    followed: Flags
    moment: Array
    takes: Flags
    streams: Streams
    unwanted: Flags
    course: Counts

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
    switches: bool = True,
    rescue: bool = True,
    dies: bool = True,
    blinded: bool = False,
    option: Counts | None = None,
) -> Block:
    """Runs trials.

    Args:
        pool: of people.
        rules: of conduct.
        arm: of each place.
        streams: of random numbers, of these trials and places.
        draw: of the uncertain parameters, for each trial; the first where None.
        stops: whether people stop (off for the course that they would have if they did not).
        switches: the same for those who would go on with another treatment.
        rescue: whether rescue is given.
        dies: whether those die whose breathing stops.
        blinded: whether nobody finds out what they take.
        option: arm of the pool to which each place changes if its person has not answered; by lot where None.
    """
    trials = len(streams.start)
    which = np.zeros(trials, dtype=np.int64) if draw is None else draw
    person, answer = people_at(pool, rules, streams, which)
    moves, weeks = rules.moves, pool.weeks
    prone = streams.uniform(_ADVERSE)
    visits = len(weeks)
    noise = [streams.normal(_VISIT + visit) for visit in range(visits)]
    if pool.chance is not None:  # what a titration has met stays with the person
        answer, prone = pool.chance.answer[person], pool.chance.prone[person]
        noise = [pool.chance.noise[person, visit] for visit in range(visits)]
    own = answer * moves.placebo_sd + moves.placebo
    if rules.knows > 0 and not blinded:
        found_out = streams.uniform(_KNOWS) < rules.knows
        gain = np.where(arm == rules.reference, -1.0, 1.0) * rules.better * rules.expectation
        own = own + found_out * gain
    last = visits - 1
    shape = (trials, len(arm))
    y = np.empty((visits, *shape))
    stopped = np.full(shape, last)
    reason, hurt = np.zeros(shape, dtype=np.int64), np.zeros((visits, *shape), dtype=bool)
    rescued, died = np.full(shape, visits), np.full(shape, visits)
    courses = Courses.of(pool, arm, which, person)
    other = np.zeros(shape, dtype=bool)
    if rules.goes_on > 0:
        other = streams.uniform(_SWITCHES) < rules.goes_on
    may_stop = np.where(other, switches, stops)
    takes = np.ones(shape, dtype=bool)
    if rules.taken < 1:
        takes = streams.uniform(_TAKES) < rules.taken
        _left_out(courses, takes)
    left = None if pool.rescue is None or not rescue else pool.rescue[which[:, None], person]

    def measured(visit: int, course: Array) -> Array:
        given = course if left is None else course * np.where(rescued < visit, left, 1.0)
        week = weeks[visit] + pool.begin_weeks
        rise = -np.expm1(-week / moves.tau_weeks)
        value = given + moves.drift * week + own * rise + noise[visit] * moves.visit_sd
        clipped: Array = np.clip(value, moves.low, moves.high)
        return clipped

    y[0] = measured(0, courses.stay[0])
    for visit in range(1, visits):
        if rules.switch is not None and visit == rules.switch.at + 1:
            to, again = _changed(rules, rules.switch, arm, y, stopped == last, streams, option)
            courses.change(to, again, visit)
            if rules.taken < 1:
                _left_out(courses, takes, visit)
        # who needs rescue is seen at the visit before, from the first one under treatment on
        if left is not None and rules.rescue is not None and visit > 1:
            needs = rules.rescue.holds(y[visit - 1]) & (stopped >= visit - 1) & (rescued > visit)
            rescued[needs] = visit - 1
        value = measured(visit, courses.stay[visit])
        unwanted = prone < courses.adverse[visit]
        if dies:
            dead = (courses.dies < visit) & takes & (stopped == last)
            stopped[dead], reason[dead], died[dead] = visit - 1, _DEATH, visit - 1
        if rules.leaving is not None and may_stop.any():
            look = visit if rules.leaving.unseen else visit - 1
            seen = value if rules.leaving.unseen else y[visit - 1]
            known = unwanted if rules.leaving.unseen else prone < courses.adverse[visit - 1]
            score = courses.withdrawal[look]
            chance, why = _hazard(rules, arm, seen, y[0], known, score, weeks[visit - 1])
            goes = may_stop & (stopped == last) & (streams.uniform(_LEAVE + visit) < chance)
            stopped[goes] = visit - 1
            reason[goes] = _drawn(streams.uniform(_REASON), why)[goes]
            gone = (stopped < visit) & (died > last)
            if gone.any():
                off = measured(visit, courses.after(stopped * takes, visit))
                value = np.where(gone, off, value)
                if other.any():
                    on = measured(visit, courses.after(stopped, visit, other=True))
                    value = np.where(gone & other, on, value)
        hurt[visit] = unwanted & (stopped >= visit)
        y[visit] = value
    share = 0.0 if rules.leaving is None else rules.leaving.followed
    followed = (streams.uniform(_FOLLOWED) < share) & (died > last)
    return Block(
        arm, person, y, stopped, other, reason, rescued, died, followed, streams.uniform(_MOMENT), takes, streams, hurt,
        courses.course,
    )  # fmt: skip


def _left_out(courses: Courses, takes: Flags, since: int = 0) -> None:
    """Gives those who take nothing the course without treatment, and what is so before the first dose."""
    nothing = np.zeros(takes.shape, dtype=np.int64)
    for visit in range(since, len(courses.stay)):
        courses.stay[visit] = np.where(takes, courses.stay[visit], courses.after(nothing, visit))
    for values in (courses.adverse, courses.withdrawal):
        values[since:] = np.where(takes, values[since:], values[:1])


def _changed(
    rules: Rules, switch: Switch, arm: Counts, y: Array, treated: Flags, streams: Streams, option: Counts | None
) -> tuple[Counts, Flags]:  # fmt: skip
    """Who is given another treatment since the first has not helped, and which, by lot where it is not said."""
    value, start = y[switch.at], y[0]
    level = start * (1 + switch.respond)
    met = value <= level if switch.respond < 0 else value >= level
    many = np.array([len(options) for options in switch.options])
    again: Flags = treated & ~(met & (start != 0)) & (many[arm] > 0)
    if option is not None:
        return np.broadcast_to(option, again.shape), again & (option >= 0)
    table = np.full((len(many), max(int(many.max()), 1)), -1)
    for number, options in enumerate(switch.options):
        table[number, : len(options)] = options
    lot = np.minimum((streams.uniform(_AGAIN) * many[arm]).astype(np.int64), np.maximum(many[arm] - 1, 0))  # fmt: skip
    return table[arm, lot], again


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
    return np.minimum(found, _DEATH - 1)
