"""Times to events simulated from a fit, and the survival curves of these and of the data.

The cumulative hazard H of each simulated subject is solved on a grid of times, along its own doses and covariates; its events come
where H passes the sums of exponential numbers, the first where the survival ``exp(-H)`` passes a uniform one. A subject whose
event ended its records might have been followed longer: until when is drawn from the Kaplan-Meier curve of censoring, beyond its
event, or is the longest time of all. That the subject would have had no other doses until then is assumed.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from speciosa.estimation.equations.arrays import OK
from speciosa.estimation.equations.room import OwnModel
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.likelihood.kinds import EVENTS
from speciosa.estimation.objective.design import Individuals
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.records import OBSERVE, RESET, RESET_DOSE, Records
from speciosa.population.streams import normals, uniforms

if TYPE_CHECKING:
    import polars as pl

_POINTS = 50
"""Times at which curves are told; hazards are integrated on a grid twice as fine, between whose points they count as constant."""
_MOST_EVENTS = 1000
_CERTAIN = 1e9
"""Cumulative hazard that counts as that of any larger one: nobody is left."""


class Times(NamedTuple):
    """Events of subjects, each followed from an entry to an end.

    Attributes:
        entry, end: of every subject that is followed.
        subject: of each event, its place in these.
        time: of each event, those of one subject in order.
    """

    entry: Floats
    end: Floats
    subject: Integers
    time: Floats


@dataclass(frozen=True)
class Course:
    """The design along which events are simulated.

    Attributes:
        subjects: those that are followed, as indices of all.
        observed: what was observed of them.
        repeated: whether somebody has more than one event.
        grid: times of each subject after its entry, in one row; begins are in `first`.
        first: where the times of each subject begin, and their count at the end.
        model: what gives the cumulative hazard from one time of the grid to the next.
        name: of the endpoint.
    """

    subjects: Integers
    observed: Times
    repeated: bool
    grid: Floats
    first: Integers
    model: OwnModel
    name: str

    @property
    def owner(self) -> Integers:
        """Of each time of the grid the subject, as index of all."""
        return np.repeat(self.subjects, np.diff(self.first))

    @property
    def points(self) -> Floats:
        """Times at which curves are told."""
        return np.linspace(self.observed.entry.min(), self.observed.end.max(), _POINTS + 1)


def course_of(joint: Joint) -> Course | None:
    """The design of an endpoint of events; None where there is none, or where time begins anew in a subject."""
    prepared, model = joint.design.prepared, joint.kernel
    rows = np.flatnonzero(prepared.likelihood.observed.kind == EVENTS)
    if not len(rows) or not isinstance(model, OwnModel):
        return None
    if np.isin(model.records.kind, (RESET, RESET_DOSE)).any():
        return None
    subject = prepared.likelihood.subject[rows]
    followed, own = np.unique(subject, return_inverse=True)
    entry = model.records.time[model.records.first[followed]]
    end = np.array([prepared.times[rows[own == s]].max() for s in range(len(followed))])
    happened = prepared.likelihood.observed.value[rows] > 0
    observed = Times(entry, end, own[happened], prepared.times[rows[happened]])
    fine = np.linspace(entry.min(), end.max(), 2 * _POINTS + 1)
    each = [fine[fine > t] for t in entry]
    first = np.concatenate([[0], np.cumsum([len(one) for one in each])])
    grid = np.concatenate(each)
    of_hazard = model.compiled.program.hazard
    whole = OwnModel(
        model.compiled,
        _watched(model.records, followed, each, model.compiled.program.back > 0),
        np.full(len(grid), of_hazard, dtype=np.int64),
        np.zeros(len(grid)),
        model.covariates,
        model.threads,
    )
    name = joint.design.question.errors[prepared.endpoint[rows[0]]].name
    repeated = bool((np.bincount(observed.subject, minlength=1) > 1).any())
    return Course(followed, observed, repeated, grid, first, whole, name)


def _watched(records: Records, followed: Integers, each: list[Floats], back: bool) -> Records:
    """The records of all subjects with nothing observed but the hazard, at the times of the grid of those that are followed."""
    rows, times_of, kinds, observations = [], [], [], []
    counts, seen = [0], 0
    place = {int(s): k for k, s in enumerate(followed)}
    for s in range(len(records.first) - 1):
        begin, end = records.first[s], records.first[s + 1]
        times = each[place[s]] if s in place else np.zeros(0)
        # parameters hold from their record on, or before it (the record then is the one after)
        at = np.searchsorted(records.time[begin:end], times, side="right") - int(not back)
        from_row = begin + np.concatenate([np.arange(end - begin), np.minimum(at, end - begin - 1)])
        new = np.concatenate([np.zeros(end - begin, dtype=bool), np.ones(len(times), dtype=bool)])
        time = np.concatenate([records.time[begin:end], times])
        order = np.argsort(time, kind="stable")
        rows.append(from_row[order])
        times_of.append(time[order])
        kinds.append(np.where(new, OBSERVE, records.kind[from_row])[order])
        observations.append(np.where(new, seen + np.cumsum(new) - 1, -1)[order])
        seen += len(times)
        counts.append(len(time))
    row = np.concatenate(rows)
    same = Records._make([np.cumsum(counts), *(column[row] for column in records[1:])])
    return same._replace(
        time=np.concatenate(times_of),
        kind=np.concatenate(kinds),
        observation=np.concatenate(observations),
    )


def simulated_times(
    joint: Joint, course: Course, x: Floats, replicates: int, seed: int
) -> list[Times]:
    """Events of new subjects with the covariates, doses and follow-up of the data, of each replicate.

    Random numbers are keyed by seed, replicate and subject.

    Args:
        joint: the model with its data.
        course: by `course_of`.
        x: coordinates of the estimates.
        replicates: how many data sets.
        seed: of the random numbers.
    """
    at = joint.design.individuals(x)
    effects, turns = joint.design.effects, range(replicates)
    factor = np.linalg.cholesky(at.spread.matrix) if effects else np.zeros((0, 0))
    people = range(joint.subjects)
    z = [normals(seed, f"simulated effect {e}", people, turns) for e in range(effects)]
    ends = _followed_until(course, seed, joint.subjects, turns)
    hazard = np.zeros(0)
    found = []
    for k in turns:
        if effects or not len(hazard):
            own = np.array([column[k] for column in z]).reshape(effects, len(people)).T @ factor.T
            hazard = _cumulative(joint, course, at, own)
        found.append(_events(course, hazard, ends[k], seed, joint.subjects, k))
    return found


def _cumulative(joint: Joint, course: Course, at: Individuals, effects: Floats) -> Floats:
    """The cumulative hazard of every subject at the times of its grid."""
    base = at.base
    if effects.shape[1]:
        moved = at.slope[:, :, joint.design.random]
        group = joint.design.prepared.group_subject
        base = base + np.einsum("gke,ge->gk", moved, effects[group])
    with np.errstate(all="ignore"):
        jets, status = course.model.predict(base, at.slope, np.zeros(0, dtype=np.int64), 0)
    rise = jets[:, 0]
    rise[np.isin(course.owner, np.flatnonzero(status != OK))] = np.nan
    found = np.zeros(len(rise))
    for s in range(len(course.subjects)):
        own = slice(course.first[s], course.first[s + 1])
        found[own] = np.cumsum(np.clip(rise[own], 0.0, _CERTAIN))
    return found


def _followed_until(course: Course, seed: int, subjects: int, turns: range) -> Floats:
    """Until when each subject is followed in each replicate, ``(replicates, subjects)``."""
    seen = course.observed
    found = np.tile(seen.end, (len(turns), 1))
    if course.repeated:
        return found
    happened = np.zeros(len(seen.end), dtype=bool)
    happened[seen.subject] = True
    times, count = np.unique(seen.end[~happened], return_counts=True)
    # where an event and an end of follow-up have one time the event came first
    later = len(seen.subject) - np.searchsorted(np.sort(seen.end[happened]), times, side="right")
    still = (~happened).sum() - np.searchsorted(np.sort(seen.end[~happened]), times, side="left")
    left = np.cumprod(1 - count / (later + still))
    longest = np.append(times, seen.end.max())
    u = uniforms(seed, "follow-up", range(subjects), turns)[:, course.subjects]
    for s in np.flatnonzero(happened):
        known = np.searchsorted(times, seen.end[s], side="left")
        share = u[:, s] * (left[known - 1] if known else 1.0)
        found[:, s] = longest[len(times) - np.searchsorted(left[::-1], share, side="right")]
    return found


def _events(
    course: Course, hazard: Floats, end: Floats, seed: int, subjects: int, replicate: int
) -> Times:
    """Events of one replicate, from cumulative hazards."""
    entry, end = course.observed.entry, end.copy()
    last = np.append(0.0, hazard)[np.where(np.diff(course.first) > 0, course.first[1:], 0)]
    lost = ~np.isfinite(last)
    end[lost] = entry[lost]
    people, reached = np.flatnonzero(~lost), np.zeros(len(end))
    listed: list[tuple[Integers, Floats]] = []
    turn = range(replicate, replicate + 1)
    for k in range(_MOST_EVENTS if course.repeated else 1):
        u = uniforms(seed, f"event {k}", range(subjects), turn)[0, course.subjects]
        reached -= np.log(u)
        people = people[reached[people] <= last[people]]
        time = np.zeros(len(people))
        for i, s in enumerate(people):
            own = slice(course.first[s], course.first[s + 1])
            rise = np.concatenate([[0.0], hazard[own]])
            time[i] = np.interp(
                reached[s], rise, np.concatenate([entry[s : s + 1], course.grid[own]])
            )
        within = time <= end[people]
        people, time = people[within], time[within]
        if not len(people):
            break
        listed.append((people, time))
    subject = np.concatenate([np.zeros(0, dtype=np.int64), *(s for s, _ in listed)])
    when = np.concatenate([np.zeros(0), *(t for _, t in listed)])
    order = np.lexsort((when, subject))
    if not course.repeated:
        end[subject] = when
    return Times(entry, end, subject[order], when[order])


def survival(of: Times, at: Floats) -> Floats:
    """Share without an event until each of some times, by Kaplan and Meier (1958, doi:10.1080/01621459.1958.10501452).

    Those who enter later are at risk from their entry.

    Example:
        >>> three = Times(np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([0, 2]), np.array([1.0, 3.0]))
        >>> survival(three, np.array([0.5, 1.0, 2.5, 3.0])).round(3).tolist()
        [1.0, 0.667, 0.667, 0.0]
    """
    begins = np.searchsorted(of.subject, np.arange(len(of.end)))
    known = np.append(of.subject, -1)
    happened = known[begins] == np.arange(len(of.end))
    first = np.where(happened, np.append(of.time, np.inf)[begins], of.end)
    times, count = np.unique(first[happened], return_counts=True)
    left = np.concatenate([[1.0], np.cumprod(1 - count / _at_risk(of.entry, first, times))])
    return np.asarray(left[np.searchsorted(times, at, side="right")])


def mean_events(of: Times, at: Floats) -> Floats:
    """Mean number of events until each of some times, by Nelson's estimate (1988, Journal of Quality Technology 20:24)."""
    times, count = np.unique(of.time, return_counts=True)
    total = np.concatenate([[0.0], np.cumsum(count / _at_risk(of.entry, of.end, times))])
    return np.asarray(total[np.searchsorted(times, at, side="right")])


