"""Predicting observed statistics: the same statistic of as many virtual patients, under every draw of what is uncertain.

The prediction of a row is the median over draws, its interval the central 90%. A draw takes new typical values of every
parameter (their uncertainty and correlation after calibration), new people, as many as the study had, and a factor for
what differs between studies beyond that (assay, product, sampling, population). So the interval is one for the reported
mean, median or geometric mean, not for a single patient.
"""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from speciosa.errors import SpeciosaError
from speciosa.pharmacology.assembly import descendants
from speciosa.pharmacology.dosing import Schedule
from speciosa.regimen import Dose, Regimen
from speciosa.validation import effects, exposure
from speciosa.validation.arms import (
    Arm,
    Timing,
    follow_until,
    merged,
    pilot_times,
    plan,
    timing,
)
from speciosa.validation.between_studies import spread
from speciosa.validation.metrics import Array, Course, sampling_times, statistic
from speciosa.validation.observations import Observation
from speciosa.validation.solving import solve, typical
from speciosa.validation.summary import Prediction

USUAL_N = 12
MOST_PATIENTS = 24
MOST_FOR_SHARES = 48


@dataclass(frozen=True, slots=True)
class Options:
    """How many draws, and the seed."""

    draws: int = 80
    seed: int = 1


@dataclass
class Wanted:
    """What the rows want of one arm."""

    arm: Arm
    plan: Schedule
    rows: list[Observation] = field(default_factory=list)
    outputs: dict[str, None] = field(default_factory=dict)
    patients: int = 1


@dataclass(frozen=True)
class Solved:
    """One arm, solved: courses by output of shape ``(draws * patients, times)``."""

    times: Array
    courses: dict[str, Array]
    weight: Array
    draws: int
    patients: int


def predict(
    rows: Sequence[Observation],
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Prediction], list[tuple[str, str]]]:
    """Predicts observations.

    Args:
        rows: what was observed.
        options: draws and seed.
        progress: called with arms done and arms in all.

    Returns:
        predictions in the order of the rows, and for rows that cannot be predicted their id and the reason.
    """
    chosen = options or Options()
    failed: dict[str, str] = {}
    wanted: dict[Arm, Wanted] = {}
    for row in rows:
        try:
            _want(row, wanted)
        except SpeciosaError as error:
            failed[row.id] = _reason(error)
    solved: dict[Arm, Solved] = {}
    problems: dict[Arm, str] = {}
    for number, (arm, want) in enumerate(wanted.items()):
        if progress is not None:
            progress(number, len(wanted))
        try:
            solved[arm] = _solve(want, chosen)
        except SpeciosaError as error:
            problems[arm] = _reason(error)
    predictions = []
    for row in rows:
        if row.id in failed:
            continue
        hurdles = [problems[arm] for arm, _ in arms_of(row) if arm in problems]
        try:
            if hurdles:
                failed[row.id] = hurdles[0]
            else:
                predictions.append(_prediction(row, solved, wanted, chosen))
        except SpeciosaError as error:
            failed[row.id] = _reason(error)
    return predictions, [(row.id, failed[row.id]) for row in rows if row.id in failed]


def arms_of(row: Observation) -> list[tuple[Arm, str]]:
    """The arms that a row needs, the one observed first; ``given`` or ``versus``.

    An absolute bioavailability without a comparison is compared with an intravenous dose of the same substance. Where
    `versus` repeats the regimen of a described patient, the comparison is with an undescribed one.
    """
    given = Arm(row.regimen, row.patient)
    if row.base_metric == "F_absolute" and row.versus is None:
        return [(given, "given"), (Arm(_intravenous(row), row.patient), "versus")]
    if row.versus is None:
        return [(given, "given")]
    same = str(row.versus) == str(row.regimen)
    patient = type(row.patient)() if same else row.patient
    return [(given, "given"), (Arm(row.versus, patient), "versus")]


def _intravenous(row: Observation) -> Regimen:
    source = _sources(plan(Arm(row.regimen)), row.substances[0])[0]
    return Regimen((Dose(1.0, "mg", source, "iv"),))


def _want(row: Observation, wanted: dict[Arm, Wanted]) -> None:
    outputs = row.substances or (row.analyte,)
    for arm, _ in arms_of(row):
        if arm not in wanted:
            wanted[arm] = Wanted(arm, plan(arm))
        want = wanted[arm]
        want.rows.append(row)
        want.outputs.update(dict.fromkeys(outputs))
        most = MOST_FOR_SHARES if row.metric == "share_ge" else MOST_PATIENTS
        want.patients = max(want.patients, min(row.n or USUAL_N, most))


def _sources(given: Schedule, analyte: str) -> list[str]:
    """Substances given that are, or become, the analyte."""
    return [name for name in given.substances if analyte in descendants((name,))]


