"""Facts as typed records: by id, or all of a table that match."""

import csv
from collections.abc import Sequence, Set
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from speciosa.complaints import complaints
from speciosa.errors import FactError, Fault, UnknownNameError
from speciosa.facts.confirming import Confirmation, Inference
from speciosa.facts.record import split
from speciosa.facts.schema import Check, Selection
from speciosa.facts.tables import DATA, LEDGERS, TABLES, Row, rows

_Tests = tuple[tuple[str, frozenset[str]], ...]
"""Columns, each with the values that it may have."""


def records(name: str, /, **wanted: Any) -> tuple[Any, ...]:
    """The records of a table whose columns equal what is wanted.

    Args:
        name: a table, such as ``parameters`` or ``observations.kratom``.
        **wanted: columns and their values; several values in a list or tuple mean any of them.

    Raises:
        UnknownNameError: no such table or column.
        FactError: rows that are not valid.

    Example:
        >>> [found.id for found in records("parameters", substance="morphine", parameter="MME_factor")]
        ['pharmacodynamics-0123']
    """
    if not wanted:
        return _all(name)
    return _matching(name, tuple((column, _words(value)) for column, value in wanted.items()))


@lru_cache(maxsize=2048)
def _matching(name: str, tests: _Tests) -> tuple[Any, ...]:
    found = rows(name)
    record = {**TABLES, **LEDGERS}[name.partition(".")[0]].record
    for column, _ in tests:
        if column not in record.model_fields:
            raise UnknownNameError("column", column, record.model_fields)
    return tuple(build(record, row) for row in found if _matches(row, tests))


@lru_cache(maxsize=32)
def _all(name: str) -> tuple[Any, ...]:
    found = rows(name)
    record = {**TABLES, **LEDGERS}[name.partition(".")[0]].record
    return tuple(build(record, row) for row in found)


def _words(value: Any) -> frozenset[str]:
    many = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return frozenset("" if each is None else str(each) for each in many)


def _matches(row: Row, tests: _Tests) -> bool:
    return all(row.cells.get(column, "") in words for column, words in tests)


def build(record: type[BaseModel], row: Row) -> Any:
    """The typed record of a row.

    Raises:
        FactError: every fault of the row, with its place.
    """
    try:
        return record(**row.cells)
    except ValidationError as error:
        raise FactError(faults_of(error, row)) from None


def faults_of(error: ValidationError, row: Row) -> list[Fault]:
    """The faults of a row in our words: file, row, column, what was expected, what was found."""
    faults = []
    for one in complaints(error):
        column, message = one.place(), one.expected.removeprefix("Input should be ")
        if not column and ": " in message:
            column, _, message = message.partition(": ")
        found = row.cells.get(column)
        if one.kind == "extra_forbidden":
            message, found = "a column that is known", column
        faults.append(Fault(row.where(column), message, repr(found) if found else "nothing"))
    return faults


def fact(name: str) -> Any:
    """The typed record of a fact by its id, of whatever table.

    Raises:
        UnknownNameError: no fact has this id.

    Example:
        >>> found = fact("kratom-0001")
        >>> found.parameter, found.value, found.unit, found.seen
        ('CL_F', 233.0, 'L/h', 'fulltext')
    """
    return build(TABLES[table_of(name)].record, row_of(name))


def row_of(name: str) -> Row:
    """The row of a fact by its id, as text with its corrections.

    Raises:
        UnknownNameError: no fact has this id.
    """
    return _place(name)[1]


def citing(name: str, keys: Set[str]) -> tuple[Any, ...]:
    """The records of a table that name one of these references as their source."""
    record = {**TABLES, **LEDGERS}[name.partition(".")[0]].record
    cited = "reference" if "reference" in record.model_fields else "references"
    maybe = (row for row in rows(name) if any(key in row.cells.get(cited, "") for key in keys))
    found = (build(record, row) for row in maybe)
    return tuple(each for each in found if keys & set(each.sources))


def table_of(name: str) -> str:
    """The table that holds a fact.

    Raises:
        UnknownNameError: no fact has this id.
    """
    return _place(name)[0]


def _place(name: str) -> tuple[str, Row]:
    places = _places()
    if name not in places:
        raise UnknownNameError("fact", name, places)
    return places[name]


@lru_cache(maxsize=1)
def _places() -> dict[str, tuple[str, Row]]:
    return {row.cells["id"]: (table, row) for table in TABLES for row in rows(table)}


def checks(name: str) -> tuple[Check, ...]:
    """What the checks say of a fact, oldest first."""
    return tuple(build(Check, row) for row in rows("checks") if row.cells.get("fact") == name)


def confirmation(name: str) -> Confirmation | None:
    """What was compared when a fact was confirmed; None where it was not."""
    row = _recorded().get(name)
    return build(Confirmation, row) if row else None


@lru_cache(maxsize=1)
def _recorded() -> dict[str, Row]:
    return {row.cells["fact"]: row for row in rows("confirmations")}


def inferences(name: str) -> tuple[Inference, ...]:
    """The labels of a fact that its source does not print, with the reason for each."""
    return tuple(
        build(Inference, row) for row in rows("inferred") if name in split(row.cells["facts"])
    )


@lru_cache(maxsize=1)
def restated() -> dict[str, str]:
    """Facts that say again what another says, and that other; they are no second witness.

    Example:
        >>> restated()["receptors-0162"]
        'receptors-0122'
    """
    return {row.cells["fact"]: row.cells["same_as"] for row in rows("restated")}


def selections(substance: str) -> tuple[Selection, ...]:
    """Which facts the models take for a substance."""
    return tuple(
        build(Selection, row) for row in rows("selected") if row.cells.get("substance") == substance
    )


@lru_cache(maxsize=1)
def edition() -> str:
    """The last day of a confirmation of a built-in fact.

    Example:
        >>> len(edition())
        10
    """
    days = set()
    for path in (DATA / "confirmations").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            days |= {row["confirmed_on"] for row in csv.DictReader(lines) if row["confirmed_on"]}
    return max(days, default="an unknown day")
