"""Reading the fact files: which files make a table, with corrections applied, as rows of text or as a Polars frame.

A table is one or more CSV files, read when first asked for and kept. `rows` and `table` give what the models and the
report use: the numbers as corrected by the checks, with a column `checked`. Pass ``corrected=False`` for what the
files say. Polars is loaded only when a frame is asked for, so that a monograph is printed quickly.
"""

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from pydantic import BaseModel

from speciosa.delimited import read_text_table
from speciosa.errors import FactError, Fault, UnknownNameError
from speciosa.facts import schema
from speciosa.facts.confirming import Confirmation, Inference
from speciosa.facts.folders import BUILT_IN, folders
from speciosa.facts.interactions import InteractionRule, InteractionTrait

if TYPE_CHECKING:
    import polars as pl

DATA = BUILT_IN


def sheet_files(root: Path = DATA) -> dict[str, Path]:
    """The file of every model sheet below `root`, by substance, in order of the names.

    Example:
        >>> sheet_files()["morphine"].parent.name
        'opioids'
    """
    found = {
        path.stem: path
        for folder in reversed(folders(root))
        for path in (folder / "sheets").rglob("*.toml")
    }
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Table:
    """A kind of fact: its record class and the files that hold it."""

    name: str
    record: type[BaseModel]
    patterns: tuple[str, ...]

    def paths(self, root: Path = DATA) -> list[Path]:
        """The files of this table below `root`, in order of their names; those of an own folder come last."""
        return [
            path
            for folder in folders(root)
            for path in sorted({path for each in self.patterns for path in folder.glob(each)})
        ]

    @property
    def columns(self) -> dict[str, type]:
        """Name and type (`float`, `int` or `str`) of each column, from the fields of the record."""
        return {name: _type(field.annotation) for name, field in self.record.model_fields.items()}


TABLES = {
    table.name: table
    for table in (
        Table("parameters", schema.Parameter, ("parameters/*.csv",)),
        Table("observations", schema.Observation, ("observations/*.csv",)),
        Table("studies", schema.StudyResult, ("studies/*.csv",)),
        Table("trial-arms", schema.TrialArm, ("trial-arms.csv",)),
        Table("risks", schema.Risk, ("risks.csv",)),
        Table("claims", schema.Claim, ("claims.csv",)),
        Table("legal", schema.LegalStatus, ("legal.csv",)),
        Table("withdrawal-by-day", schema.WithdrawalShare, ("withdrawal-by-day.csv",)),
        Table("scales", schema.Scale, ("scales.csv",)),
        Table("planning", schema.Planning, ("planning.csv",)),
        Table("safety", schema.SafetyNote, ("safety/*.csv",)),
        Table("traits", InteractionTrait, ("interactions/traits*.csv",)),
        Table("interactions", InteractionRule, ("interactions/rules*.csv",)),
        Table("questions", schema.Question, ("questions.csv",)),
        Table("registered", schema.RegisteredTrial, ("registered.csv",)),
    )
}
LEDGERS = {
    table.name: table
    for table in (
        Table("checks", schema.Check, ("checks/*.csv",)),
        Table("selected", schema.Selection, ("selected*.csv",)),
        Table("restated", schema.Restatement, ("restated.csv",)),
        Table("searches", schema.Search, ("searches.csv",)),
        Table("confirmations", Confirmation, ("confirmations/*.csv",)),
        Table("inferred", Inference, ("inferred/*.csv",)),
    )
}


_FOLDERS = {
    pattern.split("/")[0]
    for table in (*TABLES.values(), *LEDGERS.values())
    for pattern in table.patterns
    if "/" in pattern
}


@dataclass(frozen=True, slots=True)
class Row:
    """One data row of a fact file; `number` counts data rows from 1, `line` lines of the file, 0 where not counted."""

    file: Path
    number: int
    cells: Mapping[str, str]
    line: int = 0

    def where(self, column: str = "") -> str:
        """The place in words, for messages."""
        folder = self.file.parent.name
        file = f"{folder}/{self.file.name}" if folder in _FOLDERS else self.file.name
        place = f"{file}, row {self.number}" if not self.line else f"{file}, line {self.line}"
        name = self.cells.get("id") or self.cells.get("fact")
        place += f" ({name})" if name else ""
        return f"{place}, {column}" if column else place


def read_rows(path: Path, lines: bool = False) -> list[Row]:
    """The data rows of a CSV file as text, with the cells stripped; `lines` counts the lines of the file too.

    Raises:
        FactError: a header that repeats a name, or rows with more or fewer cells than the header.
    """
    table = read_text_table(path, error=FactError)
    return [
        Row(path, number, cells, line if lines else 0)
        for number, (line, cells) in enumerate(table.records(), start=1)
    ]


