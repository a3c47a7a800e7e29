"""Kinds of parameters and metrics: their section of a monograph, the units and bounds they may have.

The files ``parameter-kinds.csv`` and ``metric-kinds.csv`` list patterns of names, first match wins. `bounds` are physical: a value
outside is a slip of unit or of the decimal point, not a surprising finding.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from speciosa.errors import FactError, Fault, nearest
from speciosa.facts.tables import DATA, read_rows

SECTIONS = (
    "identity", "content", "dosing", "pharmacokinetics", "variability", "binding", "effects", "interactions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and greatest value in one unit."""

    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Kind:
    """What parameters of one pattern are; without bounds they are findings in words."""

    pattern: re.Pattern[str]
    section: str
    bounds: tuple[Bounds, ...]
    meaning: str


PARAMETERS = DATA / "parameter-kinds.csv"
METRICS = DATA / "metric-kinds.csv"


@lru_cache(maxsize=8)
def kinds(path: Path = PARAMETERS) -> tuple[Kind, ...]:
    """All kinds of a file in order.

    Raises:
        FactError: every line of the file that cannot be read.
    """
    found, faults = [], []
    for row in read_rows(path):
        try:
            pattern = re.compile(row.cells["pattern"])
            bounds = tuple(_bounds(part) for part in row.cells["bounds"].split("|") if part.strip())
        except (re.error, ValueError) as error:
            faults.append(Fault(row.where(), "a pattern and bounds such as '0..1 1'", str(error)))
            continue
        if row.cells["section"] not in SECTIONS:
            faults.append(
                Fault(row.where("section"), "one of " + ", ".join(SECTIONS), row.cells["section"])
            )
        found.append(Kind(pattern, row.cells["section"], bounds, row.cells["meaning"]))
    if faults:
        raise FactError(faults)
    return tuple(found)


def _bounds(text: str) -> Bounds:
    span, unit = text.split()
    low, high = span.split("..")
    return Bounds(float(low), float(high), unit)


@lru_cache(maxsize=4096)
def kind(name: str, path: Path = PARAMETERS) -> Kind | None:
    """The kind of a parameter, or of a metric; None where its name is not known.

    Example:
        >>> found = kind("CL_F")
        >>> found.section, [str(bounds) for bounds in found.bounds]
        ('pharmacokinetics', ['0.001 to 20000 L/h', '0.0001 to 100 L/h/kg'])
    """
    return next((each for each in kinds(path) if each.pattern.fullmatch(name)), None)


def likely(name: str, path: Path = PARAMETERS) -> str:
    """What whoever wrote an unknown name may have meant, as a sentence; empty where nothing is like it.

    Example:
        >>> likely("fu"), likely("Tmax")
        ('Did you mean fu_plasma or fu_plasma_seeded?', 'Tmax is a metric: it belongs into observations/.')
    """
    other, belongs = (
        (METRICS, "observations/") if path == PARAMETERS else (PARAMETERS, "parameters/")
    )
    if kind(name, other) is not None:
        word = "metric" if path == PARAMETERS else "parameter"
        return f"{name} is a {word}: it belongs into {belongs}."
    used = _names_in_use(path)
    begin = [each for each in used if each.casefold().startswith(name.casefold()) and name]
    near = begin[:3] or nearest(name, used)
    return f"Did you mean {' or '.join(near)}?" if near else ""


@lru_cache(maxsize=2)
def _names_in_use(path: Path) -> tuple[str, ...]:
    """The names of parameters or metrics that the built-in rows have, the commonest first."""
    table, column = (
        ("parameters", "parameter") if path == PARAMETERS else ("observations", "metric")
    )
    found = Counter(
        row.cells[column] for file in sorted(DATA.glob(f"{table}/*.csv")) for row in read_rows(file)
    )
    return tuple(name for name, _ in found.most_common())
