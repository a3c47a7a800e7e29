"""Reading study files, and saying everything that is wrong with them.

A file or frame with one row a study: who (`study`), the figures (`measures.COLUMNS`, or ``effect`` and ``se``) and
moderators as further columns. Column names are forgiving about case and known synonyms; figures are not: every fault
is collected with its study's name before anything is computed. A study whose figures are missing is left out by name.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import MEASURES, Floats, Measure, measure
from speciosa.evidence.pairwise.possible import figure_faults
from speciosa.evidence.table.columns import MISSING, numbers, resolve
from speciosa.evidence.table.dependence import correlations, deflated, design_effects
from speciosa.evidence.table.doubts import (
    MEDIANS,
    broken_counts,
    count_faults,
    mean_doubts,
    pooled_faults,
    tested,
)
from speciosa.evidence.table.names import folded, group_of, meaning, words_of
from speciosa.evidence.table.reading import Reading, prepared
from speciosa.evidence.table.stated import (
    NO_SPREAD,
    figured,
    other_measure,
    stated_effects,
    stated_measure,
)
from speciosa.evidence.table.treatments import ARMS, pair_faults
from speciosa.evidence.table.ways_on import columns_option, instead, intervals, shares


@dataclass(frozen=True, eq=False, slots=True)
class Studies:
    """Studies ready to be pooled, all of the same length.

    Attributes:
        labels: their names.
        raw: figures by column, shape ``(studies,)``, NaN where a study gives its effect instead.
        given: ``effect`` and ``se`` of studies that state these, NaN elsewhere.
        table: everything as read, one row a study, as text or numbers.
        left_out: studies without the figures, with the reason.
        correlation: within people, of crossover trials; NaN for parallel groups.
        notes: how the table was read, where it had to be decided.
        program: whose table it is, where its columns tell.
    """

    measure: Measure
    labels: tuple[str, ...]
    raw: Mapping[str, Floats]
    given: Mapping[str, Floats]
    table: pl.DataFrame
    left_out: tuple[tuple[str, str], ...]
    correlation: Floats
    notes: tuple[str, ...]
    program: str = ""

    def of(self, keep: NDArray[np.bool_]) -> "Studies":
        """The studies that are kept, with their figures and rows."""
        if keep.all():
            return self
        return replace(
            self,
            labels=tuple(n for n, k in zip(self.labels, keep, strict=True) if k),
            raw={c: v[keep] for c, v in self.raw.items()},
            given={c: v[keep] for c, v in self.given.items()},
            table=self.table.filter(pl.Series(keep)),
            correlation=self.correlation[keep],
        )


def read_studies(source: Any, code: str, reading: Reading | None = None) -> Studies:
    """Studies of a file or frame for one measure.

    Args:
        source: as `read_table`.
        code: the measure; its columns are `measures.COLUMNS`. Studies that state their effect with a
            standard error, a variance or an interval are taken so, beside studies with counts if need
            be. GEN is the measure that the column of effects names, where it names one.
        reading: scale, columns, rows and sheet, where the table does not tell.

    Raises:
        EvidenceError: with every fault of the table.
    """
    reading = reading or Reading()
    ready = prepared(source, reading, by_study=True)
    table, notes = ready.table, list(ready.notes)
    if table.is_empty():
        raise EvidenceError(Fault("data", "at least one study", "no rows"))
    what = measure(code)
    if (
        what.code == "GEN"
        and resolve(table, "effect") is not None
        and (named := stated_measure(figured(table)))
    ):
        what = measure(named)
        notes.append(f"Measure {named}, as the column of effects says.")
    faults: list[Fault] = []
    labels = _labels(table, faults, reading.repeated)
    mixed, told = pair_faults(table)
    faults += mixed
    notes += told
    raw, turned = _figures(table, what, labels, faults)
    counted = raw is not None and all(np.isfinite(v).all() for v in raw.values())
    given = None if counted else stated_effects(table, what.code, labels, reading.scale, faults)
    if raw is None and given is None:
        _refuse(table, what, faults)
    empty = np.full(len(table), np.nan)
    raw = raw if raw is not None else {name: empty for name in what.columns}
    effect = given.effect if given is not None else empty
    se = given.se if given is not None else empty
    faults.extend(figure_faults(what, raw, {"effect": effect, "se": se}, labels))
    faults.extend(pooled_faults(labels, effect, se))
    design = design_effects(table, labels, faults)
    paired = correlations(table, what.code, raw, labels, faults)
    if faults:
        raise EvidenceError(faults)
    notes += given.notes if given is not None else ()
    notes += turned + _doubts(table, what, labels, raw)
    notes += tested(table, labels, effect, se) if what.null == 0 else []
    notes += _dependence(labels, design, paired)
    figures = Studies(
        *(what, labels, deflated(raw, design), {"effect": effect, "se": se * np.sqrt(design)}),
        *(table, (), paired, tuple(notes)),
        program=ready.program,
    )
    return _keep_complete(figures)


def _doubts(
    table: pl.DataFrame, what: Measure, labels: tuple[str, ...], raw: Mapping[str, Floats]
) -> list[str]:
    """Notes on figures that are probably not what their columns say."""
    if what.data == "means":
        return mean_doubts(labels, what.code, raw)
    design = any(resolve(table, name) is not None for name in ("design_effect", "icc"))
    counts = {name: values for name, values in raw.items() if name.split("_")[0] in ("events", "n")}
    return [] if design else broken_counts(labels, counts)


def _refuse(table: pl.DataFrame, what: Measure, faults: list[Fault]) -> None:
    """Says which columns would do."""
    found = ", ".join(table.columns)
    names = {folded(name) for name in table.columns}
    if {"treatment", "treat1"} & names or (names & {*ARMS} and _repeated(table)):
        fix = "One row an arm or a contrast is a network: speciosa nma FILE."
        raise EvidenceError(Fault("columns", _needs(what), found, fix))
    if any(fault.where in (NO_SPREAD, "columns") for fault in faults):
        raise EvidenceError(faults)
    fix = _which(what, table)
    if other := other_measure(figured(table), what.code):
        fix = f"The table states {measure(other).label}s: --measure {other}."
    turned = instead(table.columns, means=what.data in ("means", "given"))
    fix = fix or turned or _say_which(what, table)
    raise EvidenceError([Fault("columns", _needs(what), found, fix), *faults])


def _dependence(labels: tuple[str, ...], design: Floats, paired: Floats) -> list[str]:
    """What was done for trials of clusters and of crossovers."""
    clusters = [f"{n} by {d:.3g}" for n, d in zip(labels, design, strict=True) if d != 1]
    crossed = [n for n, r in zip(labels, paired, strict=True) if np.isfinite(r)]
    notes = []
    if clusters:
        notes.append(f"Cluster trials, size divided by the design effect: {', '.join(clusters)}.")
    if crossed:
        notes.append(
            f"Crossover trials, variance with the correlation within people: {', '.join(crossed)}."
        )
    return notes


def _repeated(table: pl.DataFrame) -> bool:
    """Whether studies have several rows."""
    column = resolve(table, "study")
    return column is not None and table[column].n_unique() < len(table)


def _needs(what: Measure) -> str:
    if what.data == "given":
        return f"effect and se for {what.code}"
    return f"{', '.join(what.columns)} for {what.code}, or effect and se"


def _which(what: Measure, table: pl.DataFrame) -> str:
    """A way out for who forgot to name a measure: those that the columns do for."""
    if what.code != "GEN":
        return _medians(table, what.columns)
    groups = [one for one in MEASURES.values() if one.data != "given"]
    fitting = [
        one.code
        for one in groups
        if all(resolve(table, n) or _without_events(table, n) for n in one.columns)
    ]
    if fitting:
        return (
            f"Name the measure to compute by --measure; these columns do for {', '.join(fitting)}."
        )
    if medians := _medians(table, ("mean", "mean_t")):
        return medians
    if any(resolve(table, name) for name in ("se", "variance", "ci_low")):
        return "Which column holds the effect? --columns effect=NAME; ratios with --measure, as OR or HR."
    return instead(table.columns) or (
        "Name the measure to compute, as RR or MD; --columns effect=NAME,se=NAME says which columns hold effects."
    )


def _labels(table: pl.DataFrame, faults: list[Fault], repeated: bool) -> tuple[str, ...]:
    """Names of the studies; the year is added where a name occurs more than once, or a number where rows may repeat."""
    column = resolve(table, "study")
    if column is None:
        return tuple(f"study {i + 1}" for i in range(len(table)))
    names = ["" if c is None else str(c).strip() for c in table[column].to_list()]
    year = resolve(table, "year")
    if year is not None and len(set(names)) < len(names):
        years = [str(y) for y in table[year].to_list()]
        often = Counter(names)
        names = [f"{n} {y}" if often[n] > 1 else n for n, y in zip(names, years, strict=True)]
    for i, name in enumerate(names):
        if not name:
            faults.append(Fault(f"row {i + 1}, {column}", "the name of a study", "nothing"))
    if repeated:
        often, met = Counter(names), Counter[str]()
        for i, name in enumerate(names):
            met[name] += 1
            names[i] = f"{name} ({met[name]})" if often[name] > 1 else name
    rows: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        rows.setdefault(name, []).append(i)
    faults += [_twice(table, name, at) for name, at in rows.items() if name and len(at) > 1]
    return tuple(names)


def _twice(table: pl.DataFrame, name: str, rows: list[int]) -> Fault:
    """Two rows of one study: what it means to pool both."""
    where = "rows " + ", ".join(str(i + 1) for i in rows) + " (duplicated)"
    controls = [column for n in ("events_c", "n_c", "mean_c") if (column := resolve(table, n))]
    shared = controls and len({tuple(map(str, table[controls].row(i))) for i in rows}) == 1
    found = f"{where}{' with the same control group' if shared else ''}"
    fix = (
        "Two comparisons with one control group count its people twice: combine the treated groups into one row, or"
        " split the control group's events and people between the rows under separate names, or give one row an arm to"
        " speciosa nma, which keeps the shared group exactly. Several outcomes of one study: choose one by --rows COLUMN=VALUE,"
        " or pool all with --cluster study. Separate trials of one name need separate names or a year."
    )
    return Fault(f"study {name!r}", "one row", found, fix)


def _figures(
    table: pl.DataFrame, what: Measure, labels: tuple[str, ...], faults: list[Fault]
) -> tuple[dict[str, Floats] | None, list[str]]:
    """The measure's columns and notes; None if the table has none of them; a fault for each missing one."""
    if what.data == "given":
        return None, []
    found: dict[str, Floats] = {}
    absent: list[str] = []
    errors: list[str] = []
    for name in what.columns:
        column = resolve(table, name)
        rest = _without_events(table, name)
        if column is not None:
            found[name] = numbers(table, column, labels, faults)
            faults += count_faults(column, found[name]) if name.startswith("events") else []
        elif name[:2] == "sd" and (error := resolve(table, name.replace("sd", "mean_se"))):
            people = resolve(table, name.replace("sd", "n"))
            root = np.sqrt(numbers(table, people, labels, [])) if people else np.nan
            found[name] = numbers(table, error, labels, faults) * root
            errors.append(error)
        elif rest is not None and name.replace("n_", "events_") in found:
            events = found[name.replace("n_", "events_")]
            found[name] = events + numbers(table, rest, labels, faults)
        else:
            absent.append(name)
    shown = " and ".join(errors)
    notes = (
        [f"Standard deviations are the standard errors of {shown} times the root of n."]
        if shown
        else []
    )
    if not absent:
        return found, notes
    if found and resolve(table, "effect") is None:
        faults += _absent(table, what, absent, found)
        return found | {name: np.full(len(table), np.nan) for name in absent}, notes
    return None, []