def rows(name: str, corrected: bool = True, root: Path = DATA) -> tuple[Row, ...]:
    """The rows of a table, or of one topic of it (``parameters.kratom``), as text.

    Raises:
        UnknownNameError: no such table.
    """
    base, _, topic = name.partition(".")
    source = {**TABLES, **LEDGERS}.get(base)
    if source is None:
        raise UnknownNameError("fact table", name, [*TABLES, *LEDGERS])
    known = [path.stem for path in source.paths(root)]
    if topic and topic not in known:
        raise UnknownNameError("fact table", name, [f"{base}.{stem}" for stem in known])
    found = _corrected(base, root) if corrected and base in TABLES else _written(base, root)
    return tuple(row for row in found if row.file.stem == topic) if topic else found


def table(name: str, corrected: bool = True) -> "pl.DataFrame":
    """A table of facts as a Polars frame; empty text is ``""``, an empty number is null.

    Args:
        name: a table, such as ``parameters`` or ``trial-arms``, or one topic of it, such as ``parameters.kratom``.
        corrected: apply the corrections of the checks and add the column `checked`.

    Raises:
        UnknownNameError: no such table.
        FactError: cells that should be numbers and are not.

    Example:
        >>> table("parameters.kratom").filter(id="kratom-0001").select("parameter", "value", "unit").row(0)
        ('CL_F', 233.0, 'L/h')
    """
    found = rows(name, corrected)
    return frame(found, {**TABLES, **LEDGERS}[name.partition(".")[0]].columns)


def frame(found: Iterable[Row], columns: Mapping[str, type]) -> "pl.DataFrame":
    """Rows of text as a typed Polars frame with exactly these columns.

    Raises:
        FactError: every cell that should be a number and is not.
    """
    import polars as pl

    found = tuple(found)
    kinds = {str: pl.String(), int: pl.Int64(), float: pl.Float64()}
    series, faults = [], []
    for name, kind in columns.items():
        text = [row.cells.get(name, "") for row in found]
        if kind is str:
            series.append(pl.Series(name, text, pl.String()))
            continue
        numbers = pl.Series(name, [cell or None for cell in text], pl.String())
        typed = numbers.cast(pl.Float64(), strict=False)
        bad = (numbers.is_not_null() & typed.is_null()).arg_true()
        faults += [Fault(found[at].where(name), "a number", repr(text[at])) for at in bad]
        series.append(typed.cast(kinds[kind], strict=False))
    if faults:
        raise FactError(faults)
    return pl.DataFrame(series)


@lru_cache(maxsize=64)
def _written(base: str, root: Path) -> tuple[Row, ...]:
    source = {**TABLES, **LEDGERS}[base]
    return tuple(row for path in source.paths(root) for row in read_rows(path))


@lru_cache(maxsize=8)
def _recorded(root: Path) -> frozenset[str]:
    """The facts with a record of confirmation."""
    return frozenset(each.cells.get("fact", "") for each in _written("confirmations", root))


@lru_cache(maxsize=64)
def _corrected(base: str, root: Path) -> tuple[Row, ...]:
    found = corrected_rows(_written(base, root), _written("checks", root))
    recorded = _recorded(root)
    return tuple(
        Row(row.file, row.number, {**row.cells, "checked": _state(row.cells, recorded)}, row.line)
        for row in found
    )


def corrected_rows(found: Iterable[Row], checks: Iterable[Row]) -> tuple[Row, ...]:
    """Rows with the corrections of the checks applied; the column `checked` says ``corrected`` where one was."""
    by_fact: dict[str, list[Mapping[str, str]]] = {}
    for check in checks:
        if check.cells.get("verdict") == "corrected":
            by_fact.setdefault(check.cells.get("fact", ""), []).append(check.cells)
    return tuple(
        Row(row.file, row.number, _apply(row.cells, by_fact[row.cells["id"]]), row.line)
        if row.cells.get("id", "") in by_fact
        else row
        for row in found
    )


def _apply(cells: Mapping[str, str], corrections: list[Mapping[str, str]]) -> dict[str, str]:
    new = {
        each["column"]: each.get("new", "")
        for each in corrections
        if each.get("column", "") in cells
    }
    return {**cells, **new, "checked": "corrected"}


def _state(cells: Mapping[str, str], recorded: frozenset[str]) -> str:
    """What became of a row: only a record of what was compared makes it confirmed."""
    if cells["id"] in recorded:
        return "confirmed"
    if cells.get("seen") in {"recall", "judgement"}:
        return "recalled" if cells["seen"] == "recall" else "judgement"
    return "corrected" if cells.get("checked") == "corrected" else "unconfirmed"


def _type(annotation: Any) -> type:
    if get_origin(annotation) in (Union, types.UnionType):
        return _type(next(a for a in get_args(annotation) if a is not type(None)))
    return annotation if annotation in (float, int) else str
