"""Substances: their names, molar masses, salts and metabolites; found by id, name or synonym."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from speciosa.complaints import complaints
from speciosa.errors import FactError, Fault, UnknownNameError
from speciosa.facts.folders import folders
from speciosa.facts.record import Seen
from speciosa.facts.tables import DATA, read_rows
from speciosa.toml_text import read_toml_file


class Salt(BaseModel):
    """A form in which a dose may be stated.

    Attributes:
        name: the salt with its water, such as ``sulfate pentahydrate``.
        formula: the formula of the salt.
        bases: molecules of the substance in one formula unit.
        labelled: product labels state the dose as this salt.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    formula: str
    bases: int = Field(gt=0)
    labelled: bool = False


class Substance(BaseModel):
    """A substance, a mixture such as kratom, or a class of substances.

    Molar mass in g/mol, from the formula. `parent` and `made_by` say what a metabolite or enantiomer comes from, and
    how. `reference` and `seen` are of the names, formula and registry numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: str
    name: str
    kind: Literal["substance", "mixture", "class"] = "substance"
    group: str = Field(alias="class")
    synonyms: tuple[str, ...] = ()
    formula: str = ""
    molar_mass: float | None = Field(default=None, gt=0)
    cas: str = ""
    inchikey: str = ""
    parent: str = ""
    made_by: str = ""
    salts: tuple[Salt, ...] = ()
    note: str = ""
    reference: str = "memory"
    seen: Seen = "recall"

    @property
    def names(self) -> tuple[str, ...]:
        """Id, name and synonyms."""
        return (self.id, self.name, *self.synonyms)


def substances(path: Path = DATA / "substances.toml") -> dict[str, Substance]:
    """All substances by id, in the order of the file and then of ``interactions/substances*.toml``.

    Raises:
        FactError: every entry that cannot be used.
    """
    return _read_folder(path.parent) if path.parent != DATA else _every()


@lru_cache(maxsize=1)
def _every() -> dict[str, Substance]:
    built_in, *own = (_read_folder(folder) for folder in folders())
    return {
        **built_in,
        **{name: new for each in own for name, new in each.items() if name not in built_in},
    }


def _read_folder(folder: Path) -> dict[str, Substance]:
    paths = [folder / "substances.toml", *sorted(folder.glob("interactions/substances*.toml"))]
    found: dict[str, Substance] = {}
    faults = []
    for path in paths:
        entries = _read(path)
        faults += [
            Fault(
                f"{path.parent.name}/{path.name}, {name}", "each substance in one file", "a second"
            )
            for name in entries.keys() & found.keys()
        ]
        found |= entries
    if faults:
        raise FactError(sorted(faults, key=str))
    return found


@lru_cache(maxsize=16)
def _read(path: Path) -> dict[str, Substance]:
    if not path.exists() and path.parent != DATA:
        return {}
    known, faults = {}, []
    for name, entry in read_toml_file(path, FactError).items():
        if not isinstance(entry, dict):
            faults.append(Fault(f"{path.name}, {name}", "a table of values", repr(entry)[:60]))
            continue
        try:
            known[name] = Substance(**{**entry, "id": name})
        except ValidationError as error:
            faults += [
                Fault(f"{path.name}, {name}, {each.place()}", each.expected, each.found)
                for each in complaints(error)
            ]
    if faults:
        raise FactError(faults)
    return known


def substance(name: str) -> Substance:
    """The substance of an id, a name or a synonym, however it is spelled.

    Raises:
        UnknownNameError: no such substance, with those that are like it.

    Example:
        >>> substance("7-OH").id, substance("Paracetamol").id, substance("six_beta_naltrexol").id
        ('7_hydroxymitragynine', 'acetaminophen', '6_beta_naltrexol')
    """
    known = substances()
    if name in known:
        return known[name]
    found = _by_name().get(fold(name))
    if found is None:
        every = [each for entry in known.values() for each in entry.names]
        raise UnknownNameError("substance", name, every)
    return known[found]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    return {
        fold(each): entry.id for entry in reversed(substances().values()) for each in entry.names
    }


def metabolites(name: str) -> tuple[Substance, ...]:
    """What the substance is turned into, as far as it is a substance here."""
    own = substance(name).id
    return tuple(entry for entry in substances().values() if entry.parent == own)


def fold(name: str) -> str:
    """A name without case, spaces and signs; a leading plus or minus of an enantiomer stays.

    Example:
        >>> fold("7-Hydroxy Mitragynine"), fold("(+)-M1")
        ('7hydroxymitragynine', '+m1')
    """
    sign = re.match(r"\(([+-])\)", name)
    return (sign[1] if sign else "") + re.sub(r"[^a-z0-9]", "", name.casefold())


_ELEMENT = re.compile(r"([A-Z][a-z]?)(\d*)")


def formula_mass(formula: str) -> float:
    """Molar mass in g/mol of a formula without brackets.

    Sum over elements of count times standard atomic weight (atomic-weights.csv, doi:10.1515/pac-2019-0603).

    Raises:
        FactError: a formula that is not read whole, or an element without a weight.

    Example:
        >>> round(formula_mass("C23H30N2O4"), 2)
        398.5
    """
    weights = _weights()
    parts = _ELEMENT.findall(formula)
    if "".join(symbol + count for symbol, count in parts) != formula or not formula:
        raise FactError(Fault("formula", "elements and counts such as C17H19NO3", repr(formula)))
    unknown = sorted({symbol for symbol, _ in parts} - set(weights))
    if unknown:
        raise FactError(Fault("formula", "elements of atomic-weights.csv", ", ".join(unknown)))
    return sum(weights[symbol] * int(count or 1) for symbol, count in parts)


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    rows = read_rows(DATA / "atomic-weights.csv")
    return {row.cells["element"]: float(row.cells["weight"]) for row in rows}
