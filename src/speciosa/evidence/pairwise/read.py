"""Reading study files, and saying everything that is wrong with them.

A file or frame with one row a study: who (`study`), the figures (`measures.COLUMNS`, or ``effect`` and ``se``) and
moderators as further columns. Column names are forgiving about case and known synonyms; figures are not: every fault
is collected with its study's name before anything is computed. A study whose figures are missing is left out by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from speciosa.errors import EvidenceError, Fault, nearest
from speciosa.evidence.columns import folded, numbers, read_table, resolve
from speciosa.evidence.effects.measures import Floats, Measure, measure

UNEVEN = 5e8


@dataclass(frozen=True, eq=False, slots=True)
class Studies:
    """Studies ready to be pooled, all of the same length.

    Attributes:
        labels: their names.
        raw: figures by column, shape ``(studies,)``, NaN where a study gives its effect instead.
        given: ``effect`` and ``se`` of studies that state these, NaN elsewhere.
        table: everything as read, one row a study, as text or numbers.
        left_out: studies without the figures, with the reason.
    """

    measure: Measure
    labels: tuple[str, ...]
    raw: Mapping[str, Floats]
    given: Mapping[str, Floats]
    table: pl.DataFrame
    left_out: tuple[tuple[str, str], ...]


def read_studies(source: Any, code: str) -> Studies:
    """Studies of a file or frame for one measure.

    Args:
        source: as `read_table`.
        code: the measure; its columns are `measures.COLUMNS`. Studies that give ``effect`` and
            ``se`` (or ``variance``, or ``ci_low`` and ``ci_high``), all on the analysis scale, are
            taken as they are, beside studies with counts if need be.

    Raises:
        EvidenceError: with every fault of the table.
    """
    what, table = measure(code), read_table(source)
    if table.is_empty():
        raise EvidenceError(Fault("data", "at least one study", "no rows"))
    faults: list[Fault] = []
    labels = _labels(table, faults)
    raw = _figures(table, what, labels, faults)
    given = _given(table, labels, faults)
    if raw is None and given is None:
        found = ", ".join(table.columns)
        if {"treatment", "treat1"} & {folded(name) for name in table.columns}:
            fix = "One row an arm or a contrast is a network: speciosa nma FILE."
            raise EvidenceError(Fault("columns", _needs(what), found, fix))
        raise EvidenceError([Fault("columns", _needs(what), found, _which(what)), *faults])
    empty = np.full(len(table), np.nan)
    raw = raw if raw is not None else {name: empty for name in what.columns}
    given = given if given is not None else {"effect": empty, "se": empty}
    faults.extend(_check(what, raw, given, labels))
    if faults:
        raise EvidenceError(faults)
    return _keep_complete(Studies(what, labels, raw, given, table, ()))


def _needs(what: Measure) -> str:
    if what.data == "given":
        return f"effect and se for {what.code}"
    return f"{', '.join(what.columns)} for {what.code}, or effect and se"


def _which(what: Measure) -> str:
    """A way out for who forgot to name a measure."""
    return "Name the measure to compute, as RR or MD." if what.code == "GEN" else ""


def _labels(table: pl.DataFrame, faults: list[Fault]) -> tuple[str, ...]:
    """Names of the studies; the year is added where a name occurs more than once."""
    column = resolve(table, "study")
    if column is None:
        return tuple(f"study {i + 1}" for i in range(len(table)))
    names = ["" if c is None else str(c).strip() for c in table[column].to_list()]
    year = resolve(table, "year")
    if year is not None and len(set(names)) < len(names):
        years = [str(y) for y in table[year].to_list()]
        names = [f"{n} {y}" if names.count(n) > 1 else n for n, y in zip(names, years, strict=True)]
    for i, name in enumerate(names):
        if not name:
            faults.append(Fault(f"row {i + 1}, {column}", "the name of a study", "nothing"))
    for name in dict.fromkeys(names):
        rows = [str(i + 1) for i, n in enumerate(names) if n == name]
        if name and len(rows) > 1:
            fix = "If these are separate comparisons, give them separate names."
            faults.append(
                Fault(
                    f"study {name!r}", "one row", "rows " + ", ".join(rows) + " (duplicated)", fix
                )
            )
    return tuple(names)


def _figures(
    table: pl.DataFrame, what: Measure, labels: tuple[str, ...], faults: list[Fault]
) -> dict[str, Floats] | None:
    """The measure's columns; None if the table has none of them; a fault for each missing one."""
    if what.data == "given":
        return None
    found: dict[str, Floats] = {}
    absent: list[str] = []
    for name in what.columns:
        column = resolve(table, name)
        rest = resolve(table, f"non{name.replace('n_', 'events_')}") if name[:2] == "n_" else None
        if column is not None:
            found[name] = numbers(table, column, labels, faults)
        elif rest is not None and name.replace("n_", "events_") in found:
            events = found[name.replace("n_", "events_")]
            found[name] = events + numbers(table, rest, labels, faults)
        else:
            absent.append(name)
    if not absent:
        return found
    has_effect = resolve(table, "effect") is not None
    if found and not has_effect:
        used = {resolve(table, name) for name in found}
        for name in absent:
            close = nearest(name, [c for c in table.columns if c not in used], 1)
            fix = f"Did you mean {close[0]}?" if close else ""
            faults.append(Fault(f"column {name!r}", f"figures for {what.code}", "none", fix))
        return found | {name: np.full(len(table), np.nan) for name in absent}
    return None


