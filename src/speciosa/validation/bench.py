"""The bench: which arms rows need, at which times, and the metric of a row in each virtual patient of its arms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from speciosa import units
from speciosa.errors import Fault, InputError, SpeciosaError
from speciosa.facts.sheets.sheet import sheet
from speciosa.pharmacology.assembly import descendants, needs
from speciosa.pharmacology.covariates import Description
from speciosa.pharmacology.dosing import SubstanceDoses
from speciosa.regimen import Dose, Regimen
from speciosa.validation import effects, exposure
from speciosa.validation.arms import Arm, Timing, follow_until, merged, pilot_times, plan, timing
from speciosa.validation.metrics import Array, Course, sampling_times
from speciosa.validation.observed.observations import RESPONDERS, Observation
from speciosa.validation.solving import typical

USUAL_N = 12
MOST_PATIENTS = 24
MOST_FOR_SHARES = 48
MOST_FOR_RESPONDERS = 400
"""Reviews count thousands of patients: so many that chance is no part of the interval."""


@dataclass
class Wanted:
    """What the rows want of one arm."""

    arm: Arm
    plan: SubstanceDoses
    rows: list[Observation] = field(default_factory=list)
    outputs: dict[str, None] = field(default_factory=dict)
    patients: int = 1


@dataclass(frozen=True, eq=False)
class Solved:
    """One arm, solved: courses by output and body weights of shape ``(draws * patients, ...)``."""

    times: Array
    courses: dict[str, Array]
    weight: Array
    draws: int
    patients: int


def lay_out(rows: Iterable[Observation]) -> tuple[dict[Arm, Wanted], dict[str, str]]:
    """The arms that rows need, and for rows whose arms cannot be made the reason by their id."""
    wanted: dict[Arm, Wanted] = {}
    failed: dict[str, str] = {}
    for row in rows:
        try:
            _want(row, wanted)
        except SpeciosaError as error:
            failed[row.id] = reason(error)
    return wanted, failed


def individual(
    row: Observation, solved: Mapping[Arm, Solved], wanted: Mapping[Arm, Wanted], count: int
) -> Array:
    """The metric of a row in its unit, in the first `count` patients of every draw: ``(draws, count)``."""
    parts = [individual_in(row, arm, solved, wanted, count) for arm in arms_of(row)]
    if len(parts) == 1:
        return parts[0]
    if row.is_contrast:
        return parts[0] - parts[1]
    return parts[0] / parts[1] * (100.0 if row.unit == "%" else 1.0)


def individual_in(
    row: Observation,
    arm: Arm,
    solved: Mapping[Arm, Solved],
    wanted: Mapping[Arm, Wanted],
    count: int,
) -> Array:
    """The metric of a row in one of its arms; a difference is read at the same hours in both."""
    dosing = plan(arms_of(row)[0]) if row.is_contrast else wanted[arm].plan
    return _individual(row, solved[arm], dosing, count)


def count_of(row: Observation) -> int:
    """How many virtual patients stand for the subjects of a row."""
    most = MOST_FOR_SHARES if row.is_share else MOST_PATIENTS
    if row.metric == RESPONDERS:
        most = MOST_FOR_RESPONDERS
    return min(row.n or USUAL_N, most)


def reason(error: Exception) -> str:
    """An error as one line."""
    return " ".join(str(error).split())


def arms_of(row: Observation) -> list[Arm]:
    """The arms that a row needs, the one observed first.

    An absolute bioavailability without a comparison is compared with an intravenous dose of the same substance. Where
    `versus` repeats the regimen of a described patient without a description of its own, the comparison is with an
    undescribed one.
    """
    arm = Arm(row.regimen, row.patient, row.is_effect)
    if row.base_metric == "F_absolute" and row.versus is None:
        return [arm, Arm(_intravenous(row), row.patient)]
    compared = row.is_ratio or row.base_metric == "F_absolute" or row.is_contrast
    if row.versus is None or not compared:
        return [arm]
    same = str(row.versus) == str(row.regimen)
    patient = Description() if same else row.patient
    if row.against is not None:
        patient = row.against
    return [arm, Arm(row.versus, patient, row.is_effect)]


def _intravenous(row: Observation) -> Regimen:
    sources = _sources(plan(Arm(row.regimen)), row.substances[0])
    if not sources:
        raise InputError(Fault(f"row {row.id}, analyte", "something given", row.analyte))
    return Regimen((Dose(1.0, "mg", sources[0], "iv"),))


def _want(row: Observation, wanted: dict[Arm, Wanted]) -> None:
    outputs = row.substances or (row.analyte,)
    arms = arms_of(row)
    for arm in arms:
        needs(plan(arm).substances, outputs)
        for name in row.substances:
            exposure.must_repeat(row, _timing(plan(arm), name, effect=False))
    for arm in arms:
        if arm not in wanted:
            wanted[arm] = Wanted(arm, plan(arm))
        want = wanted[arm]
        want.rows.append(row)
        want.outputs.update(dict.fromkeys(outputs))
        want.patients = max(want.patients, count_of(row))


def _sources(dosing: SubstanceDoses, analyte: str) -> list[str]:
    """Substances given that are, or become, the analyte."""
    return [name for name in dosing.substances if analyte in descendants((name,))]


def _timing(dosing: SubstanceDoses, analyte: str, effect: bool) -> Timing:
    sources = dosing.substances if effect else _sources(dosing, analyte)
    found = timing(dosing, sources)
    return found if found is not None else Timing(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def times_of(want: Wanted) -> Array:
    """The times that an arm must be stored at for all its rows, in hours."""
    follow: dict[str, float] = {}
    for row in want.rows:
        for name in row.substances:
            when = _timing(want.plan, name, effect=False)
            if row.base_metric in exposure.FOLLOWED or (
                row.base_metric in {"Cmax", "Tmax"} and not when.repeated and not row.at.is_window
            ):
                follow.setdefault(name, when.last_h)
    ends = _ends(want, follow)
    found = []
    for row in want.rows:
        dosing = plan(arms_of(row)[0]) if row.is_contrast else want.plan
        found += _windows(row, dosing, ends)
    return merged(found)


def _ends(want: Wanted, follow: dict[str, float]) -> dict[str, float]:
    """Until when each analyte is followed, from a pilot in the typical patient."""
    if not follow:
        return {}
    times = merged([pilot_times(begin) for begin in sorted(set(follow.values()))])
    pilots = typical(want.plan, tuple(follow), want.arm.patient, times, tuple(want.outputs))
    return {
        name: follow_until(Course(times, np.maximum(pilots[name], 0.0)).between(begin, times[-1]))
        for name, begin in follow.items()
    }


def _windows(row: Observation, dosing: SubstanceDoses, ends: dict[str, float]) -> list[Array]:
    """The times that one row needs."""
    if row.is_effect:
        when = _timing(dosing, row.analyte, effect=True)
        start, end = effects.window(row, when.first_h, when.last_h, when.interval_h)
        doses_h = sorted({time for dose in dosing.doses for time in dose.times_h})
        ends_h = [dose.times_h[-1] + dose.over_h for dose in dosing.doses if dose.over_h]
        return [effects.moments(start, end, [*doses_h, *ends_h]), np.array([when.first_h, 0.0])]
    found: list[Array] = []
    for name in row.substances:
        when = _timing(dosing, name, effect=False)
        if row.at.is_set:
            start, end = row.at.window(when.last_h)
            found.append(np.linspace(start, end, 61) if end > start else np.array([start]))
            if row.base_metric == "AUC0-t" and not row.at.is_window:
                found.append(_after(when.last_h if row.at.after_last else when.first_h, when, end))
        if when.repeated or row.base_metric in exposure.OF_INTERVAL:
            found.append(_after(when.last_h, when, when.last_h + (when.interval_h or when.over_h)))
        if name in ends:
            found.append(_after(when.last_h, when, ends[name]))
            if when.repeated and row.base_metric == "AUC0-inf":
                found.append(np.linspace(when.first_h, when.last_h, 400))
    return found


def _after(start: float, when: Timing, end: float) -> Array:
    """Times after a dose, dense after its begin and after its end."""
    times = [sampling_times(start, end)]
    if when.over_h and start + when.over_h < end:
        times.append(sampling_times(start + when.over_h, end, count=60))
        times.append(np.linspace(start, start + when.over_h, 20))
    return merged(times)


def _individual(row: Observation, arm: Solved, dosing: SubstanceDoses, count: int) -> Array:
    """The metric of each virtual patient, shape ``(draws, count)``, in the unit of the row."""
    if row.is_effect:
        when = _timing(dosing, row.analyte, effect=True)
        start, end = effects.window(row, when.first_h, when.last_h, when.interval_h)
        course = Course(arm.times, arm.courses[row.analyte])
        values = effects.metric(row, course, start, end, baseline=when.first_h)
        return effects.in_unit(values, row).reshape(arm.draws, arm.patients)[:, :count]
    each = []
    for name in row.substances:
        when = _timing(dosing, name, effect=False)
        seen = _exposure(arm, name, when)
        values = seen.metric(row)
        if row.per_dose:
            values = values / seen.dose(last=when.repeated)
        alone = len(row.substances) == 1 and not row.is_ratio and row.base_metric != "F_absolute"
        if alone:
            values = _in_unit(values, row, dosing, name, arm.weight)
        each.append(values)
    values = each[0] / each[1] if len(each) == 2 else each[0]
    if len(each) == 2 and not row.is_ratio:
        if "g/" in row.unit:
            values = values * _mass_ratio(row.substances)
        values = values * (100.0 if row.unit == "%" else 1.0)
    return values.reshape(arm.draws, arm.patients)[:, :count]


# rows of one study stand together and ask for the same courses
@lru_cache(maxsize=2)
def _exposure(arm: Solved, name: str, when: Timing) -> exposure.Exposure:
    return exposure.Exposure(Course(arm.times, arm.courses[name]), when, arm.weight)


def _in_unit(
    values: Array, row: Observation, dosing: SubstanceDoses, analyte: str, weight: Array
) -> Array:
    """An exposure in the unit of the row; one per dose is per mass of base of what is given."""
    if not row.per_dose:
        return exposure.in_unit(values, row, analyte, weight)
    unit, mass = row.unit.rsplit("/", 1)
    base = sheet(_sources(dosing, analyte)[0]).molar_mass.to("g/mol")
    return exposure.in_unit(values, replace(row, unit=unit), analyte, weight) * (
        units.factor(mass, "ng") / base
    )


def _mass_ratio(substances: Iterable[str]) -> float:
    above, below = (sheet(name).molar_mass.to("g/mol") for name in substances)
    return above / below
