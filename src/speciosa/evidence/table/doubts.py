"""Figures that can be read and are probably not what their column says: shares as counts, errors as deviations, totals as studies.

What would give a wrong number is refused; what may be right is noted.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

from speciosa.errors import Fault
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.names import folded

# A standard error is a standard deviation over the root of n: one this much below the others', with that root, is named.
SMALL_SD, NEAR = 1 / 3, 1.5
LARGE_SMD = 3.0
MEDIANS = (
    "Medians become means and standard deviations only for outcomes that are near normal:"
    " speciosa.evidence.mean_sd(n, median, q1=..., q3=...) or (n, median, low=..., high=...), after Luo 2018 and"
    " Wan 2014; skewed outcomes are better pooled as ratios of means or not converted."
)
SCALES_APART = 5.0
_TOO_FAR = f"Groups of {{}} differ by more than {LARGE_SMD:g} standard deviations: standard errors?"
_OUTCOMES = ("outcome", "outcomes", "endpoint", "end_point")
P_NAMES = ("p", "p_value", "pvalue", "pval", "p-value", "p_val")


def count_faults(name: str, events: Floats) -> list[Fault]:
    """A column of events that are all shares.

    Example:
        >>> len(count_faults("events_t", np.array([0.12, 0.05]))), len(count_faults("events_t", np.array([0.0, 3.0])))
        (1, 0)
    """
    some = events[np.isfinite(events) & (events != 0)]
    if not len(some) or not ((some > 0) & (some < 1)).all():
        return []
    fix = "speciosa.evidence.events_from_percent(percent, n) gives the count of a share."
    return [Fault(f"column {name!r}", "numbers of events", f"shares as {some[0]:g}", fix)]


def broken_counts(labels: Sequence[str], columns: Mapping[str, Floats]) -> list[str]:
    """A note on people and events that are no whole numbers.

    Example:
        >>> broken_counts(["A"], {"events_t": np.array([12.4])})
        ['No whole numbers of people or events: A (events_t 12.4). As of cluster trials or imputed outcomes?']
    """
    found = [
        f"{label} ({column} {value:g})"
        for column, values in columns.items()
        for label, value in zip(labels, values, strict=True)
        if np.isfinite(value) and value % 1
    ]
    if not found:
        return []
    shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    return [
        f"No whole numbers of people or events: {shown}. As of cluster trials or imputed outcomes?"
    ]


def mean_doubts(labels: Sequence[str], code: str, raw: Mapping[str, Floats]) -> list[str]:
    """Notes on spreads that look like standard errors, and on means of opposite sign.

    Example:
        >>> raw = {"mean_t": [4, 3, 3], "sd_t": [0.4, 2, 2], "n_t": [30, 25, 25], "mean_c": [5, 4, 4],
        ...        "sd_c": [0.4, 2, 2], "n_c": [31, 24, 24]}
        >>> mean_doubts("ABC", "MD", {k: np.array(v, float) for k, v in raw.items()})[0][:50]
        'Standard deviations of A are far below those of th'
    """
    notes: list[str] = []
    pair = [raw[name] for name in ("mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c")]
    known: NDArray[np.bool_] = np.asarray(np.isfinite(pair).all(axis=0))
    spread = np.sqrt((pair[1] ** 2 + pair[4] ** 2) / 2)
    root = np.sqrt((pair[2] + pair[5]) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        if code == "MD" and known.sum() > 2:
            usual = _of_the_others(spread, known)
            again = spread * root / usual
            small = known & (spread < SMALL_SD * usual) & (again > 1 / NEAR) & (again < NEAR)
        else:
            small = known & (np.abs(pair[0] - pair[3]) > LARGE_SMD * spread) & (code == "SMD")
    named = ", ".join(label for label, s in zip(labels, small, strict=True) if s)
    if named and code == "MD":
        notes.append(
            f"Standard deviations of {named} are far below those of the others, and near them times the root of n:"
            " standard errors? As columns se_t and se_c they are turned."
        )
    elif named:
        notes.append(_TOO_FAR.format(named))
    elif code == "MD":
        notes += _other_scales(labels, spread, known)
    low, high = known & (pair[0] < 0) & (pair[3] < 0), known & (pair[0] > 0) & (pair[3] > 0)
    if code in ("MD", "SMD"):
        notes += _both_signs(labels, low, high)
    return notes


def _of_the_others(spread: Floats, known: NDArray[np.bool_]) -> Floats:
    """The median of all other studies, for those far enough below the largest to be below it; 0 elsewhere."""
    found = np.zeros(len(spread))
    for i in np.flatnonzero(known & (spread < SMALL_SD * spread[known].max())):
        found[i] = np.median(spread[known & (np.arange(len(known)) != i)])
    return found


def arm_doubts(studies: Mapping[str, Sequence[Mapping[str, float]]], code: str) -> list[str]:
    """The same of trials with any number of arms, each with ``mean``, ``sd`` and ``n``.

    Example:
        >>> arms = [{"mean": 4.0, "sd": 0.2, "n": 50}, {"mean": 5.0, "sd": 0.2, "n": 50}]
        >>> arm_doubts({"A": arms}, "SMD")
        ['Groups of A differ by more than 3 standard deviations: standard errors?']
    """
    labels = list(studies)
    means = [[arm["mean"] for arm in arms] for arms in studies.values()]
    spread = np.array([_rms([arm["sd"] for arm in arms]) for arms in studies.values()])
    notes = []
    if code == "SMD":
        far = [max(m) - min(m) > LARGE_SMD * s for m, s in zip(means, spread, strict=True)]
        named = ", ".join(label for label, f in zip(labels, far, strict=True) if f)
        notes += [_TOO_FAR.format(named)] if named else []
    elif code == "MD":
        notes += _other_scales(labels, spread, np.ones(len(labels), bool))
    if code in ("MD", "SMD"):
        low, high = (np.array([test(m) for m in means]) for test in (_below, _above))
        notes += _both_signs(labels, low, high)
    return notes


def _rms(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _below(means: Sequence[float]) -> bool:
    return max(means) < 0


def _above(means: Sequence[float]) -> bool:
    return min(means) > 0


def _both_signs(
    labels: Sequence[str], low: NDArray[np.bool_], high: NDArray[np.bool_]
) -> list[str]:
    """A note on studies whose means are all below 0 beside others whose are all above."""
    if low.any() and high.any():
        fewer = low if low.sum() <= high.sum() else high
        sign = "below" if fewer is low else "above"
        some = ", ".join(label for label, s in zip(labels, fewer, strict=True) if s)
        return [
            f"Means of {some} are {sign} 0, those of the others are not: changes beside final values, or scales that run"
            " the other way? Changes and final values have no common standardised difference."
        ]
    return []


def _other_scales(labels: Sequence[str], spread: Floats, known: NDArray[np.bool_]) -> list[str]:
    """A note where standard deviations are as far apart as those of a scale to 10 and of one to 100."""
    places = np.flatnonzero(known & (spread > 0))
    if len(places) < 2:
        return []
    small, large = places[np.argmin(spread[places])], places[np.argmax(spread[places])]
    if spread[large] < SCALES_APART * spread[small]:
        return []
    return [
        f"Standard deviations run from {spread[small]:.3g} ({labels[small]}) to {spread[large]:.3g} ({labels[large]}):"
        " one scale and unit? Differences on several scales are pooled by --measure SMD."
    ]


def pooled_faults(labels: Sequence[str], effect: Floats, se: Floats) -> list[Fault]:
    """The last row, or the last two, that hold what the rows above come to, by common or random effects.

    One such row of three may well be chance.

    Example:
        >>> rows = np.array([0.2, 0.6, 0.4, 0.4]), np.array([0.2, 0.2, 0.2, 0.1155])
        >>> pooled_faults(["A", "B", "C", "All"], *rows)[0].where
        "study 'All'"
    """
    if len(labels) < 4 or not (
        np.isfinite(effect).all() and np.isfinite(se).all() and (se > 0).all()
    ):
        return []
    fix = "Leave the row out or name it Total; if it is a study, give its figures to one more decimal."
    for last in (1, 2):
        pools = _pools(effect[:-last], se[:-last] ** 2)
        if all(
            any(
                abs(y - pooled) < 0.05 * error and abs(s / error - 1) < 0.03
                for pooled, error in pools
            )
            for y, s in zip(effect[-last:], se[-last:], strict=True)
        ):
            found = "what the rows above it come to"
            return [Fault(f"study {name!r}", "a study", found, fix) for name in labels[-last:]]
    return []


def _pools(effect: Floats, variance: Floats) -> list[tuple[float, float]]:
    """Mean and standard error of the common effect, and of random effects by DerSimonian and Laird."""
    weight = 1 / variance
    common = weight @ effect / weight.sum()
    spare = weight.sum() - (weight**2).sum() / weight.sum()
    tau2 = max(0.0, (weight @ (effect - common) ** 2 - (len(effect) - 1)) / spare)
    weights = [1 / (variance + between) for between in (0.0, tau2)]
    return [(float(w @ effect / w.sum()), float(w.sum() ** -0.5)) for w in weights]


def tested(table: pl.DataFrame, labels: Sequence[str], effect: Floats, se: Floats) -> list[str]:
    """A note on printed p-values that are far from those of their effects.

    Example:
        >>> table = pl.DataFrame({"p": ["0.9", "<0.001"]})
        >>> tested(table, ["A", "B"], np.array([-0.478, -0.8]), np.array([0.2117, 0.2]))
        ['Printed p-values are not those of their effects: A (0.9, computed 0.024). A misprint, or another scale?']
    """
    column = next((name for name in table.columns if folded(name) in P_NAMES), None)
    if column is None:
        return []
    found = []
    for label, cell, e, s in zip(labels, table[column].to_list(), effect, se, strict=True):
        printed = re.fullmatch(
            r"(?:p\s*)?([<=]?)\s*(0?\.\d+|0|1(?:\.0*)?)", str(cell).strip().casefold()
        )
        if printed is None or not (np.isfinite(e) and s > 0):
            continue
        value, p = float(printed[2]), 2 * float(ndtr(-abs(e) / s))
        if printed[1] == "<":
            odd = p > max(0.1, 10 * value)
        else:
            odd = (value < 0.05) != (p < 0.05) and not 0.1 < (value + 1e-3) / (p + 1e-3) < 10
        if odd:
            found.append(f"{label} ({printed[1]}{printed[2]}, computed {p:.2g})")
    if not found:
        return []
    return [
        f"Printed p-values are not those of their effects: {', '.join(found)}. A misprint, or another scale?"
    ]


def several_outcomes(table: pl.DataFrame) -> list[str]:
    """A note where the rows are of several outcomes.

    Example:
        >>> several_outcomes(pl.DataFrame({"outcome": ["death", "stroke"]}))
        ['Rows are of several outcomes (death, stroke), pooled as one; --rows outcome=death takes one.']
    """
    for name in table.columns:
        if folded(name) in _OUTCOMES:
            cells = [str(cell).strip() for cell in table[name].to_list() if cell is not None]
            values = list(dict.fromkeys(cell for cell in cells if cell.casefold() not in MISSING))
            if len(values) > 1:
                shown = ", ".join(values[:4]) + (", ..." if len(values) > 4 else "")
                return [
                    f"Rows are of several outcomes ({shown}), pooled as one; --rows {name}={values[0]} takes one."
                ]
    return []
