"""The columns of a table of trials: which stand for what, and each row as study, treatments and numbers."""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from speciosa.errors import EvidenceError, Fault

# Besides our own names (first), those of the common R data sets are understood.
ALIASES = {
    "study": ("study", "studlab", "trial", "studyn", "id"),
    "treatment": ("treatment", "treat", "trt", "arm", "trtn"),
    "events": ("events", "event", "xi", "r"),
    "n": ("n", "ni", "total"),
    "mean": ("mean", "mi", "y"),
    "sd": ("sd", "sdi"),
    "time": ("time", "ti", "person_time", "person_years"),
    "treat1": ("treat1", "t1", "treatment1"),
    "treat2": ("treat2", "t2", "treatment2"),
    "effect": ("effect", "te", "yi"),
    "se": ("se", "sete", "sei"),
    "class": ("class", "treatment_class"),
}
SHAPES = {
    "contrasts": ("treat1", "treat2", "effect", "se"),
    "counts": ("treatment", "events", "n"),
    "rates": ("treatment", "events", "time"),
    "means": ("treatment", "mean", "sd", "n"),
    "mean errors": ("treatment", "mean", "se"),
}


@dataclass(frozen=True)
class Row:
    """One line of the table: place, study, treatments and numbers, and what is wrong with it."""

    place: str
    study: str
    treatments: tuple[str, ...]
    numbers: Mapping[str, float]
    group: str = ""
    faults: tuple[Fault, ...] = field(default=())


def rows_of(source: Any, preferred: Sequence[str] = ()) -> tuple[list[Row], str]:
    """The rows of a table and its shape, one of `SHAPES`.

    Args:
        source: a file, frame, mapping of columns or rows.
        preferred: shapes to take first where the columns make several.

    Raises:
        EvidenceError: no file, no rows, or columns that make none of the shapes.

    Example:
        >>> rows, shape = rows_of([{"studlab": "A", "t1": "x", "t2": "y", "TE": 0.3, "seTE": 0.1}])
        >>> shape, rows[0].treatments, dict(rows[0].numbers)
        ('contrasts', ('x', 'y'), {'effect': 0.3, 'se': 0.1})
    """
    records = _records(source)
    if not records:
        raise EvidenceError(Fault("table", "at least one row", "none"))
    columns = _columns(list(records[0]))
    order = sorted(SHAPES, key=lambda shape: shape not in preferred)
    shape = next((s for s in order if all(name in columns for name in SHAPES[s])), None)
    if shape is None or "study" not in columns:
        raise EvidenceError(_shape_fault(list(records[0])))
    rows = [_row(number, record, columns, shape) for number, record in enumerate(records, 1)]
    return rows, shape


def _records(source: Any) -> list[dict[str, Any]]:
    if isinstance(source, str | Path):
        return _file_records(Path(source))
    if isinstance(source, pl.DataFrame):
        return source.to_dicts()
    if isinstance(source, Mapping):
        return pl.DataFrame(dict(source), strict=False).to_dicts()
    assert isinstance(source, Iterable)
    return [dict(record) for record in source]


def _file_records(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise EvidenceError(Fault("file", "a CSV or Parquet file", f"nothing at {path}"))
    if path.suffix == ".parquet":
        return pl.read_parquet(path).to_dicts()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvidenceError(Fault(f"file {path.name}", "text in UTF-8", str(error))) from None
    header = text.partition("\n")[0]
    delimiter = next((mark for mark in ("\t", ";") if mark in header and "," not in header), ",")
    lines = list(csv.reader(text.splitlines(), delimiter=delimiter, skipinitialspace=True))
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        return []
    names = [name.strip() for name in lines[0]]
    ragged = [
        Fault(f"line {number}", f"{len(names)} cells, as in the header", str(len(line)))
        for number, line in enumerate(lines[1:], 2)
        if len(line) != len(names)
    ]
    if ragged:
        raise EvidenceError(ragged)
    return [dict(zip(names, line, strict=True)) for line in lines[1:]]


def _columns(names: Sequence[str]) -> dict[str, str]:
    """Our name of each column that is understood, and the name it has in the table."""
    folded = {name.strip().casefold(): name for name in names}
    found = {}
    for ours, spellings in ALIASES.items():
        hit = next((folded[spelling] for spelling in spellings if spelling in folded), None)
        if hit is not None:
            found[ours] = hit
    return found


def _shape_fault(names: Sequence[str]) -> Fault:
    shapes = "; ".join(f"study, {', '.join(needed)}" for needed in SHAPES.values())
    return Fault("columns", f"one of: {shapes}", ", ".join(map(str, names)))


def _row(number: int, record: Mapping[str, Any], columns: Mapping[str, str], shape: str) -> Row:
    def text(name: str) -> str:
        value = record.get(columns[name]) if name in columns else None
        return "" if value is None else " ".join(str(value).split())

    study = text("study")
    place = f"row {number}, study '{study}'" if study else f"row {number}"
    faults = [] if study else [Fault(place, "the name of a study", "nothing")]
    keys = [name for name in SHAPES[shape] if name.startswith("treat")]
    for name in keys:
        if not text(name):
            faults.append(Fault(f"{place}, {columns[name]}", "the name of a treatment", "nothing"))
    numbers = {}
    for name in SHAPES[shape]:
        if name in keys:
            continue
        value = _number(record.get(columns[name]))
        if value is None or not math.isfinite(value):
            found = text(name) or "nothing"
            faults.append(Fault(f"{place}, {columns[name]}", "a number", found))
        else:
            numbers[name] = value
    return Row(place, study, tuple(map(text, keys)), numbers, text("class"), tuple(faults))


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(str(value).strip())
    except ValueError:
        return None
