"""Reading a file or table of arms or contrasts into a `Network`, naming every fault at once by study."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.tables import FEW
from speciosa.evidence.network.columns import ALIASES, Row, Rows, rows_of
from speciosa.evidence.network.connectivity import disconnection, islands
from speciosa.evidence.network.data import Arm, Network, NetworkStudy
from speciosa.evidence.network.effects import (
    BINARY,
    CONTINUOUS,
    MEASURES,
    RARE,
    RATES,
    ZERO_CELLS,
    arm_effects,
)
from speciosa.evidence.network.faults import (
    arm_faults,
    contrast_faults,
    contrast_study,
    grouping_faults,
    reference_faults,
    similar_names,
    spread_faults,
)
from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.doubts import arm_doubts, broken_counts, count_faults
from speciosa.evidence.table.names import folded
from speciosa.evidence.table.reading import Reading

Source = str | Path | pl.DataFrame | Mapping[str, Sequence[Any]] | Iterable[Mapping[str, Any]]


ALLOWED = {
    "contrasts": (*MEASURES, "HR"),
    "counts": BINARY,
    "rates": RATES,
    "means": CONTINUOUS,
    "mean errors": ("MD",),
}


def read_network(
    source: Source,
    *,
    measure: str | None = None,
    reference: str | None = None,
    distinct: Sequence[str] = (),
    connected: bool = True,
    reading: Reading | None = None,
) -> Network:
    """Reads trials as arms or as contrasts and checks everything before anything is computed.

    Args:
        source: a CSV, Excel or Parquet file, a Polars frame, a mapping of columns or an iterable of rows. One row an arm
            (``study, treatment`` with ``events, n``, with ``events, time``, with ``mean, sd, n`` or with ``mean,
            se``) or one row a contrast (``study, treat1, treat2, effect, se``; treat1 minus treat2, logs for
            ratios). An optional column ``class`` names the class of an arm's treatment.
        measure: effect measure; by default OR for counts, IRR for rates, MD for means and for contrasts.
        reference: the reference treatment, which must exist; None leaves it open.
        distinct: treatments whose names look like one spelled two ways but are different.
        connected: whether a disconnected network is a fault.
        reading: how the table is read where it does not say so itself.

    Returns:
        The network; studies without information on the measure are listed with the reason.

    Raises:
        EvidenceError: all faults of the table at once.

    Example:
        >>> table = {"study": ["A", "A", "B", "B"], "treatment": ["x", "placebo", "y", "placebo"],
        ...          "events": [8, 4, 9, 5], "n": [20, 20, 30, 30]}
        >>> network = read_network(table, reference="placebo")
        >>> network.measure, network.treatments
        ('OR', ('placebo', 'x', 'y'))
    """
    wanted = (measure or "").upper()
    shapes = [name for name, found in ALLOWED.items() if wanted in found]
    found = rows_of(source, shapes, wanted, reading)
    rows, shape = found.rows, found.shape
    chosen = _measure(measure or found.measure or None, shape)
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.study, []).append(row)
    without = _without_figures(grouped)
    grouped = {study: part for study, part in grouped.items() if study not in without}
    rows = [row for row in rows if row.study not in without]
    faults = [fault for row in rows for fault in row.faults]
    faults += count_faults("events", np.array([row.numbers.get("events", np.nan) for row in rows]))
    faults += grouping_faults(grouped, shape)
    faults += similar_names(grouped, distinct)
    names = {study: _treatments(found) for study, found in grouped.items()}
    if shape == "contrasts":
        faults += [
            fault for study, found in grouped.items() for fault in contrast_faults(study, found)
        ]
    else:
        faults += [fault for row in rows for fault in arm_faults(row, chosen)]
    faults += reference_faults(reference, {name for arms in names.values() for name in arms})
    faults += spread_faults(rows)
    several = {study: arms for study, arms in names.items() if len(arms) > 1}
    apart = disconnection(islands(several), reference) if connected and several else None
    faults += [apart] if apart else []
    if faults:
        raise EvidenceError(faults)
    network = _assemble(grouped, shape, chosen, found, without)
    _require_studies(network, connected, reference)
    return network


def require_connected(network: Network, reference: str | None = None) -> None:
    """Refuses a network that falls into islands or lacks the reference.

    Raises:
        EvidenceError: the islands with their studies, or the reference with the nearest name.
    """
    faults = reference_faults(reference, set(network.treatments))
    apart = disconnection(islands({s.name: s.treatments for s in network.studies}), reference)
    if apart or faults:
        raise EvidenceError([*faults, *([apart] if apart else [])])


def people_stated(cells: pl.DataFrame) -> dict[str, float]:
    """People of each study by the columns of a table of contrasts: of every arm (``n1, n2``), or of the study (``n``).

    A study whose rows state different numbers of people says nothing: they may be of arms, contrasts or analyses.

    Example:
        >>> people_stated(pl.DataFrame({"study": ["A", "A", "B"], "treat1": ["x", "y", "x"], "treat2": ["p", "p", "p"],
        ...                             "n1": [10, 12, 30], "n2": [11, 11, 31]}))
        {'A': 33.0, 'B': 61.0}
    """
    known = {folded(name): name for name in cells.columns}
    total = next((known[name] for name in ALIASES["n"] if name in known), None)
    of_arm = {
        known[f"n{k}"]: known[spelling]
        for k in range(1, 10)
        for spelling in (name.replace("1", str(k)) for name in ALIASES["treat1"])
        if spelling in known and f"n{k}" in known
    }
    if "study" not in known or not (of_arm or total):
        return {}
    arm = pl.col("treatment") if "treatment" in known else pl.lit("all")
    parts = [(pl.col(name), n) for n, name in of_arm.items()] or [(arm, total or "")]
    rows = pl.concat(
        cells.select(
            pl.col(known["study"]).cast(pl.String).alias("study"),
            treatment.cast(pl.String).alias("treatment"),
            pl.col(n).cast(pl.Float64, strict=False).alias("n"),
        )
        for treatment, n in parts
    ).filter(~pl.col("treatment").str.to_lowercase().is_in(list(MISSING)))
    arms = rows.group_by("study", "treatment", maintain_order=True).agg(
        pl.col("n").max(), one=pl.col("n").n_unique() == 1
    )
    sums = arms.group_by("study", maintain_order=True).agg(
        pl.col("n").sum(), known=(pl.col("one") & pl.col("n").is_not_null()).all()
    )
    return dict(sums.filter("known").select("study", "n").iter_rows())


def _without_figures(grouped: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """Studies with an empty cell where a figure belongs, and which figure."""
    found = {}
    for study, rows in grouped.items():
        empty = dict.fromkeys(column for row in rows for column in row.empty)
        if empty and study and not any(row.faults for row in rows):
            found[study] = f"{', '.join(empty)} missing in {_arms_text(rows)}"
    return found


def _arms_text(rows: Sequence[Row]) -> str:
    names = [" minus ".join(row.treatments) for row in rows if row.empty]
    return ", ".join(dict.fromkeys(name or "a row" for name in names))


def _treatments(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.treatments if name))


def _measure(measure: str | None, shape: str) -> str:
    allowed = ALLOWED[shape]
    default = {"contrasts": "MD", "counts": "OR", "rates": "IRR"}.get(shape, "MD")
    chosen = default if measure is None else measure.upper()
    if chosen not in allowed:
        expected = f"one of {', '.join(allowed)} for this table ({shape})"
        raise EvidenceError(Fault("measure", expected, str(measure)))
    return chosen


def _assemble(
    grouped: Mapping[str, Sequence[Row]],
    shape: str,
    measure: str,
    table: Rows,
    without: Mapping[str, str],
) -> Network:
    studies, excluded = [], dict(without)
    stated = {} if shape in ("counts", "means") else people_stated(table.cells)
    for name, rows in grouped.items():
        if shape == "contrasts":
            studies.append(replace(contrast_study(name, rows), stated=stated.get(name)))
            continue
        arms = tuple(Arm(row.treatments[0], **row.numbers, design=row.design) for row in rows)
        found = arm_effects(arms, measure)
        if found.excluded:
            excluded[name] = found.excluded
        else:
            treatments = tuple(arm.treatment for arm in arms)
            effects = (found.effect, found.variance)
            studies.append(NetworkStudy(name, treatments, *effects, arms, stated.get(name)))
    classes = {
        row.treatments[0]: row.group for rows in grouped.values() for row in rows if row.group
    }
    zero = _zero_cells(studies, measure)
    doubts = _doubts(grouped, measure) if shape == "means" else []
    notes = (*table.notes, *_broken(grouped), *doubts, *zero, *_twins(studies))
    return Network(measure, tuple(studies), excluded, classes, notes, table.cells)


def _zero_cells(studies: Sequence[NetworkStudy], measure: str) -> list[str]:
    """Where something was added to zero cells, and the way without; also where most studies have few events."""
    if measure not in ("OR", "RR", "IRR"):
        return []
    counted = [study for study in studies if study.arms]
    added = [
        study.name
        for study in counted
        if any(a.events == 0 or (measure != "IRR" and a.events == a.n) for a in study.arms)
    ]
    mh = " --method MH adds nothing." if measure == "OR" else ""
    notes = []
    if added:
        notes.append(
            f"{ZERO_CELLS}, 0.5 is added in every arm of the study: {', '.join(added)}.{mh}"
        )
    few = [
        study
        for study in counted
        if any(a.events is not None and a.events < FEW for a in study.arms)
    ]
    if measure == "OR" and 2 * len(few) > len(counted) and len(counted) > 1:
        notes.append(
            f"{RARE}: most studies have an arm with fewer than {FEW}, too few for a normal logarithm. Compare"
            " --method MH, or --bayes --likelihood binomial."
        )
    return notes


def _doubts(grouped: Mapping[str, Sequence[Row]], measure: str) -> list[str]:
    """Notes on means and standard deviations that are probably not what their columns say."""
    return arm_doubts(
        {name: [row.numbers for row in rows] for name, rows in grouped.items()}, measure
    )


def _broken(grouped: Mapping[str, Sequence[Row]]) -> list[str]:
    rows = [row for found in grouped.values() for row in found if row.design == 1]
    labels = [f"{row.study}, {row.treatments[0]}" for row in rows]
    columns = {
        name: np.array([row.numbers.get(name, np.nan) for row in rows]) for name in ("events", "n")
    }
    return broken_counts(labels, columns)


def _twins(studies: Sequence[NetworkStudy]) -> list[str]:
    """Studies of different names whose arms and numbers are the same: one trial entered twice, perhaps."""
    seen: dict[object, str] = {}
    notes = []
    for study in studies:
        order = sorted(range(len(study.treatments)), key=study.treatments.__getitem__)
        key = (
            study.design,
            study.effect[order][:, order].tobytes(),
            study.variance[order][:, order].tobytes(),
        )
        if key in seen:
            notes.append(
                f"Studies '{seen[key]}' and '{study.name}' hold the same numbers: one trial entered twice?"
            )
        seen.setdefault(key, study.name)
    return notes


def _require_studies(network: Network, connected: bool, reference: str | None) -> None:
    """What leaving out uninformative studies may have broken."""
    left_out = "; ".join(f"{name} ({reason})" for name, reason in network.excluded.items())
    if not network.studies:
        raise EvidenceError(Fault("network", "at least one informative study", f"none: {left_out}"))
    faults = reference_faults(reference, set(network.treatments))
    if connected:
        apart = disconnection(islands({s.name: s.treatments for s in network.studies}), reference)
        faults += [apart] if apart else []
    if faults and left_out:
        faults.append(
            Fault("studies left out", "an event in some arm and a non-event in some", left_out)
        )
    if faults:
        raise EvidenceError(faults)
