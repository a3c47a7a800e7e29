"""Trials whose people are not independent: clusters randomised together, and people who took both treatments.

A cluster trial counts for as many people as it has, divided by its design effect 1 + (m - 1) icc, m people a cluster
(Cochrane Handbook 6.5, section 23.1.4). In a crossover trial the variance of a difference of two periods is
v_t + v_c - 2 r sqrt(v_t v_c), r the correlation within people (Elbourne 2002, doi:10.1093/ije/31.1.140).
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from speciosa.errors import Fault
from speciosa.evidence.effects.effect_sizes import arm_values, effect_sizes
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.table.columns import numbers, resolve
from speciosa.evidence.table.names import SYNONYMS, folded, meaning

Columns = Mapping[str, Floats]
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
    counted = ("events", "n", "time")
    return {
        name: values / effect if name.split("_")[0] in counted else values
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
            zero = _zero(columns)
            for group in ("t", "c"):
                own = {
                    name.removesuffix(f"_{group}"): v
                    for name, v in columns.items()
                    if name.endswith(f"_{group}")
                }
                if "events" in own and code in ("RR", "OR", "RD"):
                    own = {"events": own["events"] + zero / 2, "n": own["n"] + zero}
                arms.append(arm_values(code, own)[1])
            variance = arms[0] + arms[1] - 2 * correlation * np.sqrt(arms[0] * arms[1])
    return np.where(paired, variance, independent)


def _zero(columns: Columns) -> Floats:
    """1 where a table has a zero cell."""
    if "events_t" not in columns:
        return np.zeros(1)
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
