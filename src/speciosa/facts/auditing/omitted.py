"""Whether a row leaves out what its record tells: spread, n, people, food, naltrexone, route, form, dose, comparator and time."""

import re
from collections.abc import Iterator

from speciosa.errors import Fault
from speciosa.facts.confirming import pairs
from speciosa.facts.record import INTERVAL_SPREADS, POINT_SPREADS, split
from speciosa.facts.tables import Row

_SPREADS = {*POINT_SPREADS, *INTERVAL_SPREADS, "rse", "unstated", "spread"}
_TOLD_SPREAD = re.compile(r"\bRSE\b|\bSD \d|\b9[05] ?% interval|\d ?\+/-")
_NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).replace(" ", "|")
_COUNTED = re.compile(rf"(?:\d+|{_NUMBERS}) ", re.IGNORECASE)
"""A population that opens with how many they are; a part of a whole is told the other way round."""
_HEALTHY = "healthy"
_CIRCUMSTANCES = {
    "fasted": (re.compile(r"\bfast(?:ed|ing)\b"), re.compile(r"fast")),
    "fed": (re.compile(r"\bfed\b|\bmeal|breakfast"), re.compile(r"\bfed\b|meal|breakfast|food")),
    "with naltrexone": (
        re.compile(r"naltrexone given|under naltrexone|naltrexone block"),
        re.compile(r"naltrexone"),
    ),
}
"""What a record may tell of how people took a dose, and the words of a row that carry it."""
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_FIXED = re.compile(r"\bfixed\b")
_TOLD = {
    "observations": {"route": "route", "formulation": "form", "dose": "dose"},
    "risks": {"comparator": "comparison", "period": "time"},
    "studies": {"comparator": "comparison", "timepoint": "time"},
    "trial-arms": {"timepoint": "time"},
}
"""By table the columns that a record fills, and the key of each there."""


def omission_faults(record: Row, row: Row, table: str) -> Iterator[Fault]:
    """What a record prints and its row leaves empty.

    A value that is derived needs no spread of what it was derived from, and one that a model holds fixed no n.
    """
    if table in {"parameters", "observations"}:
        yield from _spread(record, row)
        yield from _number(record, row)
        yield from _circumstances(record, row)
    about = pairs(record.cells["about"])
    if table == "parameters" and row.cells["species"] == "human":
        told = f"{row.cells['system']} {row.cells['assay']} {row.cells['note']}"
        if _HEALTHY in about.get("population", "") and _HEALTHY not in told:
            yield Fault(row.where("system"), f"people who are {_HEALTHY}", repr(told.strip()))
    if table == "parameters":
        yield from _dose(about.get("dose", ""), row)
    for column, key in _TOLD.get(table, {}).items():
        if about.get(key) and not row.cells[column]:
            yield Fault(row.where(column), f"{about[key]!r}, as its record says", "nothing")


def _spread(record: Row, row: Row) -> Iterator[Fault]:
    if row.cells["spread_type"] != "none" or "value" in pairs(record.cells["follows"]):
        return
    note = record.cells["note"]
    if _SPREADS & set(pairs(record.cells["printed"])) or _TOLD_SPREAD.search(note):
        yield Fault(row.where("spread_type"), "the spread that its record tells", "'none'")


def _number(record: Row, row: Row) -> Iterator[Fault]:
    if row.cells["n"] or "n" in split(record.cells["not_stated"]) or _is_fixed(record, row):
        return
    people = pairs(record.cells["about"]).get("population", "")
    if _COUNTED.match(people):
        yield Fault(
            row.where("n"), f"n of {people!r}, as its record says", "nothing",
            "If the value is of a part of them, say the people first and their number after.",
        )  # fmt: skip


def _circumstances(record: Row, row: Row) -> Iterator[Fault]:
    told = f"{record.cells['about']} {record.cells['note']}"
    columns = ("population", "regimen", "formulation", "system", "assay", "note")
    own = " ".join(row.cells.get(column, "") for column in columns)
    for name, (there, here) in _CIRCUMSTANCES.items():
        if there.search(told) and not here.search(own):
            column = "regimen" if "regimen" in row.cells else "system"
            yield Fault(row.where(column), f"{name}, as its record says", repr(own.strip()))


def _dose(dose: str, row: Row) -> Iterator[Fault]:
    """A parameter has no column for a dose, so one of the figures of its record stands somewhere in the row."""
    own = set(
        _FIGURE.findall(
            " ".join(row.cells[name] for name in ("system", "assay", "note", "parameter"))
        )
    )
    figures = _FIGURE.findall(dose)
    if figures and not own & set(figures):
        yield Fault(
            row.where("note"), f"the dose {dose!r}, as its record says", repr(row.cells["note"])
        )


def _is_fixed(record: Row, row: Row) -> bool:
    return any(_FIXED.search(each.cells["note"]) for each in (record, row))