def _given(
    table: pl.DataFrame, labels: tuple[str, ...], faults: list[Fault]
) -> dict[str, Floats] | None:
    """Effects and standard errors that the table states, from whichever columns it has."""
    effect = resolve(table, "effect")
    if effect is None:
        return None
    values = numbers(table, effect, labels, faults)
    se, variance = resolve(table, "se"), resolve(table, "variance")
    low, high = resolve(table, "ci_low"), resolve(table, "ci_high")
    if se is not None:
        spread = numbers(table, se, labels, faults)
    elif variance is not None:
        square = numbers(table, variance, labels, faults)
        spread = np.sign(square) * np.sqrt(np.abs(square))
    elif low is not None and high is not None:
        width = numbers(table, high, labels, faults) - numbers(table, low, labels, faults)
        spread = width / (2 * float(ndtri(0.975)))
    else:
        faults.append(Fault("column 'se'", "se, variance, or ci_low and ci_high", "none of them"))
        return None
    return {"effect": values, "se": spread}


def _check(
    what: Measure, raw: Mapping[str, Floats], given: Mapping[str, Floats], labels: tuple[str, ...]
) -> list[Fault]:
    """What is impossible in the figures, by study."""
    faults: list[Fault] = []
    for i, name in enumerate(labels):
        here = {column: float(values[i]) for column, values in raw.items()}
        faults.extend(Fault(f"study {name!r}, {c}", e, f) for c, e, f in _impossible(here, what))
        se = float(given["se"][i])
        if se <= 0:
            faults.append(Fault(f"study {name!r}, se", "a standard error above 0", f"{se:g}"))
    return faults + [
        Fault(f"study {labels[i]!r}, se", expected, found)
        for i, expected, found in uneven(given["se"])
    ]


def uneven(se: Floats) -> list[tuple[int, str, str]]:
    """(place, expected, found) of the smallest standard error where double precision cannot weigh it with the largest."""
    positive = np.where(se > 0, se, np.nan)
    if not np.isfinite(positive).any():
        return []
    small, large = int(np.nanargmin(positive)), float(np.nanmax(positive))
    if large / positive[small] <= UNEVEN:
        return []
    return [(small, f"within a factor of {UNEVEN:g} of the largest, {large:g}", f"{se[small]:g}")]


def _impossible(row: dict[str, float], what: Measure) -> list[tuple[str, str, str]]:
    """(column, expected, found) of each figure of a row that cannot be."""
    wrong = []
    for column, value in row.items():
        shown = f"{value:g}"
        kind = column.split("_")[0]
        if kind == "events" and value < 0:
            wrong.append((column, "events of 0 or more", shown))
        if kind == "n" and value <= 0:
            wrong.append((column, "a number of people above 0", shown))
        if kind in ("time", "sd") and value <= 0:
            word = "person-time" if kind == "time" else "a standard deviation"
            wrong.append((column, f"{word} above 0", shown))
        if kind == "correlation" and not (np.isnan(value) or -1 <= value <= 1):
            wrong.append((column, "a correlation from -1 to 1", shown))
        if kind == "n" and 0 < value < 2 and what.data in ("means", "mean", "paired"):
            wrong.append((column, "at least 2 people for a standard deviation", shown))
        total = row.get(column.replace("events", "n"), np.nan)
        if kind == "events" and value > total > 0:
            wrong.append((column, f"at most n = {total:g}", shown))
        ratio = what.code in ("ROM", "CVR", "ROMC", "MNLN")
        if kind == "mean" and value <= 0 and ratio:
            wrong.append((column, f"a mean above 0 for {what.code}", shown))
    return wrong


def _keep_complete(studies: Studies) -> Studies:
    """Leaves out, by name, studies that have neither complete figures nor an effect."""
    complete = np.all([np.isfinite(v) for v in studies.raw.values()], axis=0)
    stated = np.all([np.isfinite(v) for v in studies.given.values()], axis=0)
    keep = complete | stated
    left = tuple((n, "figures missing") for n, k in zip(studies.labels, keep, strict=True) if not k)
    if not keep.any():
        raise EvidenceError([Fault(f"study {name!r}", "figures", "none") for name, _ in left])
    return Studies(
        studies.measure,
        tuple(n for n, k in zip(studies.labels, keep, strict=True) if k),
        {c: np.where(complete, v, np.nan)[keep] for c, v in studies.raw.items()},
        {c: v[keep] for c, v in studies.given.items()},
        studies.table.filter(pl.Series(keep)),
        left,
    )
