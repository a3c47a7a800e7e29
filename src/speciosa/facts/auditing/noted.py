"""Whether the figures in the note of a confirmed row were read: a note says what else was printed, or what was done here."""

import re
from collections.abc import Iterable, Iterator, Mapping

from speciosa.errors import Fault
from speciosa.facts.record import split
from speciosa.facts.tables import Row

TABLES_NOTED = ("studies", "trial-arms", "risks", "planning", "observations")
"""Tables whose notes are held against the records of their source."""
_OURS = re.compile(
    r"computed|derived|counted|inferred|this project|from memory|taken|read as|mid-?point|middle|compatible"
    r"|makes the|gives? |\bfit exactly|\d ?= ?\d| = \d|^network="
)
"""Words of a clause that say that its figures are not printed as such, but follow here."""
_CLAUSE = re.compile(r";|\. ")
_FIGURE = re.compile(r"(?<![\w.])(?<![A-Za-z]-)\d+(?:\.\d+)?(?!\w)")
_NO_FIGURE = re.compile(r"\b[A-Z][\w']+ (?:19|20)\d\d\b|\bpubmed \d+|\bt1/2\b")
"""A paper by its author and year, its number, the sign of a half-life."""
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_SCALES = {100.0, 1000.0, 10_000.0, 100_000.0}
"""What a rate is counted by: a share of 0.0068 is 68 in 10,000."""
_READ = ("printed", "follows", "about", "place", "note")
_WORDS = ("note", "original", "reference", "location", "id", "risk_of_bias")


def read_of_sources(
    records: Iterable[Row], rows: Mapping[str, tuple[str, Row]]
) -> dict[str, frozenset[float]]:
    """The figures that the records of each source tell, with those of the rows that they confirm."""
    found: dict[str, set[float]] = {}
    for record in records:
        _, row = rows.get(record.cells.get("fact", ""), ("", None))
        if row is not None:
            told = _figures(record.cells.get(key, "") for key in _READ)
            told |= _figures(text for key, text in row.cells.items() if key not in _WORDS)
            for source in split(row.cells.get("reference", "")):
                found.setdefault(source, set()).update(told)
    return {source: frozenset(figures) for source, figures in found.items()}


def note_faults(row: Row, table: str, read: Mapping[str, frozenset[float]]) -> Iterator[Fault]:
    """Figures of a note that no record of its source tells, in a clause that does not say that they follow here.

    A share and its percentage are one figure.
    """
    if table not in TABLES_NOTED:
        return
    told = {
        number
        for source in split(row.cells.get("reference", ""))
        for figure in read.get(source, frozenset())
        for number in (figure, round(figure * 100, 6), round(figure / 100, 8))
    }
    told |= _SCALES
    note = _THOUSANDS.sub("", _NO_FIGURE.sub("", row.cells.get("note", "")))
    for clause in _CLAUSE.split(note):
        untold = [each for each in _FIGURE.findall(clause) if float(each) not in told]
        if untold and not _OURS.search(clause):
            yield Fault(
                row.where("note"),
                "figures that a record of its source tells, or that are said to be computed here",
                ", ".join(untold),
            )


def _figures(texts: Iterable[str]) -> set[float]:
    return {float(each) for text in texts for each in re.findall(r"\d+(?:\.\d+)?", text)}
