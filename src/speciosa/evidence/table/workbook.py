"""Tables of trials in Excel and OpenDocument workbooks.

The header is the first row with as many names as any row below it has cells; rows of a title above it are passed over.
Where a row of merged group names (``Experimental``, ``Control``) stands above repeated names (``Events``, ``Total``),
both are joined.
"""

import datetime
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from speciosa.delimited import visible
from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.table.recurring import own_names

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def read_workbook(path: Path, sheet: str = "") -> pl.DataFrame:
    """The table of one sheet, every cell as text.

    Args:
        path: of the workbook.
        sheet: its name; may be empty where only one sheet holds anything.

    Raises:
        EvidenceError: no workbook, no such sheet, several to choose from, cells that are dates or errors.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
        full = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise EvidenceError(Fault(str(path), "a workbook", str(error).partition("\n")[0])) from None
    full = {name: rows for name, rows in full.items() if any(map(any, rows))}
    if sheet and sheet not in full:
        known = ", ".join(full) or "none that holds anything"
        raise EvidenceError(Fault(f"{path.name}, sheet", f"one of {known}", repr(sheet)))
    if not full:
        raise EvidenceError(Fault(path.name, "a sheet that holds a table", "only empty ones"))
    if not sheet and len(full) > 1:
        fix = f"Choose one: --sheet {next(iter(full))!r}."
        raise EvidenceError(Fault(path.name, "one sheet with a table", ", ".join(full), fix))
    return _table(path.name, full[sheet or next(iter(full))])


def _table(file: str, rows: list[list[Any]]) -> pl.DataFrame:
    lines = [
        (number, [_text(cell) for cell in row]) for number, row in enumerate(rows, 1) if any(row)
    ]
    widest = max(sum(map(bool, cells)) for _, cells in lines)
    start = next((i for i, (_, cells) in enumerate(lines) if 2 * sum(map(bool, cells)) > widest), 0)
    names = lines[start][1]
    below = lines[start + 1][1] if start + 1 < len(lines) else []
    if start + 1 < len(lines) and not any(map(_numeric, below)) and _repeats(below):
        names, start = _joined(names, below), start + 1
    elif start and _repeats(names):
        names = _joined(lines[start - 1][1], names)
    while names and not names[-1]:
        names.pop()
    names = list(own_names(names))
    faults = [
        Fault(f"{file}, header", "a name for every column", f"none for column {place}")
        for place, name in enumerate(names, 1)
        if not name and any(cells[place - 1] for _, cells in lines[start + 1 :])
    ]
    faults += [
        Fault(f"{file}, header", "every column name once", repr(name))
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    faults += [
        Fault(f"{file}, row {number}, {names[place]}", "a number or text", cell)
        for number, cells in lines[start + 1 :]
        for place, cell in enumerate(cells[: len(names)])
        if cell.startswith("#") and cell[1:2].isupper()
    ]
    if faults:
        raise EvidenceError(faults)
    body = [cells for _, cells in lines[start + 1 :]]
    kept = [place for place, name in enumerate(names) if name]
    return pl.DataFrame(
        [pl.Series(names[p], [cells[p] or None for cells in body], pl.String) for p in kept]
    )


def _text(cell: Any) -> str:
    """A cell as text; a date says that it is one, since Excel makes dates of fractions and ranges."""
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        return f"the date or time {cell}"
    if isinstance(cell, bool):
        return str(cell).casefold()
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return " ".join(visible(str(cell)).split())


def _numeric(cell: str) -> bool:
    return cell.replace(".", "", 1).replace("-", "", 1).isdigit()


def _repeats(cells: list[str]) -> bool:
    names = [cell for cell in cells if cell]
    return len(names) > 1 and len(set(names)) < len(names)


def _joined(above: list[str], below: list[str]) -> list[str]:
    """Names under merged group names: a group reaches to the next one."""
    names, group = [], ""
    for place, name in enumerate(below):
        over = above[place] if place < len(above) else ""
        group = over or group
        names.append(f"{group} {name}".strip() if name else over)
    return names
