"""People who begin abstinent in studies that others published: how many return to use, and how much of it is seen.

They were detoxified, came from a hospital ward, or had not used for a time; some then took naltrexone. Each row of
``abstinent.csv`` is what was counted at a time, of the people of one arm, by the rule of its study.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from speciosa.care.calibrate.published import moved_by
from speciosa.care.parameters import priors
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats

UNTREATED = "untreated"
LAPSED, TENTH, WITHOUT, POSITIVE = "lapsed", "ten days", "abstinent now", "positive of tests"


@dataclass(frozen=True, slots=True)
class Beginning:
    """Who begins, and with what.

    Attributes:
        arm: a regimen, or `UNTREATED`.
        clean_d: days for which people have not used where they could.
    """

    arm: str
    clean_d: float

    @property
    def name(self) -> str:
        """Of the arm that is simulated."""
        return f"{self.arm}, abstinent {self.clean_d:g} d"


@lru_cache(maxsize=1)
def starters() -> tuple[dict[str, str], ...]:
    """Rows of ``abstinent.csv``, all of studies that calibrate.

    Example:
        >>> starters()[0]["what"]
        'ten days'
    """
    text = (files("speciosa.care") / "data" / "abstinent.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def beginning(row: dict[str, str]) -> Beginning:
    """Of a row."""
    return Beginning(row["arm"], float(row["abstinent_d"]))


def beginnings() -> Iterator[Beginning]:
    """Each once."""
    yield from dict.fromkeys(map(beginning, starters()))


def counted(row: dict[str, str]) -> tuple[float, float, int]:
    """The share of a row, how exact it is with what differs between studies, and people behind it."""
    n, share = int(row["n"]), float(row["value"])
    smoothed = (share * n + 1.0) / (n + 2.0)
    study = next(prior.sd for prior in priors() if prior.name == "study_relapse")
    return share, math.hypot(math.sqrt(smoothed * (1.0 - smoothed) / n), study * moved_by(share)), n


def read(row: dict[str, str], counts: a.Counts, people: Floats) -> Floats:
    """The same of simulated people, by draw."""
    week = int(row["at_wk"])
    if row["what"] == POSITIVE:
        positive, negative = (
            np.maximum(each[:, 1 : week + 1].sum(axis=1), 1e-9)
            if row["over"]
            else np.maximum(each[:, week], 1e-9)
            for each in (counts.positive, counts.negative)
        )
        ratio: Floats = positive / (positive + negative)
        return ratio
    if row["what"] == WITHOUT:
        found: Floats = counts.occupied[:, week, a.ABSTINENT] / people
        return found
    of = counts.lapsed if row["what"] == LAPSED else counts.tenth
    share: Floats = of[:, week] / people
    return share
