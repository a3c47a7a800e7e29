"""Checking a fact file that a user supplies: every fault at once, or a frame; nothing is half-loaded."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from speciosa.errors import FactError, Fault
from speciosa.facts.audit_rows import Context, row_faults
from speciosa.facts.bibliography import Reference, references
from speciosa.facts.registry import substances
from speciosa.facts.tables import DATA, LEDGERS, TABLES, Row, Table, frame, read_rows

if TYPE_CHECKING:
    import polars as pl


def check_file(path: Path | str, bibliography: Path | str | None = None) -> "pl.DataFrame":
    """Reads a fact file of a user: the kind of table is told from its columns.

    Args:
        path: a CSV file with the columns of a fact table, in any order; columns that may be empty can be left out.
        bibliography: a BibTeX file with references that the fact base does not have.

    Returns:
        The facts as a frame with the columns of their table.

    Raises:
        FactError: every fault of the file; then nothing of it is used.
    """
    path = Path(path)
    rows = tuple(read_rows(path))
    if not rows:
        raise FactError(Fault(path.name, "a header and at least one row", "none"))
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


def _repeated(rows: tuple[Row, ...]) -> list[Fault]:
    counts = Counter(row.cells.get("id", "") for row in rows)
    return [
        Fault(row.where("id"), "an id of its own", repr(row.cells["id"]))
        for row in rows
        if row.cells.get("id") and counts[row.cells["id"]] > 1
    ]
