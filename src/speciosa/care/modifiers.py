"""What surrounds the medicine: behavioural and supportive care, one row a kind, and what differs between settings."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from speciosa.care.stepping.arrays import Floats
from speciosa.population.streams import normals


@dataclass(frozen=True, slots=True)
class Modifier:
    """A kind of care beside the medicine.

    Attributes:
        name: as plans write it.
        acts_on: what it changes.
        ratio: by which, with `low` and `high` of 95%.
        verdict: ``effect shown``, ``no effect shown``, ``not known`` or ``judgement``.
        source: of the ratio.
        seen: how.
        note: what it means.
    """

    name: str
    acts_on: str
    ratio: float
    low: float
    high: float
    verdict: str
    source: str
    seen: str
    note: str

    def drawn(self, seed: int, draws: range) -> Floats:
        """The ratio by draw; log-normal within its interval."""
        spread = (np.log(self.high) - np.log(self.low)) / (2.0 * 1.96)
        z = normals(seed, f"care: {self.name}", range(1), draws)[:, 0]
        found: Floats = np.exp(np.log(self.ratio) + spread * z)
        return found


@lru_cache(maxsize=1)
def modifiers() -> dict[str, Modifier]:
    """All kinds by name.

    Example:
        >>> modifiers()["counselling"].verdict
        'no effect shown'
    """
    return _read("modifiers.csv")


@lru_cache(maxsize=1)
def settings() -> dict[str, Modifier]:
    """What routine care of ``naltrexone`` changes against a trial like CTN-0027, and how many studies are of it.

    Of routine care of agonists, and of fixed doses of methadone, the calibration tells.

    Example:
        >>> settings()["naltrexone"].ratio
        3.0
    """
    return _read("settings.csv")


def _read(name: str) -> dict[str, Modifier]:
    text = (files("speciosa.care") / "data" / name).read_text(encoding="utf-8")
    return {
        row["name"]: Modifier(
            row["name"], row["acts_on"], float(row["ratio"]), float(row["low"]), float(row["high"]),
            row["verdict"], row["source"], row["seen"], row["note"],
        )
        for row in csv.DictReader(text.splitlines())
    }  # fmt: skip
