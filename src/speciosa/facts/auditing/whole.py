"""Rules of the audit that look at rows against each other and against other files."""

import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from speciosa.errors import FactError, Fault, InputError
from speciosa.facts.auditing.interactions import interaction_faults
from speciosa.facts.auditing.rows import Context, number
from speciosa.facts.record import split
from speciosa.facts.registry import Substance, fold, formula_mass
from speciosa.facts.sourced import numbers
from speciosa.facts.tables import TABLES, Row, sheet_files
from speciosa.toml_text import read_toml_file
from speciosa.units import factor

_CAS = re.compile(r"\d{2,7}-\d{2}-\d")
_INCHIKEY = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]")
_FORMS = {
    "doi": re.compile(r"10\.\d{4,9}/\S+"),
    "pmid": re.compile(r"\d{4,9}"),
    "year": re.compile(r"(1[89]|20)\d\d"),
}
_ROUNDING = 0.011
_SAME = 0.01
_ROLE_OF_IDS = ("id", "note", "original", "checked", "location")


def whole_faults(context: Context) -> Iterator[Fault]:
    """Everything wrong between rows and files."""
    yield from _unique_ids(context)
    yield from _repeated_rows(context)
    yield from _networks(context.tables["trial-arms"])
    yield from _ledgers(context)
    yield from _restatements(context)
    yield from _claims_named(context)
    yield from _documents_once(context)
    yield from _documents_named(context)
    yield from _restated_twice(context)
    yield from _named_substances(context.substances)
    for entry in context.substances.values():
        yield from _identity(entry, context.substances)
    yield from _nested_files(context)
    yield from interaction_faults(context)


def _facts(context: Context) -> dict[str, Row]:
    return {row.cells.get("id", ""): row for name in TABLES for row in context.tables[name]}


def _unique_ids(context: Context) -> Iterator[Fault]:
    first: dict[str, Row] = {}
    for name in TABLES:
        for row in context.tables[name]:
            key = row.cells.get("id", "")
            if key in first:
                yield Fault(
                    row.where("id"), "an id of its own", f"{key}, as in {first[key].where()}"
                )
            first.setdefault(key, row)


def _repeated_rows(context: Context) -> Iterator[Fault]:
    for name in TABLES:
        first: dict[tuple[str, ...], Row] = {}
        for row in context.tables[name]:
            content = tuple(
                text for column, text in row.cells.items() if column not in _ROLE_OF_IDS
            )
            if content in first and row.cells.get("value", row.cells.get("estimate", "1")):
                yield Fault(
                    row.where(),
                    "a row that says something new",
                    f"the same as {first[content].where()}",
                )
            first.setdefault(content, row)


def _networks(arms: tuple[Row, ...]) -> Iterator[Fault]:
    trials: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in arms:
        trials[row.cells["network"], row.cells["study"]].append(row)
    for (network, study), rows in trials.items():
        if len(rows) < 2:
            yield Fault(rows[0].where("study"), f"two arms or more of {study} in {network}", "one")
        first: dict[str, Row] = {}
        for row in rows:
            other = first.setdefault(row.cells["arm"], row)
            if other is not row:
                yield Fault(
                    row.where("arm"), f"each arm of {study} once", f"the arm of {other.where()}"
                )


def _ledgers(context: Context) -> Iterator[Fault]:
    facts = _facts(context)
    cells: dict[tuple[str, str], Row] = {}
    for row in context.tables["checks"]:
        found, column = facts.get(row.cells["fact"]), row.cells.get("column", "")
        if found is None:
            yield Fault(row.where("fact"), "the id of a fact", repr(row.cells["fact"]))
            continue
        if column and column not in found.cells:
            yield Fault(row.where("column"), f"a column of {found.file.name}", repr(column))
        if row.cells["verdict"] == "unconfirmed":
            continue
        if not row.cells.get("reference"):
            yield Fault(
                row.where("reference"),
                f"the source by which it was {row.cells['verdict']}",
                "nothing",
            )
        if row.cells["verdict"] == "corrected" and column in found.cells:
            first = cells.setdefault((row.cells["fact"], column), row)
            if first is not row:
                yield Fault(
                    row.where("column"),
                    "one correction of a cell, since the later hides the other",
                    first.where("column"),
                )
            if row.cells.get("old", "") != found.cells[column]:
                now = repr(found.cells[column])
                yield Fault(
                    row.where("old"),
                    f"what {found.where(column)} says, {now}",
                    repr(row.cells.get("old", "")),
                )
            if row.cells.get("new", "") == found.cells[column]:
                yield Fault(
                    row.where("new"),
                    "another value than the old one",
                    repr(row.cells.get("new", "")),
                )
    chosen = Counter(
        (row.cells["substance"], row.cells["quantity"]) for row in context.tables["selected"]
    )
    for row in context.tables["selected"]:
        key = (row.cells["substance"], row.cells["quantity"])
        if chosen[key] > 1:
            yield Fault(
                row.where("quantity"),
                "one selected row a quantity",
                f"{chosen[key]} of {' '.join(key)}",
            )
        if row.cells["fact"] not in facts:
            yield Fault(row.where("fact"), "the id of a fact", repr(row.cells["fact"]))


