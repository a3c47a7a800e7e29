"""Trials in blocks: people taken from the pool, measured at visits, rescued, stopping; many trials at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.conduct.courses import Courses
from speciosa.trials.conduct.entry import people_at
from speciosa.trials.conduct.rules import Rules
from speciosa.trials.conduct.streams import Streams, Use
from speciosa.trials.conduct.visits import REASONS as REASONS
from speciosa.trials.conduct.visits import Going, People, left_out
from speciosa.trials.people.pool import Pool

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


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
    which = np.zeros(len(streams.start), dtype=np.int64) if draw is None else draw
    people = _people(pool, rules, arm, streams, which, blinded=blinded)
    visits, shape = len(pool.weeks), people.number.shape
    going = Going(
        rules,
        pool.weeks,
        pool.begin_weeks,
        arm,
        streams,
        people,
        Courses.of(pool, arm, which, people.number),
        None if pool.rescue is None or not rescue else pool.rescue[which[:, None], people.number],
        np.where(people.switches, switches, stops),
        np.empty((visits, *shape)),
        np.full(shape, visits - 1),
        np.zeros(shape, dtype=np.int64),
        np.full(shape, visits),
        np.full(shape, visits),
    )
    if rules.taken < 1:
        left_out(going.courses, people.takes)
    hurt = np.zeros((visits, *shape), dtype=bool)
    going.y[0] = going.measured(0, going.courses.stay[0])
    for visit in range(1, visits):
        if rules.switch is not None and visit == rules.switch.at + 1:
            going.change(rules.switch, visit, option)
        # who needs rescue is seen at the visit before, from the first one under treatment on
        if rules.rescue is not None and visit > 1:
            going.rescue(rules.rescue, visit)
        value = going.measured(visit, going.courses.stay[visit])
        unwanted = people.prone < going.courses.adverse[visit]
        if dies:
            going.die(visit)
        if rules.leaving is not None and going.may_stop.any():
            going.leave(rules.leaving, visit, value, unwanted)
            value = going.off_treatment(visit, value)
        hurt[visit] = unwanted & (going.stopped >= visit)
        going.y[visit] = value
    share = 0.0 if rules.leaving is None else rules.leaving.followed
    followed = (streams.uniform(Use.FOLLOWED) < share) & (going.died >= visits)
    return Block(
        arm, people.number, going.y, going.stopped, people.switches, going.reason, going.rescued, going.died, followed,
        streams.uniform(Use.MOMENT), people.takes, streams, hurt, going.courses.course,
    )  # fmt: skip


def _people(
    pool: Pool, rules: Rules, arm: Counts, streams: Streams, which: Counts, *, blinded: bool
) -> People:
    number, answer = people_at(pool, rules, streams, which)
    prone = streams.uniform(Use.ADVERSE)
    noise = [streams.normal(Use.VISIT + visit) for visit in range(len(pool.weeks))]
    if pool.chance is not None:  # what a titration has met stays with the person
        answer, prone = pool.chance.answer[number], pool.chance.prone[number]
        noise = [pool.chance.noise[number, visit] for visit in range(len(pool.weeks))]
    own = answer * rules.moves.placebo_sd + rules.moves.placebo
    if rules.knows > 0 and not blinded:
        found_out = streams.uniform(Use.KNOWS) < rules.knows
        gain = np.where(arm == rules.reference, -1.0, 1.0) * rules.better * rules.expectation
        own = own + found_out * gain
    switches = np.zeros(number.shape, dtype=bool)
    if rules.goes_on > 0:
        switches = streams.uniform(Use.SWITCHES) < rules.goes_on
    takes = np.ones(number.shape, dtype=bool)
    if rules.taken < 1:
        takes = streams.uniform(Use.TAKES) < rules.taken
    return People(number, own, prone, switches, takes, noise)
