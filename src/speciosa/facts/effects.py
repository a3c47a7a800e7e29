"""What substances do at receptors and what the body makes of it: the parameter files of the effects.

``data/effects/ligands.toml`` holds one table a substance, ``data/effects/system.toml`` one table an endpoint. Every
entry is a `SheetParameter`: value, unit, the fact rows behind it or the guess that it is, spread between patients.
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError

from speciosa.errors import FactError, Fault, UnknownNameError
from speciosa.facts.sheets.sheet import SheetParameter

FILES = ("system", "ligands")


@lru_cache(maxsize=1)
def effect_parameters() -> Mapping[str, SheetParameter]:
    """Every number of both files under ``table.name``, such as ``ventilation.slope`` or ``fentanyl.ke0``.

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


def effect_parameter(name: str) -> SheetParameter:
    """One number of the effects.

    Raises:
        UnknownNameError: no such number.
    """
    found = effect_parameters().get(name)
    if found is None:
        raise UnknownNameError("effect parameter", name, effect_parameters())
    return found


def _read(name: str) -> dict[str, dict[str, Any]]:
    path = files("speciosa.facts") / "data" / "effects" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
