"""Names of treatments and studies in tables with one row an arm or a contrast, as reviewers write them.

``x vs placebo`` in one cell comes apart, a mark of a footnote is no part of a name, ``1`` and ``1.0`` are one number, and a
study named once stands for the rows below it.
"""

import re
from collections.abc import Sequence

import polars as pl

from speciosa.errors import Fault
from speciosa.evidence.table.columns import NOTHING
from speciosa.evidence.table.names import SYNONYMS, folded

ARMS = ("treatment", "treat", "trt", "trtc", "arm", "intervention", "treatments")
_PAIRS = ("comparison", "contrast", "comparisons")
_AGAINST = re.compile(r"\s+(?:vs?\.?|versus|v\.s\.|compared (?:with|to))\s+", re.IGNORECASE)
_MARKS = "*\u2020\u2021\u00a7\u00b6"
_MARK = re.compile("(?<=\\w)\\s*[*†‡§¶]+$")  # noqa: RUF001


def treatments_as_named(table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The table with names as they are meant, and notes on what was made of them.

    Example:
        >>> table = pl.DataFrame({"study": ["A", None], "arm": ["x*", "placebo"], "events": [4, 2], "n": [9, 9]})
        >>> treatments_as_named(table)[0].rows()
        [('A', 'x', 4, 9), ('A', 'placebo', 2, 9)]
    """
    known = {folded(name): name for name in table.columns}
    arms = [known[name] for name in ARMS if name in known]
    pair = next((known[name] for name in _PAIRS if name in known), None)
    notes: list[str] = []
    if pair and not {"treat1", "t1", "treatment1"} & known.keys():
        table, told = _both(table, pair)
        notes += told
    columns = [*arms, *(name for name in ("treat1", "treat2") if name in table.columns)]
    for name in columns:
        before = [_text(cell) for cell in table[name].to_list()]
        after = _named(before)
        if after != before and table[name].dtype == pl.String:
            changed = [b for b, a in zip(before, after, strict=True) if b != a and _MARK.search(b)]
            shown = ", ".join(dict.fromkeys(changed))
            notes += [f"Marks behind names of treatments are left out: {shown}."] if shown else []
            table = _with(table, name, after)
    study = next((known[name] for name in SYNONYMS["study"] if name in known), None)
    if study and arms:
        table, told = _filled(table, study, arms[0])
        notes += told
    return table, tuple(notes)


def pair_faults(table: pl.DataFrame) -> tuple[list[Fault], list[str]]:
    """What a table of pairs says of its treatments, where columns name them by number, as ``treat1`` and ``treat2``.

    A fault where arms of one number are not the same treatment against the same other, since the pool would mix directions;
    a note where several treatments stand against one.

    Example:
        >>> pair_faults(pl.DataFrame({"T.1": ["a", "b"], "T.2": ["b", "a"], "R.1": [3, 4], "R.2": [5, 2]}))[0][0].where
        'treatments'
    """
    places: dict[str, list[str]] = {}
    for name in table.columns:
        plain = re.sub(r"[\[\],]", "", folded(name))
        if found := re.fullmatch(r"(?:t|trt|treat|treatment|arm|drug|intervention)_?(\d)", plain):
            places.setdefault(found[1], [_text(cell) for cell in table[name].to_list()])
    if not {"1", "2"} <= places.keys():
        return [], []
    further = any(any(cells) for place, cells in places.items() if place not in "12")
    pairs = [pair for pair in zip(places["1"], places["2"], strict=True) if all(pair)]
    second = {other for _, other in pairs}
    if further or len(second) > 1 or second & {one for one, _ in pairs}:
        kinds = list(dict.fromkeys(f"{one} against {other}" for one, other in pairs))
        shown = ", ".join(kinds[:4]) + (", ..." if len(kinds) > 4 else "")
        shown += " and third arms" if further else ""
        fix = "Several treatments are a network: speciosa nma FILE."
        return [Fault("treatments", "one treatment against one other in every row", shown, fix)], []
    first = list(dict.fromkeys(one for one, _ in pairs))
    if len(first) == 1:
        return [], [f"Effects are of {first[0]} against {pairs[0][1]}."]
    shown = ", ".join(first)
    return [], [
        f"Pooled as one treatment against {pairs[0][1]}: {shown}; speciosa nma keeps them apart."
    ] if pairs else []


def _both(table: pl.DataFrame, pair: str) -> tuple[pl.DataFrame, list[str]]:
    """Columns of both treatments from one with ``x vs y`` in every cell."""
    parts = [_AGAINST.split(_text(cell)) for cell in table[pair].to_list()]
    if not parts or any(len(part) != 2 for part in parts):
        return table, []
    named = [
        pl.Series(f"treat{place + 1}", [part[place] for part in parts], pl.String)
        for place in (0, 1)
    ]
    rest = [column for column in table.get_columns() if column.name != pair]
    note = f"Column {pair}: effects are of the treatment before vs, against the one behind it."
    return pl.DataFrame([*rest, *named]), [note]


def _named(cells: Sequence[str]) -> list[str]:
    """Names without marks; where all are numbers, one spelling of each."""
    marked = any(cell[-1:] in _MARKS for cell in set(cells) if cell)
    plain = [_MARK.sub("", cell) for cell in cells] if marked else list(cells)
    if all(re.fullmatch(r"\d+(\.\d+)?", cell) for cell in set(plain) if cell):
        return [f"{float(cell):.15g}" if cell else cell for cell in plain]
    return plain


def _filled(table: pl.DataFrame, study: str, arm: str) -> tuple[pl.DataFrame, list[str]]:
    """Studies named once, in merged cells or on their first row, named on every row of an arm."""
    names = [_text(cell) for cell in table[study].to_list()]
    arms = [_text(cell) for cell in table[arm].to_list()]
    if not names or not names[0] or all(names):
        return table, []
    found: list[str] = []
    for name, treatment in zip(names, arms, strict=True):
        found.append(name or (found[-1] if treatment else ""))
    if found == names:
        return table, []
    return _with(table, study, found), ["Rows without a study belong to the one named above them."]


def _with(table: pl.DataFrame, name: str, cells: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            pl.Series(name, [cell or None for cell in cells], pl.String) if c.name == name else c
            for c in table.get_columns()
        ]
    )


def _text(cell: object) -> str:
    text = "" if cell is None else " ".join(str(cell).split())
    return "" if text.casefold() in NOTHING else text
