"""The columns of a table of trials: which stand for what, and each row as study, treatments and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.table.baseline import contrasts_of
from speciosa.evidence.table.columns import MISSING, resolve, unusable, way_out
from speciosa.evidence.table.dependence import design_columns, of_clusters, row_designs
from speciosa.evidence.table.names import folded, meaning
from speciosa.evidence.table.reading import Reading, prepared
from speciosa.evidence.table.stated import figured, stated_columns, stated_effects, stated_measure
from speciosa.evidence.table.treatments import treatments_as_named
from speciosa.evidence.table.ways_on import columns_option, instead, one_row_a_person
from speciosa.evidence.table.wide import arms_of

# Besides our own names (first), those of the common R data sets are understood.
ALIASES = {
    "study": ("study", "studlab", "trial", "study_id", "studyn", "id"),
    "treatment": (
        "treatment",
        "treat",
        "trt",
        "arm",
        "trtc",
        "trtn",
        "intervention",
        "treatments",
        "t",
    ),
    "events": ("events", "event", "xi", "r", "responders"),
    "n": ("n", "ni", "total", "samplesize", "sample_size"),
    "mean": ("mean", "mi", "y"),
    "sd": ("sd", "sdi", "std_dev"),
    "time": ("time", "ti", "person_time", "person_years", "exposure", "e"),
    "treat1": ("treat1", "t1", "treatment1", "treat_1", "treatment_1", "trt1", "trt_1"),
    "treat2": ("treat2", "t2", "treatment2", "treat_2", "treatment_2", "trt2", "trt_2"),
    "effect": ("effect", "te", "yi"),
    "se": ("se", "sete", "sei", "std_err", "standard_error"),
    "class": ("class", "treatment_class"),
}
SHAPES = {
    "contrasts": ("treat1", "treat2", "effect", "se"),
    "counts": ("treatment", "events", "n"),
    "rates": ("treatment", "events", "time"),
    "means": ("treatment", "mean", "sd", "n"),
    "mean errors": ("treatment", "mean", "se"),
}


_NAMED_BY_COUNTS = "Measure {}, as the counts beside the effects say."
_UNNAMED = "Effects are taken for differences, as given; of logarithms of ratios the measure is named, as --measure OR."


@dataclass(frozen=True)
class Row:
    """One line of the table: place, study, treatments and numbers, what is wrong with it, what is empty, its design effect."""

    place: str
    study: str
    treatments: tuple[str, ...]
    numbers: Mapping[str, float]
    group: str = ""
    faults: tuple[Fault, ...] = field(default=())
    empty: tuple[str, ...] = ()
    design: float = 1.0


@dataclass(frozen=True)
class Rows:
    """The rows of a table, their shape (one of `SHAPES`), the measure that their columns name, notes, and all cells."""

    rows: list[Row]
    shape: str
    measure: str
    notes: tuple[str, ...]
    cells: pl.DataFrame


def rows_of(
    source: Any, preferred: Sequence[str] = (), measure: str = "", reading: Reading | None = None
) -> Rows:
    """The rows of a table and its shape, one of `SHAPES`.

    Args:
        source: a file, frame, mapping of columns or rows.
        preferred: shapes to take first where the columns make several.
        measure: code of the measure asked for, empty for none.
        reading: how the table is read where it does not say so itself.

    Raises:
        EvidenceError: no file, no rows, or columns that make none of the shapes.

    Example:
        >>> found = rows_of([{"studlab": "A", "t1": "x", "t2": "y", "TE": 0.3, "seTE": 0.1}])
        >>> found.shape, found.rows[0].treatments, dict(found.rows[0].numbers)
        ('contrasts', ('x', 'y'), {'effect': 0.3, 'se': 0.1})
    """
    reading = reading or Reading()
    ready = prepared(source, reading, by_study=False)
    if ready.table.is_empty():
        raise EvidenceError(Fault("table", "at least one row", "none"))
    table, spelled = treatments_as_named(ready.table)
    records = table.to_dicts()
    columns = _with_figures(table, _columns(table), preferred)
    cells = _cells(table, columns)
    as_read = table, columns
    notes = [*ready.notes, *spelled]
    faults: list[Fault] = []
    whole = _shape(columns, preferred) in ("means", "mean errors") and all(
        _number(row[columns["mean"]]) is not None for row in records
    )
    if not whole and (based := contrasts_of(records, columns)):
        records, table = based, pl.DataFrame(based, strict=False, infer_schema_length=None)
        columns = _columns(table)
    named = "" if measure else stated_measure(figured(table))
    if {"treat1", "treat2"} <= columns.keys():
        # Without a measure, contrasts are differences; their scale is asked for where they look like ratios.
        code = measure or named or "GEN"
        found = _stated(table, records, columns, code, reading.scale, faults)
        if found is not None:
            records, columns, told = found
            notes += told
    shape = _shape(columns, preferred)
    if shape == "contrasts" and not (measure or named):
        named = counted_measure(table, [_number(row[columns["effect"]]) for row in records])
        notes.append(_NAMED_BY_COUNTS.format(named) if named else _UNNAMED)
    if shape is None and (arms := arms_of(records)):
        columns = {name: name for name in arms[0]}
        if based := contrasts_of(arms, columns):
            arms, columns = based, {name: name for name in based[0]}
        records, shape = arms, _shape(columns, preferred)
    if shape is None or "study" not in columns:
        raise EvidenceError(_shape_fault(*as_read))
    notes += [] if preferred or named else _both(columns)
    studies = [str(record[columns["study"]] or "") for record in records]
    doubtful: list[Fault] = []
    designs, clustered = row_designs(records, studies, shape, doubtful)
    notes += clustered
    rows = [
        _row(number, record, columns, shape, design)
        for number, (record, design) in enumerate(zip(records, designs.tolist(), strict=True), 1)
    ]
    if doubtful:
        rows[0] = replace(rows[0], faults=(*rows[0].faults, *doubtful))
    if faults:
        # Figures have been found wrong already; what is wrong with names is still to be said.
        figures = (", effect", ", se")
        rows = [
            replace(row, faults=tuple(f for f in row.faults if not f.where.endswith(figures)))
            for row in rows
        ]
        rows[0] = replace(rows[0], faults=(*faults, *rows[0].faults))
    return Rows(rows, shape, named, tuple(notes), cells)


def counted_measure(table: pl.DataFrame, effects: Sequence[float | None]) -> str:
    """``OR``, ``RR`` or ``RD``, whichever of the counts beside contrasts is their effect; nothing where none is in every row.

    Rows with a cell of zero tell nothing, since something may have been added to it.

    Example:
        >>> rows = pl.DataFrame({"event1": [10, 5], "n1": [30, 20], "event2": [5, 0], "n2": [30, 20]})
        >>> counted_measure(rows, [0.6931, 2.0])
        'RR'
    """
    names = [resolve(table, name) for name in ("events_t", "n_t", "events_c", "n_c")]
    if None in names:
        return ""
    cells = table.select(pl.col(str(name)).cast(pl.Float64, strict=False) for name in names)
    a, n1, c, n2 = cells.to_numpy().T
    given = np.array([np.nan if value is None else value for value in effects])
    with np.errstate(divide="ignore", invalid="ignore"):
        told = (a > 0) & (c > 0) & (a < n1) & (c < n2) & np.isfinite(given)
        found = {
            "OR": np.log(a * (n2 - c) / (c * (n1 - a))),
            "RR": np.log(a * n2 / (c * n1)),
            "RD": a / n1 - c / n2,
        }
    fitting = [m for m, e in found.items() if np.allclose(e[told], given[told], rtol=0, atol=2e-3)]
    return fitting[0] if told.any() and len(fitting) == 1 else ""


def _both(columns: Mapping[str, str]) -> list[str]:
    """What to say of arms with people and with time, of which either makes a measure."""
    if not {*SHAPES["counts"], *SHAPES["rates"]} <= columns.keys():
        return []
    people, time = columns["n"], columns["time"]
    return [
        f"Odds ratios of people ({people}); '{time}' was not used. Rates over that time: --measure IRR."
    ]


def _cells(table: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    """The table with its columns of studies and treatments under our names, names as the reader writes them."""
    ours = {columns[name]: name for name in ("study", "treatment") if name in columns}
    found = []
    for column in table.get_columns():
        if column.name in ours:
            text = [" ".join(str(cell).split()) for cell in column.to_list()]
            found.append(pl.Series(ours[column.name], text, pl.String))
        elif column.name not in ours.values():
            found.append(column)
    return pl.DataFrame(found)


def _stated(
    table: pl.DataFrame,
    records: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    code: str,
    asked: str,
    faults: list[Fault],
) -> tuple[list[dict[str, Any]], dict[str, str], tuple[str, ...]] | None:
    """Records of contrasts with effect and standard error on the analysis scale, their columns and notes."""
    if not stated_columns(figured(table), code).complete:
        return None
    labels = [_place(number, row, columns) for number, row in enumerate(records, 1)]
    found = stated_effects(table, code, labels, asked, faults)
    if found is None:
        return None
    own = {n: columns[n] for n in ("study", "treat1", "treat2", "class") if n in columns}
    own |= {name: name for name in design_columns(table.columns)}
    values = zip(found.effect.tolist(), found.se.tolist(), strict=True)
    turned = [
        {ours: row[name] for ours, name in own.items()} | {"effect": e, "se": s}
        for row, (e, s) in zip(records, values, strict=True)
    ]
    return turned, {name: name for name in (*own, "effect", "se")}, found.notes


class _Contrast(str):
    """The name of a study with its contrast, quoted as messages quote: ``'Lee', x minus placebo``."""

    __slots__ = ()

    def __repr__(self) -> str:
        study, _, pair = self.partition("\n")
        return f"{study!r}, {pair}"


def _place(number: int, record: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    pair = " minus ".join(str(record[columns[name]] or "") for name in ("treat1", "treat2"))
    return _Contrast(f"{record[columns['study']] if 'study' in columns else number}\n{pair}")


def _shape(columns: Mapping[str, str], preferred: Sequence[str]) -> str | None:
    order = sorted(SHAPES, key=lambda shape: shape not in preferred)
    return next((s for s in order if all(name in columns for name in SHAPES[s])), None)


def _columns(table: pl.DataFrame) -> dict[str, str]:
    """Our name of each column that is understood, and the name it has in the table.

    Of several columns for a treatment one with names goes before one with numbers.
    """
    known = {folded(name): name for name in table.columns}
    found = {}
    for ours, spellings in ALIASES.items():
        hits = [known[spelling] for spelling in spellings if spelling in known]
        if ours.startswith("treat"):
            hits.sort(key=lambda name: _numbered(table[name].to_list()))
        hits = hits or [name for name in table.columns if meaning(name).role == ours]
        if hits:
            found[ours] = hits[0]
    return found


def _with_figures(
    table: pl.DataFrame, columns: dict[str, str], preferred: Sequence[str]
) -> dict[str, str]:
    """The columns that hold anything, where they make a shape: of several outcomes one may have counts, another means."""
    filled = {
        ours: name
        for ours, name in columns.items()
        if any(
            cell is not None and str(cell).strip().casefold() not in MISSING
            for cell in table[name].to_list()
        )
    }
    return filled if _shape(filled, preferred) else columns


def _numbered(cells: Sequence[Any]) -> bool:
    return all(
        str(cell).strip().replace(".", "", 1).isdigit() for cell in cells if cell is not None
    )


def _shape_fault(table: pl.DataFrame, columns: Mapping[str, str]) -> Fault:
    shapes = "; ".join(f"study, {', '.join(needed)}" for needed in SHAPES.values())
    shapes += "; or the arms side by side: study, treat1, event1, n1, treat2, event2, n2"
    shapes += "; or contrasts with HR (OR, RR, ...), lower, upper in place of effect and se"
    names = table.columns
    pairs = {"effect", "events_t", "mean_t", "event_e"} & {folded(name) for name in names}
    one_comparison = "One row a study with one comparison: speciosa meta FILE."
    fix = one_comparison if pairs else instead(names) or _nearest_shape(table, columns)
    return Fault("columns", f"one of: {shapes}", ", ".join(names), fix)


def _nearest_shape(table: pl.DataFrame, columns: Mapping[str, str]) -> str:
    """The option that would complete the shape of which fewest columns are absent, where studies and treatments are known."""
    arms = "treatment" in columns
    if not (arms or {"treat1", "treat2"} <= columns.keys()):
        return ""
    if arms and "study" in columns:
        people = one_row_a_person(table, columns["study"], columns["treatment"])
        if people:
            return people
    shapes = [needed for needed in SHAPES.values() if ("treatment" in needed) == arms]
    absent = [[n for n in ("study", *needed) if n not in columns] for needed in shapes]
    unused = [name for name in table.columns if name not in columns.values()]
    return columns_option(min(absent, key=len), unused)


def _row(
    number: int, record: Mapping[str, Any], columns: Mapping[str, str], shape: str, design: float
) -> Row:
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
    numbers, empty = {}, []
    for name in SHAPES[shape]:
        if name in keys:
            continue
        if text(name).casefold() in MISSING:
            empty.append(columns[name])
            continue
        value = _number(record.get(columns[name]))
        expected = "a number" if value is None else unusable(value)
        if value is None or expected:
            found = text(name) or "nothing"
            faults.append(Fault(f"{place}, {columns[name]}", expected, found, way_out(found)))
        else:
            numbers[name] = value
    treatments = tuple(map(text, keys))
    figures = numbers if design == 1 else of_clusters(numbers, design)
    told = (tuple(faults), tuple(empty))
    return Row(place, study, treatments, figures, text("class"), *told, design)


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(str(value).strip())
    except ValueError:
        return None