def _at_risk(entry: Floats, end: Floats, times: Floats) -> Floats:
    """How many are followed just before each time."""
    began = np.searchsorted(np.sort(entry), times, side="left")
    ended = np.searchsorted(np.sort(end), times, side="left")
    return np.asarray(began - ended, dtype=float)


def event_check(course: Course, simulated: list[Times]) -> "pl.DataFrame":
    """The survival curve of the data and of simulated data sets; of repeated events the mean number too.

    Returns:
        Rows as of `estimation.checked.predictive_check`; the statistic is ``survival`` (until the first event) or ``mean events``.
    """
    import polars as pl

    points, rows = course.points, []
    curves = {"survival": survival} | ({"mean events": mean_events} if course.repeated else {})
    for statistic, curve in curves.items():
        observed = curve(course.observed, points)
        band = np.quantile([curve(one, points) for one in simulated], (0.05, 0.5, 0.95), axis=0)
        for k, time in enumerate(points):
            low, middle, high = band[:, k].tolist()
            rows.append(
                {
                    "endpoint": course.name,
                    "time": float(time),
                    "statistic": statistic,
                    "percentile": None,
                    "observed": float(observed[k]),
                    "simulated": middle,
                    "low": low,
                    "high": high,
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def event_table(course: Course, simulated: list[Times], joint: Joint) -> "pl.DataFrame":
    """Simulated events as records: replicate, id, time, endpoint, value (1 an event, 0 the end of what was followed)."""
    import polars as pl

    ids, tables = joint.design.prepared.ids[course.subjects], []
    for k, one in enumerate(simulated):
        ended = np.ones(len(one.end), dtype=bool)
        if not course.repeated:
            ended[one.subject] = False
        who = np.concatenate([one.subject, np.flatnonzero(ended)])
        time = np.concatenate([one.time, one.end[ended]])
        value = np.concatenate([np.ones(len(one.time)), np.zeros(ended.sum())])
        order = np.lexsort((time, who))
        tables.append(
            pl.DataFrame(
                {"replicate": k, "id": ids[who][order], "time": time[order], "value": value[order]}
            )
        )
    return pl.concat(tables).with_columns(endpoint=pl.lit(course.name))
