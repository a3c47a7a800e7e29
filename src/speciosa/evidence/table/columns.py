"""Tables of studies from files and frames: finding columns by name, and their cells as numbers.

Column names are forgiving about case and known synonyms; cells are not: what is no number becomes a fault with the
study's name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from speciosa.delimited import read_text_table
from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.table.names import SYNONYMS, folded, meaning
from speciosa.evidence.table.recurring import own_names
from speciosa.evidence.table.workbook import WORKBOOKS, read_workbook

# Numbers beyond these cannot be squared and divided without losing everything.
LARGEST, SMALLEST = 1e50, 1e-50

MISSING = (
    *(
        "",
        "na",
        "nan",
        "n/a",
        "n.a.",
        ".",
        "null",
        "none",
        "nr",
        "n/r",
        "n.r.",
        "not reported",
        "not available",
    ),
    *("not estimable", "-", "--", "\u2013", "\u2014"),
)
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = re.compile(
    rf"\d{{1,2}}-({_MONTH})|({_MONTH})-\d{{2}}|\d{{4}}-\d\d-\d\d( 00:00:00)?|\d{{1,2}}/\d{{1,2}}/\d{{2,4}}",
    re.IGNORECASE,
)
# What says nothing where cells are words: no treatment, or no setting, may be called none.
NOTHING = frozenset(MISSING) - {"none"}


def read_table(source: Any, sheet: str = "") -> pl.DataFrame:
    """A table from a path (CSV, TSV, Excel, Parquet), a Polars or pandas frame, a mapping of columns or rows.

    Args:
        source: the path, the frame, the columns by name, or an iterable of rows by name.
        sheet: of a workbook with several.

    Raises:
        EvidenceError: the file does not exist, is empty or cannot be read.

    Example:
        >>> read_table({"study": ["A"], "effect": [0.1]}).shape
        (1, 2)
    """
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, str | Path):
        return _read_file(Path(source), sheet)
    if isinstance(source, Mapping):
        return pl.DataFrame(dict(source), strict=False)
    if hasattr(source, "to_dict"):
        return pl.DataFrame(source.to_dict(orient="list"), strict=False)
    if isinstance(source, Iterable):
        rows = [dict(row) for row in source]
        names = dict.fromkeys(name for row in rows for name in row)
        return pl.DataFrame({n: [row.get(n) for row in rows] for n in names}, strict=False)
    raise EvidenceError(Fault("data", "a path, a frame or columns", type(source).__name__))


def _read_file(path: Path, sheet: str) -> pl.DataFrame:
    if path.suffix.lower() in WORKBOOKS and path.is_file():
        return read_workbook(path, sheet)
    if path.suffix.lower() != ".parquet" or not path.is_file():
        found = read_text_table(
            path,
            error=EvidenceError,
            kinds="a CSV, Excel or Parquet file",
            row_names=True,
            titled=True,
            apart=own_names,
        )
        rows = [[cell or None for cell in row] for row in found.rows]
        schema = dict.fromkeys(found.names, pl.String())
        return pl.DataFrame(rows, schema=schema, orient="row")
    try:
        return pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise EvidenceError(Fault(str(path), "a table of studies", reason)) from None


def resolve(table: pl.DataFrame, wanted: str) -> str | None:
    """The column of `table` that goes by the name `wanted`, or by one of its synonyms.

    Example:
        >>> resolve(pl.DataFrame({"Study": ["A"], "seTE": [0.1]}), "se")
        'seTE'
    """
    return _resolved(tuple(table.columns), wanted)


@lru_cache(maxsize=4096)
def _resolved(columns: tuple[str, ...], wanted: str) -> str | None:
    known = {folded(column): column for column in columns}
    known = {name.replace("_", ""): column for name, column in known.items()} | known
    if {"me", "se", "mc", "sc"} <= known.keys():
        # R's meta calls means and standard deviations Me, Se, Mc, Sc: Se is no standard error there.
        known |= {"sd_t": known.pop("se"), "sd_c": known.pop("sc")}
        if wanted == "se":
            return None
    for name in SYNONYMS.get(wanted, (wanted,)):
        if name in known:
            return known[name]
    return next((column for column in columns if meaning(column).role == wanted), None)


def numbers(table: pl.DataFrame, column: str, labels: Sequence[str], faults: list[Fault]) -> Floats:
    """A column as numbers, NaN where missing; what is neither is added to `faults`."""
    values = np.full(len(table), np.nan)
    for i, cell in enumerate(table[column].to_list()):
        text = "" if cell is None else str(cell).strip()
        if text.casefold() in MISSING:
            continue
        try:
            values[i] = float(text)
        except ValueError:
            faults.append(
                Fault(f"study {labels[i]!r}, {column}", "a number", repr(text), way_out(text))
            )
            continue
        if wrong := unusable(values[i]):
            faults.append(Fault(f"study {labels[i]!r}, {column}", wrong, text))
            values[i] = np.nan
    return values


def way_out(text: str) -> str:
    """What to do about a cell that is no number, where its form tells; else nothing.

    Example:
        >>> way_out("12%")
        'A share: speciosa.evidence.events_from_percent(percent, n) gives its count; a difference is to be divided by 100.'
    """
    if re.fullmatch(r"[+-]?\d+(\.\d+)?\s*%", text):
        return (
            "A share: speciosa.evidence.events_from_percent(percent, n) gives its count; a difference is to be"
            " divided by 100."
        )
    if re.fullmatch(r"[<>\u2264\u2265]\s*[\d.]+", text):
        return (
            "A bound is no figure: leave the cell empty, or give what the paper prints elsewhere."
        )
    if re.fullmatch(r"\d{1,3}(,\d{3})+", text):
        return "Write a thousand without its comma, a decimal with a point."
    if _DATE.fullmatch(text):
        return "A spreadsheet made a date of it, as of 3/5: give the figure, in a cell formatted as text."
    if re.fullmatch(r"\(\d+(\.\d+)?\)", text):
        return "In brackets as accountants write a negative figure? Write the minus."
    if "±" in text or "+/-" in text:
        return "Give the mean, its spread and the people each a column of its own."
    return ""


def unusable(value: float) -> str:
    """Why a number cannot be computed with, or nothing.

    Example:
        >>> unusable(0.0), unusable(1e300)
        ('', 'a number of ordinary size')
    """
    if value != value or abs(value) == float("inf"):
        return "a finite number"
    if abs(value) > LARGEST or 0 < abs(value) < SMALLEST:
        return "a number of ordinary size"
    return ""
