"""Tables of studies from files and frames: finding columns by name, and their cells as numbers.

Column names are forgiving about case and known synonyms; cells are not: what is no number becomes a fault with the
study's name.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from speciosa.delimited import read_text_table
from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats

# Numbers beyond these cannot be squared and divided without losing everything.
LARGEST, SMALLEST = 1e50, 1e-50

_NAMES: dict[str, tuple[str, ...]] = {
    "study": ("study", "studlab", "study_id", "slab", "label", "author", "authors", "trial", "id"),
    "events_t": (
        *("events_t", "event_t", "events_e", "event_e", "ai", "x1i", "tpos"),
        *("events1", "event1", "r1", "rt"),
    ),
    "events_c": (
        *("events_c", "event_c", "ci", "x2i", "cpos"),
        *("events2", "event2", "r2", "rc"),
    ),
    "nonevents_t": ("nonevents_t", "bi", "tneg"),
    "nonevents_c": ("nonevents_c", "di", "cneg"),
    "n_t": ("n_t", "n_e", "n1i", "total_t", "n1", "nt"),
    "n_c": ("n_c", "n2i", "total_c", "n2", "nc"),
    "mean_t": ("mean_t", "mean_e", "m1i", "mean1", "m1", "y1"),
    "mean_c": ("mean_c", "m2i", "mean2", "m2", "y2"),
    "sd_t": ("sd_t", "sd_e", "sd1i", "sd1"),
    "sd_c": ("sd_c", "sd2i", "sd2"),
    "time_t": (
        *("time_t", "time_e", "person_time_t", "persontime_t", "person_years_t", "pt_t", "py_t"),
        *("t1i", "time1"),
    ),
    "time_c": (
        *("time_c", "person_time_c", "persontime_c", "person_years_c", "pt_c", "py_c"),
        *("t2i", "time2"),
    ),
    "events": ("events", "event", "xi", "x"),
    "n": ("n", "ni", "total"),
    "time": ("time", "person_time", "persontime", "person_years", "ti"),
    "mean": ("mean", "mi"),
    "sd": ("sd", "sdi"),
    "mean_post": ("mean_post", "mean_after"),
    "mean_pre": ("mean_pre", "mean_before"),
    "sd_post": ("sd_post", "sd_after"),
    "sd_pre": ("sd_pre", "sd_before"),
    "correlation": ("correlation", "corr", "ri"),
    "effect": ("effect", "te", "yi"),
    "se": ("se", "sete", "sei", "standard_error", "std_err", "se_te"),
    "variance": ("variance", "vi"),
    "ci_low": ("ci_low", "ci_lower", "lower", "ci_lb", "lci", "lcl"),
    "ci_high": ("ci_high", "ci_upper", "upper", "ci_ub", "uci", "ucl"),
    "year": ("year",),
}
MISSING = ("", "na", "nan", "n/a", ".", "null", "none")


def read_table(source: Any) -> pl.DataFrame:
    """A table from a path (CSV, TSV, Parquet), a Polars or pandas frame, or a mapping of columns.

    Raises:
        EvidenceError: the file does not exist, is empty or cannot be read.

    Example:
        >>> read_table({"study": ["A"], "effect": [0.1]}).shape
        (1, 2)
    """
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, str | Path):
        return _read_file(Path(source))
    if isinstance(source, Mapping):
        return pl.DataFrame(dict(source), strict=False)
    if hasattr(source, "to_dict"):
        return pl.DataFrame(source.to_dict(orient="list"), strict=False)
    raise EvidenceError(Fault("data", "a path, a frame or columns", type(source).__name__))


def _read_file(path: Path) -> pl.DataFrame:
    if path.suffix.lower() != ".parquet" or not path.is_file():
        found = read_text_table(path, error=EvidenceError, kinds="a CSV or Parquet file")
        cells = [[row[i] or None for row in found.rows] for i in range(len(found.names))]
        columns = [pl.Series(n, c, pl.String()) for n, c in zip(found.names, cells, strict=True)]
        return pl.DataFrame(columns)
    try:
        return pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise EvidenceError(Fault(str(path), "a table of studies", reason)) from None


def resolve(table: pl.DataFrame, wanted: str) -> str | None:
    """The column of `table` that goes by the name `wanted`, or by one of its synonyms.

    Example:
        >>> resolve(pl.DataFrame({"Study": ["A"], "seTE": [0.1]}), "se")
        'seTE'
    """
    known = {folded(column): column for column in table.columns}
    for name in _NAMES.get(wanted, (wanted,)):
        if name in known:
            return known[name]
    return None


def numbers(table: pl.DataFrame, column: str, labels: Sequence[str], faults: list[Fault]) -> Floats:
    """A column as numbers, NaN where missing; what is neither is added to `faults`."""
    values = np.full(len(table), np.nan)
    for i, cell in enumerate(table[column].to_list()):
        text = "" if cell is None else str(cell).strip()
        if text.casefold() in MISSING:
            continue
        try:
            values[i] = float(text)
        except ValueError:
            faults.append(Fault(f"study {labels[i]!r}, {column}", "a number", repr(text)))
            continue
        if wrong := unusable(values[i]):
            faults.append(Fault(f"study {labels[i]!r}, {column}", wrong, text))
            values[i] = np.nan
    return values


def folded(name: str) -> str:
    """A column name without regard to case, points and spaces.

    Example:
        >>> folded(" Event.E "), folded("std dev")
        ('event_e', 'std_dev')
    """
    return re.sub(r"[.\s]+", "_", name.strip().casefold())


def unusable(value: float) -> str:
    """Why a number cannot be computed with, or nothing.

    Example:
        >>> unusable(0.0), unusable(1e300)
        ('', 'a number of ordinary size')
    """
    if value != value or abs(value) == float("inf"):
        return "a finite number"
    if abs(value) > LARGEST or 0 < abs(value) < SMALLEST:
        return "a number of ordinary size"
    return ""
