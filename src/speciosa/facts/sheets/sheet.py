"""Model sheets: one file a substance that says which structure and which numbers the models take, and why.

A sheet is a TOML file in ``data/sheets``. Every number in it names the fact rows that it comes from or, where no fact
exists, says that it is a guess and on what it rests. `sheet` reads one, `sheets` all; `belief` gives the uncertainty
of a number by the rule in `speciosa.facts.uncertainty`. The fields are explained in ``docs/model-sheets.md``.

Units are whatever a pharmacologist would write; `SheetParameter.to` converts.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from pydantic import ValidationError

from speciosa.complaints import complaints
from speciosa.errors import FactError, Fault, InputError, UnknownNameError
from speciosa.facts.sheets.actions import Perpetration as Perpetration
from speciosa.facts.sheets.kinetics import Absorption as Absorption
from speciosa.facts.sheets.kinetics import Disposition as Disposition
from speciosa.facts.sheets.kinetics import FirstPass as FirstPass
from speciosa.facts.sheets.kinetics import Organ as Organ
from speciosa.facts.sheets.kinetics import Path as Path
from speciosa.facts.sheets.kinetics import Pathway as Pathway
from speciosa.facts.sheets.number import Covariate as Covariate
from speciosa.facts.sheets.number import Enzyme as Enzyme
from speciosa.facts.sheets.number import SheetParameter as SheetParameter
from speciosa.facts.sheets.records import Role as Role
from speciosa.facts.sheets.records import Sheet as Sheet
from speciosa.facts.tables import sheet_files
from speciosa.facts.uncertainty import Distribution, believe, spread_about
from speciosa.toml_text import read_toml
from speciosa.units import factor


class RowLike(Protocol):
    """What the uncertainty rule reads from a fact row."""

    @property
    def value(self) -> float | None: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def statistic(self) -> str: ...  # noqa: D102
    @property
    def spread_type(self) -> str: ...  # noqa: D102
    @property
    def printed_spread(self) -> str: ...  # noqa: D102
    @property
    def n(self) -> int | None: ...  # noqa: D102
    @property
    def species(self) -> str: ...  # noqa: D102
    @property
    def system(self) -> str: ...  # noqa: D102
    @property
    def assay(self) -> str: ...  # noqa: D102
    @property
    def seen(self) -> str: ...  # noqa: D102


Lookup = Callable[[str], RowLike | None]


def fact_row(name: str) -> RowLike | None:
    """The fact of an id, as the uncertainty rule reads it; None where there is none.

    Example:
        >>> fact_row("comparators-0012").value
        91.9
    """
    from speciosa.facts.lookup import fact

    try:
        found: RowLike = fact(name)
    except UnknownNameError:
        return None
    return found


def belief(parameter: SheetParameter, row: Lookup = fact_row) -> Distribution:
    """How sure the typical value of a parameter is: the rule applied to its first row, or to a guess.

    A parameter whose value is not the one that its first row prints counts as derived: it has the floor of derived
    numbers, or that of its source where that is higher. The center is always the sheet's value. What is not above
    zero, such as the slope of a covariate, is held fixed.

    Args:
        parameter: a number of a sheet.
        row: finds a fact row by its id, None where there is none.

    Raises:
        FactError: a row that does not exist.

    Example:
        >>> believed = belief(sheet("morphine").disposition.CL)
        >>> believed.center, round(believed.cv, 2)
        (80.0, 0.12)
    """
    value, fraction = parameter.value, parameter.scale == "logit" and 0 < parameter.value < 1
    if parameter.fixed or value <= 0:
        return Distribution("fixed", value, 0.0, "a constant" if parameter.fixed else "not varied")
    if parameter.cv is not None:
        return spread_about(value, parameter.cv, parameter.how, fraction)
    if not parameter.rows:
        return believe(value, seen="guess", fraction=fraction)
    first = row(parameter.rows[0])
    if first is None:
        raise FactError(Fault(parameter.rows[0], "the id of a fact", "none of that id"))
    printed = _printed(parameter, first)
    found = believe(
        first.value if printed and first.value else 1.0,
        spread_type=first.spread_type if printed else "none",
        spread=first.printed_spread if printed else None,
        n=first.n,
        seen=first.seen,
        species=first.species,
        setting=f"{first.system} {first.assay}",
        statistic=first.statistic,
        derived=not printed,
    )
    return spread_about(value, found.cv, found.reason, fraction)


def beliefs(of: Sheet) -> dict[str, Distribution]:
    """How sure each number of a sheet is, under the names of `Sheet.parameters`."""
    return {name: belief(parameter) for name, parameter in of.parameters().items()}


def _printed(parameter: SheetParameter, row: RowLike) -> bool:
    """Whether the value is the one that the row prints, to half a percent, whatever the unit."""
    if row.value is None:
        return False
    try:
        printed = row.value * factor(row.unit or "1", parameter.unit)
    except InputError:
        return False
    return abs(printed - parameter.value) <= 0.005 * abs(parameter.value)


def read(text: str, where: str) -> Sheet:
    """Reads a sheet from TOML, with every fault named at once.

    Args:
        text: the TOML text.
        where: the name of the file, for messages.

    Raises:
        FactError: TOML that cannot be read, fields missing, unknown or out of range.
    """
    data = read_toml(text, where, FactError, fix="")
    try:
        return Sheet.model_validate(data)
    except ValidationError as error:
        raise FactError(
            Fault(f"{where}, {each.place('the sheet')}", each.expected, each.found)
            for each in complaints(error)
        ) from error


def names() -> tuple[str, ...]:
    """The substances that have a sheet."""
    return tuple(sorted(_files()))


@lru_cache(maxsize=256)
def sheet(substance: str) -> Sheet:
    """The model sheet of a substance.

    Raises:
        UnknownNameError: a substance without a sheet, with the nearest that has one.

    Example:
        >>> sheet("morphine").disposition.compartments
        3
    """
    found = _files().get(substance)
    if found is None:
        raise UnknownNameError("model sheet", substance, names())
    return read(found.read_text(encoding="utf-8"), found.name)


def sheets() -> dict[str, Sheet]:
    """Every sheet by substance."""
    return {name: sheet(name) for name in names()}


_files = lru_cache(maxsize=1)(sheet_files)