def _claims_named(context: Context) -> Iterator[Fault]:
    """A registered trial and a search name claims that exist."""
    known = {row.cells["id"] for row in context.tables["claims"]}
    for name in ("registered", "searches"):
        for row in context.tables[name]:
            for claim in split(row.cells.get("claims", "")):
                if claim not in known:
                    yield Fault(row.where("claims"), "ids of claims", repr(claim))


def _restatements(context: Context) -> Iterator[Fault]:
    """What is said to say the same does: one substance, one value."""
    facts = _facts(context)
    for row in context.tables["restated"]:
        pair = [facts.get(row.cells[column]) for column in ("fact", "same_as")]
        for column, found in zip(("fact", "same_as"), pair, strict=True):
            if found is None:
                yield Fault(row.where(column), "the id of a fact", repr(row.cells[column]))
        one, other = pair
        if one is None or other is None:
            continue
        if one.cells.get("substance") != other.cells.get("substance"):
            names = f"{one.cells.get('substance')} and {other.cells.get('substance')}"
            yield Fault(row.where("same_as"), "a row of the same substance", names)
        values = number(one, "value"), number(other, "value")
        units = one.cells.get("unit") or other.cells.get("unit", ""), other.cells.get("unit", "")
        try:
            ratio = (values[0] or 0) * factor(*units) / (values[1] or 1)
        except InputError:
            ratio = 0.0
        if None not in values and abs(ratio - 1) > _SAME:
            shown = f"{values[0]:g} {units[0]} and {values[1]:g} {units[1]}"
            yield Fault(row.where("same_as"), "a row of the same value", shown)


_UNNAMED = re.compile(r"not (?:recorded|seen|given)|^unknown$", re.IGNORECASE)


def _documents_named(context: Context) -> Iterator[Fault]:
    """A document that cannot be named cannot be looked up."""
    for entry in context.references.values():
        for name in ("author", "title"):
            found = getattr(entry, name)
            if not found or _UNNAMED.search(found.strip("{}")):
                yield Fault(
                    f"references.bib, {entry.key}, {name}",
                    f"the {name} of the document; an institution or a journal where no person is named",
                    repr(found) if found else "nothing",
                )


_ONE_NUMBER = {
    "parameters": (
        "substance", "system", "parameter", "value", "unit", "statistic", "spread", "spread_low", "spread_high", "n",
        "species", "assay", "reference",
    ),
    "observations": (
        "study", "substance", "analyte", "population", "n", "regimen", "dose", "dose_unit", "route", "formulation",
        "metric", "at", "statistic", "value", "unit", "spread", "spread_low", "spread_high",
    ),
}  # fmt: skip


def _restated_twice(context: Context) -> Iterator[Fault]:
    """One number of one source stands once, however differently it is described; a restatement is named as one."""
    same = _one_measurement(context)
    for name, columns in _ONE_NUMBER.items():
        first: dict[tuple[str, ...], Row] = {}
        for row in context.tables[name]:
            content = tuple(row.cells.get(column, "") for column in columns)
            before = first.setdefault(content, row)
            if before is not row and not same(before, row):
                yield _again(before, row)
    told = defaultdict[tuple[str, ...], list[Row]](list)
    for row in context.tables["parameters"]:
        told[tuple(row.cells.get(c, "") for c in ("substance", "reference", "parameter"))].append(
            row
        )
    for rows in told.values():
        for row, earlier in _one_number(rows):
            twice = next((each for each in earlier if not same(each, row)), None)
            if twice is not None:
                yield _again(twice, row)


def _again(before: Row, row: Row) -> Fault:
    expected = "a number that stands once, or a line in restated.csv"
    return Fault(row.where(), expected, f"that of {before.where()}")


def _one_measurement(context: Context) -> Callable[[Row, Row], bool]:
    """Whether two rows are said to be one measurement, by one line of restated.csv or by several in a chain."""
    head: dict[str, str] = {}

    def first(fact: str) -> str:
        while fact in head:
            fact = head[fact]
        return fact

    for row in context.tables["restated"]:
        fact, other = first(row.cells.get("fact", "")), first(row.cells.get("same_as", ""))
        if fact != other:
            head[fact] = other
    return lambda one, other: first(one.cells.get("id", "")) == first(other.cells.get("id", ""))


_SAME_NUMBER = 5e-4


