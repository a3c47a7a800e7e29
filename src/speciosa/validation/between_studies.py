"""How much studies of the same thing differ beyond their patients: assay, product lot, sampling times, population.

A standard deviation by kind of metric, estimated with the calibration from what the models leave unexplained on the rows
that calibrate (`facts/data/calibration/between_studies*.csv`): of the logarithm for exposures, times and ratios; of the
value for fractions, shares and differences between arms; relative to the value for what has a normal value of its own
(ventilation, carbon dioxide, pupil, pain), for scores and for changes.

What one substance does to another differs between studies in proportion to how much it does: the logarithm of a ratio r
of exposures has the standard deviation ::

    sqrt(ratio^2 + (strength log r)^2)

Rows that pool trials are missed by as much as single trials are, so the spread is the same for both.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from speciosa.pharmacology.calibrated import rows_of
from speciosa.validation.metrics import Array
from speciosa.validation.observed.observations import DIFFERENCE, NORMAL, Observation

STRENGTH = "strength"
"""How much studies differ in the logarithm of a ratio, as a share of it."""

USUAL = {
    "exposure": 0.15,
    "time": 0.20,
    "ratio": 0.12,
    STRENGTH: 0.15,
    "fraction": 0.05,
    "normal": 0.10,
    "score": 0.15,
    "difference": 0.30,
}
"""Taken where the calibration has no estimate."""

FRACTIONS = ("_occupancy", "_probability", "ventilation_fraction", "pain_relief", "tolerance")
"""Endings of effects that lie between 0 and 1 (ventilation may rise a little above)."""


def kind(row: Observation) -> str:
    """Which spread a row has: exposure, time or ratio; of effects fraction, difference, normal or score."""
    if row.is_effect:
        return _kind_of_effect(row)
    if row.is_ratio or row.base_metric == "F_absolute":
        return "ratio"
    return "time" if row.base_metric in {"Tmax", "t_half"} else "exposure"


def _kind_of_effect(row: Observation) -> str:
    if row.is_share or row.analyte.endswith(FRACTIONS):
        return "fraction"
    if row.metric == DIFFERENCE:
        return "difference"
    return "normal" if row.analyte in NORMAL and row.metric != "change" else "score"


def spread(row: Observation, value: Array) -> Array:
    """Standard deviation between studies, on the scale of the row's kind, where the statistic is `value`."""
    return spread_at(row, value, spreads())


def spread_at(row: Observation, value: Array, known: Mapping[str, float]) -> Array:
    """The same with `known` standard deviations by kind.

    Example:
        >>> from speciosa.validation.observed.reading import read_row
        >>> cells = dict(id="a", doses="none", versus="none", analyte="m", metric="Cmax_ratio", value="2", unit="1")
        >>> row, _ = read_row(cells, "a", {"m": "morphine"}, {})
        >>> spread_at(row, np.array([1.0, 0.05]), {"ratio": 0.1, "strength": 0.2}).round(2)
        array([0.1 , 0.61])
    """
    size = np.asarray(value, dtype=float)
    own = known[kind(row)]
    if not is_strength(row):
        return np.full(size.shape, own)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.hypot(own, known[STRENGTH] * np.log(size)))


def is_strength(row: Observation) -> bool:
    """Whether a row says how strongly something changes exposures: a ratio of them, but no bioavailability.

    Effects have spreads of their own kinds.
    """
    return not row.is_effect and row.is_ratio


@lru_cache(maxsize=1)
def spreads() -> dict[str, float]:
    """The spread by kind."""
    known = dict(USUAL)
    for row in rows_of("between_studies"):
        known[row["kind"]] = float(row["sd"])
    return known
