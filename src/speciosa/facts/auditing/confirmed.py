"""Rules of the audit for confirmations: the row follows from what was printed, and speaks about the same thing."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from speciosa.errors import Fault, InputError
from speciosa.facts.auditing.cited import cited_faults
from speciosa.facts.auditing.formulas import computed
from speciosa.facts.auditing.inferred import (
    by_fact,
    gate_faults,
    inferred_faults,
    with_inferred,
)
from speciosa.facts.auditing.labels import label_faults
from speciosa.facts.auditing.noted import note_faults, read_of_sources
from speciosa.facts.auditing.omitted import omission_faults
from speciosa.facts.auditing.rows import Context, number
from speciosa.facts.auditing.wording import wording_faults
from speciosa.facts.confirming import ABOUT, Figure, figure, pairs
from speciosa.facts.record import INTERVAL_SPREADS, POINT_SPREADS
from speciosa.facts.tables import TABLES, Row, corrected_rows
from speciosa.units import factor

_ENOUGH_DIGITS = 3
_NOT_MEASURED = {"year", "arm", "day_from", "day_to", "confidence"}
_MAIN = ("value", "estimate", "rate", "statement", "status", "question")
_SIZES = {"n", "n_t", "n_c", "dose", "events_t"}
"""What a row without a result in figures may still state."""
_UNITS = {"value": "unit", "spread": "unit", "spread_low": "unit", "spread_high": "unit"}


def confirmed_faults(context: Context) -> Iterator[Fault]:
    """Everything wrong with the records of confirmation, and the rows that are called confirmed without one."""
    rows = {
        row.cells.get("id", ""): (name, row)
        for name in TABLES
        for row in corrected_rows(context.tables[name], context.tables["checks"])
    }
    records = context.tables["confirmations"]
    yield from _without_record(context)
    yield from inferred_faults(rows, context.tables["inferred"])
    inferred = by_fact(context.tables["inferred"])
    read = read_of_sources(records, rows)
    many = Counter(record.cells.get("fact", "") for record in records)
    for record in records:
        name = record.cells.get("fact", "")
        if many[name] > 1:
            yield Fault(record.where("fact"), "one record a fact", f"{many[name]} of {name}")
        if name not in rows:
            yield Fault(record.where("fact"), "the id of a fact", repr(name))
            continue
        table, row = rows[name]
        yield from _record(record, context.today)
        yield from _Comparison(record, row, _numeric(table), rows).faults()
        labels = with_inferred(record, inferred.get(name, ()))
        yield from gate_faults(record, inferred.get(name, ()), row, table)
        yield from label_faults(labels, row, table, context.substances)
        yield from wording_faults(labels, row, table, context.substances)
        yield from cited_faults(record, row, table, context.references, context.substances)
        yield from omission_faults(record, row, table)
        yield from note_faults(row, table, read)


def _without_record(context: Context) -> Iterator[Fault]:
    recorded = {record.cells.get("fact", "") for record in context.tables["confirmations"]}
    for check in context.tables["checks"]:
        if check.cells.get("verdict") == "confirmed" and check.cells["fact"] not in recorded:
            yield Fault(
                check.where("verdict"),
                "a record in confirmations/ of what was compared",
                "none",
                "Write one, or 'compared' for a comparison of which nothing was kept.",
            )


def _record(record: Row, today: date) -> Iterator[Fault]:
    cells = record.cells
    if cells.get("confirmed_on", "") > today.isoformat():
        yield Fault(record.where("confirmed_on"), "a day that has been", cells["confirmed_on"])
    for key in pairs(cells.get("about", "")):
        if key not in ABOUT:
            yield Fault(record.where("about"), f"keys among {', '.join(ABOUT)}", repr(key))
    if cells.get("confirmed_by") != "recomputed" and not cells.get("passage"):
        yield Fault(record.where("passage"), "the mark of the passage that was read", "nothing")
    if cells.get("confirmed_by") == "recomputed" and not cells.get("follows"):
        yield Fault(record.where("follows"), "how the value is computed again", "nothing")


def _numeric(table: str) -> tuple[str, ...]:
    columns = TABLES[table].columns
    return tuple(
        name for name, kind in columns.items() if kind is not str and name not in _NOT_MEASURED
    )


@dataclass(frozen=True)
class _Comparison:
    """One record against its row."""

    record: Row
    row: Row
    numeric: tuple[str, ...]
    rows: Mapping[str, tuple[str, Row]]

    def faults(self) -> Iterator[Fault]:
        try:
            stated = {**self._printed(), **self._followed()}
        except InputError as error:
            yield from (
                Fault(self.record.where("printed"), each.expected, each.found)
                for each in error.faults
            )
            return
        except ValueError as error:
            yield Fault(self.record.where("follows"), "a formula that can be computed", str(error))
            return
        not_stated = {
            each.strip() for each in self.record.cells.get("not_stated", "").split(";") if each
        }
        for column in self.numeric:
            if number(self.row, column) is None:
                continue
            if column in stated:
                yield from self._same(column, *stated[column])
            elif column not in not_stated:
                yield Fault(
                    self.record.where("printed"),
                    f"{column}, which {self.row.where()} states, or its name in not_stated",
                    "neither",
                )
        for column in not_stated:
            if column in _MAIN or column not in self.row.cells:
                yield Fault(self.record.where("not_stated"), "lesser columns of the row", column)
            elif "spread_type" in self.row.cells and self.row.cells[column]:
                yield Fault(
                    self.row.where(column),
                    "nothing, or what is printed: its record says that it is not printed",
                    repr(self.row.cells[column]),
                )
        yield from self._main(stated)
        for column, (_, text) in stated.items():
            if column in self.row.cells and column not in self.numeric:
                found = self.row.cells[column]
                if " ".join(text.casefold().split()) != " ".join(found.casefold().split()):
                    yield Fault(self.row.where(column), f"{text!r}, as was printed", repr(found))

    def _main(self, stated: Mapping[str, object]) -> Iterator[Fault]:
        """A record holds a figure of its row; that of a row without any holds what was found, in words."""
        figures = [name for name in self.numeric if number(self.row, name) is not None]
        found = pairs(self.record.cells.get("printed", "")).get("finding", "")
        if set(figures) <= _SIZES and found:
            return
        if found:
            yield Fault(self.record.where("printed"), f"figures, as {figures[0]}, not words", found)
        elif not any(column in stated for column in (*self.numeric, *_MAIN)):
            yield Fault(self.record.where("printed"), "a figure of the row, or its finding", "none")

    def _printed(self) -> dict[str, tuple[float | None, str]]:
        """What is printed, by column: the number in the unit of the row, and its text."""
        stated: dict[str, tuple[float | None, str]] = {}
        for name, text in pairs(self.record.cells.get("printed", "")).items():
            known = figure(text)
            if name in self.numeric:
                stated[name] = self._scaled(name, known), text
            elif name in {*POINT_SPREADS, "unstated"}:
                stated["spread"] = self._scaled("spread", known), text
                stated["spread_type"] = None, name
            elif name in INTERVAL_SPREADS and known.high is not None:
                low, high = text.split(" to ", 1)
                upper = Figure(known.high, unit=known.unit)
                stated["spread_low"] = self._scaled("spread_low", known), low
                stated["spread_high"] = self._scaled("spread_high", upper), high
                stated["spread_type"] = None, name
            elif name in self.row.cells:
                stated[name] = None, text
        return stated

    def _scaled(self, column: str, known: Figure) -> float | None:
        """A printed figure in the unit of the row; a figure without a unit is in that unit."""
        if known.low is None:
            return None
        if not known.unit:
            return known.low
        wanted = self.row.cells.get(_UNITS.get(column, ""), "") or "1"
        if column == "spread" and self.row.cells.get("spread_type") == "cv%":
            wanted = "%"
        if self.row.cells.get("measure", self.row.cells.get("effect_measure")) == "%":
            wanted = "%"
        return known.low * factor(known.unit, wanted)

    def _followed(self) -> dict[str, tuple[float | None, str]]:
        figures: dict[str, float] = {}
        for name, text in pairs(self.record.cells.get("printed", "")).items():
            known = figure(text)
            if known.low is not None:
                figures[name.replace("%", "")] = known.low
            if known.high is not None:
                figures |= {f"{name}_low": known.low or 0.0, f"{name}_high": known.high}
        stated: dict[str, tuple[float | None, str]] = {}
        for column, formula in pairs(self.record.cells.get("follows", "")).items():
            value, unit = computed(formula, figures, self._of_row)
            scaled = self._scaled(column, Figure(value, unit=unit))
            stated[column] = scaled, ""
        return stated

    def _of_row(self, name: str, column: str) -> float:
        if name not in self.rows:
            raise ValueError(f"[{name}] is no fact")
        found = number(self.rows[name][1], column)
        if found is None:
            raise ValueError(f"[{name}.{column}] is no number")
        return found

    def _same(self, column: str, printed: float | None, text: str) -> Iterator[Fault]:
        value = number(self.row, column)
        if printed is None or value is None:
            yield Fault(self.record.where("printed"), f"a number for {column}", repr(text))
            return
        digit = _half_digit(self.row.cells[column])
        converted = not text or figure(text).low != printed
        if not converted and len(re.sub(r"[eE].*|\D", "", self.row.cells[column])) < _ENOUGH_DIGITS:
            digit = 0.0  # as printed: only a row of three digits or more may round
        allowed = max(digit, 1e-9 * abs(printed))
        if not math.isclose(value, printed, rel_tol=1e-9, abs_tol=allowed * 1.0001):
            where = self.record.where()
            yield Fault(
                self.row.where(column), f"{printed:.6g}, which follows from {where}", f"{value:g}"
            )


def _half_digit(text: str) -> float:
    """Half a unit of the last digit that is written.

    Example:
        >>> _half_digit("0.82"), _half_digit("1.5e-3")
        (0.005, 5e-05)
    """
    match = re.fullmatch(r"[+-]?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?", text.strip())
    if match is None:
        return 0.0
    exponent = int(match[3] or 0) - len(match[2])
    return float(f"5e{exponent - 1}")
