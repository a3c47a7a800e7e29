"""Rows that are no study: totals, subtotals and the lines of tests below them, as tables of reviews end with."""

import re

import numpy as np
import polars as pl

from speciosa.evidence.table.columns import MISSING, resolve
from speciosa.evidence.table.labels import study_columns
from speciosa.evidence.table.names import folded

# How a total was made, as Stata writes it.
_HOW = r"(d\+l|i-v|m-h|iv|dl|mh|peto|reml|fixed|random|mantel-haenszel|inverse variance)"
_TOTAL = re.compile(
    r"(sub[\s-]?totals?|(grand )?totals?|sum|overall|pooled|summary|combined|average|all (studies|trials)|meta-?analysis)"
    r"(\s*(estimate|effect|events|result|or|rr|hr|irr|rd|md|smd|(odds|risk|hazard|rate) ratio|(mean|risk) difference"
    r"|\(.*\)|\[.*\]|:.*))*"
    r"|(random|fixed|common|equal|mixed|re|fe)[\s-]*effects?[\s-]*model.*|(re|fe|ee) model.*"
    r"|(random|fixed|mixed|common|equal)[\s-]*effects?|(weighted )?(mean|average) effect( size)?"
    rf"|(overall|subgroup), *{_HOW}\b.*|{_HOW}[,\s]+(pooled|overall|summary)\b.*|prediction interval.*"
    r"|heterogeneity\b.*|tests? for (overall effect|subgroup differences).*|test of (θ|theta).*",
    re.IGNORECASE,
)
# What Comprehensive Meta-Analysis calls its pools, beside their z: a study may be called so too.
_BARE, _Z = ("fixed", "random", "mixed"), {"z-value", "z_value", "zvalue"}
# A treatment may be called combined; none is called total.
_WHOLE_STUDY = re.compile(
    r"((grand |sub)?totals?|overall|all (arms|groups|patients|participants))", re.IGNORECASE
)
_ARMS = ("treatment", "treat", "trt", "trtc", "arm", "intervention", "group")
_COUNTS = ("events_t", "n_t", "events_c", "n_c", "time_t", "time_c", "events", "n", "time")


def without_totals(table: pl.DataFrame, by_study: bool) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The table without rows that are named as totals, or whose counts are the sums of all rows above.

    Example:
        >>> table = pl.DataFrame({"study": ["A", "B", "Total"], "events_t": [14, 9, 23]})
        >>> without_totals(table, True)[1]
        ('Left out: Total (a total, not a study).',)
    """
    column = next(iter(study_columns(table)), None)
    if column is None:
        return table, ()
    labels = ["" if cell is None else str(cell).strip() for cell in table[column].to_list()]
    total = np.array([bool(_TOTAL.fullmatch(label)) for label in labels])
    if by_study and len(table) > 2 and not total.any() and _sums(table):
        total[-1] = True
    known = {folded(name): name for name in table.columns}
    if _Z & known.keys():
        last = next((i for i, one in enumerate(reversed(labels)) if one.casefold() not in _BARE), 0)
        total[len(labels) - last :] = True
    arms = None if by_study else next((known[name] for name in _ARMS if name in known), None)
    if arms is not None:
        cells = ["" if cell is None else str(cell).strip() for cell in table[arms].to_list()]
        wholes = {cell for cell in set(cells) if _WHOLE_STUDY.fullmatch(cell)}
        whole = [cell in wholes for cell in cells]
        labels = [f"{a}, {b}" if w else a for a, b, w in zip(labels, cells, whole, strict=True)]
        total |= np.array(whole)
    if not total.any():
        return table, ()
    names = dict.fromkeys(
        label or "the last row" for label, t in zip(labels, total, strict=True) if t
    )
    notes = tuple(f"Left out: {name} (a total, not a study)." for name in names)
    return table.filter(pl.Series(~total)), notes


def _sums(table: pl.DataFrame) -> bool:
    """Whether the last row holds the sums of all others, in two or more columns of counts."""
    checked = 0
    for name in _COUNTS:
        column = resolve(table, name)
        if column is None:
            continue
        values = [_count(cell) for cell in table[column].to_list()]
        if None in values[-1:] or sum(v is not None for v in values[:-1]) < 2:
            return False
        if sum(v or 0.0 for v in values[:-1]) != values[-1]:
            return False
        checked += 1
    return checked >= 2


def _count(cell: object) -> float | None:
    text = "" if cell is None else str(cell).strip()
    if text.casefold() in MISSING:
        return None
    try:
        return float(text)
    except ValueError:
        return None
