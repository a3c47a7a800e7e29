"""The columns of a table of trials: which stand for what, and each row as study, treatments and numbers."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from speciosa.delimited import read_text_table
from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.columns import folded, read_table, unusable
from speciosa.evidence.effects.conversions import se_from_interval
from speciosa.evidence.network.wide import arms_of

# Besides our own names (first), those of the common R data sets are understood.
ALIASES = {
    "study": ("study", "studlab", "trial", "study_id", "studyn", "id"),
    "treatment": ("treatment", "treat", "trt", "arm", "trtn"),
    "events": ("events", "event", "xi", "r", "responders"),
    "n": ("n", "ni", "total", "samplesize", "sample_size"),
    "mean": ("mean", "mi", "y"),
    "sd": ("sd", "sdi", "std_dev"),
    "time": ("time", "ti", "person_time", "person_years", "exposure", "e"),
    "treat1": ("treat1", "t1", "treatment1", "treat_1", "treatment_1"),
    "treat2": ("treat2", "t2", "treatment2", "treat_2", "treatment_2"),
    "effect": ("effect", "te", "yi"),
    "se": ("se", "sete", "sei", "std_err", "standard_error"),
    "variance": ("variance", "vi"),
    "ci_low": ("ci_low", "ci_lower", "lower", "ci_lb"),
    "ci_high": ("ci_high", "ci_upper", "upper", "ci_ub"),
    "class": ("class", "treatment_class"),
}
SHAPES = {
    "contrasts": ("treat1", "treat2", "effect", "se"),
    "contrasts with variances": ("treat1", "treat2", "effect", "variance"),
    "contrasts with intervals": ("treat1", "treat2", "effect", "ci_low", "ci_high"),
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
    shape = _shape(columns, preferred)
    fault = _shape_fault(list(records[0]))
    if shape is None and (arms := arms_of(records)):
        columns = {name: name for name in arms[0]}
        records, shape = arms, _shape(columns, preferred)
    if shape is None or "study" not in columns:
        raise EvidenceError(fault)
    rows = [_row(number, record, columns, shape) for number, record in enumerate(records, 1)]
    return rows, shape.partition(" with ")[0]


def _shape(columns: Mapping[str, str], preferred: Sequence[str]) -> str | None:
    order = sorted(SHAPES, key=lambda shape: shape.partition(" with ")[0] not in preferred)
    return next((s for s in order if all(name in columns for name in SHAPES[s])), None)


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
    if path.suffix.lower() == ".parquet" and path.is_file():
        return read_table(path).to_dicts()
    table = read_text_table(path, error=EvidenceError, kinds="a CSV or Parquet file")
    return [dict(zip(table.names, row, strict=True)) for row in table.rows]


def _columns(names: Sequence[str]) -> dict[str, str]:
    """Our name of each column that is understood, and the name it has in the table."""
    known = {folded(name): name for name in names}
    found = {}
    for ours, spellings in ALIASES.items():
        hit = next((known[spelling] for spelling in spellings if spelling in known), None)
        if hit is not None:
            found[ours] = hit
    return found


def _shape_fault(names: Sequence[str]) -> Fault:
    shapes = "; ".join(f"study, {', '.join(needed)}" for needed in SHAPES.values())
    shapes += "; or the arms side by side: study, treat1, event1, n1, treat2, event2, n2"
    pairs = {"effect", "events_t", "mean_t", "event_e"} & {folded(str(name)) for name in names}
    fix = "One row a study with one comparison: speciosa meta FILE." if pairs else ""
    return Fault("columns", f"one of: {shapes}", ", ".join(map(str, names)), fix)


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
        expected = "a number" if value is None else unusable(value)
        if value is None or expected:
            faults.append(Fault(f"{place}, {columns[name]}", expected, text(name) or "nothing"))
        else:
            numbers[name] = value
    if not faults:
        faults = _to_standard_error(numbers, f"study '{study}', {' minus '.join(map(text, keys))}")
    return Row(place, study, tuple(map(text, keys)), numbers, text("class"), tuple(faults))


def _to_standard_error(numbers: dict[str, float], place: str) -> list[Fault]:
    """Turns a variance or a 95% interval, on the analysis scale, into the standard error of a contrast."""
    if "variance" in numbers:
        variance = numbers.pop("variance")
        if variance <= 0:
            return [Fault(f"{place}, variance", "above 0", f"{variance:g}")]
        numbers["se"] = math.sqrt(variance)
    elif "ci_low" in numbers:
        low, high = numbers.pop("ci_low"), numbers.pop("ci_high")
        if not low <= numbers["effect"] <= high or low == high:
            found = f"{low:g} to {high:g}"
            return [Fault(f"{place}, interval", f"one that holds {numbers['effect']:g}", found)]
        numbers["se"] = se_from_interval(low, high, log=False)
    return []


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(str(value).strip())
    except ValueError:
        return None
