"""Reading files of textbook checks: observations with an accepted range, and formulas over their predictions.

A file of checks is a file of observations with more columns::

    check                         what is asked, in words
    topic                         group of the check
    expected_low, expected_high   accepted range, both ends included; a line that has them is a check
    derive                        how the value follows from rows (`derive`); empty: the prediction of the line itself
    source, seen                  where the range comes from, and what was read of it
    fault                         what a wrong value would point to

A line with ``doses`` is predicted; its ``value`` is one typical value, is not judged and may be empty. In a formula the
id of a line stands for its prediction, or, where it has no doses, for what it derives.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from speciosa.delimited import read_text_table
from speciosa.errors import Fault, InputError
from speciosa.facts.products import known
from speciosa.validation.observed.observations import REQUIRED, Observation
from speciosa.validation.observed.reading import read_row
from speciosa.validation.observed.shipped import observations_file
from speciosa.validation.run import substances
from speciosa.validation.textbook.derive import Formula, read_formula
from speciosa.validation.textbook.overdoses import unusable_overdoses

RANGE = ("expected_low", "expected_high")
"""The columns that make a file of observations one of checks."""

NEEDED = (*(name for name in REQUIRED if name != "value"), *RANGE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file of checks.

    Attributes:
        id: name of the line.
        accepted: the accepted range; none where the line is no check.
        formula: what it derives; none where its own prediction is meant.
        row: what is predicted; none where the line has no doses, or doses that cannot be used.
        unusable: why the doses cannot be used.
        words: the cells.
    """

    id: str
    accepted: tuple[float, float] | None = None
    formula: Formula | None = None
    row: Observation | None = None
    unusable: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_predicted(self) -> bool:
        """Whether the id stands for a prediction rather than for a formula."""
        return bool(self.words.get("doses"))


def has_checks(path: str | Path) -> bool:
    """Whether a file of observations has a column of accepted ranges.

    Raises:
        InputError: there is no such file.
    """
    place = observations_file(path)
    if not place.is_file():
        return False
    return not set(RANGE).isdisjoint(read_text_table(place, ragged=True).names)


def read_checks(path: str | Path) -> dict[str, Line]:
    """Reads a file of checks, or one that ships with Speciosa by its name, by id.

    Raises:
        InputError: everything that is wrong with columns, ranges, ids and formulas, by row and column. A row whose doses or
            metric the library does not know is kept; checks that need it have no value.
    """
    faults: list[Fault] = []
    named = _named(_cells(observations_file(path)), faults)
    found = {name: _line(name, cells, named, faults) for name, cells in named.items()}
    faults += _circles(found)
    if not faults and all(line.accepted is None for line in found.values()):
        faults.append(Fault(f"{path}, column {RANGE[0]}", "a line with an accepted range", "none"))
    if faults:
        raise InputError(faults)
    return found


def derived_order(lines: Mapping[str, Line]) -> tuple[str, ...]:
    """Ids of the lines that stand for a formula, each after those that it needs."""
    needs = _formulas_alone(lines)
    return tuple(name for name in TopologicalSorter(needs).static_order() if name in needs)


def needed(lines: Mapping[str, Line]) -> set[str]:
    """Ids of the lines that some check needs."""
    found: set[str] = set()
    waiting: list[str] = []
    for line in lines.values():
        if line.accepted is not None:
            waiting += line.formula.names if line.formula else [line.id]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        formula = lines[name].formula
        if formula is not None and not lines[name].is_predicted:
            waiting += formula.names
    return found


def _cells(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Line number and cells by column of each line that holds something."""
    table = read_text_table(path, ragged=True)
    missing = [name for name in NEEDED if name not in table.names]
    if missing:
        found = ", ".join(table.names)
        raise InputError(
            Fault(f"{path}, column {name}", "a column of this name", found) for name in missing
        )
    return list(table.records())


def _named(
    lines: Iterable[tuple[int, dict[str, str]]], faults: list[Fault]
) -> dict[str, dict[str, str]]:
    named: dict[str, dict[str, str]] = {}
    for number, cells in lines:
        name = cells.get("id", "")
        if not name:
            faults.append(Fault(f"line {number}, id", "a name of the line", "nothing"))
        elif name in named:
            faults.append(Fault(f"row {name}, id", "an id used once", f"{name} on line {number}"))
        else:
            named[name] = cells
    return named


def _line(
    name: str, cells: Mapping[str, str], ids: Mapping[str, object], faults: list[Fault]
) -> Line:
    accepted = _range(name, cells, faults)
    formula, row, unusable = None, None, ""
    if cells.get("derive"):
        where = f"row {name}, derive"
        formula, wrong = read_formula(cells["derive"], where, ids)
        faults += wrong
        faults += unusable_overdoses(formula.overdoses, where) if formula else ()
    if cells.get("doses"):
        # the typical value is not judged, and only read so that the row is one of observations
        typical = {**cells, "value": cells.get("value") or "1"}
        row, wrong = read_row(typical, name, substances(), known())
        unusable = " ".join(map(str, wrong))
    elif not cells.get("derive"):
        faults.append(Fault(f"row {name}, doses", "doses, or a formula in derive", "neither"))
    return Line(name, accepted, formula, row, unusable, cells)


def _range(name: str, cells: Mapping[str, str], faults: list[Fault]) -> tuple[float, float] | None:
    if not any(cells.get(column) for column in RANGE):
        return None
    low, high = (_end(cells.get(column, "")) for column in RANGE)
    for column, end in zip(RANGE, (low, high), strict=True):
        if not math.isfinite(end):
            faults.append(Fault(f"row {name}, {column}", "a number", repr(cells.get(column, ""))))
    if low > high:
        faults.append(Fault(f"row {name}, {RANGE[1]}", f"{low:g} or more", f"{high:g}"))
    return low, high


def _end(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _formulas_alone(lines: Mapping[str, Line]) -> dict[str, frozenset[str]]:
    """What each line that stands for a formula needs."""
    return {
        line.id: line.formula.names
        for line in lines.values()
        if line.formula is not None and not line.is_predicted
    }


def _circles(lines: Mapping[str, Line]) -> Iterator[Fault]:
    """Formulas that come back to themselves."""
    needs = _formulas_alone(lines)
    while True:
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            circle: list[str] = list(reversed(error.args[1]))
            found = " -> ".join(circle)
            yield Fault(f"row {circle[0]}, derive", "a formula that does not need itself", found)
            for name in circle:
                needs.pop(name, None)
        else:
            return
