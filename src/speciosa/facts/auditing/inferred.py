"""Rules of the audit for labels that a source does not print: each is told by the record, or inferred with a reason."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from speciosa.errors import Fault
from speciosa.facts.confirming import pairs
from speciosa.facts.record import split
from speciosa.facts.tables import Row


@dataclass(frozen=True)
class _Gate:
    """Words of a row that go through only if its record tells them, or an inference does.

    Attributes:
        label: the kind of label that an inference must have.
        columns: where the row may say it, by table.
        own: the words of the row.
        told: the words of a record that tell the same.
    """

    label: str
    columns: Mapping[str, tuple[str, ...]]
    own: re.Pattern[str]
    told: re.Pattern[str]


def _gate(label: str, columns: Mapping[str, tuple[str, ...]], own: str, told: str) -> _Gate:
    return _Gate(label, columns, re.compile(own, re.I), re.compile(told, re.I))


_REGIMEN = {"observations": ("regimen",), "parameters": ("system", "assay")}
_STATISTIC = {"observations": ("statistic",), "parameters": ("statistic",)}
_METRIC = {"observations": ("metric",)}
_GATES = (
    _gate("dosing", _REGIMEN, r"\bsingle\b(?!-blind)|\bone dose|\bonce\b(?! (?:a )?da)",
          r"\bsingle\b|\bone dose|\bonce\b(?! (?:a )?da)|bolus"),
    _gate("dosing", _REGIMEN, r"steady|\bdaily|every \d|\btwice|chronic|repeated|multiple",
          r"steady|dai|every|twice|chronic|repeat|multiple|a day|long"),
    _gate("fed", _REGIMEN, r"\bfast(?:ed|ing)", r"\bfast(?:ed|ing)"),
    _gate("fed", _REGIMEN, r"\bfed\b|\bmeal|breakfast|high.fat|\bfood", r"\bfed\b|meal|breakfast|food|fat"),
    _gate("statistic", _STATISTIC, r"median", r"\bmedian"),
    _gate("statistic", _STATISTIC, r"geomean", r"\bgeom"),
    _gate("period", _METRIC, r"^AUC0-inf$", r"\binf|0-inf|extrapolat"),
    _gate("period", _METRIC, r"^AUC0-t$|^AUC0-last$", r"0-t\b|last\b|\b0 to t\b"),
    _gate("period", _METRIC, r"^AUC_tau$", r"\btau\b|interval|every"),
)  # fmt: skip
"""What the audit asks for. A mean is not among them: it is what an observation is whose source names no statistic."""


def inferred_faults(
    context_rows: Mapping[str, tuple[str, Row]], inferences: tuple[Row, ...]
) -> Iterator[Fault]:
    """What is wrong with the inferences by themselves: no such fact, or a label that its row does not have."""
    for each in inferences:
        says = each.cells.get("says", "").casefold()
        for name in split(each.cells.get("facts", "")):
            if name not in context_rows:
                yield Fault(each.where("facts"), "ids of facts", repr(name))
                continue
            cells = context_rows[name][1].cells
            if not any(says in cell.casefold() for cell in cells.values()):
                yield Fault(each.where("says"), f"words of {name}", repr(says))


def by_fact(inferences: tuple[Row, ...]) -> dict[str, tuple[Row, ...]]:
    """The inferences of each fact."""
    found: dict[str, tuple[Row, ...]] = {}
    for each in inferences:
        for name in split(each.cells.get("facts", "")):
            found[name] = (*found.get(name, ()), each)
    return found


def with_inferred(record: Row, inferred: tuple[Row, ...]) -> Row:
    """The record with the labels that are inferred beside what it is about, for rules that ask whether a row says more."""
    about = pairs(record.cells.get("about", ""))
    for each in inferred:
        label = each.cells["label"]
        about[label] = f"{about.get(label, '')} {each.cells['says']}".strip()
    told = "; ".join(f"{key}={words}" for key, words in about.items())
    return Row(record.file, record.number, {**record.cells, "about": told}, record.line)


def gate_faults(record: Row, inferred: tuple[Row, ...], row: Row, table: str) -> Iterator[Fault]:
    """Labels of a confirmed row that nobody printed or inferred, and those that are said to be both."""
    cells = record.cells
    told = " ".join(cells.get(key, "") for key in ("printed", "about", "place", "note"))
    for gate in _GATES:
        own = " ".join(row.cells.get(column, "") for column in gate.columns.get(table, ()))
        found = gate.own.search(own)
        by = [each for each in inferred if each.cells["label"] == gate.label]
        if found and not gate.told.search(told) and not by:
            yield Fault(
                record.where("about"), f"{gate.label} {found[0]}, as of the row", "not told",
                "Tell what is printed, or give the reason for what is not in inferred/.",
            )  # fmt: skip
    about = pairs(cells.get("about", ""))
    for each in inferred:
        label, says = each.cells["label"], each.cells["says"]
        if says.casefold() in about.get(label, "").casefold():
            yield Fault(each.where("says"), f"{label} printed or inferred, not both", says)
