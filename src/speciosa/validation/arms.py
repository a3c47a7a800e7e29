"""Arms: a regimen in a described patient, and the courses that the statistics of observations are read from.

Rows that share a regimen and a patient share one simulation. Which times it stores follows from what is asked: the
whole course after the first dose of an analyte's source, the last dosing interval, or a window. How long a course must
be followed is found by a pilot in the typical patient.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from speciosa.pharmacology.covariates import Description
from speciosa.pharmacology.dosing import SubstanceDoses, schedule
from speciosa.regimen import Regimen
from speciosa.validation.metrics import Array, Course, cumulative_area, sampling_times

LONGEST_H = 8000.0
"""No course is followed longer than this after the last dose (333 days: a monthly depot)."""

FOLLOWED = 0.985
"""Share of the area after the last dose, in the typical patient, at which following stops."""


@dataclass(frozen=True)
class Arm:
    """What is given to whom, and whether its effects are asked for or only its plasma, which is a smaller model."""

    regimen: Regimen
    patient: Description = field(default_factory=Description)
    effects: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for arms that can share a simulation."""
        return (str(self.regimen), self.patient.key, self.effects)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Arm) and self.key == other.key


@dataclass(frozen=True, slots=True)
class Timing:
    """When the source of an analyte is given in an arm.

    Attributes:
        first_h: the first dose.
        last_h: the last dose.
        interval_h: hours between doses at the end; 0 where there is one dose only.
        over_h: how long the last dose takes to be given.
        last_nmol: its amount.
        total_nmol: all amounts together.
        per_kg: whether amounts are per kilogram of body weight.
        injected: whether the last dose goes straight into the blood.
    """

    first_h: float
    last_h: float
    interval_h: float
    over_h: float
    last_nmol: float
    total_nmol: float
    per_kg: bool = False
    injected: bool = False

    @property
    def repeated(self) -> bool:
        """Whether the statistics of one interval are meant."""
        return self.interval_h > 0


def timing(plan: SubstanceDoses, sources: Iterable[str]) -> Timing | None:
    """When any of `sources` is given; None where none is."""
    wanted = set(sources)
    doses = [dose for dose in plan.doses if dose.way.substance in wanted]
    if not doses:
        return None
    starts = sorted({time for dose in doses for time in dose.times_h})
    last = max(doses, key=lambda dose: (dose.times_h[-1], dose.every_h or 0.0))
    at_once = [dose for dose in doses if abs(dose.times_h[-1] - last.times_h[-1]) < 1e-9]
    interval = last.every_h or 0.0
    if not interval and len(starts) > 1:
        interval = starts[-1] - starts[-2]
    if len(starts) == 1:
        interval = 0.0
    return Timing(
        first_h=starts[0],
        last_h=starts[-1],
        interval_h=interval,
        over_h=max(dose.over_h or 0.0 for dose in at_once),
        last_nmol=sum(dose.nmol for dose in at_once),
        total_nmol=sum(dose.nmol * dose.count for dose in doses),
        per_kg=last.way.per_kg,
        injected=all(dose.way.route == "iv" for dose in at_once),
    )


def plan(arm: Arm) -> SubstanceDoses:
    """The doses of an arm on the targets of a model."""
    return schedule(arm.regimen)


def pilot_times(start: float) -> Array:
    """Times of the pilot: sparse, and far beyond any half-life of the library."""
    return sampling_times(start, start + LONGEST_H, count=240, first=0.02)


def follow_until(pilot: Course) -> float:
    """The time at which `FOLLOWED` of the area of the typical course has been collected."""
    area = cumulative_area(pilot)[0]
    if not np.isfinite(area[-1]) or area[-1] <= 0:
        return float(pilot.times[0]) + 24.0
    reached = int(np.searchsorted(area, FOLLOWED * area[-1]))
    length = pilot.times[min(reached, len(pilot.times) - 1)] - pilot.times[0]
    return float(pilot.times[0] + min(max(1.15 * length, 1.0), LONGEST_H))


def merged(windows: Sequence[Array]) -> Array:
    """All times of several windows, each once, increasing."""
    joined = np.unique(np.concatenate([*windows, np.array([0.0])]))
    apart = np.concatenate(([True], np.diff(joined) > 1e-9))
    return np.asarray(joined[apart])