def _timing(given: Schedule, analyte: str, effect: bool) -> Timing:
    sources = given.substances if effect else _sources(given, analyte)
    found = timing(given, sources)
    return found if found is not None else Timing(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def _solve(want: Wanted, options: Options) -> Solved:
    outputs = tuple(want.outputs)
    windows: list[Array] = []
    follow: dict[str, float] = {}
    for row in want.rows:
        for name in row.substances:
            when = _timing(want.plan, name, effect=False)
            if row.base_metric in exposure.FOLLOWED or (
                row.base_metric in {"Cmax", "Tmax"} and not when.repeated and not row.at.is_window
            ):
                follow.setdefault(name, when.last_h)
    ends = _ends(want, follow)
    for row in want.rows:
        windows += _windows(row, want.plan, ends)
    times = merged(windows)
    courses, covariates = solve(
        want.plan,
        outputs,
        want.arm.patient,
        times,
        patients=want.patients,
        draws=options.draws,
        seed=options.seed,
    )
    shape = (options.draws * want.patients, len(times))
    weight = covariates.get("weight", np.full((options.draws, want.patients), 70.0))
    return Solved(
        times,
        {name: np.maximum(course, 0.0).reshape(shape) for name, course in courses.items()},
        weight.ravel(),
        options.draws,
        want.patients,
    )


def _ends(want: Wanted, follow: dict[str, float]) -> dict[str, float]:
    """Until when each analyte is followed, from a pilot in the typical patient."""
    if not follow:
        return {}
    start = max(follow.values())
    times = merged([pilot_times(begin) for begin in sorted(set(follow.values()))])
    pilots = typical(want.plan, tuple(follow), want.arm.patient, times)
    del start
    return {
        name: follow_until(Course(times, np.maximum(pilots[name], 0.0)).between(begin, times[-1]))
        for name, begin in follow.items()
    }


def _windows(row: Observation, given: Schedule, ends: dict[str, float]) -> list[Array]:
    """The times that one row needs."""
    if row.is_effect:
        when = _timing(given, row.analyte, effect=True)
        start, end = effects.window(row, when.first_h, when.last_h, when.interval_h)
        return [np.linspace(start, end, 61 if end > start else 1), np.array([when.first_h, 0.0])]
    found: list[Array] = []
    for name in row.substances:
        when = _timing(given, name, effect=False)
        if row.at.is_set:
            start, end = row.at.window(when.last_h)
            found.append(np.linspace(start, end, 61) if end > start else np.array([start]))
            if row.base_metric == "AUC0-t" and not row.at.is_window:
                found.append(_after(when.last_h if row.at.after_last else when.first_h, when, end))
        if when.repeated:
            found.append(_after(when.last_h, when, when.last_h + when.interval_h))
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


def _prediction(
    row: Observation, solved: dict[Arm, Solved], wanted: dict[Arm, Wanted], options: Options
) -> Prediction:
    most = MOST_FOR_SHARES if row.metric == "share_ge" else MOST_PATIENTS
    count = min(row.n or USUAL_N, most)
    parts = [_individual(row, solved[arm], wanted[arm].plan, count) for arm, _ in arms_of(row)]
    values = parts[0]
    if row.is_ratio or row.base_metric == "F_absolute":
        values = parts[0] / parts[1]
        values = values * (100.0 if row.unit == "%" else 1.0)
    drawn = statistic(values, "mean" if row.metric == "share_ge" else row.statistic)
    drawn = _between_studies(drawn, row, options.seed)
    low, middle, high = np.nanquantile(drawn, [0.05, 0.5, 0.95])
    return Prediction(
        row.id, row.analyte, row.metric, row.unit, row.value, float(middle), float(low), float(high)
    )


def _individual(row: Observation, arm: Solved, given: Schedule, count: int) -> Array:
    """The metric of each virtual patient, shape ``(draws, count)``, in the unit of the row."""
    if row.is_effect:
        when = _timing(given, row.analyte, effect=True)
        start, end = effects.window(row, when.first_h, when.last_h, when.interval_h)
        course = Course(arm.times, arm.courses[row.analyte])
        values = effects.metric(row, course, start, end, baseline=when.first_h)
        return effects.in_unit(values, row).reshape(arm.draws, arm.patients)[:, :count]
    each = []
    for name in row.substances:
        when = _timing(given, name, effect=False)
        seen = exposure.Exposure(Course(arm.times, arm.courses[name]), when, arm.weight)
        values = seen.metric(row)
        alone = len(row.substances) == 1 and not row.is_ratio and row.base_metric != "F_absolute"
        each.append(exposure.in_unit(values, row, name, arm.weight) if alone else values)
    values = each[0] / each[1] if len(each) == 2 else each[0]
    if len(each) == 2 and "g/" in row.unit:
        values = values * _mass_ratio(row.substances)
    return values.reshape(arm.draws, arm.patients)[:, :count]


def _mass_ratio(substances: Iterable[str]) -> float:
    from speciosa.facts.sheets import sheet

    above, below = (sheet(name).molar_mass.to("g/mol") for name in substances)
    return above / below


def _between_studies(drawn: Array, row: Observation, seed: int) -> Array:
    """Adds what differs between studies beyond their patients."""
    random = np.random.default_rng([seed, zlib.crc32(row.id.encode())])
    deviate = random.standard_normal(len(drawn))
    sd = spread(row)
    if row.is_effect:
        return np.asarray(drawn + sd * deviate)
    return np.asarray(drawn * np.exp(sd * deviate))


def _reason(error: SpeciosaError) -> str:
    return " ".join(str(error).split())
