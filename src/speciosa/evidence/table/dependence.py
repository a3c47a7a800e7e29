"""Trials whose people are not independent: clusters randomised together, and people who took both treatments.

A cluster trial counts for as many people as it has, divided by its design effect 1 + (m - 1) icc, m people a cluster
(Cochrane Handbook 6.5, section 23.1.4). In a crossover trial the variance of a difference of two periods is
v_t + v_c - 2 r sqrt(v_t v_c), r the correlation within people (Elbourne 2002, doi:10.1093/ije/31.1.140).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from speciosa.errors import Fault
from speciosa.evidence.effects.effect_sizes import arm_values, effect_sizes
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.table.columns import MISSING, numbers, resolve
from speciosa.evidence.table.names import SYNONYMS, folded, meaning

Columns = Mapping[str, Floats]
COUNTED = ("events", "n", "time")
DESIGN = ("design_effect", "icc", "cluster_size")


def design_columns(names: Iterable[str]) -> list[str]:
    """The columns that say how much the people of a cluster are alike.

    Example:
        >>> design_columns(["study", "ICC", "Cluster size"])
        ['ICC', 'Cluster size']
    """
    known = {spelling for role in DESIGN for spelling in SYNONYMS[role]}
    return [n for n in names if folded(n) in known or meaning(n).role in DESIGN]


def design_effects(table: pl.DataFrame, labels: Sequence[str], faults: list[Fault]) -> Floats:
    """Each row's design effect: column ``design_effect``, or ``icc`` with ``cluster_size``; 1 where there is none.

    Example:
        >>> table = pl.DataFrame({"icc": [0.02, None], "cluster_size": [29.8, None]})
        >>> design_effects(table, ["A", "B"], []).round(3).tolist()
        [1.576, 1.0]
    """
    found = {
        name: numbers(table, column, labels, faults)
        for name in DESIGN
        if (column := resolve(table, name)) is not None
    }
    if not found:
        return np.ones(len(table))
    empty = np.full(len(table), np.nan)
    given, icc, size = (found.get(name, empty) for name in DESIGN)
    for i, name in enumerate(labels):
        where = f"study {name!r}"
        if given[i] < 1:
            faults.append(Fault(f"{where}, design_effect", "1 or more", f"{given[i]:g}"))
        if not (np.isnan(icc[i]) or 0 <= icc[i] <= 1):
            faults.append(Fault(f"{where}, icc", "from 0 to 1", f"{icc[i]:g}"))
        if size[i] < 1:
            faults.append(Fault(f"{where}, cluster_size", "1 or more", f"{size[i]:g}"))
        if np.isnan(given[i]) and np.isnan(icc[i]) != np.isnan(size[i]):
            lacking = "cluster_size" if np.isnan(size[i]) else "icc"
            fix = "Both make the design effect 1 + (cluster_size - 1) icc; or give design_effect."
            faults.append(Fault(f"{where}, {lacking}", "a number", "nothing", fix))
    result = np.where(np.isnan(given), 1 + (size - 1) * icc, given)
    return np.where(np.isnan(result), 1.0, result)


def deflated(raw: Columns, effect: Floats) -> dict[str, Floats]:
    """Counts, people and person-time divided by the design effect; means and standard deviations stay.

    Example:
        >>> deflated({"events_t": np.array([30.0]), "mean_t": np.array([2.0])}, np.array([1.5]))["events_t"].tolist()
        [20.0]
    """
    return {
        name: values / effect if name.split("_")[0] in COUNTED else values
        for name, values in raw.items()
    }


def within_people(code: str, columns: Columns, correlation: Floats, independent: Floats) -> Floats:
    """Variances of crossover trials, where `correlation` is given; the others as they are.

    Args:
        code: RR, OR, RD, AS, MD, ROM or SMD.
        columns: the figures of both periods, n the same in both.
        correlation: within people; for events that of the two yes-or-no outcomes (phi).
        independent: the variances of parallel groups with these figures.
    """
    paired = np.isfinite(correlation)
    if not paired.any():
        return independent
    with np.errstate(all="ignore"):
        if code == "SMD":
            g = effect_sizes("SMD", columns).values
            n = columns["n_t"]
            variance = (1 / n + g**2 / (2 * n)) * 2 * (1 - correlation)
        else:
            arms = []
            for group in ("t", "c"):
                own = {
                    name.removesuffix(f"_{group}"): v
                    for name, v in columns.items()
                    if name.endswith(f"_{group}")
                }
                if "events" in own and code in ("RR", "OR", "RD"):
                    zero = _zero(columns)
                    own = {"events": own["events"] + zero / 2, "n": own["n"] + zero}
                arms.append(arm_values(code, own)[1])
            variance = arms[0] + arms[1] - 2 * correlation * np.sqrt(arms[0] * arms[1])
    return np.where(paired, variance, independent)


def _zero(columns: Columns) -> Floats:
    """1 where a table has a zero cell."""
    cells = [columns["events_t"], columns["events_c"]]
    cells += [columns["n_t"] - columns["events_t"], columns["n_c"] - columns["events_c"]]
    return np.asarray((np.stack(cells) == 0).any(axis=0), dtype=float)


PAIRED = ("RR", "OR", "RD", "AS", "MD", "ROM", "SMD")


def correlations(
    table: pl.DataFrame, code: str, raw: Columns, labels: Sequence[str], faults: list[Fault]
) -> Floats:
    """Correlations within people of crossover trials, NaN where a trial has parallel groups."""
    column = resolve(table, "correlation")
    if column is None or "correlation" in raw or code in ("HR", "GEN"):
        return np.full(len(table), np.nan)
    found = numbers(table, column, labels, faults)
    for i, name in enumerate(labels):
        if np.isnan(found[i]):
            continue
        where = f"study {name!r}, {column}"
        if code not in PAIRED:
            fix = f"A crossover trial is read for {', '.join(PAIRED)}; else state its effect and standard error."
            faults.append(Fault(where, f"none for {code}", f"{found[i]:g}", fix))
        elif not -1 < found[i] < 1:
            faults.append(Fault(where, "a correlation between -1 and 1", f"{found[i]:g}"))
        elif "n_t" in raw and abs(raw["n_t"][i] - raw["n_c"][i]) > 0:
            sizes = f"{raw['n_t'][i]:g} and {raw['n_c'][i]:g}"
            fix = "A correlation marks a crossover trial, whose people took both; leave it empty for parallel groups."
            faults.append(Fault(f"{where}, n_t and n_c", "the same people in both", sizes, fix))
    return found


# Of arms: what a crossover trial is marked by.
_WITHIN = ("correlation", "corr")


def row_designs(
    records: Sequence[Mapping[str, Any]], studies: Sequence[str], shape: str, faults: list[Fault]
) -> tuple[Floats, list[str]]:
    """Each row's design effect, 1 where its people are independent, and what a reader must know.

    A correlation within people marks a crossover trial, whose arms are no independent groups: it is refused beside arms.

    Example:
        >>> rows = [{"icc": 0.05, "cluster_size": 21}, {"icc": None, "cluster_size": None}]
        >>> row_designs(rows, ["A", "B"], "counts", [])
        (array([2., 1.]), ['Cluster trials, size divided by the design effect: A by 2.'])
    """
    columns = design_columns(records[0])
    cells = {c: [_said(row.get(c)) for row in records] for c in columns}
    table = pl.DataFrame([pl.Series(c, found, pl.String) for c, found in cells.items()])
    wrong: list[Fault] = []
    found = design_effects(table, studies, wrong) if columns else np.ones(len(records))
    faults += dict.fromkeys(wrong)
    if shape != "contrasts":
        faults += _crossovers(records, studies)
    by_study = {
        f"{study} by {value:.3g}": None
        for study, value in zip(studies, found.tolist(), strict=True)
        if value != 1
    }
    told = ", ".join(by_study)
    return found, [f"Cluster trials, size divided by the design effect: {told}."] if told else []


def of_clusters(numbers: Mapping[str, float], design: float) -> dict[str, float]:
    """The figures of a row with its size divided, and its standard error widened, by the design effect.

    Example:
        >>> of_clusters({"events": 30.0, "n": 60.0}, 1.5), of_clusters({"mean": 4.0, "se": 0.2}, 4.0)
        ({'events': 20.0, 'n': 40.0}, {'mean': 4.0, 'se': 0.4})
    """
    return {
        name: value / design
        if name in COUNTED
        else value * math.sqrt(design)
        if name == "se"
        else value
        for name, value in numbers.items()
    }


def _crossovers(records: Sequence[Mapping[str, Any]], studies: Sequence[str]) -> list[Fault]:
    column = next((name for name in records[0] if folded(name) in _WITHIN), None)
    crossed = [
        study
        for study, row in zip(studies, records, strict=True)
        if column is not None and _said(row.get(column)) is not None
    ]
    fix = (
        "Arms of a crossover trial are the same people: give its contrast with its standard error (study, treat1, treat2,"
        " effect, se; speciosa meta computes one from such a row), or empty the cell for parallel groups."
    )
    return [
        Fault(f"study {study!r}, {column}", "parallel groups in rows of arms", "a crossover", fix)
        for study in dict.fromkeys(crossed)
    ]


def _said(cell: object) -> str | None:
    text = "" if cell is None else str(cell).strip()
    return None if text.casefold() in MISSING else text
