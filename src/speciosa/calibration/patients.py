"""Withdrawal grades of trial patients, predicted from the doses that each of them took.

Every patient of ``observations/ctn0030-patients.csv`` is simulated with the own doses in several virtual versions, because
how sensitive a person is cannot be seen. The probability of a score of 5 or more before the day's dose is the share of
the versions that reach it; it is compared with the grade by week and by discrimination. Nothing is fitted here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speciosa.delimited import read_text_table
from speciosa.engine import simulate
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.dosing import schedule
from speciosa.population import Constant, Population
from speciosa.regimen import Dose, Regimen
from speciosa.validation.metrics import Array

HOUR_OF_FIRST_DOSE = 18.0
"""Hours from the last use of the habitual opioid to the first dose, as in ``observations/effects.csv``."""

HISTORY_MME = 100.0
WEEKS = ((1, 3), (4, 7), (8, 14), (15, 21), (22, 28), (29, 35), (36, 42), (43, 56), (57, 84))


@dataclass(frozen=True, slots=True)
class TrialPatient:
    """Doses (day, mg) and grades (day, 0 to 3) of one patient."""

    doses: tuple[tuple[int, float], ...]
    grades: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Grade:
    """One observed grade with its prediction."""

    patient: int
    day: int
    grade: int
    probability: float


def read_patients(path: Path) -> list[TrialPatient]:
    """Reads the file of patients."""
    return [
        TrialPatient(_doses(row["doses_mg_by_day"]), _grades(row["grade_by_day"]))
        for _, row in read_text_table(path).records()
    ]


def _doses(text: str) -> tuple[tuple[int, float], ...]:
    """Reads runs of days.

    Example:
        >>> _doses("0:4 1-2:16")
        ((0, 4.0), (1, 16.0), (2, 16.0))
    """
    found = []
    for part in text.split():
        days, _, mg = part.partition(":")
        first, _, last = days.partition("-")
        found += [(day, float(mg)) for day in range(int(first), int(last or first) + 1)]
    return tuple(found)


def _grades(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(
        (int(day), int(grade)) for day, _, grade in (p.partition(":") for p in text.split())
    )


def predicted_grades(
    patients: Sequence[TrialPatient], *, versions: int = 20, threshold: float = 5.0, seed: int = 1
) -> list[Grade]:
    """The probability of a score at or above `threshold` at every visit, before the day's dose.

    Args:
        patients: trial patients.
        versions: virtual people that stand for each.
        threshold: points of the clinical opiate withdrawal scale.
        seed: of the virtual people.
    """
    plans = [schedule(_regimen(patient)) for patient in patients]
    ways = tuple(dict.fromkeys(way for plan in plans for way in plan.ways))
    equations = system(("buprenorphine",), ("cows",), ways=ways).build()
    who = {"opioid_history": Constant(HISTORY_MME)}
    drawn = Population.of(equations, who, seed=seed).draw(len(patients) * versions, None)
    columns = {name: values[0] for name, values in drawn.values.items()}
    regimens = [plan.regimen(equations.target_names) for plan in plans for _ in range(versions)]
    last = max(day for patient in patients for day, _ in patient.grades)
    days = np.arange(last + 1)
    times = HOUR_OF_FIRST_DOSE + 24.0 * days
    result = simulate(
        equations, regimens, parameters=columns, times=times, observe="before", rtol=1e-4
    )
    reached = (np.asarray(result["cows"]) >= threshold).astype(float)
    reached[~result.ok] = np.nan
    probability = np.nanmean(reached.reshape(len(patients), versions, len(days)), axis=1)
    return [
        Grade(number, day, grade, float(probability[number, day]))
        for number, patient in enumerate(patients)
        for day, grade in patient.grades
    ]


def _regimen(patient: TrialPatient) -> Regimen:
    return Regimen(
        tuple(
            Dose(mg, "mg", "buprenorphine", "sublingual", at_h=HOUR_OF_FIRST_DOSE + 24.0 * day)
            for day, mg in patient.doses
        )
    )


def by_week(grades: Sequence[Grade], least: int = 1) -> list[tuple[int, int, int, float, float]]:
    """First day, last day, visits, observed and predicted share at or above a grade, by week."""
    found = []
    for first, last in WEEKS:
        chosen = [grade for grade in grades if first <= grade.day <= last]
        if chosen:
            observed = float(np.mean([grade.grade >= least for grade in chosen]))
            predicted = float(np.mean([grade.probability for grade in chosen]))
            found.append((first, last, len(chosen), observed, predicted))
    return found


def discrimination(grades: Sequence[Grade], least: int = 1) -> float:
    """Probability that a visit with withdrawal was given a higher prediction than one without (c statistic).

    Example:
        >>> discrimination([Grade(0, 1, 0, 0.2), Grade(0, 2, 1, 0.6), Grade(1, 1, 0, 0.6)])
        0.75
    """
    with_: Array = np.array([grade.probability for grade in grades if grade.grade >= least])
    without: Array = np.array([grade.probability for grade in grades if grade.grade < least])
    higher = (with_[:, None] > without[None, :]).mean()
    same = (with_[:, None] == without[None, :]).mean()
    return float(higher + same / 2)