def _one_number(rows: Sequence[Row]) -> Iterator[tuple[Row, list[Row]]]:
    """Each row with the earlier ones that print its value, after conversion of units; nothing and all of it are no such value."""
    units: dict[str, tuple[str, float] | None] = {}
    known: dict[str, list[tuple[float, int]]] = {}
    for place, row in enumerate(rows):
        value, unit = number(row, "value"), row.cells.get("unit") or "1"
        if unit not in units:
            units[unit] = _in_one_of(unit, known)
        scale = units[unit]
        if value is None or value in {0, 1} or scale is None:
            continue
        amount = value * scale[1]
        earlier, near = known.setdefault(scale[0], []), 2 * _SAME_NUMBER * abs(amount)
        begin = bisect_left(earlier, (amount - near, -1))
        end = bisect_right(earlier, (amount + near, place))
        told = [
            at for one, at in earlier[begin:end] if abs(one - amount) <= _SAME_NUMBER * abs(one)
        ]
        if told:
            yield row, [rows[at] for at in sorted(told)]
        insort(earlier, (amount, place))


def _in_one_of(unit: str, known: dict[str, list[tuple[float, int]]]) -> tuple[str, float] | None:
    """The first unit met of the same kind, and how many of it one is; None for what is no unit."""
    for other in (*known, unit):
        try:
            found = other, factor(unit, other)
        except InputError:
            continue
        known.setdefault(other, [])
        return found
    return None


def _documents_once(context: Context) -> Iterator[Fault]:
    for name in ("doi", "pmid"):
        first: dict[str, str] = {}
        for entry in context.references.values():
            value = getattr(entry, name).casefold()
            if value and value in first:
                yield Fault(
                    f"references.bib, {entry.key}, {name}",
                    "a document that stands once",
                    f"that of {first[value]}",
                )
            first.setdefault(value, entry.key)
    for entry in context.references.values():
        for name, form in _FORMS.items():
            value = getattr(entry, name)
            if value and not form.fullmatch(value):
                yield Fault(
                    f"references.bib, {entry.key}, {name}", f"a {name} as registered", value
                )
        for alias in entry.aliases:
            if alias in context.references:
                yield Fault(
                    f"references.bib, {entry.key}, aliases",
                    "a key without an entry of its own",
                    alias,
                )


def _named_substances(substances: Mapping[str, Substance]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for entry in substances.values():
        for name in entry.names:
            owner = owners.setdefault(fold(name), entry.id)
            if owner != entry.id:
                yield Fault(
                    f"substances.toml, {entry.id}, synonyms",
                    "a name of one substance only",
                    f"{name}, of {owner}",
                )


def _identity(entry: Substance, known: Mapping[str, Substance]) -> Iterator[Fault]:
    where = f"substances.toml, {entry.id}"
    if entry.parent and entry.parent not in known:
        yield Fault(f"{where}, parent", "an id of substances.toml", repr(entry.parent))
    if entry.cas and not (_CAS.fullmatch(entry.cas) and _cas_holds(entry.cas)):
        yield Fault(f"{where}, cas", "a registry number whose check digit holds", entry.cas)
    if entry.inchikey and not _INCHIKEY.fullmatch(entry.inchikey):
        yield Fault(f"{where}, inchikey", "14, 10 and 1 capital letters", entry.inchikey)
    try:
        mass = formula_mass(entry.formula) if entry.formula else entry.molar_mass
        for salt in entry.salts:
            if formula_mass(salt.formula) <= salt.bases * (mass or 0):
                yield Fault(f"{where}, salts", f"{salt.name} heavier than its base", salt.formula)
    except FactError as error:
        yield from (
            Fault(f"{where}, {fault.where}", fault.expected, fault.found) for fault in error.faults
        )
        return
    if mass is not None and abs(mass - (entry.molar_mass or 0)) > _ROUNDING:
        yield Fault(
            f"{where}, molar_mass", f"{mass:.2f} from {entry.formula}", f"{entry.molar_mass}"
        )


def _cas_holds(cas: str) -> bool:
    digits = [int(digit) for digit in reversed(cas.replace("-", ""))]
    return sum(place * digit for place, digit in enumerate(digits)) % 10 == digits[0]


def _nested_files(context: Context) -> Iterator[Fault]:
    """Sheets and products name rows and references that exist, and every number of theirs has a source."""
    facts = _facts(context)
    sheets = sheet_files(context.root).values()
    for path in [
        *sheets,
        *sorted(context.root.glob("products*.toml")),
    ]:
        try:
            entry: Mapping[str, Any] = read_toml_file(path, FactError)
        except FactError as error:
            yield from error.faults
            continue
        if path in sheets and entry.get("substance") not in context.substances:
            yield Fault(
                f"{path.name}, substance", "an id of substances.toml", repr(entry.get("substance"))
            )
        for each in numbers(entry):
            where = f"{path.name}, {each.name}"
            for row in each.rows:
                if row not in facts:
                    yield Fault(f"{where}, rows", "ids of facts", repr(row))
            if path not in sheets and not (each.rows or each.reference or each.guess):
                yield Fault(where, "rows, a reference or a guess beside the number", "none")
            if each.reference and each.reference not in context.references:
                yield Fault(f"{where}, reference", "a key of references.bib", repr(each.reference))
