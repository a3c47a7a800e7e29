"""What is impossible in the figures of studies, each fault with its study and column."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault
from speciosa.evidence.effects.measures import Floats, Measure

UNEVEN = 5e8


def figure_faults(
    what: Measure, raw: Mapping[str, Floats], given: Mapping[str, Floats], labels: tuple[str, ...]
) -> list[Fault]:
    """What is impossible in the figures, by study."""
    faults: list[Fault] = []
    for i in np.flatnonzero(_doubtful(raw, len(labels)) | (given["se"] <= 0)).tolist():
        name = labels[i]
        here = {column: float(values[i]) for column, values in raw.items()}
        faults.extend(Fault(f"study {name!r}, {c}", e, f) for c, e, f in _impossible(here, what))
        se = float(given["se"][i])
        if se <= 0:
            faults.append(Fault(f"study {name!r}, se", "a standard error above 0", f"{se:g}"))
    return faults + [
        Fault(f"study {labels[i]!r}, se", expected, found)
        for i, expected, found in uneven(given["se"])
    ]


def _doubtful(raw: Mapping[str, Floats], studies: int) -> NDArray[np.bool_]:
    """Studies with a figure that may be impossible: all others need no closer look."""
    found = np.zeros(studies, dtype=bool)
    for column, values in raw.items():
        kind = column.split("_")[0]
        if kind == "events":
            found |= (values < 0) | (values > raw.get(column.replace("events", "n"), np.inf))
        elif kind == "correlation":
            found |= np.abs(values) > 1
        else:
            found |= values < 2 if kind == "n" else values <= 0
    return found


def uneven(se: Floats) -> list[tuple[int, str, str]]:
    """(place, expected, found) of the smallest standard error where double precision cannot weigh it with the largest."""
    positive = np.where((se > 0) & np.isfinite(se), se, np.nan)
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
