"""Statistics of exposure of each virtual patient, from the course of an analyte after its source was given."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from speciosa import units
from speciosa.errors import Fault, InputError
from speciosa.facts.sheets.sheet import sheet
from speciosa.validation import metrics
from speciosa.validation.arms import Timing
from speciosa.validation.metrics import Array, Course
from speciosa.validation.observed.observations import Observation

FIRST_SAMPLE_H = 1 / 30
"""The first blood sample after an injection: a peak before it (2 min after its end) is not seen."""

INJECTION_H = 1 / 12
"""What is given over more than 5 min is an infusion, whose peak is sampled at its end."""

CONCENTRATIONS = frozenset({"Cmax", "Cmin", "Css_avg", "concentration"})
AREAS = frozenset({"AUC0-inf", "AUC0-t", "AUC_tau"})
CLEARANCES = frozenset({"CL", "CL_F"})
VOLUMES = frozenset({"Vss", "Vz", "Vz_F"})
OF_INTERVAL = frozenset({"Cmin", "Css_avg", "AUC_tau"})
"""Metrics of one dosing interval, which a single dose has not."""
TIMES = frozenset({"Tmax", "t_half"})
FOLLOWED = frozenset(
    {"AUC0-inf", "t_half", "CL", "CL_F", "Vss", "Vz", "Vz_F", "F_absolute", "AUC0-t"}
)
"""Metrics that need the course until nearly all of its area is collected."""


@dataclass(frozen=True)
class Exposure:
    """The course of one analyte in one arm, and when its source was given."""

    course: Course
    timing: Timing
    weight: Array

    def metric(self, row: Observation) -> Array:
        """The metric of a row (without ``_ratio``) in each patient, in nmol, L and h; volumes per patient, not per kg."""
        name = row.base_metric
        if name == "concentration":
            start, end = row.at.window(self.timing.last_h)
            return (
                metrics.average(self.course.between(start, end))
                if end > start
                else self.course.at(start)
            )
        if name in {"Cmax", "Tmax"}:
            sampled = self._sampled(row)
            late = sampled.times[0] - self._begin(row)
            return metrics.peak(sampled) if name == "Cmax" else metrics.time_of_peak(sampled) + late
        if name == "Cmin":
            return metrics.trough(self._interval())
        if name == "Css_avg":
            return metrics.average(self._interval() if self.timing.repeated else self._plateau())
        if name == "AUC_tau":
            return metrics.cumulative_area(self._interval())[:, -1]
        if name == "AUC0-t":
            return self._partial_area(row)
        if name == "t_half":
            rate = metrics.terminal_rate(self._window(row, self._after_last))
            return np.asarray(np.log(2) / rate)
        if name == "AUC0-inf":
            return metrics.area_to_infinity(self._from_first)
        return self._derived(name)

    def _derived(self, name: str) -> Array:
        clearance = self.dose(last=self.timing.repeated) / self._total_area()
        if name in CLEARANCES:
            return clearance
        if name == "F_absolute":
            return 1 / clearance
        after = self._from_first
        if name == "Vss":
            return clearance * (metrics.mean_residence_time(after) - self.timing.over_h / 2)
        return clearance / metrics.terminal_rate(self._after_last)

    def dose(self, *, last: bool) -> Array:
        """What was given in nmol: the last dose, or all."""
        given = self.timing.last_nmol if last else self.timing.total_nmol
        return given * np.where(self.timing.per_kg, self.weight, 1.0)

    def _total_area(self) -> Array:
        if self.timing.repeated:
            return metrics.cumulative_area(self._interval())[:, -1]
        return metrics.area_to_infinity(self._from_first)

    def _begin(self, row: Observation) -> float:
        if row.at.is_window:
            return row.at.window(self.timing.last_h)[0]
        return self.timing.last_h

    def _sampled(self, row: Observation) -> Course:
        begin = self._begin(row)
        if row.at.is_window:
            start, end = row.at.window(self.timing.last_h)
            return self.course.between(start, end)
        end = (
            begin + self.timing.interval_h if self.timing.repeated else float(self.course.times[-1])
        )
        if self.timing.injected:
            late = FIRST_SAMPLE_H if self.timing.over_h <= INJECTION_H else 0.0
            begin += self.timing.over_h + late
        return self.course.between(begin, max(end, begin))

    def _interval(self) -> Course:
        length = self.timing.interval_h or 24.0
        return self.course.between(self.timing.last_h, self.timing.last_h + length)

    def _plateau(self) -> Course:
        """The second half of what is given once at a constant rate, as an infusion or a patch."""
        begin, half = self.timing.last_h, self.timing.over_h / 2
        return self.course.between(begin + half, begin + 2 * half)

    @cached_property
    def _from_first(self) -> Course:
        return self.course.between(self.timing.first_h, float(self.course.times[-1]))

    @cached_property
    def _after_last(self) -> Course:
        start = self.timing.last_h + self.timing.over_h
        return self.course.between(start, float(self.course.times[-1]))

    def _window(self, row: Observation, otherwise: Course) -> Course:
        if not row.at.is_window:
            return otherwise
        return self.course.between(*row.at.window(self.timing.last_h))

    def _partial_area(self, row: Observation) -> Array:
        if not row.at.is_set:
            return metrics.area_to_last(self._from_first)
        start, end = row.at.window(self.timing.last_h)
        if not row.at.is_window:
            start = self.timing.last_h if row.at.after_last else self.timing.first_h
        return metrics.cumulative_area(self.course.between(start, end))[:, -1]


def must_repeat(row: Observation, when: Timing) -> None:
    """Raises where a metric of one interval is asked of a single dose; of an infusion or patch the level at its plateau is meant.

    Raises:
        InputError: says which metric would do.
    """
    name = row.base_metric
    if (
        name not in OF_INTERVAL
        or when.repeated
        or (name == "Css_avg" and when.over_h > INJECTION_H)
    ):
        return
    other = "AUC0-inf or AUC0-t" if name == "AUC_tau" else "Cmax or concentration"
    raise InputError(
        Fault(
            f"row {row.id}, metric",
            f"a dose that is repeated, for {row.metric}",
            "a single dose",
            f"Write 'every 8 h x 21', or ask for {other}.",
        )
    )


def in_unit(values: Array, row: Observation, analyte: str, weight: Array) -> Array:
    """Values in nmol, L and h, in the unit of the row.

    Raises:
        InputError: a unit that does not fit the metric.
    """
    name, unit = row.base_metric, row.unit
    if name in TIMES:
        return values * units.factor("h", unit)
    if name in CONCENTRATIONS or name in AREAS:
        tail = "*h" if name in AREAS else ""
        if "mol" in unit:
            return values * units.factor(f"nmol{tail}/L", unit)
        mass = sheet(analyte).molar_mass.to("g/mol")
        return values * mass * units.factor(f"ng{tail}/L", unit)
    if name in CLEARANCES or name in VOLUMES:
        plain = "L/h" if name in CLEARANCES else "L"
        try:
            return values * units.factor(plain, unit)
        except InputError:
            return values / weight * units.factor(f"{plain}/kg", unit)
    if name == "F_absolute":
        return values * (100.0 if unit == "%" else 1.0)
    raise InputError(Fault(f"row {row.id}, metric", "a metric of exposure", name))
