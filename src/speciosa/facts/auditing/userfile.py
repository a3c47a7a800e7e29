"""Checking a fact file that a user supplies: every fault at once, or a frame; nothing is half-loaded.

Files of observations to be predicted (those with a column `doses`) are checked for what every such file needs:
identity, regimens, numbers, units and spreads. Whether an analyte or metric can be predicted, the validation says.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from speciosa.errors import FactError, Fault, InputError, RegimenError
from speciosa.facts.auditing.rows import Context, row_faults
from speciosa.facts.bibliography import Reference, references
from speciosa.facts.lookup import faults_of
from speciosa.facts.record import INTERVAL_SPREADS, POINT_SPREADS, Count
from speciosa.facts.registry import substances
from speciosa.facts.tables import DATA, LEDGERS, TABLES, Row, Table, frame, read_rows
from speciosa.regimen import parse_regimen
from speciosa.units import factor

if TYPE_CHECKING:
    import polars as pl


def check_file(path: Path | str, bibliography: Path | str | None = None) -> "pl.DataFrame":
    """Reads a fact file of a user: the kind of table is told from its columns.

    Args:
        path: a CSV file with the columns of a fact table, in any order; columns that may be empty can be left out.
        bibliography: a BibTeX file with references that the fact base does not have.

    Returns:
        The facts as a frame with the columns of their table; observations to be predicted as text.

    Raises:
        FactError: every fault of the file; then nothing of it is used.
    """
    path = Path(path)
    rows = tuple(read_rows(path))
    if not rows:
        raise FactError(Fault(path.name, "a header and at least one row", "none"))
    if "doses" in rows[0].cells:
        return _observations(rows)
    source = _kind_of(path, rows)
    known: dict[str, Reference] = dict(references())
    if bibliography is not None:
        known.update(references(Path(bibliography)))
    context = Context(DATA, {**dict.fromkeys(_ALL, ()), source.name: rows}, substances(), known)
    faults = [*_repeated(rows), *row_faults(source.name, context)]
    if faults:
        raise FactError(faults)
    return frame(rows, {name: kind for name, kind in source.columns.items() if name != "checked"})


_ALL = {**TABLES, **LEDGERS}


def _kind_of(path: Path, rows: tuple[Row, ...]) -> Table:
    """The table whose columns the file has.

    Raises:
        FactError: no table has such columns; says what the nearest one lacks.
    """
    header = set(rows[0].cells)
    needed = {name: _needed(source) for name, source in _ALL.items()}
    fitting = [name for name, columns in needed.items() if columns <= header]
    if fitting:
        return _ALL[max(fitting, key=lambda name: len(header & set(_ALL[name].columns)))]
    near = max(_ALL, key=lambda name: len(header & set(_ALL[name].columns)))
    missing = ", ".join(sorted(needed[near] - header))
    raise FactError(
        Fault(
            f"{path.name}, header",
            f"the columns of a fact table; of {near} there are missing: {missing}",
            ", ".join(rows[0].cells),
            "The tables and their columns are in docs/facts.md.",
        )
    )


def _needed(source: Table) -> set[str]:
    return {name for name, entry in source.record.model_fields.items() if entry.is_required()}


class _Predicted(BaseModel):
    """What every row of a file of observations to be predicted needs."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    id: str = Field(min_length=1)
    study: str = Field(min_length=1)
    doses: str
    versus: str = ""
    analyte: str = Field(min_length=1)
    metric: str = Field(min_length=1)
    value: float
    unit: str = Field(min_length=1)
    n: Count = None
    spread_type: Literal["", "none", "sd", "se", "cv%", "range", "iqr", "ci90", "ci95"] = ""
    spread: str = ""


def _observations(rows: tuple[Row, ...]) -> "pl.DataFrame":
    missing = [name for name, entry in _Predicted.model_fields.items() if entry.is_required()]
    missing = [name for name in missing if name not in rows[0].cells]
    faults = [
        Fault(f"{rows[0].file.name}, header", f"the column {name}", "none") for name in missing
    ]
    faults += _repeated(rows)
    for row in [] if missing else rows:
        try:
            _Predicted(**row.cells)
        except ValidationError as error:
            faults += faults_of(error, row)
        faults += _readable(row)
    if faults:
        raise FactError(faults)
    return frame(rows, dict.fromkeys(rows[0].cells, str))


def _readable(row: Row) -> Iterator[Fault]:
    """Regimens, unit and spread of an observation that do not read."""
    for column in ("doses", "versus"):
        try:
            parse_regimen(row.cells.get(column, ""))
        except RegimenError as error:
            for fault in error.faults:
                yield Fault(
                    f"{row.where(column)}, {fault.where}", fault.expected, fault.found, fault.fix
                )
    unit = row.cells["unit"]
    try:
        factor(unit, unit)
    except InputError:
        yield Fault(row.where("unit"), "a known unit, such as ng/mL", repr(unit))
    kind, spread = row.cells.get("spread_type", ""), row.cells.get("spread", "")
    form = _POINT if kind in POINT_SPREADS else _SPAN
    if kind in {*POINT_SPREADS, *INTERVAL_SPREADS} and not form.fullmatch(spread):
        wanted = "a number" if form is _POINT else "two numbers such as 3.1-4.5"
        yield Fault(row.where("spread"), f"{wanted}, as its type is {kind}", repr(spread))


_POINT = re.compile(r"\d*\.?\d+(e[+-]?\d+)?", re.IGNORECASE)
_SPAN = re.compile(rf"-?{_POINT.pattern}\s*(-|–|to)\s*-?{_POINT.pattern}", re.IGNORECASE)


def _repeated(rows: tuple[Row, ...]) -> list[Fault]:
    counts = Counter(row.cells.get("id", "") for row in rows)
    return [
        Fault(row.where("id"), "an id of its own", repr(row.cells["id"]))
        for row in rows
        if row.cells.get("id") and counts[row.cells["id"]] > 1
    ]
