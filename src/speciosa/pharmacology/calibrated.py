"""What the calibration estimated: values, uncertainty and correlations that take the place of a sheet's.

The files ``calibration/*.csv`` beside the facts are written by ``python -m speciosa.calibration`` and by nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from speciosa.delimited import read_text_table
from speciosa.facts.tables import DATA
from speciosa.population.covariance import Block, correlation_blocks
from speciosa.units import factor

MOST_SHRINKAGE = 0.05


@dataclass(frozen=True, slots=True)
class Estimate:
    """One calibrated parameter.

    Attributes:
        parameter: ``substance.path`` of the sheet, such as ``morphine.disposition.CL``.
        value: the estimate of the typical value, in `unit`.
        unit: the unit of the sheet.
        cv: its coefficient of variation after the calibration.
        prior_value: the value of the sheet.
        prior_cv: the coefficient of variation before.
    """

    parameter: str
    value: float
    unit: str
    cv: float
    prior_value: float
    prior_cv: float

    def to(self, unit: str) -> float:
        """The estimate in another unit of the same dimension."""
        return self.value * factor(self.unit, unit)


def folder() -> Path:
    """Where the calibration writes."""
    return DATA / "calibration"


@lru_cache(maxsize=1)
def estimates() -> Mapping[str, Estimate]:
    """Every calibrated parameter by name; empty where nothing was calibrated."""
    return {
        row["parameter"]: Estimate(
            parameter=row["parameter"],
            value=float(row["value"]),
            unit=row["unit"],
            cv=float(row["cv"]),
            prior_value=float(row["prior_value"]),
            prior_cv=float(row["prior_cv"]),
        )
        for row in rows_of("estimates")
    }


@lru_cache(maxsize=1)
def correlations() -> Mapping[tuple[str, str], float]:
    """Correlations of the estimates, on the scale of their logarithms or logits, by pairs of names."""
    return {
        (row["one"], row["other"]): float(row["correlation"]) for row in rows_of("correlations")
    }


@lru_cache(maxsize=1)
def related() -> tuple[Block, ...]:
    """The estimates that are uncertain together, in whole blocks.

    A model holds some of them; each is drawn as a part of its whole block, so that a draw is the same in every model.
    Stages of the calibration share parameters, small correlations are left out and the others rounded: where a block
    therefore just misses being positive definite, its correlations are drawn towards 0, by at most `MOST_SHRINKAGE`.
    """
    pairs = correlations()
    names = sorted({name for pair in pairs for name in pair})
    return correlation_blocks(names, pairs, "calibrated correlation", MOST_SHRINKAGE)


def rows_of(kind: str) -> Iterator[dict[str, str]]:
    """The rows of every calibration file whose name begins with `kind`."""
    place = folder()
    if not place.is_dir():
        return
    for item in sorted(place.iterdir(), key=lambda entry: entry.name):
        if item.name.startswith(kind) and item.name.endswith(".csv"):
            yield from (row for _, row in read_text_table(item).records())
