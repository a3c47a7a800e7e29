"""What substances do at receptors and what the body makes of it: the parameter files of the effects.

A substance's numbers are in the part ``[effects]`` of its model sheet, or in ``data/effects/ligands.toml``, which has
one table a substance; ``data/effects/system.toml`` has one table an endpoint. Every entry is a `SheetParameter`: value,
unit, the fact rows behind it or the guess that it is, spread between patients.
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from speciosa.errors import FactError, Fault, UnknownNameError
from speciosa.facts.sheets.sheet import SheetParameter
from speciosa.facts.tables import DATA, sheet_files

FILES = ("system", "ligands")


@lru_cache(maxsize=1)
def effect_parameters() -> Mapping[str, SheetParameter]:
    """Every number of both files under ``table.name``, such as ``ventilation.apnoea`` or ``fentanyl.ke0``.

    Raises:
        FactError: every entry that is not a number with its source.

    Example:
        >>> effect_parameters()["naloxone.ke0"].to("1/h")
        6.4
    """
    found: dict[str, SheetParameter] = {}
    faults: list[Fault] = []
    for name in FILES:
        for table, entries in _read(name).items():
            for key, entry in entries.items():
                try:
                    found[f"{table}.{key}"] = SheetParameter.model_validate(entry)
                except ValidationError as error:
                    faults += [
                        Fault(f"effects/{name}.toml, {table}.{key}", fault["msg"], str(entry))
                        for fault in error.errors()
                    ]
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


@lru_cache(maxsize=2)
def _read(name: str) -> dict[str, dict[str, Any]]:
    found = tomllib.loads((DATA / "effects" / f"{name}.toml").read_text(encoding="utf-8"))
    return {**found, **_of_sheets()} if name == "ligands" else found


def _of_sheets() -> dict[str, dict[str, Any]]:
    """The part ``[effects]`` of the model sheets that have one, by substance."""
    found = {}
    for substance, path in sheet_files().items():
        text = path.read_text(encoding="utf-8")
        if "[effects" in text:
            found[substance] = dict(tomllib.loads(text).get("effects", {}))
    return found
