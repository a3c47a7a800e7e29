"""What becomes of the people of trials from visit to visit: measured, rescued, changed, stopping, dying."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from speciosa.trials.conduct.courses import Courses
from speciosa.trials.conduct.rules import Leaving, Rules, Switch
from speciosa.trials.conduct.streams import Streams, Use
from speciosa.trials.question.words import Condition

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
REASONS = ("other", "unwanted effect", "lack of effect", "withdrawal", "death")
_DEATH = len(REASONS) - 1


@dataclass(frozen=True)
class People:
    """Who is in the trials; arrays have the shape ``(trials, people)``, `noise` one of them a visit.

    Attributes:
        number: in the pool.
        own: response to placebo and to having found out.
        prone: to unwanted effects; below the risk of a course it has one.
        switches: who goes on with another treatment after stopping.
        takes: who takes what is given.
        noise: of what is measured, in standard deviations.
    """

    number: Counts
    own: Array
    prone: Array
    switches: Flags
    takes: Flags
    noise: list[Array]


@dataclass(frozen=True)
class Going:
    """Trials as they go, visit by visit; the arrays from `y` on fill as they do, and are those of `Block`.

    Attributes:
        weeks: of the visits.
        begin_weeks: how long people have been treated when they are randomised.
        left: share of a score that rescue leaves, by person; None where none is given.
        may_stop: who stops when things go badly.
    """

    rules: Rules
    weeks: Array
    begin_weeks: float
    arm: Counts
    streams: Streams
    people: People
    courses: Courses
    left: Array | None
    may_stop: Flags
    y: Array
    stopped: Counts
    reason: Counts
    rescued: Counts
    died: Counts

    @property
    def treated(self) -> Flags:
        """Who has not stopped."""
        found: Flags = self.stopped == len(self.y) - 1
        return found

    def measured(self, visit: int, course: Array) -> Array:
        """What is measured at a visit of people who follow these courses."""
        given, moves = course, self.rules.moves
        if self.left is not None:
            given = course * np.where(self.rescued < visit, self.left, 1.0)
        week = self.weeks[visit] + self.begin_weeks
        rise = -np.expm1(-week / moves.tau_weeks)
        noise = self.people.noise[visit] * moves.visit_sd
        value = given + moves.drift * week + self.people.own * rise + noise
        clipped: Array = np.clip(value, moves.low, moves.high)
        return clipped

    def change(self, switch: Switch, visit: int, option: Counts | None) -> None:
        """Gives another treatment to those whom the first has not helped."""
        to, again = _changed(self.rules, switch, self.arm, self.y, self.treated, self.streams, option)  # fmt: skip
        self.courses.change(to, again, visit)
        if self.rules.taken < 1:
            left_out(self.courses, self.people.takes, visit)

    def rescue(self, rule: Condition, visit: int) -> None:
        """Begins rescue where the visit before showed the need."""
        if self.left is None:
            return
        seen = rule.holds(self.y[visit - 1]) & (self.stopped >= visit - 1)
        self.rescued[seen & (self.rescued > visit)] = visit - 1

    def die(self, visit: int) -> None:
        """Ends what those follow whose breathing has stopped."""
        dead = (self.courses.dies < visit) & self.people.takes & self.treated
        self.stopped[dead], self.reason[dead], self.died[dead] = visit - 1, _DEATH, visit - 1

    def leave(self, leaving: Leaving, visit: int, value: Array, unwanted: Flags) -> None:
        """Lets people stop before a visit, by what this one would show or by what the one before did."""
        look, seen, known = visit, value, unwanted
        if not leaving.unseen:
            look, seen = visit - 1, self.y[visit - 1]
            known = self.people.prone < self.courses.adverse[visit - 1]
        score, week = self.courses.withdrawal[look], self.weeks[visit - 1]
        chance, why = _hazard(self.rules, self.arm, seen, self.y[0], known, score, week)
        goes = self.may_stop & self.treated & (self.streams.uniform(Use.LEAVE + visit) < chance)
        self.stopped[goes] = visit - 1
        self.reason[goes] = _drawn(self.streams.uniform(Use.REASON), why)[goes]

    def off_treatment(self, visit: int, value: Array) -> Array:
        """The same with what is measured of those who have stopped."""
        gone = (self.stopped < visit) & (self.died >= len(self.y))
        if not gone.any():
            return value
        others = self.people.switches
        off = self.measured(visit, self.courses.after(self.stopped * self.people.takes, visit))
        value = np.where(gone, off, value)
        if others.any():
            on = self.measured(visit, self.courses.after(self.stopped, visit, other=True))
            value = np.where(gone & others, on, value)
        return value


def left_out(courses: Courses, takes: Flags, since: int = 0) -> None:
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
    lot = np.minimum((streams.uniform(Use.AGAIN) * many[arm]).astype(np.int64), np.maximum(many[arm] - 1, 0))  # fmt: skip
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