def _absent(
    table: pl.DataFrame, what: Measure, absent: Sequence[str], found: Mapping[str, Floats]
) -> list[Fault]:
    """A fault for each figure that no column holds, with the way on."""
    used = {resolve(table, name) for name in found}
    together = columns_option(absent, [c for c in table.columns if c not in used])
    faults = []
    for name in absent:
        own = _medians(table, (name,)) or _unsaid(table, name) or intervals(name, table.columns)
        own = own or shares(name, table.columns)
        faults.append(
            Fault(f"column {name!r}", f"figures for {what.code}", "none", own or together)
        )
    return faults


def _say_which(what: Measure, table: pl.DataFrame) -> str:
    """The option that names the columns of a measure; of stated effects those that the table does not have."""
    if what.data != "given":
        return columns_option(what.columns, table.columns)
    known = {role: resolve(table, role) for role in ("effect", "se")}
    absent = [role for role, column in known.items() if column is None]
    return columns_option(absent, table.columns) if absent else ""


def _unsaid(table: pl.DataFrame, name: str) -> str:
    """The way on where a group's figures stand in one column whose name does not say what they are."""
    named = (c for c in table.columns if group_of(c) == name[-1] and not meaning(c).role)
    unsaid = next(named, "")
    forms = "mean (SD)" if name[:2] in ("me", "sd") else "(n/N)"
    return f"Say in its name what column {unsaid} holds, as {unsaid} {forms}." if unsaid else ""


