"""Reading a data set of NONMEM."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault, InputError, nearest
from speciosa.exchange.nonmem.checks import record_faults
from speciosa.exchange.nonmem.clock import DATES, record_hours
from speciosa.exchange.nonmem.data import RESET, RESET_AND_DOSE, NonmemData
from speciosa.exchange.nonmem.table import MISSING, Rows, read_rows
from speciosa.units import factor

Numbers = NDArray[np.float64]
_NEEDED = ("ID", "TIME")
_MOST_ENDPOINTS = 20
# Columns that say what happens: text in them is a fault, and not a column to leave out.
_RECORDS = frozenset(
    (
        "ID",
        "EVID",
        "AMT",
        "RATE",
        "DUR",
        "II",
        "ADDL",
        "SS",
        "CMT",
        "DV",
        "MDV",
        "DVID",
        "YTYPE",
        "CENS",
        "LIMIT",
    )
)


def read_nonmem(
    path: Path | str,
    *,
    columns: Sequence[str] | None = None,
    rename: Mapping[str, str] | None = None,
    ignore: str | Sequence[str] = "@",
    drop: Sequence[str] = (),
    time_unit: str = "h",
    repeat_ids: Literal["refuse", "separate"] = "refuse",
) -> NonmemData:
    r"""Reads a data set of NONMEM: CSV or cells with white space between, one record a line.

    Names are those of NONMEM in any case: ID, TIME (a number, or hh:mm with DATE, DAT1, DAT2 or DAT3), EVID, AMT, RATE
    or DUR, II, ADDL, SS, CMT, DV, MDV, DVID or YTYPE, CENS, LIMIT; others are covariates. ``.``, nothing and ``NA`` are
    missing. Without EVID a record with an amount is a dose and any other an observation. DVID may hold names. EVID 101, 201,
    ... is a dose into compartment 1, 2, ... (as older data sets of RxODE count).

    Args:
        path: of the file.
        columns: names where the file has no header, or other names than those in it; see ``$INPUT``.
        rename: names of columns in the file that stand for another, as ``{"DV": "Y"}``.
        ignore: ``"@"`` leaves out lines that begin with a letter or @, another character lines that begin with it, a
            condition such as ``"DOSE.EQ.0"`` the rows of which it holds; several in a list. Lines that begin with # never
            count.
        drop: names of columns that are not read, whatever they hold, as DROP in ``$INPUT`` does.
        time_unit: of TIME, II and DUR as numbers, and of the time in RATE.
        repeat_ids: what records of an ID are that come after those of another: refused, as they are mostly a slip of
            sorting, or another individual, as for NONMEM.

    Raises:
        InputError: every fault, with line and column.

    Example:
        >>> import tempfile, pathlib
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "trial.csv"
        >>> _ = file.write_text("ID,TIME,AMT,DV,WT\n1,0,100,.,70\n1,1,.,4.2,70\n")
        >>> data = read_nonmem(file)
        >>> data.event.tolist(), data.observed.tolist()[1], sorted(data.columns)
        ([1, 0], 4.2, ['AMT', 'DV', 'ID', 'TIME', 'WT'])
    """
    path = Path(path)
    unit_h = factor(time_unit, "h")
    rows = read_rows(path, columns, [ignore] if isinstance(ignore, str) else ignore)
    if drop:
        rows = _dropped(rows, drop, path.name)
    if rename:
        rows = _renamed(rows, rename, path.name)
    missing = [name for name in _NEEDED if name not in rows.names]
    if missing:
        known = ", ".join(rows.names[:20])
        raise InputError(
            [
                Fault(f"{path.name}, header", f"a column {name}", "none", f"Found: {known}.")
                for name in missing
            ]
        )
    if not rows.cells:
        raise InputError(Fault(path.name, "records", "none"))
    faults: list[Fault] = []
    rows, endpoints = _named_endpoints(rows)
    numbers, left_out = _numbers(path.name, rows, faults)
    if faults:
        raise InputError(faults)
    _older_events(numbers)
    data = _records(path.name, rows, numbers, unit_h, repeat_ids, left_out, faults)
    faults += record_faults(data)
    if faults:
        raise InputError(faults)
    return replace(data, texts=_texts(rows, left_out), endpoints=endpoints)


def _dropped(rows: Rows, drop: Sequence[str], file: str) -> Rows:
    """The rows without some columns."""
    unwanted = {name.upper() for name in drop}
    _known(rows, {name: f"a column {name} to drop" for name in unwanted}, file)
    places = [place for place, name in enumerate(rows.names) if name not in unwanted]
    return Rows(
        tuple(rows.names[place] for place in places),
        tuple(tuple(row[place] for place in places) for row in rows.cells),
        rows.lines,
    )


def _known(rows: Rows, wanted: Mapping[str, str], file: str) -> None:
    """Refuses names of columns that are not there, each with what it was wanted for."""
    faults = []
    for name, expected in wanted.items():
        if name not in rows.names:
            close = nearest(name, rows.names)
            fix = f"Did you mean {close[0]}?" if close else f"Found: {', '.join(rows.names[:20])}."
            faults.append(Fault(f"{file}, header", expected, "none", fix))
    if faults:
        raise InputError(faults)


def _renamed(rows: Rows, rename: Mapping[str, str], file: str) -> Rows:
    """The rows with the names that columns stand for; a column that had such a name is left under it with a stroke."""
    given = {standard.upper(): own.upper() for standard, own in rename.items()}
    _known(rows, {own: f"a column {own} for {standard}" for standard, own in given.items()}, file)
    of = {own: standard for standard, own in given.items()}
    names = [of.get(name, f"{name}_" if name in given else name) for name in rows.names]
    return Rows(tuple(names), rows.cells, rows.lines)


def _named_endpoints(rows: Rows) -> tuple[Rows, tuple[str, ...]]:
    """DVID or YTYPE as numbers from 1 where it holds names, in the order in which they come."""
    for column in ("DVID", "YTYPE"):
        if column not in rows.names:
            continue
        place = rows.names.index(column)
        cells = [row[place].casefold() for row in rows.cells]
        names = tuple(dict.fromkeys(c for c in cells if c not in MISSING and not _is_number(c)))
        if not names or any(_is_number(c) for c in cells) or len(names) > _MOST_ENDPOINTS:
            return rows, ()
        numbered = [str(names.index(c) + 1) if c in names else "." for c in cells]
        changed = tuple(
            (*row[:place], number, *row[place + 1 :])
            for row, number in zip(rows.cells, numbered, strict=True)
        )
        return Rows(rows.names, changed, rows.lines), names
    return rows, ()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _older_events(numbers: dict[str, Numbers]) -> None:
    """EVID 101, 201, ... as a dose into compartment 1, 2, ..."""
    written = numbers.get("EVID")
    if written is None:
        return
    older = (written > 100) & (written < 10_000) & (written % 100 == 1)
    if older.any():
        numbers["CMT"] = np.where(older, written // 100, numbers.get("CMT", np.zeros(len(written))))
        numbers["EVID"] = np.where(older, 1.0, written)


def _texts(rows: Rows, names: Sequence[str]) -> dict[str, NDArray[np.str_]]:
    return {
        name: np.array([row[rows.names.index(name)].casefold() for row in rows.cells])
        for name in names
    }


def _numbers(
    file: str, rows: Rows, faults: list[Fault]
) -> tuple[dict[str, Numbers], tuple[str, ...]]:
    """Columns of numbers, and the names of those that hold text."""
    numbers: dict[str, Numbers] = {}
    left_out = []
    for place, name in enumerate(rows.names):
        values, texts = np.full(len(rows.cells), math.nan), []
        for i, row in enumerate(rows.cells):
            cell = row[place]
            if cell.casefold() in MISSING:
                continue
            try:
                values[i] = float(cell)
            except ValueError:
                texts.append(i)
                continue
            if not math.isfinite(values[i]):
                texts.append(i)
        if texts and name in _RECORDS:
            faults.extend(
                Fault(
                    f"{file}, line {rows.lines[i]}, {name}",
                    "a number",
                    repr(rows.cells[i][place][:40]),
                )
                for i in texts
            )
        elif texts and (name != "TIME" and name not in DATES):
            left_out.append(name)
            continue
        numbers[name] = values
    if "ID" in numbers:
        faults.extend(
            Fault(f"{file}, line {rows.lines[i]}, ID", "a number", "nothing")
            for i in np.flatnonzero(np.isnan(numbers["ID"]))
            if rows.cells[i][rows.names.index("ID")].casefold() in MISSING
        )
    return numbers, tuple(left_out)


def _records(
    file: str,
    rows: Rows,
    numbers: dict[str, Numbers],
    unit_h: float,
    repeat_ids: str,
    left_out: tuple[str, ...],
    faults: list[Fault],
) -> NonmemData:
    count = len(rows.cells)

    def column(name: str) -> Numbers:
        return np.nan_to_num(numbers.get(name, np.zeros(count)), nan=0.0)

    lines = np.array(rows.lines)
    individual = np.concatenate([[0], np.cumsum(np.diff(numbers["ID"]) != 0)]).astype(np.int64)
    first = np.concatenate([[0], np.flatnonzero(np.diff(individual)) + 1])
    ids = numbers["ID"][first]
    if repeat_ids != "separate":
        faults.extend(_repeated(file, lines, first, ids))
    event = _events(numbers, count)
    time_h, relative = _hours(file, rows, unit_h, faults)
    period = _periods(individual, time_h, event)
    if relative:
        time_h = _from_first(time_h, individual)
        numbers["TIME"] = time_h / unit_h
        numbers = {name: values for name, values in numbers.items() if name not in DATES}
    rate = column("RATE")
    observed = numbers.get("DV", np.full(count, math.nan)).copy()
    observed[(event != 0) | (column("MDV") == 1)] = math.nan
    return NonmemData(
        file,
        numbers,
        lines,
        individual,
        ids,
        period,
        time_h,
        event,
        column("AMT"),
        np.where(rate > 0, rate / unit_h, rate),
        column("DUR") * unit_h,
        column("II") * unit_h,
        column("ADDL").clip(-1, 1e9).astype(np.int64),
        column("SS").clip(-1, 9).astype(np.int64),
        column("CMT").clip(-1e6, 1e6).astype(np.int64),
        observed,
        left_out,
    )


def _events(numbers: dict[str, Numbers], count: int) -> NDArray[np.int64]:
    """EVID, or what AMT and RATE make of a record where it is not written."""
    amount = np.nan_to_num(numbers.get("AMT", np.zeros(count)))
    rate = np.nan_to_num(numbers.get("RATE", np.zeros(count)))
    steady = np.nan_to_num(numbers.get("SS", np.zeros(count)))
    implied = ((amount > 0) | ((rate > 0) & (steady > 0))).astype(float)
    written = numbers.get("EVID", np.full(count, math.nan))
    event = np.where(np.isnan(written), implied, written)
    return np.clip(event, -1, 9).astype(np.int64)


def _repeated(
    file: str, lines: NDArray[np.int64], first: NDArray[np.int64], ids: Numbers
) -> list[Fault]:
    known: set[float] = set()
    faults = []
    for line, one in zip(lines[first], ids, strict=True):
        if one in known:
            faults.append(
                Fault(
                    f"{file}, line {line}, ID",
                    "the records of an individual together",
                    f"{one:g} again",
                    'Sort by ID and TIME, or read with repeat_ids="separate" where it is another individual.',
                )
            )
        known.add(float(one))
    return faults


def _hours(file: str, rows: Rows, unit_h: float, faults: list[Fault]) -> tuple[Numbers, bool]:
    """Hours of the records, and whether they are to be counted from each individual's first."""

    def cells(name: str) -> list[str]:
        place = rows.names.index(name)
        return [row[place] for row in rows.cells]

    column = next((name for name in DATES if name in rows.names), None)
    times, dates = cells("TIME"), cells(column) if column else None
    hours = record_hours(file, rows.lines, times, dates, column or "DATE", unit_h, faults)
    return np.array(hours), column is not None or any(":" in text for text in times)


def _periods(
    individual: NDArray[np.int64], time_h: Numbers, event: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Counts, within an individual, the resets at which time goes back."""
    period = np.zeros(len(individual), dtype=np.int64)
    for i in range(1, len(individual)):
        if individual[i] == individual[i - 1]:
            back = event[i] in (RESET, RESET_AND_DOSE) and time_h[i] < time_h[i - 1]
            period[i] = period[i - 1] + int(back)
    return period


def _from_first(time_h: Numbers, individual: NDArray[np.int64]) -> Numbers:
    first = np.concatenate([[0], np.flatnonzero(np.diff(individual)) + 1])
    return np.asarray(time_h - time_h[first][individual])


def describe(data: NonmemData) -> list[str]:
    """What was read, in words: individuals, records, what is left out."""
    doses, observations = int(data.doses.sum()), int(data.observations.sum())
    lines = [
        f"{data.name}: {len(data.ids)} individuals, {len(data)} records: {doses} doses, {observations} observations."
    ]
    if data.left_out:
        lines.append(f"Left out, since they hold text: {', '.join(data.left_out)}.")
    return lines
