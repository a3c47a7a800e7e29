"""Rows of a table read for a mixed model: which are complete, which columns are factors, and what is wrong with them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault, InputError, nearest
from speciosa.trials.repeated.formula import Formula

Array = NDArray[np.float64]
MISSING = frozenset({"", "NA", ".", "NaN", "nan", "null"})


@dataclass(frozen=True, slots=True)
class Records:
    """Complete rows.

    Attributes:
        subject: number of each row's subject.
        subjects: how many there are.
        visit: number of its visit.
        visits: their names, in order.
        response: values.
        factors: level of each row, by factor.
        levels: of each factor, the reference first.
        numbers: value of each row, by variable that is a number.
        left_out: rows with something missing.
    """

    subject: NDArray[np.int64]
    subjects: int
    visit: NDArray[np.int64]
    visits: tuple[str, ...]
    response: Array
    factors: Mapping[str, tuple[str, ...]]
    levels: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, Array]
    left_out: int


def natural(text: str) -> list[tuple[int, float, str]]:
    """A key that puts numbers in a text in their order.

    Example:
        >>> sorted(("10 wk", "2 wk", "-1 wk"), key=natural)
        ['-1 wk', '2 wk', '10 wk']
    """
    parts = re.findall(r"-?\d+\.?\d*|\D+", text)
    return [(0, float(p), "") if re.match(r"-?\d", p) else (1, 0.0, p) for p in parts]


def read_records(
    formula: Formula,
    table: Mapping[str, Sequence[str]],
    subject: str,
    visit: str,
    references: Mapping[str, str],
    lines: Sequence[int] | None = None,
) -> Records:
    """Complete rows of a table.

    A column is a number where all its cells are, else a factor; the visit is a factor. Levels are in alphabetical order, numbers in
    them in theirs.

    Args:
        formula: that names the columns.
        table: cells by column.
        subject: column of the subject.
        visit: column of the visit.
        references: reference level, by factor.
        lines: of the rows, for messages.

    Raises:
        InputError: columns that are not there, cells that are no number in the response, a visit that a subject has twice, a
            reference that is no level.
    """
    names = dict.fromkeys((formula.response, subject, visit, *formula.variables))
    missing = [name for name in names if name not in table]
    if missing:
        raise InputError([_no_column(name, table) for name in missing])
    count = len(table[subject])
    where = [f"line {line}" for line in lines] if lines else [f"row {n + 1}" for n in range(count)]
    rows = [n for n in range(count) if all(table[name][n] not in MISSING for name in names)]
    faults = [
        Fault(f"{where[n]}, {formula.response}", "a number", table[formula.response][n])
        for n in rows
        if not _is_number(table[formula.response][n])
    ]
    faults += _twice(table[subject], table[visit], rows, where)
    if not rows:
        faults.append(Fault("rows", "some without missing cells", "none"))
    held = {name: tuple(table[name][n] for n in rows) for name in names}
    factors = {
        name for name in formula.variables if name == visit or not all(map(_is_number, held[name]))
    }
    levels = {name: tuple(sorted(set(held[name]), key=natural)) for name in factors}
    faults += _references(references, levels, visit)
    faults += [
        Fault(f"{name}", "at least 2 levels", shown[0] if shown else "none")
        for name, shown in levels.items()
        if len(shown) < 2
    ]
    if faults:
        raise InputError(faults)
    for name, first in references.items():
        levels[name] = (first, *(level for level in levels[name] if level != first))
    visits = tuple(sorted(set(held[visit]), key=natural))
    people = {name: n for n, name in enumerate(dict.fromkeys(held[subject]))}
    place = {name: n for n, name in enumerate(visits)}
    return Records(
        np.array([people[name] for name in held[subject]]),
        len(people),
        np.array([place[name] for name in held[visit]]),
        visits,
        np.array([float(text) for text in held[formula.response]]),
        {name: held[name] for name in factors},
        levels,
        {
            name: np.array([float(text) for text in held[name]])
            for name in formula.variables
            if name not in factors
        },
        count - len(rows),
    )


def _no_column(name: str, table: Mapping[str, Sequence[str]]) -> Fault:
    close = nearest(name, list(table))
    fix = f"Did you mean {close[0]}?" if close else ""
    return Fault("columns", f"a column {name}", ", ".join(table), fix)


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _twice(
    subjects: Sequence[str], visits: Sequence[str], rows: Sequence[int], where: Sequence[str]
) -> list[Fault]:
    seen: dict[tuple[str, str], int] = {}
    faults = []
    for n in rows:
        first = seen.setdefault((subjects[n], visits[n]), n)
        if first != n:
            found = f"a second row of {subjects[n]} at {visits[n]}, after {where[first]}"
            faults.append(Fault(where[n], "one row for each subject and visit", found))
    return faults


def _references(
    references: Mapping[str, str], levels: Mapping[str, Sequence[str]], visit: str
) -> list[Fault]:
    faults = []
    for name, level in references.items():
        if name not in levels:
            faults.append(Fault("reference", f"one of {', '.join(levels) or 'no factor'}", name))
        elif level not in levels[name]:
            known = ", ".join(levels[name])
            faults.append(Fault(f"reference of {name}", f"one of {known}", level))
    return faults
