"""What substances do at receptors and what the body makes of it: the parameter files of the effects.

A substance's numbers are in the part ``[effects]`` of its model sheet, or in ``data/effects/ligands.toml``, which has
one table a substance; ``data/effects/system.toml`` has one table an endpoint. What a painkiller does that is known from
trials is in the part ``[relief]`` of its sheet, and what its class has in common in ``data/effects/mechanisms.toml``. Every
entry is a `SheetParameter`: value, unit, the fact rows behind it or the guess that it is, spread between patients.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import ValidationError

from speciosa.complaints import complaints
from speciosa.errors import FactError, Fault, UnknownNameError
from speciosa.facts.sheets.relieving import CONDITIONS, Relieving
from speciosa.facts.sheets.sheet import SheetParameter
from speciosa.facts.tables import DATA, sheet_files

FILES = ("system", "ligands", "mechanisms")
PARTS = ("effects", "relief", "without")
"""The parts of a sheet that say what its substance does."""
RELIEF = "relief_"
"""What the names of the numbers in ``[relief]`` of a sheet begin with, as in ``ibuprofen.relief_c50``."""


@lru_cache(maxsize=1)
def effect_parameters() -> Mapping[str, SheetParameter]:
    """Every number of both files under ``table.name``, such as ``ventilation.wakefulness`` or ``fentanyl.ke0``.

    Raises:
        FactError: every entry that is not a number with its source.

    Example:
        >>> effect_parameters()["naloxone.ke0"].to("1/h")
        6.4
    """
    found: dict[str, SheetParameter] = {}
    faults: list[Fault] = []
    for name in FILES:
        prefix = RELIEF if name == "mechanisms" else ""
        for table, entries in _read(name).items():
            for key, entry in entries.items():
                try:
                    found[f"{table}.{prefix}{key}"] = SheetParameter.model_validate(entry)
                except ValidationError as error:
                    place = f"effects/{name}.toml, {table}.{key}"
                    faults += [
                        Fault(place, each.expected, str(entry)) for each in complaints(error)
                    ]
    for substance, relief in _reliefs().items():
        for key, number in relief.numbers().items():
            found[f"{substance}.{RELIEF}{key}"] = number
    if faults:
        raise FactError(faults)
    return found


@lru_cache(maxsize=1)
def ligands() -> Mapping[str, frozenset[str]]:
    """The substances that act at a receptor, each with the names of its numbers.

    Example:
        >>> "mor_c50" in ligands()["morphine"]
        True
    """
    return {
        substance: frozenset(entries)
        for substance, entries in _read("ligands").items()
        if "ke0" in entries
    }


@dataclass(frozen=True, slots=True)
class Reliever:
    """A drug whose relief of pain is known from trials.

    Attributes:
        mechanism: what it shares with others.
        numbers: for each number of `Relieving`, the name under which `effect_parameter` has it, of the drug itself or of
            its mechanism; of chronic pain every condition has one, or none.
    """

    mechanism: str
    numbers: Mapping[str, str]

    def relieves(self, setting: Literal["acute", "chronic"]) -> bool:
        """Whether there is a number for a setting."""
        return ("acute" if setting == "acute" else CONDITIONS[0]) in self.numbers


@lru_cache(maxsize=1)
def relievers() -> Mapping[str, Reliever]:
    """The substances whose relief of pain is known from trials: the part ``[relief]`` of their sheets and their mechanisms.

    Raises:
        FactError: every part that does not hold or lacks a number.

    Example:
        >>> relievers()["ibuprofen"].mechanism, relievers()["ibuprofen"].numbers["acute"]
        ('cyclooxygenase', 'cyclooxygenase.relief_acute')
    """
    found: dict[str, Reliever] = {}
    faults: list[Fault] = []
    for substance, part in _reliefs().items():
        shared = _read("mechanisms").get(part.mechanism, {})
        names = {key: f"{part.mechanism}.{RELIEF}{key}" for key in shared}
        names |= {key: f"{substance}.{RELIEF}{key}" for key in part.numbers()}
        rest = names.pop("chronic", None)
        if rest is not None:
            names |= {key: rest for key in CONDITIONS if key not in names}
        faults += _lacking(f"sheet of {substance}, relief", names)
        found[substance] = Reliever(part.mechanism, names)
    if faults:
        raise FactError(faults)
    return found


def _lacking(where: str, names: Mapping[str, str]) -> Iterator[Fault]:
    chronic = [key for key in CONDITIONS if key in names]
    if "acute" not in names and not chronic:
        yield Fault(where, "relief of acute or of chronic pain, or both", "neither")
    if chronic and len(chronic) < len(CONDITIONS):
        yield Fault(where, "a number for each condition, or chronic for the others", str(chronic))
    for key in ("ke0", *(["builds_up"] if chronic else [])):
        if key not in names:
            yield Fault(where, f"{key}, here or of the mechanism", "none")


@lru_cache(maxsize=1)
def _reliefs() -> Mapping[str, Relieving]:
    """The part ``[relief]`` of the sheets that have one."""
    found: dict[str, Relieving] = {}
    faults: list[Fault] = []
    for substance, part in _parts("relief").items():
        try:
            found[substance] = Relieving.model_validate(part)
        except ValidationError as error:
            faults += [
                Fault(
                    f"sheet of {substance}, relief.{each.place()}".rstrip("."),
                    each.expected,
                    each.found,
                )
                for each in complaints(error)
            ]
    if faults:
        raise FactError(faults)
    return found


@lru_cache(maxsize=1)
def without() -> Mapping[str, Mapping[str, str]]:
    """Where a substance is known not to act, by substance and target, with the words that say so.

    Example:
        >>> "mor" in without()["ibuprofen"]
        True
    """
    return _parts("without")


@lru_cache(maxsize=1)
def ligand_names() -> frozenset[str]:
    """The names that the numbers of a substance's effects may have, those that some substance has."""
    own = {key for entries in _read("ligands").values() if "ke0" in entries for key in entries}
    return frozenset(own)


def effect_parameter(name: str) -> SheetParameter:
    """One number of the effects.

    Raises:
        UnknownNameError: no such number.
    """
    found = effect_parameters().get(name)
    if found is None:
        raise UnknownNameError("effect parameter", name, effect_parameters())
    return found


@lru_cache(maxsize=3)
def _read(name: str) -> dict[str, dict[str, Any]]:
    found = tomllib.loads((DATA / "effects" / f"{name}.toml").read_text(encoding="utf-8"))
    return {**found, **_parts("effects")} if name == "ligands" else found


def _parts(part: str) -> dict[str, dict[str, Any]]:
    """One part of the model sheets that have it, by substance."""
    return {name: dict(parts[part]) for name, parts in _of_sheets().items() if part in parts}


@lru_cache(maxsize=1)
def _of_sheets() -> dict[str, dict[str, Any]]:
    """What the model sheets say of effects, by substance."""
    found = {}
    for substance, path in sheet_files().items():
        text = path.read_text(encoding="utf-8")
        if any(f"[{part}" in text for part in PARTS):
            parts = tomllib.loads(text)
            found[substance] = {part: parts[part] for part in PARTS if part in parts}
    return found