def _without_events(table: pl.DataFrame, name: str) -> str | None:
    """The column of people without an event, from which a group's size follows."""
    return resolve(table, f"non{name.replace('n_', 'events_')}") if name[:2] == "n_" else None


def _medians(table: pl.DataFrame, names: Sequence[str]) -> str:
    """The way from medians to means, where means or deviations are asked for and medians are what a table has."""
    instead = [
        name.replace(kind, "median") for kind in ("mean", "sd") for name in names if kind in name
    ]
    if not instead or not _stated_medians(table, instead):
        return ""
    return MEDIANS


def _stated_medians(table: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """The columns that hold medians, by our names or by their own words."""
    found = [column for name in names if (column := resolve(table, name)) is not None]
    return found or [name for name in table.columns if "median" in words_of(name)]


def _missing(table: pl.DataFrame, medians: Sequence[str], row: int) -> str:
    """Why a study is left out."""
    cells = [str(table[name][row] or "").strip() for name in medians]
    if any(cell.casefold() not in MISSING for cell in cells):
        return "figures missing; its medians may be turned by speciosa.evidence.mean_sd"
    return "figures missing"


def _keep_complete(studies: Studies) -> Studies:
    """Leaves out, by name, studies that have neither complete figures nor an effect."""
    complete = np.all([np.isfinite(v) for v in studies.raw.values()], axis=0)
    stated = np.all([np.isfinite(v) for v in studies.given.values()], axis=0)
    keep = complete | stated
    medians = _stated_medians(studies.table, ("median", "median_t"))
    left = tuple(
        (name, _missing(studies.table, medians, i))
        for i, name in enumerate(studies.labels)
        if not keep[i]
    )
    if not keep.any():
        raise EvidenceError([Fault(f"study {name!r}", "figures", "none") for name, _ in left])
    raw = {c: np.where(complete, v, np.nan) for c, v in studies.raw.items()}
    return replace(studies, raw=raw, left_out=left).of(keep)
