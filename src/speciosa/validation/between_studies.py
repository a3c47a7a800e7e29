"""How much studies of the same thing differ beyond their patients: assay, product lot, sampling times, population.

A standard deviation of the logarithm by kind of metric, estimated with the calibration from what the models leave
unexplained on the rows that calibrate (`facts/data/calibration/between_studies.csv`).
"""

import csv
from functools import lru_cache

from speciosa.pharmacology.calibrated import folder
from speciosa.validation.observations import Observation

USUAL = {"exposure": 0.15, "time": 0.20, "ratio": 0.12, "effect": 0.0}
"""Taken where the calibration has no estimate."""


def kind(row: Observation) -> str:
    """Which spread a row has: exposure, time, ratio or effect."""
    if row.is_effect:
        return "effect"
    if row.is_ratio or row.base_metric == "F_absolute":
        return "ratio"
    return "time" if row.base_metric in {"Tmax", "t_half"} else "exposure"


def spread(row: Observation) -> float:
    """Standard deviation between studies: of the logarithm, or of the value for an effect."""
    return spreads().get(kind(row), 0.0)


@lru_cache(maxsize=1)
def spreads() -> dict[str, float]:
    """The spread by kind."""
    known = dict(USUAL)
    place = folder() / "between_studies.csv"
    if place.is_file():
        for row in csv.DictReader(place.read_text(encoding="utf-8").splitlines()):
            known[row["kind"]] = float(row["sd"])
    return known
