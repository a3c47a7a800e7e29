"""The rows of a data set as text: names, cells and lines, with what is ignored left out."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from speciosa.delimited import text_of
from speciosa.errors import Fault, InputError, nearest

MISSING = frozenset(("", ".", "na", "nan"))
_CONDITION = re.compile(
    r"\s*([A-Za-z_]\w{0,30})\s*(\.(?:EQ|NE|GT|GE|LT|LE)\.|==|/=|!=|>=|<=|>|<|=)\s*([^\s()]{1,40})\s*",
    re.IGNORECASE,
)
_SAME = {
    "==": "EQ",
    "=": "EQ",
    "/=": "NE",
    "!=": "NE",
    ">": "GT",
    ">=": "GE",
    "<": "LT",
    "<=": "LE",
}
_DROPPED = frozenset(("DROP", "SKIP"))


@dataclass(frozen=True, slots=True)
class Rows:
    """Cells by row, under names in capitals; `lines` says where in the file each row stands."""

    names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Condition:
    column: str
    comparison: str
    value: str

    def holds(self, cell: str) -> bool:
        """Whether a cell is one to be ignored: as numbers where both are, otherwise as text."""
        try:
            left, right = float(cell), float(self.value)
        except ValueError:
            return (cell == self.value) == (self.comparison == "EQ") and self.comparison in (
                "EQ",
                "NE",
            )
        outcomes = {"EQ": left == right, "NE": left != right, "GT": left > right}
        outcomes |= {"GE": left >= right, "LT": left < right, "LE": left <= right}
        return outcomes[self.comparison]


def read_rows(path: Path, columns: Sequence[str] | None, ignore: Sequence[str]) -> Rows:
    """The rows of a file with commas, or white space between cells.

    Args:
        path: of the file.
        columns: names instead of a header, as in ``$INPUT``; ``DROP`` leaves a column out, ``NEW=OLD`` has the first name.
        ignore: ``"@"`` leaves out lines that begin with a letter or @, another character lines that begin with it, and
            a condition such as ``"DOSE.EQ.0"`` the rows of which it holds.

    Raises:
        InputError: no such file, no header, rows of another length, conditions that name no column.
    """
    if not path.is_file():
        raise InputError(Fault(str(path), "a data set (CSV)", "nothing there"))
    numbered = [
        (number, line)
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not numbered:
        raise InputError(Fault(path.name, "a header and records", "an empty file"))
    commas = any("," in line for _, line in numbered[:2])
    faults: list[Fault] = []
    if columns is None:
        number, header = numbered.pop(0)
        names = _names(_cells(header, commas), f"{path.name}, line {number}", faults)
    else:
        names = _names(list(columns), "columns", faults)
    conditions = list(_conditions(ignore, names, faults))
    marks = [mark for mark in ignore if len(mark) == 1]
    rows = _rows(path.name, numbered, names, commas, marks, faults)
    if faults:
        raise InputError(faults)
    kept = [
        (line, cells)
        for line, cells in rows
        if not any(
            condition.holds(cells[names.index(condition.column)]) for condition in conditions
        )
    ]
    wanted = [i for i, name in enumerate(names) if name not in _DROPPED]
    return Rows(
        tuple(names[i] for i in wanted),
        tuple(tuple(cells[i] for i in wanted) for _, cells in kept),
        tuple(line for line, _ in kept),
    )


def _rows(
    file: str,
    numbered: list[tuple[int, str]],
    names: list[str],
    commas: bool,
    marks: list[str],
    faults: list[Fault],
) -> list[tuple[int, list[str]]]:
    rows = []
    for number, line in numbered:
        first = line.lstrip()[0]
        if first in marks or ("@" in marks and (first.isalpha() or first == "@")):
            continue
        cells = _cells(line, commas)
        while len(cells) > len(names) and not cells[-1]:
            cells.pop()
        if len(cells) != len(names):
            faults.append(
                Fault(
                    f"{file}, line {number}",
                    f"{len(names)} cells, as in the header",
                    str(len(cells)),
                )
            )
        rows.append((number, cells))
    return rows


def _cells(line: str, commas: bool) -> list[str]:
    if not commas:
        return line.split()
    try:
        return [cell.strip() for cell in next(csv.reader(io.StringIO(line), skipinitialspace=True))]
    except csv.Error:
        return [cell.strip() for cell in line.split(",")]


def _names(cells: list[str], where: str, faults: list[Fault]) -> list[str]:
    names = [cell.split("=")[0].strip().lstrip("#@").strip().upper() for cell in cells]
    dropped = [cell.split("=")[-1].strip().upper() in _DROPPED for cell in cells]
    names = ["DROP" if left_out else name for name, left_out in zip(names, dropped, strict=True)]
    for name in dict.fromkeys(names):
        if name not in _DROPPED and names.count(name) > 1:
            faults.append(Fault(where, "every column name once", repr(name)))
    if not all(names):
        faults.append(
            Fault(where, "a name for every column", f"none for column {names.index('') + 1}")
        )
    elif all(_is_number(name) for name in names):
        faults.append(
            Fault(
                where, "names of columns", "numbers", "Give `columns` where the file has no header."
            )
        )
    return names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text == "."
    return True


def _conditions(
    ignore: Sequence[str], names: list[str], faults: list[Fault]
) -> Iterator[_Condition]:
    for text in ignore:
        if len(text) == 1:
            continue
        for part in text.strip().removeprefix("(").removesuffix(")").split(","):
            match = _CONDITION.fullmatch(part)
            if match is None:
                faults.append(
                    Fault("ignore", "one character, or a condition such as DOSE.EQ.0", part[:60])
                )
                continue
            column, comparison, value = match.groups()
            if column.upper() not in names:
                close = nearest(column.upper(), names)
                fix = f"Did you mean {' or '.join(close)}?" if close else ""
                faults.append(Fault("ignore", "a column of the file", column, fix))
                continue
            yield _Condition(
                column.upper(), _SAME.get(comparison, comparison.strip(".").upper()), value
            )
