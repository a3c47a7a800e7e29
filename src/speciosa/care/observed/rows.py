"""Rows of observed statistics as people write them: columns in any order and under their common names, percent, missing values.

Every row is either read, with its numbers on one scale, or told with its place and what is wrong with it.
"""

import math
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from speciosa.care.observed.rates import denominator
from speciosa.delimited import read_text_table
from speciosa.errors import Fault, InputError, nearest
from speciosa.validation.observed.shipped import OBSERVATIONS

_NAMES = {
    "id": ("id", "row", "row_id"),
    "arm": ("arm", "start", "regimen", "treatment"),
    "quantity": ("quantity", "outcome", "measure", "statistic", "endpoint"),
    "at": ("at", "time", "when", "period", "timepoint"),
    "value": ("value", "observed", "estimate", "mean"),
    "low": ("low", "lower", "ci_low", "lower_ci", "lcl"),
    "high": ("high", "upper", "ci_high", "upper_ci", "ucl"),
    "n": ("n", "people", "size", "n_total", "randomised", "randomized"),
    "events": ("events", "cases"),
    "unit": ("unit", "units"),
}
_SETTING = ("setting", "population", "design", "note", "notes")
"""Columns that tell of the people of a study."""
_STUDY = ("study", "trial", "reference", "source", "citation", "author", "cohort")
"""Columns that tell which study it is."""
_AUTHOR = re.compile(r"[a-z]{3,}[\s_.,-]*(?:19|20)\d\d(?!\d)|ctn[\s_-]*0*\d\d(?!\d)", re.IGNORECASE)
"""A name with its year, or a trial of the clinical trials network, by which an id tells of a study where no column does."""
_SHIPPED = (Path("observations/plans.csv"), Path("plans.csv"), Path("plans"))
_NEEDED = ("arm", "quantity", "at", "value")
_LONGEST = 300
_MISSING = frozenset(
    ("", "na", "n/a", "nan", "null", "none", "nr", "not reported", ".", "-", "--", "?")
)
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%|percent)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Observed:
    """An observed statistic.

    Attributes:
        id: of the row; its line where it has none.
        where: file and line, for what is told of it.
        arm: in words.
        quantity: in words.
        at: in words.
        unit: in words; a sign of percent behind the value is part of it.
        value: what was seen.
        low: end of its interval, where known.
        high: the other end.
        n: people behind it, where known.
        setting: what is told of the people of the study.
        study: which study it is, where known.
        told: whether the file has a column that may tell of the people.
    """

    id: str
    where: str
    arm: str
    quantity: str
    at: str
    unit: str
    value: float
    low: float | None
    high: float | None
    n: float | None
    setting: str = ""
    study: str = ""
    told: bool = True


@dataclass
class Rows:
    """Rows of a file: those that were read, and id and reason of the others."""

    read: list[Observed] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, name: str, error: InputError) -> None:
        """Keeps why a row cannot be predicted."""
        self.failed.append((name, "; ".join(map(str, error.faults))))


def read_rows(path: Path) -> Rows:
    """The rows of a file.

    Args:
        path: a CSV file, see `docs/plans.md`, or ``observations/plans.csv``, which ships; columns beyond those that are known
            are passed over.

    Raises:
        InputError: no such file, no table, or columns that are missing.
    """
    if not path.exists() and path in _SHIPPED:
        path = OBSERVATIONS / "plans.csv"
    table = read_text_table(path)
    columns = _columns(path.name, table.names)
    told = [name for name in table.names if name.strip().casefold() in _SETTING]
    named = [name for name in table.names if name.strip().casefold() in _STUDY]
    found = Rows()
    for line, record in table.records():
        row = {name: record[column] for name, column in columns.items()}
        row["setting"] = "; ".join(record[name] for name in told)
        row["study"] = " ".join(record[name] for name in named if record[name].strip())
        name = row.get("id") or f"line {line}"
        if not row["study"] and _AUTHOR.search(name):
            row["study"] = name
        try:
            read = _row(name, f"{path.name}, line {line}", row)
            found.read.append(replace(read, told=bool(told)))
        except InputError as error:
            found.refuse(name, error)
    return found


def _columns(file: str, names: tuple[str, ...]) -> dict[str, str]:
    """The column of the file that holds each thing."""
    plain = {re.sub(r"[\s.-]+", "_", name.strip().casefold()): name for name in reversed(names)}
    found = {
        wanted: plain[alias]
        for wanted, aliases in _NAMES.items()
        for alias in reversed(aliases)
        if alias in plain
    }
    needed = [name for name in _NEEDED if not (name == "value" and {"events", "n"} <= set(found))]
    faults = []
    for name in needed:
        if name not in found:
            close = nearest(name, list(plain))
            fix = f"Is it {plain[close[0]]!r}? Call it {name!r}." if close else ""
            wanted = "the columns " + ", ".join(_NEEDED)
            faults.append(Fault(f"{file}, header", wanted, f"no {name}", fix))
    if faults:
        raise InputError(faults)
    return found


def _row(name: str, where: str, row: dict[str, str]) -> Observed:
    faults: list[Fault] = []
    for key in ("arm", "quantity"):
        if not row[key]:
            faults.append(Fault(f"{where}, {key}", "words", "nothing"))
    for key in ("quantity", "at", "unit"):
        if len(row.get(key, "")) > _LONGEST:
            faults.append(Fault(f"{where}, {key}", f"at most {_LONGEST} characters", row[key]))
    unit = row.get("unit", "").strip()[:_LONGEST]
    unit = "" if unit.casefold() in _MISSING else unit
    numbers: dict[str, float | None] = {}
    for key in ("value", "low", "high", "n", "events"):
        text = row.get(key, "")
        number, sign = _number(text)
        if sign and key == "value" and not unit.startswith("%"):
            unit = f"% {unit}".strip()
        if number is None and text.strip().casefold() not in _MISSING:
            faults.append(Fault(f"{where}, {key}", "a number, or nothing where not known", text))
        numbers[key] = number
    value, n, events = numbers["value"], numbers["n"], numbers["events"]
    if n is not None and n <= 0.0:
        faults.append(Fault(f"{where}, n", "people, more than 0", f"{n:g}"))
    in_percent = unit.casefold() in ("percent", "per cent", "percentage") or unit.startswith("%")
    scale = 0.01 if in_percent and denominator(unit) is None else 1.0  # "% per year" is a rate
    if value is None and events is not None and n is not None and n > 0.0:
        value, unit = events / n / scale, "share of n"
    if value is None and not faults:
        faults.append(Fault(f"{where}, value", "what was observed", row.get("value") or "nothing"))
    low, high = numbers["low"], numbers["high"]
    if low is not None and high is not None and low > high:
        faults.append(Fault(f"{where}, low and high", "low up to high", f"{low:g} and {high:g}"))
    if faults or value is None:
        raise InputError(faults)
    return Observed(
        name, where, row["arm"], row["quantity"], row["at"], unit, scale * value,
        None if low is None else scale * low, None if high is None else scale * high, n, row.get("setting", ""),
        row.get("study", "").strip(),
    )  # fmt: skip


def _number(text: str) -> tuple[float | None, bool]:
    """A number, and whether a sign of percent stands behind it."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None, False
    value = float(found[1])
    return (value if math.isfinite(value) else None), found[2] is not None
