"""The uncertain numbers of the slow clock: what was believed, and the draws that the calibration left.

Each has a scale on which it is normal a priori; a vector of standard normal numbers, one a parameter, is a draw.
"""

import csv
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from speciosa.population.streams import normals

Floats = NDArray[np.float64]
_UNMOVED, _SHIFTED = 0.9, 0.5


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of a number.

    Attributes:
        name: of the number.
        scale: on which it is normal.
        median: of its value.
        sd: on that scale.
        unit: of its value.
        why: where the belief comes from.
    """

    name: str
    scale: Literal["log", "logit", "linear"]
    median: float
    sd: float
    unit: str
    why: str

    def value(self, z: Floats) -> Floats:
        """Values of standard normal numbers.

        Example:
            >>> Prior("share", "logit", 0.5, 1.0, "1", "").value(np.array([-1.0, 0.0])).round(3).tolist()
            [0.269, 0.5]
        """
        if self.scale == "log":
            found: Floats = self.median * np.exp(self.sd * z)
        elif self.scale == "logit":
            found = expit(logit(self.median) + self.sd * z)
        else:
            found = self.median + self.sd * z
        return found


@lru_cache(maxsize=1)
def priors() -> tuple[Prior, ...]:
    """All numbers, in the order of the file.

    Example:
        >>> priors()[0].name
        'leave_buprenorphine'
    """
    text = (files("speciosa.care") / "data" / "priors.toml").read_text(encoding="utf-8")
    return tuple(Prior(name, **entry) for name, entry in tomllib.loads(text).items())


@lru_cache(maxsize=1)
def judgements() -> dict[str, dict[str, Any]]:
    """Numbers that are judgement and that no calibration moves: value, unit and reason of each."""
    text = (files("speciosa.care") / "data" / "judgements.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def judged(name: str) -> float:
    """A number that is judgement and that no calibration moves; its unit and reason stand in ``data/judgements.toml``.

    Example:
        >>> judged("uses_a_day")
        3.0
    """
    return float(judgements()[name]["value"])


def values(z: Floats) -> dict[str, Floats]:
    """Values of every number, by draw.

    Args:
        z: standard normal numbers, ``(draws, numbers)``.
    """
    return {prior.name: prior.value(z[:, j]) for j, prior in enumerate(priors())}


@lru_cache(maxsize=1)
def _pain() -> dict[str, Any]:
    text = (files("speciosa.care") / "data" / "pain.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def pain_priors() -> tuple[Prior, ...]:
    """The numbers that only chronic pain needs; nothing calibrates them."""
    return tuple(Prior(name, **entry) for name, entry in _pain()["numbers"].items())


def pain_values(draws: int) -> dict[str, Floats]:
    """Draws of them; the same whatever the plan."""
    return {
        prior.name: prior.value(normals(1, f"care: {prior.name}", range(1), range(draws))[:, 0])
        for prior in pain_priors()
    }


def pain_doses() -> tuple[list[float], list[str]]:
    """Doses at which rates of overdose were reported, mg of morphine a day, and the rows that hold them."""
    entry = _pain()["doses"]
    return entry["mme"], entry["rows"]


@lru_cache(maxsize=1)
def moved() -> frozenset[str]:
    """Numbers that the targets moved: by half a prior standard deviation, or to nine tenths of its width.

    Example:
        >>> "leave_methadone" in moved()
        True
    """
    text = (files("speciosa.care") / "data" / "moved.csv").read_text(encoding="utf-8")
    return frozenset(
        row["name"]
        for row in csv.DictReader(text.splitlines())
        if float(row["sd_ratio"]) <= _UNMOVED or abs(float(row["shift_sd"])) >= _SHIFTED
    )


@lru_cache(maxsize=1)
def posterior() -> Floats:
    """The draws that the calibration handed on, as standard normal numbers of the priors, ``(100, numbers)``."""
    text = (files("speciosa.care") / "data" / "posterior.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return np.array([[float(row[prior.name]) for prior in priors()] for row in rows])
