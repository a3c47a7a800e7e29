"""Doses beyond which a reader is warned: what stops breathing, and the largest that was reported.

The largest doses of a day are in `daily`. The tables of the dose from which breathing stops in
one of a thousand people and of the largest reported are made when the library is calibrated
(`python -m speciosa.calibration --only limits`), so that a warning needs no simulation. Doses taken within `TOGETHER_H` count
together, each as a share of its own dose of the table; patches by their dose per hour, those put on within `TOGETHER_H`
together. A sedative besides makes the warning come late, which it says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from speciosa import facts
from speciosa.delimited import read_text_table
from speciosa.facts.tables import DATA
from speciosa.pharmacology.dosing import SubstanceDoses

TIMES = 10.0
"""How many times the largest reported dose is taken for a slip until it is confirmed."""
TOGETHER_H = 4.0
AT_ONCE_H = 1.0
"""An infusion that takes longer is no single dose."""
UNKNOWN_SHIFT = 5.0
"""By how much habitual use raises the dose of a substance that no longer stops the breathing of half of its users."""
WEIGHT_KG = 70.0
"""Body weight for doses by kilogram."""
PATCH = "transdermal"
"""The route whose doses of the table are milligrams that leave it an hour, worn for days."""


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest dose of a substance by a route in a label or in the observations of the library, and where.

    Attributes:
        mg: of the substance itself, or as labels state it.
        source: in words.
        labelled: whether it is as labels state it, such as of a salt.
    """

    mg: float
    source: str
    labelled: bool = False


def largest_dose(substance: str, route: str) -> Largest | None:
    """The largest labelled or reported dose by a route, or by any where none is by that route; None where nothing is known."""
    known = _largest()
    if (substance, route) in known:
        return known[substance, route]
    others = [entry for (name, _), entry in known.items() if name == substance]
    return max(others, key=lambda entry: entry.mg, default=None)


def danger(plan: SubstanceDoses, history_mme: float) -> float:
    """The most that is taken within a few hours, over what stops the breathing of one in a thousand.

    Args:
        plan: what is taken.
        history_mme: habitual use, MME a day; the dose of the table lies between that of the never used and that at 100.

    Example:
        >>> from speciosa.pharmacology.dosing import schedule
        >>> from speciosa.regimen import parse_regimen
        >>> low, high = (danger(schedule(parse_regimen(f"{mg} mg fentanyl iv")), 0.0) for mg in (0.01, 2))
        >>> low < 1 < high
        True
    """
    taken = sorted(_shares(plan, history_mme))
    most = 0.0
    for begin, _ in taken:
        within = sum(share for at, share in taken if begin <= at < begin + TOGETHER_H)
        most = max(most, within)
    return most


def _shares(plan: SubstanceDoses, history_mme: float) -> Iterator[tuple[float, float]]:
    table = _apnoea()
    for dose in plan.doses:
        limits = table.get((dose.way.substance, dose.way.route))
        if limits is None:
            continue
        naive, used = limits
        limit = naive + (used - naive) * min(history_mme, 100.0) / 100.0
        mg = dose.nmol * facts.molar_mass(dose.way.substance) * 1e-6
        share = mg * (WEIGHT_KG if dose.way.per_kg else 1.0) / limit
        if dose.over_h:
            share *= (
                1 / dose.over_h if dose.way.route == PATCH else min(1.0, TOGETHER_H / dose.over_h)
            )
        for at in dose.times_h:
            yield at, share


@lru_cache(maxsize=1)
def _apnoea() -> Mapping[tuple[str, str], tuple[float, float]]:
    """Milligrams that stop the breathing of one in a thousand: of the never used and at 100 MME a day; an hour of a patch."""
    return {
        (row["substance"], row["route"]): (
            float(row["naive_mg"]),
            float(row["used_mg"] or UNKNOWN_SHIFT * float(row["naive_mg"])),
        )
        for row in _rows("apnoea-doses.csv")
        if row["naive_mg"]
    }


@lru_cache(maxsize=1)
def _largest() -> Mapping[tuple[str, str], Largest]:
    found: dict[tuple[str, str], Largest] = {}
    for name, labelled in (("largest-doses.csv", False), ("labelled-doses.csv", True)):
        for row in _rows(name):
            way = (row["substance"], row["route"])
            entry = Largest(float(row["mg"]), row["source"], labelled)
            if way not in found or entry.mg > found[way].mg:
                found[way] = entry
    return found


def _rows(name: str) -> list[dict[str, str]]:
    path = DATA / "effects" / name
    return [row for _, row in read_text_table(path).records()] if path.exists() else []
