"""A study run as plain tables: one row a patient, or one row a time."""

import numpy as np
import polars as pl

from speciosa.study.result import StudyRun


def patients_table(run: StudyRun) -> pl.DataFrame:
    """One row a patient of a draw and arm: ``arm, draw, patient`` and one column a statistic with its unit.

    Statistics that an arm does not have are null; those of patients whose solution failed are NaN.
    """
    return pl.concat([_patients(run, number) for number in range(len(run.arms))], how="diagonal")


def _patients(run: StudyRun, number: int) -> pl.DataFrame:
    arm = run.arms[number]
    size = run.study.population
    columns: dict[str, object] = {
        "arm": [arm.name] * (size.draws * size.patients),
        "draw": np.repeat(np.arange(size.draws, dtype=np.int32), size.patients),
        "patient": np.tile(np.arange(size.patients, dtype=np.int32), size.draws),
    }
    for key, values in arm.values.items():
        columns[_column(run, key)] = values.ravel()
    return pl.DataFrame(columns)


def _column(run: StudyRun, key: str) -> str:
    if key in run.definitions:
        return f"{key} [{run.definitions[key].unit}]"
    return f"{key} [nmol*h/L]" if key.startswith("auc:") else f"{key} [nmol/L]"


def courses_table(run: StudyRun) -> pl.DataFrame:
    """One row an output and time of an arm: ``arm, output, unit, time_h, median, low, high``."""
    tables = [arm.courses.select(pl.lit(arm.name).alias("arm"), pl.all()) for arm in run.arms]
    return pl.concat(tables)
