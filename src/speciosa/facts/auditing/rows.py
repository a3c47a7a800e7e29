"""Rules of the audit that look at one row by itself."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from speciosa.errors import Fault, InputError, nearest
from speciosa.facts.bibliography import Reference
from speciosa.facts.kinds import METRICS, PARAMETERS, Kind, kind, likely
from speciosa.facts.lookup import faults_of
from speciosa.facts.record import split
from speciosa.facts.registry import Substance
from speciosa.facts.tables import LEDGERS, TABLES, Row
from speciosa.units import factor

_RATIOS = {"RR", "OR", "rate ratio", "adjusted OR", "geometric mean ratio (90% CI)"}
_HALF_A_DIGIT = 0.0051

KEY = "a key of references.bib"
"""What a cell that names a reference must hold."""


@dataclass(frozen=True)
class Context:
    """The files under audit, read as text, and what their rows may name."""

    root: Path
    tables: Mapping[str, tuple[Row, ...]]
    substances: Mapping[str, Substance]
    references: Mapping[str, Reference]
    today: date = field(default_factory=date.today)
    aliases: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        named = frozenset(alias for entry in self.references.values() for alias in entry.aliases)
        object.__setattr__(self, "aliases", named)


def row_faults(name: str, context: Context) -> Iterator[Fault]:
    """Everything wrong with the rows of a table, each by itself."""
    record = {**TABLES, **LEDGERS}[name].record
    for row in context.tables[name]:
        invalid: list[Fault] = []
        try:
            record(**row.cells)
        except ValidationError as error:
            invalid = faults_of(error, row)
        yield from invalid
        # A cell that is no value at all is named once; the other cells of its row are looked at all the same.
        named = {fault.where for fault in invalid}
        if all(column in row.cells for column in _REQUIRED.get(name, ())):
            yield from (fault for fault in _rules(name, row, context) if fault.where not in named)


_REQUIRED = {"parameters": ("parameter",), "observations": ("metric", "analyte")}


def _rules(name: str, row: Row, context: Context) -> Iterator[Fault]:
    yield from _references(row, context)
    yield from _substances(name, row, context)
    yield from _provenance(row)
    yield from _dates(row, context.today)
    yield from _interval(row)
    yield from _counts(row)
    yield from _quantities(name, row)


def number(row: Row, column: str) -> float | None:
    """A cell as a number, None where it is empty or no finite number."""
    try:
        value = float(row.cells.get(column, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _references(row: Row, context: Context) -> Iterator[Fault]:
    for column in ("reference", "references"):
        for key in split(row.cells.get(column, "")):
            if key in context.aliases:
                yield Fault(
                    row.where(column), "the key that stands in references.bib", f"its alias {key}"
                )
            elif key not in context.references:
                near = nearest(key, context.references)
                fix = f"Did you mean {near[0]}?" if near else ""
                yield Fault(row.where(column), KEY, repr(key), fix)


def _substances(name: str, row: Row, context: Context) -> Iterator[Fault]:
    for column in ("substance", "substances"):
        for part in split(row.cells.get(column, "").replace(" + ", ";")):
            if part not in context.substances:
                near = nearest(part, context.substances)
                fix = f"Did you mean {near[0]}?" if near else ""
                yield Fault(row.where(column), "an id of substances.toml", repr(part), fix)
    if name == "observations" and kind(row.cells["metric"], METRICS) is not None:
        known = kind(row.cells["metric"], METRICS)
        analytes = row.cells["analyte"].split("/")
        if known is not None and known.section == "pharmacokinetics":
            for part in analytes:
                if part not in context.substances and not part.startswith("withdrawal"):
                    yield Fault(row.where("analyte"), "an id of substances.toml", repr(part))


def _provenance(row: Row) -> Iterator[Fault]:
    """A number from a document names the place in it; a number from memory says so."""
    seen, reference = row.cells.get("seen", ""), row.cells.get("reference", "")
    if (
        "location" in row.cells
        and "id" in row.cells
        and seen not in {"recall", "judgement"}
        and not row.cells["location"]
    ):
        yield Fault(
            row.where("location"), f"the place in the source, as it was seen ({seen})", "nothing"
        )
    if reference == "memory" and seen != "recall":
        yield Fault(row.where("seen"), "recall, since the reference is memory", repr(seen))


_OBSERVED = ("as_of", "looked_up_on", "confirmed_on", "date", "on", "since")


def _dates(row: Row, today: date) -> Iterator[Fault]:
    """Nothing was seen, and nothing holds, since a day that is yet to come."""
    for column in _OBSERVED:
        text = row.cells.get(column, "")
        # As exact as the cell: 2026 is the future only from another year.
        if text and text > today.isoformat()[: len(text)]:
            fix = (
                "What is yet to come belongs in pending_status and pending_from."
                if column == "since"
                else ""
            )
            yield Fault(row.where(column), f"a day up to {today.isoformat()}", repr(text), fix)


def _interval(row: Row) -> Iterator[Fault]:
    """Intervals stand in order and around their estimate; standard deviations are not negative."""
    for estimate, low, high in (
        ("value", "spread_low", "spread_high"),
        ("estimate", "ci_low", "ci_high"),
        ("rate", "ci_low", "ci_high"),
    ):
        middle, least, most = (number(row, column) for column in (estimate, low, high))
        if least is not None and most is not None and least > most:
            yield Fault(row.where(low), f"at most {high} = {most:g}", f"{least:g}")
        elif middle is not None and least is not None and middle < least:
            yield Fault(row.where(low), f"at most the {estimate} {middle:g}", f"{least:g}")
        elif middle is not None and most is not None and middle > most:
            yield Fault(row.where(high), f"at least the {estimate} {middle:g}", f"{most:g}")
    for column in ("spread", "sd", "sd_t", "sd_c"):
        value = number(row, column)
        if value is not None and value < 0:
            yield Fault(row.where(column), "0 or more", f"{value:g}")
    if row.cells.get("effect_measure") in _RATIOS:
        for column in ("estimate", "ci_low"):
            value = number(row, column)
            if value is not None and value <= 0:
                yield Fault(row.where(column), "above 0, as it is a ratio", f"{value:g}")


def _counts(row: Row) -> Iterator[Fault]:
    """Events are at most the persons, persons are whole, shares agree with their counts."""
    proportion = row.cells.get("measure", row.cells.get("effect_measure")) == "proportion"
    for events, persons, estimate in (
        ("events", "n", ""),
        ("events_t", "n_t", "estimate"),
        ("events_c", "n_c", ""),
        ("events", "denominator", "rate"),
    ):
        some, of = number(row, events), number(row, persons)
        if some is None or of is None:
            continue
        if some > of:
            yield Fault(row.where(events), f"at most {persons} = {of:g}", f"{some:g}")
        share = number(row, estimate) if estimate and proportion else None
        if share is not None and of > 0 and abs(share - some / of) > _HALF_A_DIGIT:
            yield Fault(row.where(estimate), f"{some:g} of {of:g} = {some / of:.4f}", f"{share:g}")
    for column in ("n", "n_t", "n_c", "events", "events_t", "events_c", "denominator"):
        value = number(row, column)
        if value is not None and (value < 0 or value != int(value)):
            yield Fault(row.where(column), "a whole number of 0 or more", f"{value:g}")
    grades = [number(row, f"frac_{grade}") for grade in ("none", "mild", "moderate", "severe")]
    total = sum(grade for grade in grades if grade is not None)
    if None not in grades and abs(total - 1) > _HALF_A_DIGIT:
        yield Fault(row.where("frac_none"), "shares that sum to 1", f"{total:g}")


def _quantities(name: str, row: Row) -> Iterator[Fault]:
    """The unit parses and has the dimension of its kind, and the value lies inside physical bounds."""
    column = {"parameters": "parameter", "observations": "metric"}.get(name)
    unit = row.cells.get("unit", "")
    if unit:
        try:
            factor(unit, unit)
        except InputError:
            yield Fault(row.where("unit"), "a known unit, such as ng/mL", repr(unit))
            return
    if column is None:
        return
    file = PARAMETERS if name == "parameters" else METRICS
    known = kind(row.cells[column], file)
    if known is None:
        written = row.cells[column]
        fix = likely(written, file)
        yield Fault(row.where(column), f"a name that {file.name} knows", repr(written), fix)
    elif known.bounds and number(row, "value") is not None and not unit:
        if "not recorded" not in row.cells.get("note", "") and "source units" not in row.cells.get(
            "note", ""
        ):
            yield Fault(row.where("unit"), "a unit, or 'unit not recorded' in the note", "nothing")
    elif known.bounds and unit:
        yield from _bounded(row, unit, known)


def _bounded(row: Row, unit: str, known: Kind) -> Iterator[Fault]:
    for bounds in known.bounds:
        try:
            scale = factor(unit, bounds.unit)
        except InputError:
            continue
        for column in ("value", "spread_low", "spread_high"):
            value = number(row, column)
            if value is not None and not bounds.low <= value * scale <= bounds.high:
                yield Fault(row.where(column), f"{bounds} for {known.meaning}", f"{value:g} {unit}")
        return
    wanted = " or ".join(bounds.unit for bounds in known.bounds)
    yield Fault(row.where("unit"), f"a unit like {wanted} for {known.meaning}", repr(unit))
