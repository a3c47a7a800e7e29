"""The people of a plan: age, sex, what they use, and how they differ in leaving, use and relapse."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from speciosa.care.parameters import judged
from speciosa.care.stepping.arrays import Floats
from speciosa.care.stepping.arrays import People as Factors
from speciosa.care.stepping.numbers import keys
from speciosa.population.streams import normals, uniforms

CALIBRATED = "ctn-0027"
_YOUNGEST, _OLDEST = 18.0, 80.0
_DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Characteristics:
    """Who is treated.

    Attributes:
        age: mean, years.
        age_sd: standard deviation, years.
        male: share.
        injecting: share who inject.
        prescribed: share whose opioid is a prescribed one, not heroin or its like.
        benzodiazepines: share who use them besides.
        homeless: share without a home.
        justice: share sent by courts or coming from prison.
    """

    age: float
    age_sd: float
    male: float
    injecting: float
    prescribed: float
    benzodiazepines: float
    homeless: float = 0.0
    justice: float = 0.0


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    text = (files("speciosa.care") / "data" / "people.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def groups() -> dict[str, Characteristics]:
    """Groups of people that have a name.

    Example:
        >>> groups()["ctn-0027"].male
        0.678
    """
    found = {}
    for name, entry in _data()["groups"].items():
        values = {key: value for key, value in entry.items() if key not in ("age", "how")}
        found[name] = Characteristics(*entry["age"], **values)
    return found


def factors(
    who: Characteristics, values: Mapping[str, Floats], seed: int, draws: range, people: int
) -> Factors:
    """What makes a person's hazards differ from those of the middle person, ``(draws, people)`` each.

    Args:
        who: characteristics.
        values: of the parameters, of all draws.
        seed: of the random numbers.
        draws: those wanted.
        people: how many.
    """
    many = range(people)

    def normal(name: str) -> Floats:
        return normals(seed, f"care: {name}", many, draws)

    def share(name: str) -> Floats:
        return uniforms(seed, f"care: {name}", many, draws)

    def of(name: str) -> Floats:
        return values[name][draws.start : draws.stop, None]

    use = normal("use")
    together = np.tanh(of("use_and_leaving"))
    leave = together * use + np.sqrt(1.0 - together**2) * normal("leaving")
    relapse = together * use + np.sqrt(1.0 - together**2) * normal("relapse")
    age = np.clip(who.age + who.age_sd * normal("age"), _YOUNGEST, _OLDEST)
    men = share("sex") < who.male
    frailty = of("frailty_leave")
    return Factors(
        keys(seed, draws, people),
        np.exp(frailty * leave),
        np.exp(of("frailty_use") * use),
        np.exp(judged("relapse_frailty") * frailty * relapse),
        _overdose(who, share("injecting"), share("benzodiazepines")),
        _dying(age, men),
    )


def _overdose(who: Characteristics, injecting: Floats, benzodiazepines: Floats) -> Floats:
    """Ratio of the hazard of overdose to that of the mean person of the calibrated group."""
    found = np.ones_like(injecting)
    usual = groups()[CALIBRATED]
    ratios = _data()["overdose"]
    for name, drawn in (("injecting", injecting), ("benzodiazepines", benzodiazepines)):
        ratio = float(ratios[name]["ratio"])
        mean = 1.0 + (ratio - 1.0) * float(getattr(usual, name))
        found *= np.where(drawn < getattr(who, name), ratio, 1.0) / mean
    return found


def _dying(age: Floats, men: np.ndarray[Any, np.dtype[np.bool_]]) -> Floats:
    """Deaths a day in the general population."""
    table = _data()["deaths"]
    a_year = [
        np.exp(np.interp(age, table["age"], np.log(table[sex]))) for sex in ("male", "female")
    ]
    found: Floats = np.where(men, *a_year) / _DAYS_A_YEAR
    return found
