"""How much studies of the same thing differ beyond their patients: assay, product lot, sampling times, population.

A standard deviation by kind of metric, estimated with the calibration from what the models leave unexplained on the rows
that calibrate (`facts/data/calibration/between_studies*.csv`): of the logarithm for exposures, times and ratios; of the
value for fractions, shares and differences between arms; relative to the value for what has a normal value of its own
(ventilation, carbon dioxide, pupil, pain), for scores and for changes.
"""

from functools import lru_cache

from speciosa.pharmacology.calibrated import rows_of
from speciosa.validation.observations import DIFFERENCE, Observation

USUAL = {
    "exposure": 0.15,
    "time": 0.20,
    "ratio": 0.12,
    "fraction": 0.05,
    "normal": 0.10,
    "score": 0.15,
    "difference": 0.30,
}
"""Taken where the calibration has no estimate."""

FRACTIONS = ("_occupancy", "_probability", "ventilation_fraction", "pain_relief", "tolerance")
"""Endings of effects that lie between 0 and 1 (ventilation may rise a little above)."""

NORMAL = frozenset(
    {
        "minute_ventilation",
        "respiratory_rate",
        "petco2_mmhg",
        "pupil_diameter_mm",
        "pain_nrs",
        "acute_pain_nrs",
        "pain_tolerance_ratio",
        "withdrawal_activity",
    }
)
"""Effects that have a normal value without any drug, about which studies differ less than about a score."""


def kind(row: Observation) -> str:
    """Which spread a row has: exposure, time or ratio; of effects fraction, difference, normal or score."""
    if row.is_effect:
        return _kind_of_effect(row)
    if row.is_ratio or row.base_metric == "F_absolute":
        return "ratio"
    return "time" if row.base_metric in {"Tmax", "t_half"} else "exposure"


def _kind_of_effect(row: Observation) -> str:
    if row.metric == "share_ge" or row.analyte.endswith(FRACTIONS):
        return "fraction"
    if row.metric == DIFFERENCE:
        return "difference"
    return "normal" if row.analyte in NORMAL and row.metric != "change" else "score"


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
