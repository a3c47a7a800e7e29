"""From what its owner has to a table in rows of studies: the file, its columns, and rows that are no study.

`prepared` does what the pairwise and the network reader have in common: columns renamed as asked, rows chosen, exports of
RevMan recognised, printed cells such as ``0.62 (0.41 to 0.94)`` taken apart, totals left out, studies named.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from speciosa.errors import EvidenceError, Fault, nearest
from speciosa.evidence.table.cells import plain_numbers
from speciosa.evidence.table.columns import read_table
from speciosa.evidence.table.doubts import several_outcomes
from speciosa.evidence.table.exports.covidence import from_covidence, one_outcome
from speciosa.evidence.table.exports.revman import from_revman
from speciosa.evidence.table.exports.revman5 import from_revman5
from speciosa.evidence.table.labels import with_labels
from speciosa.evidence.table.names import SYNONYMS, folded, meaning
from speciosa.evidence.table.pairs import arms_as_pairs
from speciosa.evidence.table.printed_cells import taken_apart
from speciosa.evidence.table.totals import without_totals

SCALES = ("", "natural", "log")
REVMAN = "RevMan"


@dataclass(frozen=True)
class Reading:
    """How a table is read where it does not say so itself.

    Attributes:
        scale: of stated effects that are ratios, ``natural`` or ``log``; empty where the table tells.
        columns: our name of a column, and what it is called in the table.
        rows: columns and the value that a row must have to be read.
        sheet: of a workbook with several.
        repeated: whether a study may have several rows, as where their dependence is modelled.

    Example:
        >>> Reading(scale="natural", columns={"events": "death", "n": "randomized"}).scale
        'natural'
    """

    scale: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    repeated: bool = False

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise EvidenceError(Fault("scale", "natural or log", repr(self.scale)))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A table ready for a reader, what a reader of the result must know of it, and the program it is from, where known."""

    table: pl.DataFrame
    notes: tuple[str, ...]
    program: str = ""


def prepared(source: Any, reading: Reading, *, by_study: bool) -> Prepared:
    """The table of `source` with rows of studies only.

    Args:
        source: as `columns.read_table` takes it.
        reading: what its owner says of it.
        by_study: whether a row is a study, not an arm or a contrast.

    Raises:
        EvidenceError: no such file, column, row or sheet.
    """
    table, covidence = from_covidence(read_table(source, reading.sheet), reading.rows)
    table = _chosen(_renamed(table, reading.columns), reading.rows)
    if table.is_empty():
        return Prepared(table, ())
    if covidence and "outcome" in table.columns:
        table = one_outcome(table)
    _no_twins(table)
    table, figures = plain_numbers(table)
    table, revman5 = from_revman5(table)
    table, revman = from_revman(table)
    table, printed = taken_apart(table)
    table, pairs = arms_as_pairs(table) if by_study and not reading.repeated else (table, ())
    table, totals = without_totals(table, by_study)
    if table.is_empty():
        raise EvidenceError(Fault("data", "a row of a study", "only totals"))
    several = [] if reading.repeated else several_outcomes(table)
    table, named = with_labels(table, by_study)
    notes = (*covidence, *figures, *revman5, *revman, *printed, *pairs, *totals, *several, *named)
    return Prepared(table, notes, REVMAN if revman5 or revman else "")


def _renamed(table: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    """The table with columns under the names that were asked for; another column of that name gives way."""
    if not columns:
        return table
    faults, names = [], {}
    known = {folded(name): name for name in table.columns}
    for ours, theirs in columns.items():
        column = theirs if theirs in table.columns else known.get(folded(theirs))
        if column is None:
            close = nearest(theirs, table.columns, 1)
            fix = f"Did you mean {close[0]}?" if close else ""
            faults.append(Fault(f"--columns {ours}={theirs}", "a column of the table", "none", fix))
        else:
            names[column] = ours
    if faults:
        raise EvidenceError(faults)
    asked = {_kind(ours) for ours in columns} - {""}
    taken = {
        name: f"{name} (as in the table)"
        for name in table.columns
        if name not in names and (name in columns or _kind(name) in asked)
    }
    return table.rename({**taken, **names})


def _kind(name: str) -> str:
    """What a column of stated effects holds, so that others of the kind give way to the one asked for."""
    what = meaning(name)
    stated = next(
        (r for r in ("se", "ci_low", "ci_high") if folded(name) in SYNONYMS[r]), what.role
    )
    if stated == "effect":
        return f"{'log ' if what.log else ''}{what.measure}"
    return stated if stated in ("se", "ci_low", "ci_high") else ""


def _no_twins(table: pl.DataFrame) -> None:
    """Refuses columns that differ in case or points only and hold figures, as ``n`` events and ``N`` people."""
    by_name: dict[str, list[str]] = {}
    for name in table.columns:
        by_name.setdefault(folded(name), []).append(name)
    twins = {name: found for name, found in by_name.items() if len(found) > 1}
    figures = {
        one for role, names in SYNONYMS.items() if role not in ("study", "year") for one in names
    }
    faults = [
        Fault(
            "columns",
            "names that differ by more than case",
            " and ".join(found),
            f"Say which is which, as --columns events={found[0]},n={found[-1]}.",
        )
        for name, found in twins.items()
        if name in figures or meaning(name).role
    ]
    if faults:
        raise EvidenceError(faults)


def _chosen(table: pl.DataFrame, rows: Mapping[str, str]) -> pl.DataFrame:
    """The rows that have the values asked for."""
    faults = []
    for column, value in rows.items():
        name = next((one for one in table.columns if folded(one) == folded(column)), None)
        if name is None:
            close = nearest(column, table.columns, 1)
            fix = f"Did you mean {close[0]}?" if close else ""
            faults.append(Fault(f"--rows {column}={value}", "a column of the table", "none", fix))
            continue
        cells = [str(cell).strip().casefold() for cell in table[name].to_list()]
        if value.strip().casefold() not in cells:
            found = ", ".join(dict.fromkeys(map(str, table[name].to_list())))
            faults.append(Fault(f"--rows {column}={value}", f"one of {found}", "none"))
        same = [cell == value.strip().casefold() for cell in cells]
        table = table.filter(pl.Series(same, dtype=pl.Boolean))
    if faults:
        raise EvidenceError(faults)
    return table


def pairs_of(texts: list[str], option: str) -> dict[str, str]:
    """Options of the form ``a=b,c=d`` as a mapping.

    Raises:
        EvidenceError: a part without an equals sign.

    Example:
        >>> pairs_of(["events=death,n=randomized"], "--columns")
        {'events': 'death', 'n': 'randomized'}
    """
    found, faults = {}, []
    for part in (part for text in texts for part in text.split(",")):
        name, sign, value = (each.strip() for each in part.partition("="))
        if not (name and sign and value):
            faults.append(Fault(option, "our name = name in the table", repr(part)))
        found[name] = value
    if faults:
        raise EvidenceError(faults)
    return found
