"""How much studies of the same thing differ beyond their patients: assay, product lot, sampling times, population.

A standard deviation by kind of metric, estimated with the calibration from what the models leave unexplained on the rows
that calibrate (`facts/data/calibration/between_studies*.csv`): of the logarithm for exposures, times and ratios, of the
value for fractions and shares, relative to the value for scores and other effects.
"""

from functools import lru_cache

from speciosa.pharmacology.calibrated import rows_of
from speciosa.validation.observations import Observation

USUAL = {"exposure": 0.15, "time": 0.20, "ratio": 0.12, "fraction": 0.05, "score": 0.15}
"""Taken where the calibration has no estimate."""


FRACTIONS = frozenset({"ventilation_fraction", "mor_occupancy", "kor_occupancy", "dor_occupancy"})


def kind(row: Observation) -> str:
    """Which spread a row has: exposure, time, ratio, or of effects fraction or score."""
    if row.is_effect:
        return "fraction" if row.metric == "share_ge" or row.analyte in FRACTIONS else "score"
    if row.is_ratio or row.base_metric == "F_absolute":
        return "ratio"
    return "time" if row.base_metric in {"Tmax", "t_half"} else "exposure"


def spread(row: Observation) -> float:
    """Standard deviation between studies on the scale of the row's kind."""
    return spreads()[kind(row)]


@lru_cache(maxsize=1)
def spreads() -> dict[str, float]:
    """The spread by kind."""
    known = dict(USUAL)
    for row in rows_of("between_studies"):
        known[row["kind"]] = float(row["sd"])
    return known
