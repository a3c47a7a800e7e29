"""Reading a text table as people export it: commas, semicolons or tabs, decimal commas, byte-order marks, blank lines."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from speciosa.errors import EvidenceError, Fault

DELIMITERS = ",;\t|"
# Numbers beyond these cannot be squared and divided without losing everything.
LARGEST, SMALLEST = 1e50, 1e-50
# The minus sign of printed tables, which is no hyphen.
_MINUS = re.compile("^\u2212(?=[0-9.,])")
_WITH_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
_WITH_POINT = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table as text: column names, and the cells of each row, stripped, as many as there are columns."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_text_table(path: Path) -> TextTable:
    """The table of a text file; lines without text are skipped.

    The delimiter is the one that gives the header most columns. Where it is not a comma and no number of the file has a
    decimal point, a comma between digits is the decimal mark.

    Raises:
        EvidenceError: no such file, not in UTF-8 or UTF-16, columns without a name or with the same name, lines with more
            or fewer cells than the header; everything at once.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing there"
        raise EvidenceError(Fault(str(path), "a CSV or Parquet file", found))
    text = text_of(path)
    delimiter = delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        lines = [
            (reader.line_num, [_MINUS.sub("-", cell.strip()) for cell in line]) for line in reader
        ]
    except csv.Error as error:
        raise EvidenceError(
            Fault(f"{path.name}, line {reader.line_num}", "cells", str(error))
        ) from None
    lines = [(number, cells) for number, cells in lines if any(cells)]
    if not lines:
        return TextTable((), ())
    names, body = _rectangle(path.name, lines)
    return TextTable(names, _decimal_points(body) if delimiter != "," else body)


def delimiter_of(text: str) -> str:
    """The delimiter that gives the header most columns.

    Example:
        >>> delimiter_of("study;effect;se"), delimiter_of("id,doses")
        (';', ',')
    """
    header = next((line for line in io.StringIO(text, newline="") if line.strip()), "").strip()
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([header], delimiter=mark), [])))


def text_of(path: Path) -> str:
    """The text of a file in UTF-8 or UTF-16.

    Raises:
        EvidenceError: other bytes, with their line.
    """
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise EvidenceError(
            Fault(
                f"file {path.name}",
                "text in UTF-8",
                f"a byte that is none ({error.object[error.start]:#04x}) in line {data[: error.start].count(10) + 1}",
                "Save the table as CSV in UTF-8.",
            )
        ) from None


def _rectangle(
    file: str, lines: Sequence[tuple[int, list[str]]]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Names and rows of equal length; empty cells beyond the last name are dropped."""
    names = lines[0][1]
    while not names[-1]:
        names.pop()
    faults = [
        Fault(f"{file}, header", "every column name once", repr(name))
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    faults += [
        Fault(f"{file}, header", "a name for every column", f"none for column {place}")
        for place, name in enumerate(names, 1)
        if not name
    ]
    rows = []
    for number, cells in lines[1:]:
        while len(cells) > len(names) and not cells[-1]:
            cells.pop()
        if len(cells) != len(names):
            wanted = f"{len(names)} cells, as in the header"
            faults.append(Fault(f"line {number}", wanted, str(len(cells))))
        rows.append(tuple(cells))
    if faults:
        raise EvidenceError(faults)
    return tuple(names), tuple(rows)


def _decimal_points(rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    cells = [cell for row in rows for cell in row]
    if any(map(_WITH_POINT.fullmatch, cells)):
        return rows
    return tuple(
        tuple(cell.replace(",", ".") if _WITH_COMMA.fullmatch(cell) else cell for cell in row)
        for row in rows
    )


def folded(name: str) -> str:
    """A column name without regard to case, points and spaces.

    Example:
        >>> folded(" Event.E "), folded("std dev")
        ('event_e', 'std_dev')
    """
    return re.sub(r"[.\s]+", "_", name.strip().casefold())


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
