"""Doses that stand for an arm that is named without one, and for groups of patients; `data/doses.toml` has their sources."""

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = (files("speciosa.care") / "data" / "doses.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def usual(name: str) -> str:
    """The regimen that stands for a medicine without a dose.

    Example:
        >>> usual("methadone")
        '85 mg methadone oral daily'
    """
    found: str = _data()["usual"][name]["regimen"]
    return found


def habitual_mme() -> float:
    """Use before treatment where nothing tells it, mg of morphine a day or its equal."""
    return float(_data()["usual"]["habitual"]["mme"])


def of_phase(number: int) -> str:
    """The regimen of a phase of CTN-0030."""
    found: str = _data()["ctn-0030"][f"phase_{number}"]["regimen"]
    return found


def groups_by_dose() -> dict[str, tuple[str, float]]:
    """Groups of CTN-0027 by dose: the medicine and the dose in mg that stands for each."""
    return {name: (each["substance"], each["dose"]) for name, each in _data()["groups"].items()}


def grades() -> dict[str, float]:
    """Points of withdrawal that stand for its grades."""
    return dict(_data()["grades"])


def detoxification_d(substance: str) -> float:
    """Days without opioids that a substance needs before its first dose; 0 for most.

    Example:
        >>> detoxification_d("naltrexone"), detoxification_d("methadone")
        (10.0, 0.0)
    """
    entry = _data()["detoxification"].get(substance)
    return 0.0 if entry is None else float(entry["days"])
